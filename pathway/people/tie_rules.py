"""Who is to be kept apart, who wants to stay together, and who is excluded: what is said of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pathway.people.rules import PersonFacts

LONGEST_APART = timedelta(days=5 * 365)
"""How far ahead the last day of keeping two people apart may be (ours): it can be said anew."""

LONGEST_EXCLUSION = timedelta(days=365)
"""How far ahead the last day of an exclusion may be (ours): then its lead decides again."""

_OVER = "That day is over. Write the last day on which it stands."

CLOSED = "somebody whose record is closed to you"
"""What stands for the other of two people where whoever reads may not open their record."""


def bad_apart(until: date | None, today: date) -> str | None:
    """Return what is wrong with the last day on which two are kept apart, or None.

    It may be left empty: then it stands until somebody ends it.
    """
    if until is None:
        return None
    if until < today:
        return _OVER
    if until - today > LONGEST_APART:
        return "That is more than five years ahead. Check the year, or leave it empty."
    return None


def bad_exclusion(until: date | None, today: date) -> str | None:
    """Return what is wrong with the last day of an exclusion, or None.

    >>> bad_exclusion(None, date(2026, 1, 9))
    'Write the last day on which it stands. An exclusion without one is not kept.'
    """
    if until is None:
        return "Write the last day on which it stands. An exclusion without one is not kept."
    if until < today:
        return _OVER
    if until - today > LONGEST_EXCLUSION:
        return "That is more than a year ahead. Check the year; it can be said anew then."
    return None


@dataclass(frozen=True, slots=True)
class ApartFacts:
    """That two people must never meet, as seen from one of them.

    ``other`` is None where their record is closed to whoever reads; ``own`` is that
    the reader wrote it down.
    """

    id: int
    other_id: int
    other: PersonFacts | None
    why: str
    readers: frozenset[str]
    expires_on: date | None
    at: datetime
    by_name: str | None
    own: bool
    ended_at: datetime | None = None

    @property
    def whom(self) -> str:
        """Return who the other is, as a sentence goes on."""
        return _whom(self.other)

    def may_be_read(self, roles: frozenset[str]) -> bool:
        """Return whether somebody with these roles may know of it."""
        return self.own or bool(self.readers & roles)

    def stands(self, today: date) -> bool:
        """Return whether it counts on a day: its last one counts to the end."""
        return self.ended_at is None and (self.expires_on is None or self.expires_on >= today)


@dataclass(frozen=True, slots=True)
class WishFacts:
    """What one person said for themselves, and who took it; of the other it tells nothing."""

    id: int
    other: PersonFacts | None
    at: datetime
    by_name: str | None

    @property
    def whom(self) -> str:
        """Return who the other is, as a sentence goes on."""
        return _whom(self.other)


@dataclass(frozen=True, slots=True)
class ExclusionFacts:
    """That a site takes somebody no more until a day; ``mine`` is that the reader may end it."""

    id: int
    site: str
    reason: str
    until_on: date
    at: datetime
    by_name: str | None
    mine: bool
    ended_at: datetime | None = None

    def stands(self, today: date) -> bool:
        """Return whether it counts on a day: its last one counts to the end."""
        return self.ended_at is None and self.until_on >= today


def _whom(other: PersonFacts | None) -> str:
    return f"{other.name}, {other.ref}" if other else CLOSED
