"""Beds and placements: what a bed is now, who fits, how long a hold runs.

Source: DOMAIN.md section 4. Every number is ours and a setting of the site
where one is named.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from pathway.nights import clock
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts


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

    @property
    def words(self) -> str:
        """Return the status as people say it."""
        return self.value.replace("_", " ")


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
    BOOKED = "booked"
    WALKED_IN = "walked_in"
    MOVED_IN = "moved_in"
    EXTENDED = "extended"
    CHECKED_IN = "checked_in"
    RELEASED = "released"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    DEPARTED = "departed"
    AWAY = "away"
    BACK = "back"
    STAY_DECIDED = "stay_decided"
    VOIDED = "voided"
    UNDONE = "undone"


class BedHappened(StrEnum):
    """What an event of a bed says.

    ``turnaround_undone`` ends a turnaround, too: nobody made the bed ready, but
    whoever was said to have left is in it after all.
    """

    VOID = "void"
    REINSTATED = "reinstated"
    TURNAROUND = "turnaround"
    READY = "ready"
    TURNAROUND_UNDONE = "turnaround_undone"


class Welfare(StrEnum):
    """What a hub decided for somebody vulnerable who did not come."""

    SAFE = "safe"
    OUTREACH = "outreach"
    POLICE = "police"
    DUTY = "duty"


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

MOST_BEDS = 500
"""The most beds of one site (ours)."""

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
    step_free: bool | None = None
    womens: bool | None = None
    shared: bool | None = None


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


def seated(counts: Counts, people: int) -> Counts:
    """Return counts with people in of whom no bed is recorded, as only imported stays are.

    They take what is free, then what was being made ready or out of use, since
    somebody did sleep somewhere; the rest is over capacity.

    >>> seated(Counts(3, 0, occupied=1, booked=0, held=0, void=1, turnaround=0, free=1), 3)
    Counts(capacity=3, over=1, occupied=4, booked=0, held=0, void=0, turnaround=0, free=0)
    """
    left, taken = people, {}
    for part in ("free", "turnaround", "void"):
        there: int = getattr(counts, part)
        taken[part] = there - min(there, left)
        left -= min(there, left)
    return replace(counts, occupied=counts.occupied + people, over=counts.over + left, **taken)


@dataclass(frozen=True, slots=True)
class PlacementFacts:
    """One placement with its person, site and bed.

    ``planned`` is a hold at the target of a transfer while the person is still
    in elsewhere. ``ended_at`` is when a claim ended that nobody arrived on.
    ``kept_at`` is when the hub last decided to keep the bed of somebody away.
    """

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
    planned: bool = False
    expected_at: datetime | None = None
    ended_at: datetime | None = None
    transfer_from: int | None = None
    away_at: datetime | None = None
    away_reason: str | None = None
    away_until: date | None = None
    kept_at: datetime | None = None
    stay_authorised: bool | None = None
    stay_reason: str | None = None

    def status_at(self, now: datetime) -> PlacementStatus:
        """Return the status as of now: a lapsed hold is expired before anyone says so."""
        if has_lapsed(self.status, self.expires_at, now):
            return PlacementStatus.EXPIRED
        return self.status


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
        "Cancel that first and hold another for them, then take the bed out of use."
    )


def planned_sentence(placement: PlacementFacts, *, seen: bool) -> str:
    """Return that a move is planned already, and where to for those who may know."""
    name, then = placement.person.name, "Check them in there, or release that first."
    if not seen:
        return f"A move is planned for {name} already. Ring the duty manager."
    until = f" until {clock(placement.expires_at)}" if placement.expires_at else ""
    where = f"bed {placement.bed_label} at {placement.site.name}"
    return f"{name} has {where} kept for a move{until}. {then}"
