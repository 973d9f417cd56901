"""Beds and placements: what a bed is now, who fits, how long a hold runs.

Source: DOMAIN.md section 4. Every number is ours and a setting of the site
where one is named.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pathway.nights import clock, minutes_left
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.rules import Gender, SiteFacts


class PlacementStatus(StrEnum):
    """What is recorded of a placement."""

    HELD = "held"
    BOOKED = "booked"
    IN = "in"
    DEPARTED = "departed"
    EXPIRED = "expired"
    RELEASED = "released"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    VOIDED = "voided"


LIVE = (PlacementStatus.HELD, PlacementStatus.BOOKED, PlacementStatus.IN)
"""A placement in one of these claims its bed and its person."""


class BedStatus(StrEnum):
    """What a bed is at one moment; derived, never stored."""

    OCCUPIED = "occupied"
    HELD = "held"
    BOOKED = "booked"
    VOID = "void"
    TURNAROUND = "turnaround"
    FREE = "free"


class Happened(StrEnum):
    """What an event of a placement says."""

    HELD = "held"
    WALKED_IN = "walked_in"
    EXTENDED = "extended"
    CHECKED_IN = "checked_in"
    RELEASED = "released"
    EXPIRED = "expired"
    DEPARTED = "departed"


LEAST_HOLD = 20
MOST_HOLD = 120
"""The shortest and the longest hold, in minutes; also the cap on extensions."""

BACKDATE = timedelta(hours=24)
"""How far back staff may date an arrival or a departure (ours)."""

ONWARD = {
    "street": "Back on the street",
    "adult-pathway": "Adult Pathway",
    "prs": "Private rented sector",
    "housing-first": "Housing First",
    "supported-housing": "Supported housing",
    "social-tenancy": "Social tenancy",
    "reconnected": "Reconnected to another area",
    "family-or-friends": "Family or friends",
    "hospital": "Hospital",
    "custody": "Custody",
    "asylum-support": "Asylum support",
    "left-unknown": "Left, destination not known",
    "died": "Died",
}
"""Where someone goes who does not go to a site. Source: CONTRACT.md."""

ALREADY_PLACED = "Already placed. Ring the duty manager."
"""What everyone is told who may not open the other placement."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The live row on a bed, as far as the bed's status depends on it."""

    status: PlacementStatus
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BedFacts:
    """One bed at one moment."""

    id: int
    site_id: int
    label: str
    extra: bool = False
    claim: Claim | None = None
    void_from: datetime | None = None
    void_until: datetime | None = None
    turnaround_since: datetime | None = None
    void_reason: str | None = None


def has_lapsed(status: PlacementStatus, expires_at: datetime | None, now: datetime) -> bool:
    """Return whether a hold is over: from the very second it expires."""
    return status is PlacementStatus.HELD and expires_at is not None and expires_at <= now


def bed_status(bed: BedFacts, now: datetime) -> BedStatus:
    """Return what a bed is; the first match of DOMAIN.md section 4 wins."""
    claim = bed.claim
    if claim and not has_lapsed(claim.status, claim.expires_at, now):
        if claim.status is PlacementStatus.IN:
            return BedStatus.OCCUPIED
        return BedStatus(claim.status.value)
    if is_void(bed, now):
        return BedStatus.VOID
    return BedStatus.TURNAROUND if bed.turnaround_since else BedStatus.FREE


def is_void(bed: BedFacts, now: datetime) -> bool:
    """Return whether a bed is out of use at this moment."""
    return void_stands(bed, now) and bed.void_from is not None and bed.void_from <= now


def void_stands(bed: BedFacts, now: datetime) -> bool:
    """Return whether a void is written down that is not over, by whichever clock."""
    return bed.void_from is not None and (bed.void_until is None or now < bed.void_until)


def void_pending(bed: BedFacts, now: datetime) -> bool:
    """Return whether a bed goes out of use as soon as whoever is in it leaves."""
    return void_stands(bed, now) and bed_status(bed, now) is BedStatus.OCCUPIED


@dataclass(frozen=True, slots=True)
class Counts:
    """Tonight at one site. The parts always add up to capacity and over."""

    capacity: int
    over: int
    occupied: int
    booked: int
    held: int
    void: int
    turnaround: int
    free: int


def count(beds: Iterable[tuple[BedFacts, int]], now: datetime) -> Counts:
    """Return tonight's counts of one site: each bed with how many are like it."""
    found: Counter[BedStatus] = Counter()
    total = over = 0
    for bed, number in beds:
        found[bed_status(bed, now)] += number
        total += number
        over += number if bed.extra else 0
    return Counts(
        capacity=total - over,
        over=over,
        **{status.value: found[status] for status in BedStatus},
    )


ADULT_YEARS = 18
"""Nobody younger is held a bed. Source: DOMAIN.md section 6."""

