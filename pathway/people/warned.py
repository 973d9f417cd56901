"""What a warning of somebody says, and until when it may stand."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pathway.people.rules import WarningKind

LONGEST_DETAIL = 500
LONGEST_SOURCE = 200
"""The most characters of what a warning says, and of who says so (ours)."""

WARNED_FOR = timedelta(days=365)
"""How long a warning stands unless something else is said (ours)."""

LONGEST_WARNING = timedelta(days=5 * 365)
"""How far ahead the last day of a warning may be (ours): a typing error is not for ever."""


def bad_expiry(kind: WarningKind, expires_on: date | None, today: date) -> str | None:
    """Return what is wrong with the last day of a warning, or None.

    A licence condition may have none: it stands until it is lifted.
    """
    if expires_on is None:
        if kind is WarningKind.LICENCE:
            return None
        return "Write the last day on which it stands. Only a licence condition may have none."
    if expires_on < today:
        return "That day is over. Write the last day on which it stands."
    if expires_on - today > LONGEST_WARNING:
        return "That is more than five years ahead. Check the year; it can be renewed."
    return None


@dataclass(frozen=True, slots=True)
class WarningFacts:
    """One warning as its readers see it; ``sites`` are the names of those it rules out."""

    id: int
    kind: WarningKind
    detail: str
    source: str
    readers: frozenset[str]
    expires_on: date | None
    at: datetime
    by_name: str | None
    ended_at: datetime | None = None
    sites: tuple[str, ...] = ()

    def stands(self, today: date) -> bool:
        """Return whether it counts on a day: its last one counts to the end."""
        return self.ended_at is None and (self.expires_on is None or self.expires_on >= today)
