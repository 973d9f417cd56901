"""Reads of contacts, each only as far as whoever looks may see them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from pathway.acts import Act
from pathway.db import AnyRow, AnySelect, db
from pathway.nights import night_of
from pathway.outreach.models import Contact, Shift, ShiftMember, Spot
from pathway.outreach.rules import ContactFacts, ContactKind, Hidden, Naloxone, Offer, SpotFacts
from pathway.outreach.shift_rules import nearest
from pathway.outreach.sight import visible
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.sites.models import Organisation
from pathway.staff.models import Staff
from pathway.staff.naming import told

LATELY_NIGHTS = 90
"""For how many nights where somebody was met helps to know them again (ours)."""

MOST_LATELY = 20_000
"""The most contacts that are read for that, the newest first (ours)."""

_OWN = (
    Contact.id,
    Contact.kind,
    Contact.at,
    Contact.night,
    Contact.recorded_at,
    Contact.staff_id,
    Contact.place,
    Spot.name,
    Contact.lat,
    Contact.lon,
    Contact.present,
    Contact.offered,
    Contact.naloxone,
    Contact.overdose,
    Contact.moved_on,
    Contact.hidden,
    Contact.notes,
    Contact.site_id,
    Contact.shift_id,
    Contact.count_area_id,
    Contact.struck_at,
)
_BY = func.coalesce(Staff.name, Contact.staff_name)


def contact_facts(row: AnyRow | tuple[Any, ...]) -> ContactFacts:
    """Return the facts of a row of :func:`contacts`."""
    person = person_facts(row[2 + len(_OWN) :])
    (by_name, organisation, ident, kind, at, night, recorded_at, staff_id) = row[:8]
    (place, spot_name, lat, lon, present, offered, naloxone, overdose) = row[8:16]
    (moved_on, hidden, notes, site_id, shift_id, area_id, struck_at) = row[16:23]
    return ContactFacts(
        id=ident,
        person_id=person.id,
        person_ref=person.ref,
        person_name=person.name,
        kind=ContactKind(kind),
        at=at,
        night=night,
        recorded_at=recorded_at,
        staff_id=staff_id,
        by_name=by_name,
        organisation=organisation,
        place=place,
        spot_name=spot_name,
        lat=lat,
        lon=lon,
        present=present,
        offered=tuple(Offer(one) for one in offered.split(";") if one),
        naloxone=Naloxone(naloxone) if naloxone else None,
        overdose=overdose,
        moved_on=moved_on,
        hidden=Hidden(hidden) if hidden else None,
        notes=notes,
        site_id=site_id,
        shift_id=shift_id,
        count_area_id=area_id,
        struck_at=struck_at,
    )


def contacts(act: Act, *where: ColumnElement[bool]) -> AnySelect:
    """Return the query of the contacts that whoever looks may see, for :func:`contact_facts`."""
    return _by(told(act, _BY), told(act, Organisation.name)).where(visible(act), *where)


def written(ident: int) -> ContactFacts:
    """Return a contact that has just been written down, whoever may see it."""
    every = _by(_BY, Organisation.name)
    return contact_facts(db.session.execute(every.where(Contact.id == ident)).one())


def _by(name: Any, organisation: Any) -> AnySelect:
    """Return the query of all contacts, with these columns of who recorded each."""
    return (
        select(name, organisation, *_OWN, *PERSON_COLUMNS)
        .select_from(Contact)
        .join(Person, Person.id == Contact.person_id)
        .outerjoin(Staff, Staff.id == Contact.staff_id)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
        .outerjoin(Spot, Spot.id == Contact.spot_id)
    )


def contact(act: Act, ident: int) -> ContactFacts | None:
    """Return one contact, if whoever looks may see it."""
    row = db.session.execute(contacts(act, Contact.id == ident)).first()
    return contact_facts(row) if row else None


def contacts_of(
    act: Act, person_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> list[ContactFacts]:
    """Return somebody's contacts, struck ones among them, the newest first.

    ``before`` is when the last one of the page before happened, and its id.
    """
    query = contacts(act, Contact.person_id == person_id)
    if before is not None:
        at, ident = before
        query = query.where(or_(Contact.at < at, and_(Contact.at == at, Contact.id < ident)))
    return _found(query.order_by(Contact.at.desc(), Contact.id.desc()).limit(limit))


def of_my_team(act: Act, night: date, *, limit: int) -> list[ContactFacts]:
    """Return a night's contacts of the organisation whose staff look, the newest first."""
    mine = or_(Contact.organisation_id == act.organisation_id, Contact.staff_id == act.staff_id)
    query = contacts(act, Contact.night == night, mine)
    return _found(query.order_by(Contact.at.desc(), Contact.id.desc()).limit(limit))


def shift_of(act: Act, at: datetime) -> int | None:
    """Return the shift that whoever acts is on at a moment, or None.

    A contact a little before or after a shift is of the nearest one of that night;
    a shift that goes on past noon keeps what is met on it.
    """
    query = (
        select(Shift.id, Shift.starts_at, Shift.ends_at)
        .join(ShiftMember, ShiftMember.shift_id == Shift.id)
        .where(
            ShiftMember.staff_id == act.staff_id,
            or_(Shift.night == night_of(at), and_(Shift.starts_at <= at, Shift.ends_at > at)),
        )
    )
    mine = {ident: (starts, ends) for ident, starts, ends in db.session.execute(query)}
    return nearest(mine, at)


def places_lately(act: Act) -> dict[int, tuple[str, ...]]:
    """Return where people were met on the street lately, by id, as far as one may see.

    What was recorded at a site is left out: to compare it would tell who stays there.
    """
    since = night_of(act.at) - timedelta(days=LATELY_NIGHTS)
    on_street = and_(Contact.site_id.is_(None), Contact.struck_at.is_(None), Contact.night > since)
    somewhere = or_(Contact.place.is_not(None), Contact.spot_id.is_not(None))
    query = (
        select(Contact.person_id, Spot.name, Contact.place)
        .outerjoin(Spot, Spot.id == Contact.spot_id)
        .where(visible(act), on_street, somewhere)
        .order_by(Contact.at.desc())
        .limit(MOST_LATELY)
    )
    found: dict[int, dict[str, None]] = {}
    for person_id, *places in db.session.execute(query):
        found.setdefault(person_id, {}).update(dict.fromkeys(filter(None, places)))
    return {person_id: tuple(places) for person_id, places in found.items()}


_SPOTS = select(Spot.id, Spot.name, Spot.route, Spot.lat, Spot.lon, Spot.ended_at)


def spots(*, ended: bool = False) -> list[SpotFacts]:
    """Return the saved spots that are in use, or those no longer, by route and name."""
    which = Spot.ended_at.is_not(None) if ended else Spot.ended_at.is_(None)
    rows = db.session.execute(_SPOTS.where(which).order_by(Spot.route, Spot.name))
    return [SpotFacts(*row) for row in rows]


def spot(ident: int) -> SpotFacts | None:
    """Return one saved spot, in use or not."""
    row = db.session.execute(_SPOTS.where(Spot.id == ident)).first()
    return SpotFacts(*row) if row else None


def _found(query: AnySelect) -> list[ContactFacts]:
    rows: Sequence[AnyRow] = db.session.execute(query).all()
    return [contact_facts(row) for row in rows]
