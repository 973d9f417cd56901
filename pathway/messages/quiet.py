"""When a member of staff is left in peace: hours of the London clock, and gaps between texts."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import NamedTuple

from pathway.nights import london
from pathway.staff.doing import Role


class Hours(NamedTuple):
    """From when to when; over midnight where it ends before it begins. Equal is never."""

    begins: time
    ends: time


USUAL = Hours(time(22), time(7))
"""When nobody gets a text but alarms, unless they say otherwise (ours)."""

NEVER = Hours(time(0), time(0))
"""The hours of somebody who has none."""

GAP = timedelta(minutes=10)
"""At most one text of notices goes to anybody in so long (ours)."""


def hours_of(begins: time | None, ends: time | None) -> Hours:
    """Return the hours that somebody chose, or the usual ones where they chose none."""
    return USUAL if begins is None or ends is None else Hours(begins, ends)


NIGHT_SHIFTS = frozenset({Role.OUTREACH, Role.HUB, Role.HUB_LEAD, Role.SWEP_COORDINATOR})
"""Whose work is at night: for them the usual hours would be the whole shift."""


def suggested(roles: Collection[str]) -> Hours:
    """Return the hours that somebody is offered who has not chosen any."""
    return NEVER if NIGHT_SHIFTS & set(roles) else USUAL


def is_quiet(hours: Hours, at: datetime) -> bool:
    """Return whether a moment is within quiet hours, by the clock on the wall.

    When the clocks change, an hour that is not there is not quiet and one that
    comes twice is quiet twice.
    """
    now = london(at).time()
    if hours.begins <= hours.ends:
        return hours.begins <= now < hours.ends
    return now >= hours.begins or now < hours.ends


def typed(begins: str, ends: str) -> tuple[Hours | None, dict[str, list[str]]]:
    """Return the hours that were typed, or by field what is wrong with them."""
    asked = {"begins": _clock_time(begins), "ends": _clock_time(ends)}
    faults = {name: [NO_TIME] for name, value in asked.items() if value is None}
    if asked["begins"] is None or asked["ends"] is None:
        return None, faults
    return Hours(asked["begins"], asked["ends"]), {}


NO_TIME = "Write a time like 22:00."


def _clock_time(text: str) -> time | None:
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError:
        return None
