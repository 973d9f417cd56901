"""When something may happen to a placement: how long, how late, how far back.

Source: DOMAIN.md section 4. Every number is ours, and a setting of the site
where :class:`pathway.sites.rules.SiteNumbers` names it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.nights import clock, minutes_left
from pathway.sites.rules import SiteNumbers

LONGEST_HOLD = 24 * 60
"""The most minutes that a request may name at all; what a site allows is its setting."""

MINUTE = timedelta(minutes=1)
"""Two typed times nearer than this are the same one."""

REVIVABLE = timedelta(hours=24)
"""How long after it lapsed a hold can still be checked in (ours)."""

MORE_MINUTES = 15
"""How many minutes one tap adds to a hold (ours)."""

CLOCKS_ALIKE = timedelta(minutes=2)
"""How far a phone's clock may be from ours before what it said is kept (ours)."""


def odd_clock(device_at: datetime | None, at: datetime) -> datetime | None:
    """Return what a phone's clock said, where that is worth keeping beside our time."""
    if device_at is None or abs(device_at - at) <= CLOCKS_ALIKE:
        return None
    return device_at


def bad_length(minutes: int, numbers: SiteNumbers) -> str | None:
    """Return why a hold cannot be this long, or None."""
    if numbers.least_hold <= minutes <= numbers.most_hold:
        return None
    return f"A hold lasts from {numbers.least_hold} to {numbers.most_hold} minutes."


def extended_until(placement: PlacementFacts, minutes: int, now: datetime) -> datetime | str:
    """Return the new end of a hold, or the sentence that refuses it."""
    if placement.status_at(now) is PlacementStatus.EXPIRED:
        ended = clock(placement.expires_at or now)
        return f"This hold ended at {ended}. Hold a bed again."
    if placement.status is PlacementStatus.BOOKED:
        return "This is a booking: change the expected time."
    if placement.status is not PlacementStatus.HELD or placement.expires_at is None:
        return "Only a hold can be extended."
    latest = _latest_end(placement)
    until = placement.expires_at + timedelta(minutes=minutes)
    if until <= latest:
        return until
    more = minutes_left(latest, placement.expires_at)
    if more == 0:
        return f"This hold cannot run past {clock(latest)}. Ring the site if you need longer."
    return f"This hold can run until {clock(latest)} at the latest: {more} more minutes."


def minutes_to_add(placement: PlacementFacts) -> int:
    """Return how many minutes one tap adds to a hold: fewer near its latest end, or none."""
    if placement.expires_at is None:
        return 0
    return min(MORE_MINUTES, minutes_left(_latest_end(placement), placement.expires_at))


def _latest_end(placement: PlacementFacts) -> datetime:
    return placement.made_at + timedelta(minutes=placement.site.numbers.most_hold)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes a past time down: by the numbers of which site, a lead or not, from what sheet."""

    numbers: SiteNumbers
    lead: bool = False
    sheet: str | None = None


def bad_moment(
    at: datetime, now: datetime, hand: Hand, *, not_before: datetime, before_words: str
) -> str | None:
    """Return why something cannot have happened at this time, or None.

    Staff go back a day; a lead a fortnight, naming the paper sheet.
    """
    if at > now:
        return "That time has not come yet."
    if at < not_before:
        return f"That is before {before_words}."
    return _too_long_ago(now - at, hand)


def _too_long_ago(past: timedelta, hand: Hand) -> str | None:
    numbers = hand.numbers
    if past <= timedelta(hours=numbers.backdate_hours):
        return None
    long_ago = f"That is more than {numbers.backdate_hours} hours ago"
    if not hand.lead:
        return f"{long_ago}. Keep the paper sheet and tell your lead."
    if past > timedelta(days=numbers.lead_backdate_days):
        return f"That is more than {numbers.lead_backdate_days} days ago. Keep the paper sheet."
    if hand.sheet is None:
        return f"{long_ago}. Write the number of the paper sheet as well."
    return None
