"""What a shift and a promise are: pure rules, apart because those of contacts fill a room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pathway.nights import NOON, from_london, night_of

USUAL_FROM, USUAL_TO = time(22), time(7)
"""When a shift begins and ends unless something else is typed; London times (ours)."""

LONGEST_SHIFT = timedelta(hours=16)
"""How long a shift may be (ours): what is longer is a slip of the keys."""

NIGHTS_AHEAD = 60
"""How many nights ahead a shift is planned at most (ours)."""

LONGEST_TEAM = 60
"""The most characters of a team's name (ours)."""

LONGEST_PROMISE = 300
"""The most characters of a promise (ours)."""

DAYS_AHEAD = 366
"""How many days ahead a promise may fall due (ours)."""

_OUTSIDE = timedelta.resolution
"""What puts the end of one shift after the beginning of the next, at the same instant."""


@dataclass(frozen=True, slots=True)
class SpotOnShift:
    """A spot that a shift means to go to; ``visited_at`` is when it did."""

    id: int
    name: str
    route: str | None = None
    visited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """One team out for one night. ``out`` are those who are out, by id."""

    id: int
    organisation_id: int
    organisation: str
    night: date
    name: str
    starts_at: datetime
    ends_at: datetime
    handed_over_at: datetime | None = None
    handed_over_by: str | None = None
    words: str | None = None
    out: tuple[tuple[int, str], ...] = ()
    spots: tuple[SpotOnShift, ...] = ()

    @property
    def hours(self) -> float:
        """Return how long the shift is: on nights when the clocks change not what it looks."""
        return (self.ends_at - self.starts_at) / timedelta(hours=1)

    def has(self, staff_id: int | None) -> bool:
        """Return whether a member of staff is out on it."""
        return any(ident == staff_id for ident, _ in self.out)


@dataclass(frozen=True, slots=True)
class PromiseFacts:
    """What somebody was promised. ``kept`` is None while nobody has said."""

    id: int
    person_ref: str
    person_name: str
    words: str
    due_on: date
    at: datetime
    by_name: str | None
    kept: bool | None = None
    settled_at: datetime | None = None

    def standing(self, today: date) -> str:
        """Return in a word how it stands.

        >>> from datetime import UTC
        >>> due, at = date(2026, 1, 9), datetime(2026, 1, 8, 22, tzinfo=UTC)
        >>> one = PromiseFacts(1, "P-222222", "Fern", "a coat", due, at, "Robin")
        >>> one.standing(date(2026, 1, 9)), one.standing(date(2026, 1, 10))
        ('due today', 'overdue')
        """
        if self.kept is not None:
            return "kept" if self.kept else "not kept"
        if self.due_on < today:
            return "overdue"
        return "due today" if self.due_on == today else "open"


def span_of(night: date, begins: time, ends: time) -> tuple[datetime, datetime]:
    """Return when a shift of this night begins and ends.

    A time before noon is of the morning that ends the night. 22:00 to 07:00 is
    nine hours, but eight or ten on the nights when the clocks change.

    Raises:
        ValueError: one of the times does not exist that night, or exists twice.
    """
    first = datetime.combine(_day_of(night, begins), begins)
    last = datetime.combine(_day_of(night, ends), ends)
    if last <= first:
        last += timedelta(days=1)
    return from_london(first), from_london(last)


def nearest(shifts: Mapping[int, tuple[datetime, datetime]], at: datetime) -> int | None:
    """Return the shift that a moment is of: the nearest in time, of several the newest.

    ``shifts`` is when each begins and ends, by id. Inside of one it is no time away.
    """

    def away(ident: int) -> timedelta:
        starts_at, ends_at = shifts[ident]
        inside = starts_at <= at < ends_at
        return timedelta(0) if inside else min(abs(at - starts_at), abs(at - ends_at)) + _OUTSIDE

    return min(shifts, key=lambda ident: (away(ident), -ident), default=None)


def _day_of(night: date, at: time) -> date:
    return night if at >= NOON else night + timedelta(days=1)


def bad_span(
    night: date, starts_at: datetime, ends_at: datetime, now: datetime
) -> tuple[str, str] | None:
    """Return the field of a plan that is wrong and why, or None."""
    tonight = night_of(now)
    if night < tonight:
        return "night", "That night is over. Choose tonight or a night to come."
    if (night - tonight).days > NIGHTS_AHEAD:
        return "night", f"Plan at most {NIGHTS_AHEAD} nights ahead."
    if night_of(starts_at) != night:
        return (
            "begins",
            "A night runs from noon to noon. Choose the night in which the shift begins.",
        )
    if ends_at <= starts_at:
        return "ends", "The shift has to end after it begins."
    if ends_at - starts_at > LONGEST_SHIFT:
        return "ends", "That is longer than 16 hours. Check both times."
    return None


def bad_due(due_on: date, today: date) -> str | None:
    """Return why a promise cannot fall due on a day, or None."""
    if due_on < today:
        return "That day is over. Choose today or a day to come."
    if (due_on - today).days > DAYS_AHEAD:
        return "That is more than a year ahead. Check the year."
    return None
