"""Promises: what somebody was promised, by whom, until when, and whether it was kept."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import AnyRow, db
from pathway.errors import Absent, Invalid, Unknown
from pathway.nights import london
from pathway.outreach.models import Contact, Promise
from pathway.outreach.queries import contact as contact_of
from pathway.outreach.shift_rules import PromiseFacts, ShiftFacts, bad_due
from pathway.outreach.sight import visible
from pathway.people import marks
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.people.sight import open_to
from pathway.staff.models import Staff
from pathway.staff.naming import unnamed

SETTLED_SHOWN = timedelta(days=7)
"""How long a promise that was kept or not stays on the team's page (ours)."""

LONGEST_LIST = 500
"""The most promises of one list (ours)."""

_COLUMNS = (
    Promise.id,
    Promise.words,
    Promise.due_on,
    Promise.at,
    Staff.name,
    Promise.kept,
    Promise.settled_at,
)


def promise(
    act: Act, *, person: str, words: str, due_on: date, contact: int | None = None
) -> PromiseFacts:
    """Write down what somebody was promised, at a contact or otherwise.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: the day is over or too far away, or the contact is not of this person.
    """
    whom = marks.locked(act, person)
    wrong = bad_due(due_on, london(act.at).date())
    if wrong is not None:
        raise Invalid({"due_on": [wrong]})
    met = None if contact is None else contact_of(act, contact)
    if contact is not None and (met is None or met.person_ref != whom.ref):
        raise Unknown({"contact": ["There is no such contact with this person."]}, person=whom.ref)
    row: dict[str, Any] = {
        "person_id": whom.id,
        "contact_id": contact,
        "at": act.at,
        "by": act.staff_id,
    }
    row |= {"organisation_id": act.organisation_id, "words": words.strip(), "due_on": due_on}
    ident = db.session.execute(insert(Promise).values(**row).returning(Promise.id)).scalar_one()
    audit.record(act, "promise", f"person:{whom.ref}", {"promise": ident})
    return _one(act, ident)


def settle(act: Act, ident: int, *, kept: bool | None) -> PromiseFacts:
    """Say whether a promise of one's team was kept; None takes that back.

    Raises:
        Absent: there is none, or it is not the team's, or the record is closed.
    """
    db.session.execute(select(Promise.id).where(Promise.id == ident).with_for_update())
    one = _one(act, ident)
    if one.kept is kept:
        audit.record(act, "view person", f"person:{one.person_ref}")
        return one
    by, at = (None, None) if kept is None else (act.staff_id, act.at)
    settled = {"kept": kept, "settled_at": at, "settled_by": by}
    db.session.execute(update(Promise).where(Promise.id == ident).values(**settled))
    audit.record(act, "settle promise", f"person:{one.person_ref}", {"promise": ident})
    return _one(act, ident)


def open_ones(act: Act) -> list[PromiseFacts]:
    """Return the promises of one's team that nobody has settled, overdue ones first."""
    return _promises(act, Promise.settled_at.is_(None))


def settled_lately(act: Act) -> list[PromiseFacts]:
    """Return those of the last days that were kept or not."""
    return _promises(act, Promise.settled_at > act.at - SETTLED_SHOWN)


def made_to(act: Act, ref: str) -> list[PromiseFacts]:
    """Return what one's team promised somebody."""
    return _promises(act, Person.ref == ref)


def of_shift(act: Act, one: ShiftFacts) -> list[PromiseFacts]:
    """Return what a shift promised, and what was due in its night and is not settled before."""
    due = and_(
        Promise.due_on.between(one.night, one.night + timedelta(days=1)),
        or_(Promise.settled_at.is_(None), Promise.settled_at >= one.starts_at),
    )
    of_it = exists().where(Contact.id == Promise.contact_id, Contact.shift_id == one.id)
    made = and_(
        Promise.by.in_([ident for ident, _ in one.out]),
        Promise.at.between(one.starts_at, _end(one)),
    )
    team = Promise.organisation_id == one.organisation_id
    return _promises(act, team, or_(of_it, made, due))


def _end(one: ShiftFacts) -> datetime:
    return max(one.ends_at, one.handed_over_at or one.ends_at)


def _one(act: Act, ident: int) -> PromiseFacts:
    found = _promises(act, Promise.id == ident)
    if not found:
        raise Absent
    return found[0]


def _promises(act: Act, *where: ColumnElement[bool]) -> list[PromiseFacts]:
    query = (
        select(*_COLUMNS, *PERSON_COLUMNS)
        .select_from(Promise)
        .join(Person, Person.id == Promise.person_id)
        .outerjoin(Staff, Staff.id == Promise.by)
        .where(open_to(act), of_the_team(act), *where)
        .order_by(Promise.due_on, Promise.id)
        .limit(LONGEST_LIST)
    )
    return [_facts(row) for row in db.session.execute(query)]


def _facts(row: AnyRow) -> PromiseFacts:
    ident, words, due_on, at, by_name, kept, settled_at = row[: len(_COLUMNS)]
    person = person_facts(tuple(row[len(_COLUMNS) :]))
    return PromiseFacts(
        id=ident,
        person_ref=person.ref,
        person_name=person.name,
        words=words,
        due_on=due_on,
        at=at,
        by_name=by_name,
        kept=kept,
        settled_at=settled_at,
    )


def of_the_team(act: Act) -> ColumnElement[bool]:
    """Return the condition that a promise is one's team's, and tells of no site or treatment.

    What was promised at a contact is seen with the contact. A team is those of one
    organisation who are named to each other: what staff of a site or of treatment
    promised would tell where somebody stays, or that they are in treatment.
    """
    ours = or_(Promise.by == act.staff_id, Promise.organisation_id == act.organisation_id)
    with_it = exists().where(Contact.id == Promise.contact_id, visible(act))
    seen = or_(Promise.contact_id.is_(None), with_it)
    return and_(ours, seen, func.coalesce(Promise.by, 0).not_in(unnamed(act)))
