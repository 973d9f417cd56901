"""For how long each kind of record is kept, and why: numbers and sentences, and no database.

Every number of days and every basis is ours, to be confirmed by the borough's
data protection officer. An admin changes them within the bounds.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from pathway.nights import LONDON, london

TO_CONFIRM = "(Ours, to be confirmed by the borough’s data protection officer.)"

YEAR = 365


class Kind(StrEnum):
    """A kind of record that goes when it is old."""

    PEOPLE = "people"
    CONTACTS = "contacts"
    PLACEMENTS = "placements"
    ASSESSMENTS = "assessments"
    NOTES = "notes"
    WARNINGS = "warnings"
    CONSENTS = "consents"
    WAITING = "waiting"
    TURN_AWAYS = "turn_aways"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one kind is kept: the days that hold unless somebody set others, and bounds.

    ``what`` says from when the days count and what becomes of the record then.
    """

    kind: Kind
    words: str
    what: str
    days: int
    least: int
    most: int
    basis: str


def _limit(kind: Kind, words: str, what: str, *, years: int, least: int, basis: str) -> Limit:
    days = _days(years)
    return Limit(kind, words, what, days, least, _days(40), f"{basis} {TO_CONFIRM}")


def _days(years: int) -> int:
    """Return so many years in whole days, leap days counted.

    >>> _days(4), _days(6)
    (1461, 2192)
    """
    return years * YEAR + (years + 3) // 4


_TASK = "Public task (UK GDPR Article 6(1)(e)), with Article 9(2)(h) where it is about health."
_CLAIMS = "Claims may be brought for six years (Limitation Act 1980)."

LIMITS = (
    _limit(
        Kind.PEOPLE,
        "A person’s whole record",
        "From the last thing that was written about them. They are erased: what counts stands.",
        years=6,
        least=2 * YEAR,
        basis=f"{_TASK} {_CLAIMS} Somebody who comes back to the street is told apart from "
        "somebody new by what was seen in the 60 months before.",
    ),
    _limit(
        Kind.CONTACTS,
        "What was written of a contact",
        "From the contact. Place, who was there and notes are emptied; the night still counts, "
        "since whether somebody is new to the street is judged by every year before.",
        years=6,
        least=YEAR,
        basis=_TASK,
    ),
    _limit(
        Kind.PLACEMENTS,
        "What was written of a stay",
        "From the end of the stay. Reasons are emptied; the nights still count.",
        years=6,
        least=YEAR,
        basis=f"{_TASK} {_CLAIMS}",
    ),
    _limit(
        Kind.ASSESSMENTS,
        "Assessments",
        "From the assessment. The newest stays as long as the person’s record.",
        years=6,
        least=YEAR,
        basis=_TASK,
    ),
    _limit(Kind.NOTES, "Notes", "From the note.", years=3, least=90, basis=_TASK),
    _limit(
        Kind.WARNINGS,
        "Warnings, exclusions and who is kept apart",
        "From their end.",
        years=3,
        least=90,
        basis="Legitimate task of keeping staff and residents safe (Article 6(1)(e)). "
        "A later warning is read beside an earlier one.",
    ),
    _limit(
        Kind.CONSENTS,
        "Consents",
        "From their withdrawal.",
        years=3,
        least=YEAR,
        basis="Accountability (Article 7(1)): that somebody agreed must be shown.",
    ),
    _limit(
        Kind.WAITING,
        "Waits for a bed",
        "From the end of the wait.",
        years=2,
        least=90,
        basis=_TASK,
    ),
    _limit(
        Kind.TURN_AWAYS,
        "Turn-aways",
        "From the night. What somebody needed is emptied; that they were turned away still counts.",
        years=5,
        least=YEAR,
        basis=_TASK,
    ),
    _limit(
        Kind.REQUESTS,
        "Requests about what is kept of somebody",
        "From the decision.",
        years=3,
        least=YEAR,
        basis="Accountability (Article 5(2)): that a request was answered must be shown.",
    ),
)
"""Every kind that goes when it is old."""

BY_KIND = {limit.kind: limit for limit in LIMITS}

FIXED = (
    ("Safeguarding concerns", "as long as the person’s record, which an open one keeps"),
    ("Texts, out and in", "90 days, by the job “forget”"),
    ("Notices", "30 days, by the job “forget”"),
    ("Answers to requests that carry a key", "24 hours; those that a phone may send again, longer"),
    ("The audit trail", "for good: who saw what must be shown (Article 5(2)). It names nobody"),
    ("That somebody was erased", "for good: a reference that leads nowhere, against a restore"),
)
"""What is not set here, and how it is kept."""


def kept_until(on: date, days: int) -> date:
    """Return the last day on which something of a day is still kept.

    >>> kept_until(date(2024, 2, 29), 366)
    datetime.date(2025, 3, 1)
    """
    return on + timedelta(days=days)


def goes_before(today: date, days: int) -> date:
    """Return the first day of which everything is still kept; what is older goes.

    >>> goes_before(date(2025, 3, 2), 366)
    datetime.date(2024, 3, 1)
    """
    return today - timedelta(days=days)


def first_moment(on: date) -> datetime:
    """Return when a day begins in London."""
    return datetime.combine(on, time(), LONDON).astimezone(UTC)


def cutoff(now: datetime, days: int) -> datetime:
    """Return the moment before which everything goes, as of now: a day in London is whole."""
    return first_moment(goes_before(london(now).date(), days))
