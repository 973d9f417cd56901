"""Where a safeguarding concern stands, when an answer is due, and which step may come next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.nights import LONDON, london

SEND_WITHIN = timedelta(hours=4)
"""How soon a concern that was raised is sent (ours)."""

ANSWER_DAYS = 2
"""Working days within which a concern that was sent is acknowledged (ours).

From Monday to Friday: bank holidays are not known here, so a reminder may come
early after one.
"""

SATURDAY = 5

MASH = {ConcernKind.CHILD: "childrens-mash", ConcernKind.ADULT: "adults-mash"}
"""The public line that each kind goes to. Source: DOMAIN.md section 3."""

BY_PEOPLE = (
    ConcernStep.SENT,
    ConcernStep.ACKNOWLEDGED,
    ConcernStep.CHASED,
    ConcernStep.CLOSED,
)
"""The steps that somebody records by hand, in their order."""

DIED = "Died"
"""The outcome of a concern that a death closes."""


@dataclass(frozen=True, slots=True)
class ConcernEventFacts:
    """One step, by whom, and what was said of it; None where it is not the reader's."""

    what: ConcernStep
    at: datetime
    by: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """One safeguarding concern as one member of staff may read it.

    ``words`` and names are None where they would tell of a confidential site.
    """

    id: int
    person_id: int
    person_ref: str
    kind: ConcernKind
    raised_at: datetime
    person_name: str = "No name given"
    words: str | None = None
    by: str | None = None
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    chased_at: datetime | None = None
    closed_at: datetime | None = None
    events: tuple[ConcernEventFacts, ...] = ()

    @property
    def unanswered(self) -> bool:
        """Return whether nobody has acknowledged it and it is open."""
        return self.acknowledged_at is None and self.closed_at is None

    @property
    def due_at(self) -> datetime | None:
        """Return until when the next step is due, or None where none is."""
        if not self.unanswered:
            return None
        return due_at(self.raised_at, self.sent_at)

    @property
    def stage(self) -> str:
        """Return in a few words where it stands."""
        if self.closed_at is not None:
            return "Closed"
        if self.acknowledged_at is not None:
            return "Acknowledged"
        return "Sent, not acknowledged" if self.sent_at else "Not sent yet"


def due_at(raised_at: datetime, sent_at: datetime | None) -> datetime:
    """Return until when a concern is sent, or once it was sent, acknowledged."""
    return working_days_after(sent_at, ANSWER_DAYS) if sent_at else raised_at + SEND_WITHIN


def working_days_after(at: datetime, days: int) -> datetime:
    """Return the same time in London so many weekdays later.

    >>> friday = datetime(2026, 1, 9, 15, 0, tzinfo=UTC)
    >>> working_days_after(friday, 2).isoformat()
    '2026-01-13T15:00:00+00:00'
    """
    here = london(at)
    day = here.date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return datetime.combine(day, here.time().replace(fold=0), LONDON).astimezone(UTC)


def overdue(raised_at: datetime, sent_at: datetime | None, now: datetime) -> ConcernStep | None:
    """Return of what the leads are to be told about a concern nobody acknowledged, or None."""
    if now < due_at(raised_at, sent_at):
        return None
    return ConcernStep.TOLD_UNHEARD if sent_at else ConcernStep.TOLD_UNSENT


def stands_already(concern: ConcernFacts, what: ConcernStep) -> bool:
    """Return whether a step has been taken; one may be chased any number of times."""
    reached = {
        ConcernStep.SENT: concern.sent_at,
        ConcernStep.ACKNOWLEDGED: concern.acknowledged_at,
        ConcernStep.CLOSED: concern.closed_at,
    }
    return reached.get(what) is not None


def why_not_step(concern: ConcernFacts, what: ConcernStep) -> str | None:
    """Return why a step cannot come now, or None."""
    if concern.closed_at is not None:
        return "This concern is closed. Raise another one."
    if what in {ConcernStep.ACKNOWLEDGED, ConcernStep.CHASED} and concern.sent_at is None:
        return "It has not been sent. Send it first, then write down that you did."
    return None


MISSING = {
    ConcernStep.ACKNOWLEDGED: "Write who acknowledged it.",
    ConcernStep.CLOSED: "Write what came of it.",
}
"""What is asked where a step needs words."""
