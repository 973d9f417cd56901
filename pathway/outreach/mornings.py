"""The morning list: what one's organisation met in a night, and what of it CHAIN has."""

from datetime import date

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import aliased

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent
from pathway.outreach.chain import Entry, chain_numbers
from pathway.outreach.models import Contact
from pathway.outreach.queries import contact_facts, contacts
from pathway.people import numbers
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, open_people, with_aliases
from pathway.staff.models import Staff

_Entered = aliased(Staff)


def entries(act: Act, night: date) -> list[Entry]:
    """Return a night's contacts of one's own organisation, in the order they happened."""
    return _entries(act, Contact.night == night)


def entered(act: Act, ident: int) -> Entry:
    """Note that a contact has been entered in CHAIN.

    Raises:
        Absent: there is none, it was struck, or it is not one's organisation's to see.
    """
    return _mark(act, ident, done=True)


def not_entered(act: Act, ident: int) -> Entry:
    """Take that back. Raises as :func:`entered`."""
    return _mark(act, ident, done=False)


def _mark(act: Act, ident: int, *, done: bool) -> Entry:
    db.session.execute(select(Contact.id).where(Contact.id == ident).with_for_update())
    one = _one(act, ident)
    if (one.chained_at is not None) == done:
        audit.record(act, "view person", f"person:{one.person.ref}")
        return one
    by, at = (act.staff_id, act.at) if done else (None, None)
    change = update(Contact).where(Contact.id == ident)
    db.session.execute(change.values(chained_at=at, chained_by=by))
    what = "entered in CHAIN" if done else "not entered in CHAIN"
    audit.record(act, what, f"person:{one.person.ref}", {"contact": ident})
    return _one(act, ident)


def _one(act: Act, ident: int) -> Entry:
    found = _entries(act, Contact.id == ident)
    if not found:
        raise Absent
    return found[0]


def _entries(act: Act, *where: ColumnElement[bool]) -> list[Entry]:
    mine = Contact.organisation_id == act.organisation_id
    query = contacts(act, mine, Contact.struck_at.is_(None), *where)
    added = query.outerjoin(_Entered, _Entered.id == Contact.chained_by).add_columns(
        Contact.chained_at, _Entered.name
    )
    rows = db.session.execute(added.order_by(Contact.at, Contact.id)).all()
    met = [(contact_facts(row[:-2]), row[-2], row[-1]) for row in rows]
    ids = {one.person_id for one, _, _ in met}
    people = select(*PERSON_COLUMNS).where(Person.id.in_(ids))
    whom = {one.id: one for one in with_aliases(open_people(act, people))}
    known = numbers.of(act, ids)
    return [
        Entry(one, whom[one.person_id], chain_numbers(known.get(one.person_id, ())), at, by)
        for one, at, by in met
        if one.person_id in whom
    ]
