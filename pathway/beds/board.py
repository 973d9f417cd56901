"""Tonight's board: what is free where.

One select reads the beds, those alike counted together, and one the sites;
:func:`pathway.beds.rules.bed_status` derives every status, so that board, hub
page and API can never differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, and_, bindparam, case, func, or_, select

from pathway.beds.fit import Window, stopped, why_not, why_not_bed
from pathway.beds.models import (
    IS_HELD,
    IS_LIVE,
    Bed,
    BedEvent,
    Confirmation,
    Placement,
    PlacementEvent,
)
from pathway.beds.queries import in_force, live_on_bed
from pathway.beds.rules import (
    BedFacts,
    BedStatus,
    Claim,
    Counts,
    PlacementStatus,
    bed_status,
    count,
)
from pathway.db import AnyRow, db, run
from pathway.nights import london, night_of
from pathway.people.rules import PersonFacts
from pathway.sites.models import Site
from pathway.sites.queries import SITE_COLUMNS, site_facts
from pathway.sites.rules import SiteFacts
from pathway.staff.rules import Scope

BED_COLUMNS = (
    Bed.id,
    Bed.site_id,
    Bed.label,
    Bed.extra,
    Bed.void_from,
    Bed.void_until,
    Bed.turnaround_since,
    Bed.void_reason,
    Bed.step_free,
    Bed.womens,
    Bed.shared,
    Placement.status,
    Placement.expires_at,
)

_NIGHT = bindparam("night", type_=Date())

_LIKE_BEDS = (
    Bed.site_id,
    in_force(_NIGHT),
    Bed.extra,
    Bed.void_from,
    Bed.void_until,
    Bed.turnaround_since,
    Bed.step_free,
    Bed.womens,
    Placement.status,
    case((IS_HELD, Placement.expires_at)),
)
"""Beds that agree in all of these have one status: only a hold's expiry matters."""

_GROUPS = (
    select(*_LIKE_BEDS, func.count())
    .outerjoin(Placement, live_on_bed())
    .where(or_(in_force(_NIGHT), IS_LIVE))
    .group_by(*_LIKE_BEDS)
)

_TAKEN = frozenset({BedStatus.OCCUPIED, BedStatus.HELD, BedStatus.BOOKED})
"""What keeps a bed on the board that is gone."""

_SITES = select(
    *SITE_COLUMNS,
    select(func.max(PlacementEvent.recorded_at))
    .where(PlacementEvent.site_id == Site.id)
    .scalar_subquery(),
    select(func.max(BedEvent.recorded_at)).where(BedEvent.site_id == Site.id).scalar_subquery(),
    select(func.max(Confirmation.at)).where(Confirmation.site_id == Site.id).scalar_subquery(),
).order_by(Site.name)


@dataclass(frozen=True, slots=True)
class SiteTonight:
    """One site on the board. ``counts`` is None for those who may not see them."""

    site: SiteFacts
    counts: Counts | None
    changed_at: datetime | None
    confirmed_at: datetime | None
    free: tuple[tuple[BedFacts, int], ...] = ()
    """The free beds, each with how many are like it."""

    @property
    def step_free(self) -> int | None:
        """How many of the free beds are step-free; None where it is not recorded of any."""
        said = [number if bed.step_free else 0 for bed, number in self.free]
        recorded = any(bed.step_free is not None for bed, _ in self.free)
        return sum(said) if recorded else None

    @property
    def seen(self) -> tuple[str, datetime | None, datetime | None]:
        """Return what changes during a night, for an ETag."""
        return f"{self.counts} {self.step_free}", self.changed_at, self.confirmed_at

    def free_for(self, person: PersonFacts) -> int:
        """Return how many of the free beds are for this person."""
        return sum(number for bed, number in self.free if why_not_bed(bed, person) is None)


@dataclass(frozen=True, slots=True)
class Board:
    """Tonight at every site with beds."""

    night: date
    as_of: datetime
    sites: tuple[SiteTonight, ...]


def tonight(now: datetime, scope: Scope) -> Board:
    """Return tonight's board as one scope may see it; sites without beds are left out.

    A bed that is gone tonight but that somebody is still in, or on the way to,
    counts as over capacity: nobody is hidden.
    """
    night = night_of(now)
    beds: dict[int, list[tuple[BedFacts, int]]] = {}
    for site_id, exists, *facts, number in run(_GROUPS, night=night):
        bed = _like(site_id, *facts)
        if not exists:
            bed = replace(bed, extra=True)
        if exists or bed_status(bed, now) in _TAKEN:
            beds.setdefault(site_id, []).append((bed, number))
    rows = [row for row in run(_SITES) if row[0] in beds]
    return Board(night, now, tuple(_site_tonight(row, beds[row[0]], now, scope) for row in rows))


