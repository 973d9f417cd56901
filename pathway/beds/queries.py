"""Reads of beds and placements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from pathway.beds.models import (
    LIVE_VALUES,
    Bed,
    Confirmation,
    Placement,
    PlacementEvent,
)
from pathway.beds.rules import (
    BedFacts,
    BedStatus,
    Claim,
    Counts,
    PlacementFacts,
    PlacementStatus,
    bed_status,
    count,
    why_not,
)
from pathway.db import db
from pathway.nights import night_of
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.people.rules import PersonFacts
from pathway.sites.models import Site
from pathway.sites.queries import SITE_COLUMNS, site_facts
from pathway.sites.rules import SiteFacts
from pathway.staff.models import Staff
from pathway.staff.rules import Scope

RECENT = timedelta(hours=12)
"""How long a lapsed or ended placement still shows on lists (ours)."""

BED_COLUMNS = (
    Bed.id,
    Bed.site_id,
    Bed.label,
    Bed.extra,
    Bed.void_from,
    Bed.void_until,
    Bed.turnaround_since,
    Placement.status,
    Placement.expires_at,
)

PLACEMENT_COLUMNS = (
    Placement.id,
    Placement.status,
    Placement.bed_id,
    Bed.label,
    Placement.made_by,
    Placement.made_at,
    Placement.expires_at,
    Placement.checked_in_at,
    Placement.departed_at,
    Placement.departure_reason,
    Placement.destination,
)


@dataclass(frozen=True, slots=True)
class SiteTonight:
    """One site on the board. ``counts`` is None for those who may not see them."""

    site: SiteFacts
    counts: Counts | None
    changed_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """Tonight at every site with beds."""

    night: date
    as_of: datetime
    sites: tuple[SiteTonight, ...]


@dataclass(frozen=True, slots=True)
class FreeBed:
    """A bed that can be claimed, and the lapsed hold that still stands on it."""

    id: int
    label: str
    lapsed_id: int | None


def in_force(night: date) -> Any:
    """Return the condition that a bed exists on a night."""
    return and_(
        Bed.first_night <= night, or_(Bed.last_night.is_(None), Bed.last_night >= night)
    )


def board(now: datetime, scope: Scope) -> Board:
    """Return tonight's board as one scope may see it; sites without beds are left out."""
    night = night_of(now)
    beds: dict[int, list[BedFacts]] = {}
    for bed in _beds(in_force(night)):
        beds.setdefault(bed.site_id, []).append(bed)
    changed = select(func.max(PlacementEvent.recorded_at)).where(
        PlacementEvent.site_id == Site.id
    )
    confirmed = select(func.max(Confirmation.at)).where(Confirmation.site_id == Site.id)
    rows = db.session.execute(
        select(*SITE_COLUMNS, changed.scalar_subquery(), confirmed.scalar_subquery())
        .where(Site.id.in_(list(beds)))
        .order_by(Site.name)
    )
    return Board(
        night, now, tuple(_site_tonight(row, beds[row[0]], now, scope) for row in rows)
    )


def beds_of(site: SiteFacts, now: datetime) -> list[BedFacts]:
    """Return tonight's beds of one site, in order."""
    return _beds(and_(Bed.site_id == site.id, in_force(night_of(now))))


def free_beds(site: SiteFacts, now: datetime) -> int:
    """Return how many beds of one site are free."""
    return sum(bed_status(bed, now) is BedStatus.FREE for bed in beds_of(site, now))


def claimable(
    site_id: int, bed_id: int | None, now: datetime, *, skip: bool
) -> FreeBed | None:
    """Return a free bed of a site, or this one if it is free, locked until the end.

    With ``skip`` beds that another transaction is claiming are passed over;
    without it they are waited for, so that "none" is never said too early.
    """
    night = night_of(now)
    usable = (
        Bed.site_id == site_id,
        in_force(night),
        Bed.turnaround_since.is_(None),
        or_(Bed.void_from.is_(None), Bed.void_from > now, Bed.void_until <= now),
        or_(
            Placement.id.is_(None),
            and_(
                Placement.status == PlacementStatus.HELD.value,
                Placement.expires_at <= now,
            ),
        ),
    )
    query = (
        select(Bed.id, Bed.label, Placement.id)
        .outerjoin(Placement, _live_on_bed())
        .where(*usable)
        .order_by(Bed.position)
        .limit(1)
        .with_for_update(of=Bed, skip_locked=skip)
    )
    if bed_id is not None:
        query = query.where(Bed.id == bed_id)
    row = db.session.execute(query).first()
    return FreeBed(*row) if row else None


def site_of_bed(bed_id: int, night: date) -> SiteFacts | None:
    """Return the site of a bed that exists on a night."""
    query = select(*SITE_COLUMNS).join(Bed, Bed.site_id == Site.id)
    row = db.session.execute(query.where(Bed.id == bed_id, in_force(night))).first()
    return site_facts(row) if row else None


def alternatives(
    now: datetime, scope: Scope, person: PersonFacts, but: int
) -> list[dict[str, Any]]:
    """Return sites that fit and have beds free, most free first."""
    fitting = [
        {"site": one.site.code, "name": one.site.name, "free": one.counts.free}
        for one in board(now, scope).sites
        if one.counts
        and one.counts.free
        and one.site.id != but
        and not why_not(one.site, person)
    ]
    return sorted(fitting, key=lambda one: -int(str(one["free"])))


def placement(ident: int, *, lock: bool = False) -> PlacementFacts | None:
    """Return one placement; locked, nobody else changes it until the end."""
    query = _placements().where(Placement.id == ident)
    if lock:
        query = query.with_for_update(of=Placement)
    return _one(query)


