"""What stands on the card that somebody is given: in few words, and nothing about them."""

from datetime import datetime, time, timedelta

from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.nights import clock, london, night_of

_DAYTIME = time(6), time(17)
"""From when until when one says "today" rather than "tonight" (ours)."""

_SHOWN = (PlacementStatus.HELD, PlacementStatus.BOOKED, PlacementStatus.IN)
"""With which status there is a bed to go to."""


def has_a_bed(placement: PlacementFacts, now: datetime) -> bool:
    """Return whether there is a bed that the card can lead to."""
    return placement.status_at(now) in _SHOWN


def by_when(placement: PlacementFacts, now: datetime) -> str | None:
    """Return when somebody is to be there, in plain words; None for whoever is in."""
    if placement.status is PlacementStatus.HELD and placement.expires_at:
        return f"Be there before {spoken_time(placement.expires_at, now)}."
    if placement.status is PlacementStatus.BOOKED and placement.expected_at:
        return f"Come at {spoken_time(placement.expected_at, now)}."
    return None


def spoken_time(at: datetime, now: datetime) -> str:
    """Return a time as people say it: ``23:45 tonight``, ``14:00 tomorrow``."""
    here, today = london(at), london(now).date()
    first, last = _DAYTIME
    if night_of(at) == night_of(now) and not first <= here.time() < last:
        return f"{clock(at)} tonight"
    if here.date() == today:
        return f"{clock(at)} today"
    if here.date() == today + timedelta(days=1):
        return f"{clock(at)} tomorrow"
    return f"{clock(at)} on {here:%A} {here.day} {here:%B}"
