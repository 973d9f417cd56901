"""What an assessment says, who reads a note, and where a concern stands."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from pathway.nights import london
from pathway.people.rules import Need, PersonFacts, Recourse
from pathway.sites.rules import Gender, SupportLevel


class Known(StrEnum):
    """Whether something is so, as far as anybody knows."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class Institution(StrEnum):
    """What somebody has left. Source: DOMAIN.md section 6, institution leaver."""

    PRISON = "prison"
    HOSPITAL = "hospital"
    ARMED_FORCES = "armed_forces"
    ASYLUM_SUPPORT = "asylum_support"

    @property
    def words(self) -> str:
        """Return the institution as people say it."""
        return self.value.replace("_", " ").capitalize()


class ConcernKind(StrEnum):
    """Whom a safeguarding concern is about."""

    CHILD = "child"
    ADULT = "adult"


class ConcernStep(StrEnum):
    """What happened to a safeguarding concern.

    The last four are written beside what people do: whom the service told, that a
    mark was taken back, and that a concern goes on because a death was taken back.
    """

    RAISED = "raised"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CHASED = "chased"
    CLOSED = "closed"
    TOLD_UNSENT = "told_unsent"
    TOLD_UNHEARD = "told_unheard"
    NOT_A_CHILD = "not_a_child"
    REOPENED = "reopened"

    @property
    def words(self) -> str:
        """Return the step as people say it."""
        return {
            "told_unsent": "Leads told: not sent yet",
            "told_unheard": "Leads told: nobody has acknowledged it",
            "not_a_child": "Mark “possibly under 18” taken back",
            "reopened": "Goes on: a death was taken back",
        }.get(self.value, self.value.capitalize())


LONGEST_WORDS = 2_000
"""The most characters of what somebody wants, of a note and of a concern (ours)."""
STRIKE_WITHIN = timedelta(hours=24)
"""How long a note can be taken back by whoever wrote it (ours)."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of somebody at one moment; None is not known."""

    alcohol: Known = Known.NOT_KNOWN
    drugs: Known = Known.NOT_KNOWN
    mental_health: Known = Known.NOT_KNOWN
    physical_health: Known = Known.NOT_KNOWN
    recourse: Recourse = Recourse.NOT_KNOWN
    local_connection: str | None = None
    gender: Gender = Gender.NOT_KNOWN
    support_level: SupportLevel | None = None
    language: str | None = None
    interpreter: bool | None = None
    at_risk: bool | None = None
    vulnerable: bool | None = None
    needs_step_free: bool | None = None
    has_dog: bool | None = None
    with_partner: bool | None = None
    wants: str | None = None


FIELDS = tuple(one.name for one in fields(Findings))
"""The names of what an assessment says, in the order of the page."""

_OF_THE_PERSON = tuple(name for name in FIELDS if name not in {*Need, "wants"})
"""What a person's record says under the same name."""

LABELS = {
    "alcohol": "Alcohol",
    "drugs": "Drugs",
    "mental_health": "Mental health",
    "physical_health": "Physical health",
    "recourse": "Recourse to public funds",
    "local_connection": "Local connection",
    "gender": "Gender",
    "support_level": "Support level",
    "language": "Language",
    "interpreter": "Needs an interpreter",
    "at_risk": "At risk of violence or abuse",
    "vulnerable": "Ask before giving up on them",
    "needs_step_free": "Needs a step-free bed",
    "has_dog": "Has a dog with them",
    "with_partner": "Comes with a partner",
    "wants": "What they want",
}
"""What each finding is called on a page."""


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """One version: what was found, when it was so, and when it was written down.

    ``decides`` is that it is the newest; ``late`` that a newer one stood when
    it was written, so that it never decided anything.
    """

    id: int
    at: datetime
    recorded_at: datetime
    by_name: str | None
    found: Findings
    decides: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What one version says otherwise than the one before it."""

    label: str
    was: str
    now: str


def known_now(person: PersonFacts, before: Findings | None) -> Findings:
    """Return what is known of somebody, from their record and the version before.

    The record counts, for it may have been changed since. It holds the needs
    that somebody has: that they have none of a kind is known from the version
    before, and what they want as well.
    """
    known = replace(
        before or Findings(), **{name: getattr(person, name) for name in _OF_THE_PERSON}
    )
    needs: dict[str, Any] = {
        need.value: _need(need in person.needs, getattr(known, need)) for need in Need
    }
    return replace(known, **needs)


def _need(has: bool, before: Known) -> Known:
    if has:
        return Known.YES
    return Known.NOT_KNOWN if before is Known.YES else before


def needs_of(found: Findings) -> tuple[Need, ...]:
    """Return the needs that somebody is known to have.

    >>> [need.value for need in needs_of(Findings(drugs=Known.YES, alcohol=Known.NO))]
    ['drugs']
    """
    return tuple(need for need in Need if getattr(found, need) is Known.YES)


def facts_of(found: Findings) -> dict[str, Any]:
    """Return what findings make of a person's record, by its columns but the needs."""
    return {name: getattr(found, name) for name in _OF_THE_PERSON}


def changes(before: Findings, after: Findings) -> list[Change]:
    """Return what a version says otherwise than the one before it, in plain words."""
    return [
        Change(LABELS[name], in_words(getattr(before, name)), in_words(getattr(after, name)))
        for name in differing(before, after)
    ]


def differing(before: Findings, after: Findings) -> list[str]:
    """Return the names of what differs."""
    return [name for name in FIELDS if getattr(before, name) != getattr(after, name)]


def in_words(value: object) -> str:
    """Return one finding as people say it.

    >>> in_words(None), in_words(True), in_words(Known.NOT_KNOWN), in_words("camden")
    ('not known', 'yes', 'not known', 'camden')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value.replace("_", " ")
    return "not known" if value is None else str(value)


def bad_moment(at: datetime, now: datetime) -> str | None:
    """Return what is wrong with when something was found out, or None."""
    return "That time has not come yet." if at > now else None


def bad_leaving(
    institution: Institution | None, left_on: date | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with when somebody left an institution, each with its field."""
    if institution is None and left_on is not None:
        yield "last_institution", "Choose what they left on that day, or leave the day empty."
    if institution is not None and left_on is None:
        yield "left_on", "Write the day on which they left, as near as they can say."
    if left_on is not None and left_on > london(now).date():
        yield "left_on", "That day has not come yet."


@dataclass(frozen=True, slots=True)
class LeavingFacts:
    """What somebody left, and on which day."""

    institution: Institution
    left_on: date


@dataclass(frozen=True, slots=True)
class Team:
    """An organisation's staff in one role: who reads a private note."""

    organisation_id: int
    role: str


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """One note. A struck one has no words any more for whoever reads it."""

    id: int
    at: datetime
    by_id: int | None
    by_name: str | None
    words: str
    shared: bool
    struck_at: datetime | None = None

    def may_be_struck(self, staff_id: int | None, now: datetime) -> bool:
        """Return whether whoever looks may take it back now."""
        return (
            self.struck_at is None
            and staff_id is not None
            and self.by_id == staff_id
            and now - self.at <= STRIKE_WITHIN
        )