def lock_bed(bed_id: int) -> None:
    """Let nobody else claim this bed until the end."""
    db.session.execute(select(Bed.id).where(Bed.id == bed_id).with_for_update())


def live_placement_of(person_id: int) -> PlacementFacts | None:
    """Return the live row of a person; it may be a hold that has lapsed."""
    live = Placement.status.in_(LIVE_VALUES)
    return _one(
        _placements().where(Placement.person_id == person_id, live, ~Placement.planned)
    )


def placements_of(person_id: int, limit: int = 20) -> list[PlacementFacts]:
    """Return the placements of a person, newest first."""
    query = _placements().where(Placement.person_id == person_id)
    return _all(
        query.order_by(Placement.made_at.desc(), Placement.id.desc()).limit(limit)
    )


def at_site(site: SiteFacts, now: datetime) -> list[PlacementFacts]:
    """Return who is held, in or newly lapsed at a site, soonest to lapse first."""
    lapsed = and_(
        Placement.status == PlacementStatus.EXPIRED.value,
        Placement.expires_at > now - RECENT,
    )
    query = _placements().where(
        Placement.site_id == site.id, or_(Placement.status.in_(LIVE_VALUES), lapsed)
    )
    return _all(query.order_by(Placement.expires_at, Bed.position))


def made_by(staff_id: int, now: datetime) -> list[PlacementFacts]:
    """Return the holds that a member of staff made lately, newest first."""
    recent = or_(Placement.status.in_(LIVE_VALUES), Placement.made_at > now - RECENT)
    query = _placements().where(Placement.made_by == staff_id, recent)
    return _all(query.order_by(Placement.made_at.desc()).limit(50))


def recent_people(staff_id: int, most: int = 8) -> list[PersonFacts]:
    """Return the people whom a member of staff added or placed last."""
    placed = (
        select(Placement.person_id.label("id"), Placement.made_at.label("at"))
        .where(Placement.made_by == staff_id)
        .order_by(Placement.made_at.desc())
        .limit(50)
    )
    added = (
        select(Person.id, Person.created_at.label("at"))
        .where(Person.created_by == staff_id)
        .order_by(Person.created_at.desc())
        .limit(50)
    )
    met = placed.union_all(added).subquery()
    last = (
        select(met.c.id, func.max(met.c.at).label("at")).group_by(met.c.id).subquery()
    )
    query = select(*PERSON_COLUMNS).join(last, last.c.id == Person.id)
    rows = db.session.execute(query.order_by(last.c.at.desc(), Person.id).limit(most))
    return [person_facts(row) for row in rows]


def events_of(ident: int) -> list[dict[str, Any]]:
    """Return what happened to a placement, in the order it was written down."""
    rows = db.session.execute(
        select(PlacementEvent, Staff.name)
        .outerjoin(Staff, Staff.id == PlacementEvent.by)
        .where(PlacementEvent.placement_id == ident)
        .order_by(PlacementEvent.id)
    )
    return [
        {
            "at": event.at,
            "recorded_at": event.recorded_at,
            "by": name or "Pathway",
            "what": event.what,
            "expires_at": event.expires_at,
            **(event.detail or {}),
        }
        for event, name in rows
    ]


def _live_on_bed() -> Any:
    return and_(Placement.bed_id == Bed.id, Placement.status.in_(LIVE_VALUES))


def _beds(condition: Any) -> list[BedFacts]:
    query = select(*BED_COLUMNS).outerjoin(Placement, _live_on_bed()).where(condition)
    return [
        _bed(row)
        for row in db.session.execute(query.order_by(Bed.site_id, Bed.position))
    ]


def _bed(row: Row[Any]) -> BedFacts:
    (
        ident,
        site_id,
        label,
        extra,
        void_from,
        void_until,
        turnaround,
        status,
        expires_at,
    ) = row
    return BedFacts(
        id=ident,
        site_id=site_id,
        label=label,
        extra=extra,
        claim=Claim(PlacementStatus(status), expires_at) if status else None,
        void_from=void_from,
        void_until=void_until,
        turnaround_since=turnaround,
    )


def _site_tonight(
    row: Row[Any], beds: Iterable[BedFacts], now: datetime, scope: Scope
) -> SiteTonight:
    site = site_facts(row)
    if not scope.covers(site):
        return SiteTonight(site, None, None, None)
    return SiteTonight(site, count(beds, now), row[-2], row[-1])


def _placements() -> Select[Any]:
    return (
        select(*PLACEMENT_COLUMNS, *SITE_COLUMNS, *PERSON_COLUMNS)
        .join(Site, Site.id == Placement.site_id)
        .join(Person, Person.id == Placement.person_id)
        .outerjoin(Bed, Bed.id == Placement.bed_id)
    )


def _one(query: Select[Any]) -> PlacementFacts | None:
    row = db.session.execute(query).first()
    return _facts(row) if row else None


def _all(query: Select[Any]) -> list[PlacementFacts]:
    return [_facts(row) for row in db.session.execute(query)]


def _facts(row: Row[Any]) -> PlacementFacts:
    own = len(PLACEMENT_COLUMNS)
    (
        ident,
        status,
        bed_id,
        label,
        made_by_id,
        made_at,
        expires,
        arrived,
        left,
        reason,
        to,
    ) = row[:own]
    return PlacementFacts(
        id=ident,
        status=PlacementStatus(status),
        person=person_facts(row[own + len(SITE_COLUMNS) :]),
        site=site_facts(row[own:]),
        bed_id=bed_id,
        bed_label=label,
        made_by=made_by_id,
        made_at=made_at,
        expires_at=expires,
        checked_in_at=arrived,
        departed_at=left,
        departure_reason=reason,
        destination=to,
    )
