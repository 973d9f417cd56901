"""Reads of shifts: a room of their own beside the reads of contacts."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from pathway.acts import Act
from pathway.db import AnySelect, db
from pathway.outreach.handover import EXPECTED_NIGHTS, Sighting
from pathway.outreach.models import Contact, Shift, ShiftMember, ShiftSpot, Spot
from pathway.outreach.queries import contact_facts, contacts
from pathway.outreach.rules import ContactFacts, ContactKind
from pathway.outreach.shift_rules import ShiftFacts, SpotOnShift
from pathway.outreach.sight import visible
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.sites.models import Organisation
from pathway.staff.doing import Doing
from pathway.staff.may import MAY
from pathway.staff.models import Staff, StaffRole

_OUT_ON_SHIFTS = frozenset(role.value for role, doings in MAY.items() if Doing.RUN_SHIFT in doings)
"""The roles that go out on shifts."""

_SHIFTS = (
    select(
        Shift.id,
        Shift.organisation_id,
        Organisation.name,
        Shift.night,
        Shift.name,
        Shift.starts_at,
        Shift.ends_at,
        Shift.handed_over_at,
        Staff.name,
        Shift.words,
    )
    .join(Organisation, Organisation.id == Shift.organisation_id)
    .outerjoin(Staff, Staff.id == Shift.handed_over_by)
)


def shift(ident: int, *, lock: bool = False) -> ShiftFacts | None:
    """Return one shift; locked, nobody else changes it until the end."""
    query = _SHIFTS.where(Shift.id == ident)
    found = _facts(query.with_for_update(of=Shift) if lock else query)
    return found[0] if found else None


def shifts(first: date, last: date) -> list[ShiftFacts]:
    """Return the shifts of some nights, the earliest first."""
    query = _SHIFTS.where(Shift.night.between(first, last))
    return _facts(query.order_by(Shift.starts_at, Shift.id))


def handed_over_before(one: ShiftFacts) -> ShiftFacts | None:
    """Return the shift of the same organisation that was handed over last before this one."""
    query = _SHIFTS.where(
        Shift.organisation_id == one.organisation_id,
        Shift.handed_over_at.is_not(None),
        Shift.starts_at < one.starts_at,
    )
    found = _facts(query.order_by(Shift.starts_at.desc(), Shift.id.desc()).limit(1))
    return found[0] if found else None


def _facts(query: AnySelect) -> list[ShiftFacts]:
    rows = db.session.execute(query).all()
    idents = [row[0] for row in rows]
    out, spots = _out(idents), _spots(idents)
    told = [ShiftFacts(*row) for row in rows]
    return [
        replace(one, out=tuple(out.get(one.id, ())), spots=tuple(spots.get(one.id, ())))
        for one in told
    ]


def _out(idents: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    query = select(ShiftMember.shift_id, Staff.id, Staff.name).join(
        Staff, Staff.id == ShiftMember.staff_id
    )
    mine = query.where(ShiftMember.shift_id.in_(idents)).order_by(Staff.name, Staff.id)
    found: dict[int, list[tuple[int, str]]] = {}
    for ident, staff_id, name in db.session.execute(mine):
        found.setdefault(ident, []).append((staff_id, name))
    return found


def _spots(idents: Collection[int]) -> dict[int, list[SpotOnShift]]:
    query = select(ShiftSpot.shift_id, Spot.id, Spot.name, Spot.route, ShiftSpot.visited_at).join(
        Spot, Spot.id == ShiftSpot.spot_id
    )
    mine = query.where(ShiftSpot.shift_id.in_(idents)).order_by(Spot.route, Spot.name, Spot.id)
    found: dict[int, list[SpotOnShift]] = {}
    for ident, *rest in db.session.execute(mine):
        spot: list[Any] = rest
        found.setdefault(ident, []).append(SpotOnShift(*spot))
    return found


def colleagues(act: Act) -> dict[int, str]:
    """Return who of one's own organisation may be out on a shift, by id."""
    goes_out = exists().where(StaffRole.staff_id == Staff.id, StaffRole.role.in_(_OUT_ON_SHIFTS))
    query = select(Staff.id, Staff.name).where(
        Staff.organisation_id == act.organisation_id, Staff.left_at.is_(None), goes_out
    )
    return dict(db.session.execute(query.order_by(Staff.name, Staff.id)).all())


def spots_in_use() -> list[SpotOnShift]:
    """Return the saved spots that a shift can go to, by route."""
    query = select(Spot.id, Spot.name, Spot.route).where(Spot.ended_at.is_(None))
    rows = db.session.execute(query.order_by(Spot.route, Spot.name, Spot.id))
    return [SpotOnShift(*row) for row in rows]


def contacts_on(act: Act, one: ShiftFacts) -> list[ContactFacts]:
    """Return the contacts of a shift that whoever acts may see, the newest first."""
    query = contacts(act, Contact.shift_id == one.id)
    rows = db.session.execute(query.order_by(Contact.at.desc(), Contact.id.desc()))
    return [contact_facts(row) for row in rows]


def met_on(act: Act, night: date) -> set[int]:
    """Return whom any team met on a night, as far as whoever acts may see it."""
    tonight = Contact.night == night
    query = select(Contact.person_id).where(tonight, Contact.struck_at.is_(None), visible(act))
    return set(db.session.scalars(query))


def sightings(act: Act, one: ShiftFacts) -> list[Sighting]:
    """Return where those were bedded down lately who were so at a spot of this shift.

    Only who is alive, and only what whoever acts may see.
    """
    lately = _bedded_down_lately(one.night)
    here = [spot.id for spot in one.spots]
    there = select(Contact.person_id).where(Contact.spot_id.in_(here), *lately).correlate(None)
    columns = (Contact.night, Contact.at, Contact.spot_id, Spot.name)
    query = (
        select(*columns, *PERSON_COLUMNS)
        .select_from(Contact)
        .join(Person, Person.id == Contact.person_id)
        .outerjoin(Spot, Spot.id == Contact.spot_id)
        .where(Contact.person_id.in_(there), Person.died_on.is_(None), visible(act), *lately)
    )
    found = []
    for night, at, spot_id, spot, *rest in db.session.execute(query):
        person = person_facts(tuple(rest))
        told = (person.id, person.ref, person.name)
        found.append(Sighting(*told, night=night, at=at, spot_id=spot_id, spot=spot))
    return found


def _bedded_down_lately(night: date) -> tuple[ColumnElement[bool], ...]:
    first = night - timedelta(days=EXPECTED_NIGHTS)
    return (
        Contact.kind == ContactKind.BEDDED_DOWN.value,
        Contact.struck_at.is_(None),
        Contact.night >= first,
        Contact.night < night,
    )
