"""What a contact on the street says, why one is refused, and the words for it."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from pathway.nights import NOON, from_london, from_london_twice, is_twice, london, night_of
from pathway.outreach.classify import NEW_AFTER, months_before


class ContactKind(StrEnum):
    """How somebody was found. CHAIN counts the first; a street count the first two.

    Source: DOMAIN.md section 6.
    """

    BEDDED_DOWN = "bedded_down"
    ABOUT_TO_BED_DOWN = "about_to_bed_down"
    NOT_BEDDED_DOWN = "not_bedded_down"

    @property
    def words(self) -> str:
        """Return the kind as people say it."""
        return self.value.replace("_", " ").capitalize()


COUNTED_ON_THE_STREET = (ContactKind.BEDDED_DOWN, ContactKind.ABOUT_TO_BED_DOWN)
"""Whom a street count counts. Source: DOMAIN.md section 6."""


class Hidden(StrEnum):
    """Where somebody spent the night out of sight of a bedded-down count."""

    BUS = "bus"
    HOSPITAL = "a_and_e"
    WALKING = "walking"
    OTHER = "other"

    @property
    def words(self) -> str:
        """Return the place as people say it."""
        return {
            "bus": "On buses or trains",
            "a_and_e": "In a hospital's waiting room",
            "walking": "Walking all night",
            "other": "Hidden in another way",
        }[self.value]


class Offer(StrEnum):
    """What was offered at a contact."""

    BED = "bed"
    DAY_CENTRE = "day_centre"
    TREATMENT = "treatment"
    HEALTH = "health"
    FOOD = "food"
    ADVICE = "advice"
    NOTHING = "nothing"

    @property
    def words(self) -> str:
        """Return the offer as people say it."""
        return self.value.replace("_", " ").capitalize()


class Naloxone(StrEnum):
    """What was done with naloxone, which reverses an opioid overdose."""

    GIVEN = "given"
    USED = "used"

    @property
    def words(self) -> str:
        """Return it as people say it."""
        return {"given": "Kit given", "used": "Used on them"}[self.value]


LONGEST_PLACE = 200
"""The most characters of a place (ours)."""

LONGEST_ROUTE = 60
"""The most characters of a route's name (ours)."""

LONGEST_PRESENT = 200
"""The most characters of who else was there (ours)."""

LONGEST_WORDS = 2_000
"""The most characters of a contact's notes (ours)."""

LONGEST_ALERT = {"title": 120, "words": 500, "source": 200}
"""The most characters of a drug alert, by field (ours): it is read on a phone at night."""

KEPT_MONTHS = NEW_AFTER
"""How many months back a contact may have happened (ours): no figure asks further."""

CLOCKS_APART = timedelta(minutes=5)
"""How far a phone may be ahead of us and still mean now (ours)."""

LATE_AFTER = timedelta(hours=12)
"""From so long after it happened on a contact is marked as entered late (ours): one shift."""

STRUCK_BY_ONESELF = timedelta(hours=24)
"""For how long whoever recorded a contact takes it back themselves (ours)."""

PLACES_KEPT = 3
"""Decimals of a latitude or longitude that are kept (ours).

About 100 metres: enough to find a spot again, not enough to name a doorway.
"""


@dataclass(frozen=True, slots=True)
class SpotFacts:
    """A place where people sleep, and on which route it lies."""

    id: int
    name: str
    route: str | None = None
    lat: float | None = None
    lon: float | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One contact as the rules and the pages need it.

    ``at`` is when it happened and ``recorded_at`` when it was written down.
    ``site_id`` is the site whose staff met them; such a contact is seen by
    whoever may see the placements there. ``struck_at`` is when it was taken back
    as recorded in error: it counts nowhere. ``ring_duty`` is only true where it has
    just been recorded, of somebody for whom somebody else looks out.
    """

    id: int
    person_id: int
    person_ref: str
    person_name: str
    kind: ContactKind
    at: datetime
    night: date
    recorded_at: datetime
    staff_id: int | None = None
    by_name: str | None = None
    organisation: str | None = None
    place: str | None = None
    spot_name: str | None = None
    lat: float | None = None
    lon: float | None = None
    present: str | None = None
    offered: tuple[Offer, ...] = ()
    naloxone: Naloxone | None = None
    overdose: bool = False
    moved_on: bool = False
    hidden: Hidden | None = None
    notes: str | None = None
    site_id: int | None = None
    shift_id: int | None = None
    count_area_id: int | None = None
    struck_at: datetime | None = None
    ring_duty: bool = False

    @property
    def late(self) -> bool:
        """Return whether it was written down long after it happened."""
        return self.recorded_at - self.at > LATE_AFTER

    @property
    def where(self) -> str:
        """Return where it was, as people say it."""
        return ", ".join(part for part in (self.spot_name, self.place) if part)


def bad_moment(at: datetime, now: datetime) -> str | None:
    """Return why a contact cannot have happened at this time, or None."""
    if at > now + CLOCKS_APART:
        return "That time has not come yet. Give the time when you met them."
    if london(at).date() < months_before(london(now).date(), KEPT_MONTHS):
        return f"That is more than {KEPT_MONTHS // 12} years ago. Check the year."
    return None


def bad_location(lat: float | None, lon: float | None) -> dict[str, str]:
    """Return what is wrong with a location, by field; nothing where there is none."""
    if lat is None and lon is None:
        return {}
    if lat is None:
        return {"lat": "Send the latitude as well, or neither."}
    if lon is None:
        return {"lon": "Send the longitude as well, or neither."}
    faults = {}
    if not _within(lat, 90):
        faults["lat"] = "A latitude is from -90 to 90 degrees."
    if not _within(lon, 180):
        faults["lon"] = "A longitude is from -180 to 180 degrees."
    return faults


def _within(degrees: float, most: float) -> bool:
    return math.isfinite(degrees) and abs(degrees) <= most


def rounded(degrees: float | None) -> float | None:
    """Return a latitude or longitude with the decimals that are kept.

    >>> rounded(51.528743), rounded(-0.00004), rounded(None)
    (51.529, 0.0, None)
    """
    return None if degrees is None else round(degrees, PLACES_KEPT) + 0.0


def bad_offers(offered: Collection[Offer]) -> str | None:
    """Return why these offers do not go together, or None."""
    if Offer.NOTHING in offered and len(set(offered)) > 1:
        return "Choose what was offered, or that nothing was: not both."
    return None


def typed_moment(
    on: date | None, at: time | None, now: datetime, *, second: bool | None = None
) -> datetime | None:
    """Return the instant that a form's date and time mean; with neither None, which is now.

    A time alone is of the night that is under way. ``second`` says which is meant
    of a time that happens twice, when the clocks go back.

    Raises:
        ValueError: a date without a time, or a London time that is not one instant.
    """
    if at is None:
        if on is None:
            return None
        msg = "Give the time as well, even if it is only about right."
        raise ValueError(msg)
    if on is None:
        night = night_of(now)
        on = night if at >= NOON else night + timedelta(days=1)
    wall = datetime.combine(on, at)
    if second is not None and is_twice(wall):
        return from_london_twice(wall, second=second)
    return from_london(wall)
