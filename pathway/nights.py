"""Nights, London time and the way times are written for people.

A night is a ``date``: the evening on which it began. It runs from noon to noon
in London. Source: DOMAIN.md section 2.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

NOON = time(12)

DEVICE_YEARS = range(1970, 2100)
"""What a device's clock may show, from one that was reset onwards (ours)."""

WRITTEN_YEARS = range(1900, 9999)
"""The years of a time that is typed or sent: the calendar's ends have no night (ours)."""

LONGEST_INSTANT = 40
"""How many characters of what a device sends are read: an instant needs 32 (ours)."""


def london(at: datetime) -> datetime:
    """Return an aware instant as London wall-clock time."""
    return at.astimezone(LONDON)


def night_of(at: datetime) -> date:
    """Return the night an aware instant belongs to.

    >>> night_of(datetime(2026, 1, 10, 1, 30, tzinfo=UTC))
    datetime.date(2026, 1, 9)
    >>> night_of(datetime(2026, 1, 10, 12, 0, tzinfo=UTC))
    datetime.date(2026, 1, 10)
    """
    here = london(at)
    return here.date() if here.time() >= NOON else here.date() - timedelta(days=1)


def night_span(night: date) -> tuple[datetime, datetime]:
    """Return the first instant of a night and the first instant after it, in UTC.

    Twenty-four hours, but 23 or 25 on the nights when the clocks change.
    """
    start = datetime.combine(night, NOON, LONDON)
    end = datetime.combine(night + timedelta(days=1), NOON, LONDON)
    return start.astimezone(UTC), end.astimezone(UTC)


def from_london(wall: datetime) -> datetime:
    """Return a naive London wall-clock time as an aware UTC instant.

    Raises:
        ValueError: the time does not exist (clocks went forward) or exists
            twice (clocks went back). It is asked again, never guessed.
    """
    first = wall.replace(tzinfo=LONDON, fold=0)
    second = wall.replace(tzinfo=LONDON, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != wall:
        msg = f"{wall:%H:%M} did not exist on {wall:%d %B %Y}: the clocks went forward."
    else:
        msg = f"{wall:%H:%M} happened twice on {wall:%d %B %Y}: the clocks went back."
    raise ValueError(msg)


def is_twice(wall: datetime) -> bool:
    """Return whether a London time happens twice, as one does when the clocks go back.

    >>> is_twice(datetime(2026, 10, 25, 1, 30)), is_twice(datetime(2026, 3, 29, 1, 30))
    (True, False)
    """
    first, second = (wall.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    return (first.utcoffset() or timedelta()) > (second.utcoffset() or timedelta())


def from_london_twice(wall: datetime, *, second: bool) -> datetime:
    """Return the first or the second instant of a London time that happens twice."""
    return wall.replace(tzinfo=LONDON, fold=int(second)).astimezone(UTC)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is London time.

    Raises:
        ValueError: not a time, or a London time that is not one instant.
    """
    text = text.strip()
    try:
        at = datetime.fromisoformat(text if ":" in text else "a day is no time")
    except ValueError:
        msg = f"“{text[:40]}” is not a date and time. Write it like 2026-01-09T22:15."
        raise ValueError(msg) from None
    if at.year not in WRITTEN_YEARS:
        msg = "That date is too far away."
        raise ValueError(msg)
    return from_london(at) if at.tzinfo is None else at.astimezone(UTC)


def device_time(text: str) -> datetime | None:
    """Return what a device says that its clock shows, or None where that is no instant.

    >>> device_time("2026-01-09T22:15:00.000Z")
    datetime.datetime(2026, 1, 9, 22, 15, tzinfo=datetime.timezone.utc)
    >>> device_time("2026-01-09T22:15") is device_time("soon") is None
    True
    """
    try:
        at = datetime.fromisoformat(text[:LONGEST_INSTANT])
        return at.astimezone(UTC) if at.tzinfo and at.year in DEVICE_YEARS else None
    except (ValueError, OverflowError):
        return None


def clock(at: datetime) -> str:
    """Return the London time as ``22:15``; a time that happens twice says which it is."""
    here = london(at)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here:%H:%M} {here:%Z}" if twice else f"{here:%H:%M}"


def day(on: date) -> str:
    """Return a date as ``9 January 2026``."""
    return f"{on.day} {on:%B %Y}"


def when(at: datetime, now: datetime) -> str:
    """Return ``22:15``, with the day when it is another night than now's."""
    if night_of(at) == night_of(now):
        return clock(at)
    here = london(at)
    year = "" if here.year == london(now).year else f" {here.year}"
    return f"{clock(at)} on {here.day} {here:%B}{year}"


def minutes_left(until: datetime, now: datetime) -> int:
    """Return whole minutes left, rounded up, never below nought."""
    seconds = (until - now).total_seconds()
    return max(0, -int(-seconds // 60))
