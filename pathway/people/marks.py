"""Marks that stop every claim of a bed: that somebody may be under 18, and that they have died."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, exists, or_, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, run
from pathway.errors import Absent, Invalid
from pathway.nights import london
from pathway.people import queries
from pathway.people.models import Person, PersonApart, PersonLookout
from pathway.people.rules import ERASED, PersonFacts

EARLIEST_YEAR = 1900
"""The first year in which somebody who is known here may have died (ours): a slip of the key."""

_IN_A_PAIR = exists().where(
    or_(PersonApart.person_id == Person.id, PersonApart.other_id == Person.id),
    PersonApart.ended_at.is_(None),
)
_SINCE = select(
    Person.merged_into_id,
    Person.restricted_at,
    Person.perhaps_child,
    Person.died_on,
    _IN_A_PAIR,
    Person.ref.startswith(ERASED),
).where(Person.id == bindparam("of"))


class Meanwhile(NamedTuple):
    """What may have come to be so of somebody while a bed was claimed for them."""

    merged: bool
    restricted: bool
    perhaps_child: bool | None
    died_on: date | None
    apart: bool
    erased: bool


def since(person_id: int) -> Meanwhile:
    """Return what is so of somebody by now; ``apart`` is that they may have to be kept apart."""
    merged_into_id, restricted_at, *rest = run(_SINCE, of=person_id).one()
    gone, closed = merged_into_id is not None, restricted_at is not None
    return Meanwhile(gone, closed, *rest)


def locked(act: Act, ref: str) -> PersonFacts:
    """Return somebody whom nobody else claims a bed for or changes until the end.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    queries.lock_people(act, ref)
    person = queries.person(act, ref)
    if person is None:
        raise Absent
    return person


def perhaps_child(act: Act, person: PersonFacts, *, so: bool) -> None:
    """Mark that somebody may be under 18, or that they are not; the person is locked."""
    _set(person.id, perhaps_child=so)
    audit.record(act, "perhaps under 18" if so else "not under 18", f"person:{person.ref}")


def check_died_on(act: Act, person: PersonFacts, died_on: date) -> None:
    """Refuse a day on which somebody cannot have died.

    Raises:
        Invalid: it has not come yet, or is before they were born.
    """
    fault = None
    if died_on > london(act.at).date():
        fault = "That day has not come yet."
    elif died_on.year < EARLIEST_YEAR:
        fault = "Check the year."
    elif person.date_of_birth is not None and died_on < person.date_of_birth:
        fault = "That is before the date of birth that is recorded."
    if fault:
        raise Invalid({"died_on": [fault]})


def died(act: Act, person: PersonFacts, died_on: date) -> None:
    """Record that somebody has died: nobody looks out for them any more."""
    _set(person.id, died_on=died_on)
    waiting = (PersonLookout.met_at.is_(None), PersonLookout.until > act.at)
    db.session.execute(
        update(PersonLookout)
        .where(PersonLookout.person_id == person.id, *waiting)
        .values(until=act.at)
    )
    audit.record(act, "record death", f"person:{person.ref}")


def alive(act: Act, person: PersonFacts) -> None:
    """Take back that somebody has died."""
    _set(person.id, died_on=None)
    audit.record(act, "take back death", f"person:{person.ref}")


def carry(gone: PersonFacts, kept: PersonFacts) -> None:
    """Keep in doubt that somebody may be under 18, whichever of two records said so.

    That does not end when the two are parted: it is taken back with a reason.
    """
    if gone.perhaps_child and not kept.perhaps_child:
        _set(kept.id, perhaps_child=True)


def _set(person_id: int, **values: object) -> None:
    db.session.execute(update(Person).where(Person.id == person_id).values(**values))