CHILD = (
    "By the date of birth recorded this is someone under 18. Hold nothing: tell the duty "
    "manager and children's safeguarding (MASH), whose address is under “Ring someone”."
)

REVIVABLE = timedelta(hours=24)
"""How long after it lapsed a hold can still be checked in (ours)."""


def is_child(person: PersonFacts, on: date) -> bool:
    """Return whether somebody is under 18 on a day; a missing date says nothing.

    Born on 29 February one comes of age on 1 March.
    """
    born = person.date_of_birth
    if born is None:
        return False
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years < ADULT_YEARS


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A sentence that refuses; a lead may decide otherwise where it says so."""

    sentence: str
    lead_may_decide: bool = False


def why_not(site: SiteFacts, person: PersonFacts) -> WhyNot | None:
    """Return why this site does not take this person, or None.

    Anything not recorded never refuses, except gender at a site for women
    only: there the site's lead decides.
    """
    if site.women_only and person.gender in {Gender.NOT_KNOWN, Gender.OTHER}:
        sentence = f"{site.name} is for women only. Its lead decides: ring them."
        return WhyNot(sentence, lead_may_decide=True)
    if person.gender is not Gender.NOT_KNOWN and person.gender not in site.admits:
        only = "is for women only" if site.women_only else f"does not admit “{person.gender}”"
        return WhyNot(f"{site.name} {only}.")
    most = site.max_support_level
    if most and person.support_level and person.support_level.rank > most.rank:
        return WhyNot(f"{site.name} supports needs up to {most}; this person's are higher.")
    if not site.nrpf and person.recourse is Recourse.NO:
        return WhyNot(f"{site.name} cannot take people with no recourse to public funds.")
    return None


@dataclass(frozen=True, slots=True)
class PlacementFacts:
    """One placement with its person, site and bed."""

    id: int
    status: PlacementStatus
    person: PersonFacts
    site: SiteFacts
    bed_id: int | None
    bed_label: str | None
    made_by: int | None
    made_at: datetime
    expires_at: datetime | None = None
    checked_in_at: datetime | None = None
    departed_at: datetime | None = None
    departure_reason: str | None = None
    destination: str | None = None

    def status_at(self, now: datetime) -> PlacementStatus:
        """Return the status as of now: a lapsed hold is expired before anyone says so."""
        if has_lapsed(self.status, self.expires_at, now):
            return PlacementStatus.EXPIRED
        return self.status


def bad_length(minutes: int) -> str | None:
    """Return why a hold cannot be this long, or None."""
    if LEAST_HOLD <= minutes <= MOST_HOLD:
        return None
    return f"A hold lasts from {LEAST_HOLD} to {MOST_HOLD} minutes."


def extended_until(placement: PlacementFacts, minutes: int, now: datetime) -> datetime | str:
    """Return the new end of a hold, or the sentence that refuses it."""
    if placement.status_at(now) is PlacementStatus.EXPIRED:
        ended = clock(placement.expires_at or now)
        return f"This hold ended at {ended}. Hold a bed again."
    if placement.status is not PlacementStatus.HELD or placement.expires_at is None:
        return "Only a hold can be extended."
    latest = placement.made_at + timedelta(minutes=MOST_HOLD)
    until = placement.expires_at + timedelta(minutes=minutes)
    if until <= latest:
        return until
    more = minutes_left(latest, placement.expires_at)
    if more == 0:
        return f"This hold cannot run past {clock(latest)}. Ring the site if you need longer."
    return f"This hold can run until {clock(latest)} at the latest: {more} more minutes."


def bad_moment(
    at: datetime, now: datetime, *, not_before: datetime, before_words: str
) -> str | None:
    """Return why something cannot have happened at this time, or None."""
    if at > now:
        return "That time has not come yet."
    if at < not_before:
        return f"That is before {before_words}."
    if at < now - BACKDATE:
        return "That is more than 24 hours ago. Keep the paper sheet and tell your lead."
    return None


def standing_sentence(placement: PlacementFacts, now: datetime) -> str:
    """Return where someone is already placed, for those who may know."""
    name, where = (placement.person.name, f"{placement.site.name}, bed {placement.bed_label}")
    if placement.status is PlacementStatus.IN:
        return f"{name} is in at {where}."
    until = f" until {clock(placement.expires_at)}" if placement.expires_at else ""
    return f"{name} already has a bed {placement.status_at(now)} at {where}{until}."


def wanted_sentence(placement: PlacementFacts, who: str) -> str:
    """Return who is on the way to a bed, and what to do before it goes out of use."""
    until = f" until {clock(placement.expires_at)}" if placement.expires_at else ""
    return (
        f"{who} has bed {placement.bed_label} {placement.status}{until}. "
        "Move or cancel that first, then take the bed out of use."
    )