def oldest_word() -> datetime | None:
    """Return the last word of the site that has been silent longest, whichever that is."""
    words = [[at for at in row[-3:] if at is not None] for row in run(_SITES)]
    return min((max(told) for told in words if told), default=None)


def _like(site_id: int, extra: bool, *facts: Any) -> BedFacts:
    """Return one bed that stands for all that are like it."""
    void_from, void_until, turnaround, step_free, womens, status, expires_at = facts
    claim = Claim(PlacementStatus(status), expires_at) if status else None
    bed = BedFacts(0, site_id, "", extra, claim, void_from, void_until, turnaround)
    return replace(bed, step_free=step_free, womens=womens)


def beds_of(site: SiteFacts, now: datetime) -> list[BedFacts]:
    """Return tonight's beds of one site, in order, and any that is gone but not empty."""
    return _beds(and_(Bed.site_id == site.id, _is_here(now)))


def bed(ident: int, now: datetime) -> BedFacts | None:
    """Return one of tonight's beds, or one that is gone but not empty."""
    return next(iter(_beds(and_(Bed.id == ident, _is_here(now)))), None)


def free_beds(site: SiteFacts, now: datetime) -> int:
    """Return how many beds of one site are free."""
    return len(free_of(site, now))


def free_of(site: SiteFacts, now: datetime) -> list[BedFacts]:
    """Return the beds of one site that are free."""
    return [bed for bed in beds_of(site, now) if bed_status(bed, now) is BedStatus.FREE]


def arriving(site: SiteFacts, now: datetime) -> Window:
    """Return when somebody may come for whom a bed is held now, for as long as is usual there."""
    return now, now + timedelta(minutes=site.hold_minutes)


def alternatives(
    seen: Iterable[SiteTonight], person: PersonFacts, holds: Scope, now: datetime
) -> list[dict[str, Any]]:
    """Return the sites among these that fit and have beds free, most free first.

    ``free`` is how many are for this person; ``hold`` says whether whoever asks
    may hold there, or has to ring.
    """
    if stopped(person, london(now).date()):
        return []
    fitting = [
        {
            "site": one.site.code,
            "name": one.site.name,
            "free": free,
            "hold": holds.covers(one.site),
            "phone": one.site.phone,
        }
        for one in seen
        if (free := one.free_for(person)) and not why_not(one.site, person, arriving(one.site, now))
    ]
    return sorted(fitting, key=lambda one: -int(str(one["free"])))


def _is_here(now: datetime) -> Any:
    taken = and_(IS_LIVE, or_(~IS_HELD, Placement.expires_at > now))
    return or_(in_force(night_of(now)), taken)


def _beds(condition: Any) -> list[BedFacts]:
    query = select(*BED_COLUMNS).outerjoin(Placement, live_on_bed()).where(condition)
    return [_bed(row) for row in db.session.execute(query.order_by(Bed.site_id, Bed.position))]


def _bed(row: AnyRow) -> BedFacts:
    (ident, site_id, label, extra, void_from, void_until, turnaround, reason, *rest) = row
    step_free, womens, shared, *claim = rest
    status, expires_at = claim
    return BedFacts(
        id=ident,
        site_id=site_id,
        label=label,
        extra=extra,
        claim=Claim(PlacementStatus(status), expires_at) if status else None,
        void_from=void_from,
        void_until=void_until,
        turnaround_since=turnaround,
        void_reason=reason,
        step_free=step_free,
        womens=womens,
        shared=shared,
    )


def _site_tonight(
    row: AnyRow, beds: Iterable[tuple[BedFacts, int]], now: datetime, scope: Scope
) -> SiteTonight:
    site = site_facts(row)
    if not scope.covers(site):
        return SiteTonight(replace(site, **VEILED), None, None, None)
    known = tuple(beds)
    free = tuple(like for like in known if bed_status(like[0], now) is BedStatus.FREE)
    return SiteTonight(site, count(known, now), _later(*row[-3:-1]), row[-1], free)


VEILED: Mapping[str, Any] = dict.fromkeys(
    ("phone", "pickup_point", "intake_from", "intake_to", "dogs", "couples", "nominations")
)
"""What is not told of a site whose counts are not."""


def _later(*moments: datetime | None) -> datetime | None:
    return max((at for at in moments if at is not None), default=None)
