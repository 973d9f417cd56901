"""What has gone on too long: a booking nobody came to, a bed kept for somebody away, a stay.

Nothing here frees a bed. Each asks the hub, which decides. Source: DOMAIN.md
section 4; the numbers are ours, and settings of the site.
"""

from datetime import datetime, timedelta

from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.timing import REVIVABLE
from pathway.nights import night_of, when
from pathway.sites.rules import SiteNumbers


def bad_expected(expected_at: datetime, now: datetime, numbers: SiteNumbers) -> str | None:
    """Return why nobody can be expected at this time, or None.

    The minute that runs has not passed: times are typed in whole minutes.
    """
    if expected_at < now.replace(second=0, microsecond=0):
        return "That time has passed. Give the time when they will come."
    latest = now + timedelta(hours=numbers.book_hours)
    if expected_at <= latest:
        return None
    ahead = f"{numbers.book_hours} hours ahead"
    return f"A bed is booked up to {ahead}: until {when(latest, now)}. Book it nearer the time."


def asks_at(placement: PlacementFacts) -> datetime | None:
    """Return from when the hub is asked about a booking, or None where there is none."""
    if placement.status is not PlacementStatus.BOOKED or placement.expected_at is None:
        return None
    return placement.expected_at + timedelta(minutes=placement.site.numbers.grace_minutes)


def late_booking(placement: PlacementFacts, now: datetime) -> bool:
    """Return whether a booking is past its time and the grace."""
    due = asks_at(placement)
    return due is not None and due <= now


def cancelled_late(placement: PlacementFacts) -> bool:
    """Return whether a booking was cancelled only after they were expected."""
    if placement.status is not PlacementStatus.CANCELLED:
        return False
    expected, ended = placement.expected_at, placement.ended_at
    return expected is not None and ended is not None and expected < ended


def not_yet_a_no_show(placement: PlacementFacts, now: datetime) -> str | None:
    """Return why somebody is not a no-show, or not yet, and what to do; or None."""
    name, status = placement.person.name, placement.status_at(now)
    due = asks_at(placement)
    if due is not None and placement.expected_at is not None:
        expected = when(placement.expected_at, now)
        until = f"{name} is expected at {expected}; mark a no-show from {when(due, now)}."
        return until if now < due else None
    if status is PlacementStatus.HELD and placement.expires_at is not None:
        until = when(placement.expires_at, now)
        return f"The hold for {name} runs until {until}. Mark a no-show from then, or release it."
    if placement.planned:
        return f"{name} stayed where they were: the move that was planned has lapsed by itself."
    if status is not PlacementStatus.EXPIRED or placement.expires_at is None:
        return f"{name} is {status.words}. Only someone who was expected can be a no-show."
    if now - placement.expires_at <= REVIVABLE:
        return None
    return "This hold ended more than a day ago and frees nothing. Leave it as it is."


def overstaying(placement: PlacementFacts, now: datetime) -> bool:
    """Return whether somebody is in for longer than the site's nights, authorised or not."""
    limit, since = placement.site.numbers.stay_nights, placement.checked_in_at
    if placement.status is not PlacementStatus.IN or limit is None or since is None:
        return False
    return (night_of(now) - night_of(since)).days >= limit


def away_asks(placement: PlacementFacts, now: datetime) -> bool:
    """Return whether the hub has to decide again about the bed of somebody away."""
    since = placement.kept_at or placement.away_at
    if placement.status is not PlacementStatus.IN or placement.away_at is None or since is None:
        return False
    return now - since >= timedelta(days=placement.site.numbers.kept_nights)
