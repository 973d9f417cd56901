"""Requests about what is kept of a person: by when they are answered, and how they may be."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pathway.privacy.rules import AskedFor

OLDEST = date(2018, 5, 25)
"""No request is older than the law that gives it its month. Source: UK GDPR article 99."""

SOURCE = "UK GDPR article 12(3)"
"""What gives a request its month."""

NEVER = "Nothing is given to police, immigration or any other enforcement. Refuse it and write why."


WORDS: Mapping[AskedFor, str] = {
    AskedFor.ACCESS: "What is kept of them",
    AskedFor.RECTIFICATION: "That something wrong is put right",
    AskedFor.ERASURE: "That what is kept of them is erased",
    AskedFor.OBJECTION: "That something is no longer done with it",
    AskedFor.DISCLOSURE: "That somebody else is told",
    AskedFor.ENFORCEMENT: "That police, immigration or other enforcement is told",
}
"""What is asked, as people say it."""


class Decision(StrEnum):
    """How a request was decided."""

    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request: about whom, by whom, by when it is answered, and how it was decided."""

    id: int
    kind: AskedFor
    person_id: int | None
    asked_by: str
    received_on: date
    due_on: date
    decision: Decision | None
    reason: str | None
    decided_at: datetime | None

    @property
    def words(self) -> str:
        """Return what is asked, as people say it."""
        return WORDS[self.kind]

    def days_over(self, today: date) -> int:
        """Return for how many days its answer has been overdue."""
        return 0 if self.decision else max(0, (today - self.due_on).days)


def due_on(received: date) -> date:
    """Return the last day on which a request is answered in time.

    One month on, on the day of the same number; where that month has no such day, on
    its last (UK GDPR article 12(3)). A weekend gives no more time here (ours).

    >>> due_on(date(2026, 1, 31)), due_on(date(2026, 12, 9))
    (datetime.date(2026, 2, 28), datetime.date(2027, 1, 9))
    """
    year, month = received.year + received.month // 12, received.month % 12 + 1
    return date(year, month, min(received.day, calendar.monthrange(year, month)[1]))


def bad_day(received: date, today: date) -> str | None:
    """Return why a request cannot have come on a day, or None."""
    if received > today:
        return "That day is still to come. Give the day on which it came."
    return "That is too long ago. Give the day on which it came." if received < OLDEST else None


def bad_decision(kind: AskedFor, decision: Decision, reason: str | None) -> dict[str, list[str]]:
    """Return why a request cannot be decided so, by field, or nothing."""
    if kind is AskedFor.ENFORCEMENT and decision is Decision.GRANTED:
        return {"decision": [NEVER]}
    if decision is Decision.REFUSED and not reason:
        return {"reason": ["Write why it is refused: whoever asked must be told."]}
    return {}


def in_order(requests: Iterable[RequestFacts]) -> list[RequestFacts]:
    """Return requests in the order of work: what is overdue first, then what is due next.

    Then come those that were decided, newest first.
    """
    found = list(requests)
    waiting = sorted((one for one in found if not one.decision), key=lambda one: one.due_on)
    done = [one for one in found if one.decision]
    return waiting + sorted(done, key=lambda one: one.id, reverse=True)
