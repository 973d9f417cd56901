"""Reads of beds and placements."""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, and_, bindparam, func, literal_column, or_, select

from pathway.acts import Act
from pathway.beds.models import IS_HELD, IS_LIVE, Bed, Placement, PlacementEvent, TurnAway
from pathway.beds.rules import (
    PlacementFacts,
    PlacementStatus,
)
from pathway.beds.suiting import ANY, Suits, only, order
from pathway.db import AnyRow, AnySelect, UtcDateTime, db, run
from pathway.nights import night_of
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.people.sight import OPEN, looking
from pathway.sites.models import Site
from pathway.sites.queries import SITE_COLUMNS, site_facts
from pathway.sites.rules import SiteFacts
from pathway.staff.models import Staff

LONGEST_LIST = 200
"""The most rows of one list (ours)."""

RECENT = timedelta(hours=12)
"""How long a lapsed or ended placement still shows on lists (ours)."""


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
    Placement.planned,
    Placement.expected_at,
    Placement.ended_at,
    Placement.transfer_from,
    Placement.away_at,
    Placement.away_reason,
    Placement.away_until,
    Placement.kept_at,
    Placement.stay_authorised,
    Placement.stay_reason,
)


_FACTS = [field.name for field in fields(PlacementFacts)][4:]
"""The facts of a placement after its id, status, person and site, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class FreeBed:
    """A bed that can be claimed, and the lapsed hold that still stands on it."""

    id: int
    label: str
    lapsed_id: int | None


def in_force(night: Any) -> Any:
    """Return the condition that a bed exists on a night."""
    return and_(Bed.first_night <= night, or_(Bed.last_night.is_(None), Bed.last_night >= night))


def is_free(night: Any, now: Any) -> Any:
    """Return the condition that nobody has a bed, beside the live row on it, and it is in use."""
    return and_(
        in_force(night),
        Bed.turnaround_since.is_(None),
        or_(Bed.void_from.is_(None), Bed.void_until <= now),
        or_(Placement.id.is_(None), and_(IS_HELD, Placement.expires_at <= now)),
    )


def claimable(
    site_id: int, bed_id: int | None, now: datetime, *, skip: bool, asked: Suits = ANY
) -> FreeBed | None:
    """Return a free bed of a site that suits, or this one if it is free, locked until the end.

    With ``skip`` beds that another transaction is claiming are passed over;
    without it they are waited for, so that "none" is never said too early. A void
    refuses from the moment it is written down: whoever waited for it may have
    asked a moment before it began.
    """
    values: dict[str, Any] = {"site": site_id, "night": night_of(now), "now": now}
    if bed_id is not None:
        values["bed"] = bed_id
    row = run(_claimable(bed_id is not None, skip, asked), **values).first()
    return FreeBed(*row) if row else None


@cache
def _claimable(named: bool, skip: bool, asked: Suits) -> AnySelect:
    night, now = bindparam("night", type_=Date()), bindparam("now", type_=UtcDateTime())
    query = (
        select(Bed.id, Bed.label, Placement.id)
        .outerjoin(Placement, live_on_bed())
        .where(Bed.site_id == bindparam("site"), is_free(night, now))
        .order_by(*order(asked))
        .limit(literal_column("1"))
        .with_for_update(of=Bed, skip_locked=skip, key_share=True)
    )
    return query.where(Bed.id == bindparam("bed")) if named else query.where(*only(asked))


def site_of_bed(bed_id: int, night: date | None = None) -> SiteFacts | None:
    """Return the site of a bed that exists on a night, or that ever did."""
    exists = [] if night is None else [in_force(night)]
    query = select(*SITE_COLUMNS).join(Bed, Bed.site_id == Site.id)
    row = db.session.execute(query.where(Bed.id == bed_id, *exists)).first()
    return site_facts(row) if row else None


def open_placement(act: Act, ident: int) -> PlacementFacts | None:
    """Return one placement of a person whose record is open to whoever acts."""
    query = placements().where(Placement.id == ident, OPEN)
    row = run(query, **looking(act)).first()
    return facts_of(row) if row else None


def placement(ident: int, *, lock: bool = False) -> PlacementFacts | None:
    """Return one placement, whoever asks; locked, nobody else changes it until the end."""
    query = placements().where(Placement.id == ident)
    if lock:
        query = query.with_for_update(of=Placement, key_share=True)
    return _one(query)


def matching(*conditions: Any) -> list[PlacementFacts]:
    """Return the placements that meet these conditions, oldest first."""
    return _all(placements().where(*conditions).order_by(Placement.id))


def lock_bed(bed_id: int) -> None:
    """Let nobody else claim or change this bed until the end.

    Every lock on a bed is ``FOR NO KEY UPDATE``: a plain ``FOR UPDATE`` would
    also stop an event that only names the bed, and two people who change beds
    with each other would wait for each other for ever.
    """
    query = select(Bed.id).where(Bed.id == bed_id).with_for_update(key_share=True)
    db.session.execute(query)


def live_on(bed_id: int) -> PlacementFacts | None:
    """Return the live row of a bed; it may be a hold that has lapsed."""
    return _one(placements().where(Placement.bed_id == bed_id, IS_LIVE))


def live_placement_of(person_id: int) -> PlacementFacts | None:
    """Return the live row of a person; it may be a hold that has lapsed."""
    row = run(_live_of_person(), person=person_id).first()
    return facts_of(row) if row else None


def planned_of(person_id: int) -> PlacementFacts | None:
    """Return the hold that is planned for somebody who is in elsewhere; it may have lapsed."""
    return _one(placements().where(Placement.person_id == person_id, IS_LIVE, Placement.planned))


def moved_from(ident: int) -> PlacementFacts | None:
    """Return the newest placement that somebody moved to from this one, or is to."""
    query = placements().where(Placement.transfer_from == ident)
    return _one(query.order_by(Placement.id.desc()).limit(1))


@cache
def _live_of_person() -> AnySelect:
    mine = Placement.person_id == bindparam("person")
    return placements().where(mine, IS_LIVE, ~Placement.planned)


def placements_of(person_id: int, limit: int = LONGEST_LIST) -> list[PlacementFacts]:
    """Return the placements of a person, newest first."""
    query = placements().where(Placement.person_id == person_id)
    return _all(query.order_by(Placement.made_at.desc(), Placement.id.desc()).limit(limit))


def at_site(act: Act, site: SiteFacts) -> list[PlacementFacts]:
    """Return who is held, in or newly lapsed at a site, soonest to lapse first.

    Without those whose records are closed to whoever acts.
    """
    now = act.at
    shown = or_(running(now), _in_a_bed(), _newly_lapsed(now))
    query = placements().where(Placement.site_id == site.id, shown, OPEN)
    rows = run(query.order_by(Placement.expires_at, Bed.position), **looking(act))
    return [facts_of(row) for row in rows]


def _in_a_bed() -> Any:
    return and_(IS_LIVE, Placement.status == PlacementStatus.IN.value)


def running(now: datetime) -> Any:
    """Return the condition that somebody is expected: booked, or held and not lapsed."""
    return and_(
        IS_LIVE,
        Placement.status != PlacementStatus.IN.value,
        or_(~IS_HELD, Placement.expires_at > now),
    )


def _newly_lapsed(now: datetime) -> Any:
    """Return the condition that a hold lapsed lately, written down or not."""
    over = (PlacementStatus.HELD.value, PlacementStatus.EXPIRED.value)
    return and_(
        Placement.status.in_(over),
        Placement.expires_at <= now,
        Placement.expires_at > now - RECENT,
    )


def turned_away_at(person_id: int, night: date) -> datetime | None:
    """Return since when it is written down that there was no bed for somebody on a night."""
    mine = and_(TurnAway.person_id == person_id, TurnAway.night == night)
    return db.session.scalar(select(func.min(TurnAway.at)).where(mine))


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
            "sheet": event.sheet,
            "device_at": event.device_at,
            **(event.detail or {}),
        }
        for event, name in rows
    ]


def live_on_bed() -> Any:
    """Return the condition that joins a bed to the live row on it."""
    return and_(Placement.bed_id == Bed.id, IS_LIVE)


def placements() -> AnySelect:
    """Return the question for whole placements, each with its person and site."""
    return (
        select(*PLACEMENT_COLUMNS, *SITE_COLUMNS, *PERSON_COLUMNS)
        .join(Site, Site.id == Placement.site_id)
        .join(Person, Person.id == Placement.person_id)
        .outerjoin(Bed, Bed.id == Placement.bed_id)
    )


def _one(query: AnySelect) -> PlacementFacts | None:
    row = db.session.execute(query).first()
    return facts_of(row) if row else None


def _all(query: AnySelect) -> list[PlacementFacts]:
    return [facts_of(row) for row in db.session.execute(query)]


def facts_of(row: AnyRow) -> PlacementFacts:
    """Return the facts of a row of :func:`placements`."""
    own = len(PLACEMENT_COLUMNS)
    ident, status, *facts = row[:own]
    person = person_facts(row[own + len(SITE_COLUMNS) :])
    site = site_facts(row[own:])
    told: dict[str, Any] = dict(zip(_FACTS, facts, strict=True))
    return PlacementFacts(ident, PlacementStatus(status), person, site, **told)
