"""Two records of one person become one, and can be parted again.

Everything that refers to the person moves, whatever table it is in: the
foreign keys are read from the schema, so that a new table is never forgotten.
The audit trail stays as it was written.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from pathway import audit
from pathway.acts import Act
from pathway.db import Base, db
from pathway.errors import Absent, Invalid, Refused
from pathway.people import queries
from pathway.people.actions import rebuild_keys
from pathway.people.models import Person, PersonKey, PersonMerge
from pathway.people.rules import PersonFacts

STAY = {PersonMerge.__tablename__, PersonKey.__tablename__}
"""Tables whose rows do not move: the journal itself, and keys, which are made anew."""


def references() -> Iterator[tuple[Table, Column[Any]]]:
    """Yield every column of the schema that refers to a person and moves in a merge."""
    for table in Base.metadata.sorted_tables:
        if table.name in STAY:
            continue
        for column in table.columns:
            if any(key.column is Person.__table__.c.id for key in column.foreign_keys):
                yield table, column


def merge(act: Act, ref: str, into: str) -> PersonFacts:
    """Let one record become another; the old reference leads to it from now on.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: the other is not there, or the two are one already.
        Refused: both are placed tonight.
    """
    gone, kept = queries.person(act, ref), queries.person(act, into)
    if gone is None:
        raise Absent
    if kept is None:
        raise Invalid({"into": ["There is no person with this reference."]})
    if gone.id == kept.id:
        raise Invalid({"into": ["These are one person already."]})
    for ident in sorted((gone.id, kept.id)):
        db.session.execute(select(Person.id).where(Person.id == ident).with_for_update())
    try:
        with db.session.begin_nested():
            moved = {
                _name(table, column): _move(table, column, gone.id, kept.id)
                for table, column in references()
            }
    except IntegrityError:
        raise Refused(
            "Both have a bed just now. Ring the duty manager: one of the two has to end first."
        ) from None
    _set(gone.id, merged_into_id=kept.id)
    if gone.restricted and not kept.restricted:
        _set(kept.id, restricted_at=act.at)
        moved["restricted"] = [kept.id]
    row = {"person_id": gone.id, "into_id": kept.id, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(PersonMerge).values(**row, moved=moved))
    rebuild_keys([kept.id])
    audit.record(act, "merge person", f"person:{gone.ref}", people=[kept.ref])
    return _standing(act, kept.ref)


def unmerge(act: Act, ref: str) -> PersonFacts:
    """Part a record again from the one it was merged into; what moved goes back.

    Raises:
        Absent: the record was not merged, or is closed to whoever acts.
    """
    if queries.person(act, ref) is None:
        raise Absent
    gone = db.session.execute(
        select(Person.id, Person.ref).where(Person.ref == ref, Person.merged_into_id.is_not(None))
    ).first()
    if gone is None:
        raise Absent
    last = db.session.execute(
        select(PersonMerge)
        .where(PersonMerge.person_id == gone.id, PersonMerge.undone_at.is_(None))
        .with_for_update()
    ).scalar_one()
    for table, column in references():
        _move_back(table, column, last)
    _set(gone.id, merged_into_id=None)
    if last.moved.get("restricted"):
        _set(last.into_id, restricted_at=None)
    last.undone_at = act.at
    db.session.flush()
    rebuild_keys([gone.id, last.into_id])
    audit.record(act, "unmerge person", f"person:{gone.ref}")
    return _standing(act, gone.ref)


def merged_into(person: PersonFacts) -> list[str]:
    """Return the references of the records that became this person."""
    query = select(Person.ref).where(Person.merged_into_id == person.id).order_by(Person.ref)
    return list(db.session.scalars(query))


def _move(table: Table, column: Column[Any], gone: int, kept: int) -> list[int]:
    """Let the rows of one table that refer to one person refer to another; return which."""
    moving = update(table).where(column == gone).values({column.name: kept})
    return sorted(db.session.execute(moving.returning(table.c.id)).scalars())


def _move_back(table: Table, column: Column[Any], last: PersonMerge) -> None:
    idents = last.moved.get(_name(table, column), [])
    if idents:
        back = update(table).where(table.c.id.in_(idents), column == last.into_id)
        db.session.execute(back.values({column.name: last.person_id}))


def _name(table: Table, column: Column[Any]) -> str:
    return f"{table.name}.{column.name}"


def _set(person_id: int, **values: Any) -> None:
    db.session.execute(update(Person).where(Person.id == person_id).values(**values))


def _standing(act: Act, ref: str) -> PersonFacts:
    found = queries.whole_person(act, ref)
    if found is None:
        raise Absent
    return found
