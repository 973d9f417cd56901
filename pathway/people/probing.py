"""Who looks as if they tried doors: denial upon denial within an hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PROBES = 5
"""From so many denials within ``PROBED_WITHIN`` on it looks like probing (ours)."""

PROBED_WITHIN = timedelta(hours=1)
"""How close together denials count as one search (ours): a slip is not tried so often."""


@dataclass(frozen=True, slots=True)
class Probing:
    """Somebody who was kept from records again and again."""

    staff_id: int
    times: int
    first: datetime
    last: datetime


def probing(denials: Iterable[tuple[int, datetime]]) -> list[Probing]:
    """Return who was denied too often within an hour, the latest first.

    ``denials`` are a staff id and a moment each. Runs of denials that follow
    one another within the hour are told as one.
    """
    by_staff: dict[int, list[datetime]] = {}
    for staff_id, at in sorted(denials, key=lambda one: one[1]):
        by_staff.setdefault(staff_id, []).append(at)
    found = [one for staff_id, times in by_staff.items() for one in _runs(staff_id, times)]
    return sorted(found, key=lambda one: one.last, reverse=True)


def _runs(staff_id: int, times: Sequence[datetime]) -> list[Probing]:
    """Return the stretches in which every denial belongs to a window that is too full."""
    full: list[tuple[datetime, datetime, int]] = []
    for place in range(PROBES - 1, len(times)):
        first, last = times[place - PROBES + 1], times[place]
        if last - first > PROBED_WITHIN:
            continue
        if full and first <= full[-1][1]:
            full[-1] = (full[-1][0], last, full[-1][2] + 1)
        else:
            full.append((first, last, PROBES))
    return [Probing(staff_id, count, first, last) for first, last, count in full]
