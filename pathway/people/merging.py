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
from pathway.db import AnySelect, Base, db
from pathway.errors import Absent, Invalid, Kept, Refused, Unknown
from pathway.people import marks, queries
from pathway.people.closing import let_open
from pathway.people.keys import rebuild_keys
from pathway.people.models import Person, PersonKey, PersonMerge, PersonOpening, PersonSound
from pathway.people.rules import GLASS_LASTS, PersonFacts
from pathway.people.sight import PARTED, closed_since

STAY = {PersonMerge.__tablename__, PersonKey.__tablename__, PersonSound.__tablename__}
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

    Both are locked before they are read for good: two merges at once, or one
    beside a restriction or a hold, follow one another. A closed record closes
    the one it becomes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: the other is not there, or the two are one already.
        Refused: both are placed tonight.
    """
    queries.lock_people(act, ref, into)
    gone, kept = queries.person(act, ref), queries.person(act, into)
    if gone is None:
        raise Absent
    if kept is None:
        raise Unknown({"into": ["There is no person with this reference."]}, person=into)
    if gone.id == kept.id:
        raise Invalid({"into": ["These are one person already."]})
    moved = _move_all(gone.id, kept) | marks.carry(gone, kept)
    _set(gone.id, merged_into_id=kept.id)
    if gone.restricted and not kept.restricted:
        _set(kept.id, restricted_at=act.at)
    row = {"person_id": gone.id, "into_id": kept.id, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(PersonMerge).values(**row, moved=moved))
    rebuild_keys([kept.id])
    audit.record(act, "merge person", f"person:{gone.ref}", people=[kept.ref])
    return _whole(kept.ref)


def unmerge(act: Act, ref: str) -> tuple[PersonFacts, PersonFacts]:
    """Part a record again from the one it was merged into; return both.

    What moved goes back. Where one of the two is closed in doubt both are:
    only a restriction that the merge itself carried over ends with it.

    Raises:
        Absent: the record was not merged, or is closed to whoever acts.
        Refused: what it became has been merged further since.
    """
    queries.lock_people(act, ref)
    if queries.person(act, ref) is None:
        raise Absent
    last = db.session.execute(_last_merge(ref)).scalar_one_or_none()
    if last is None:
        raise Absent
    gone, kept = (
        db.session.get_one(Person, last.person_id),
        db.session.get_one(Person, last.into_id),
    )
    if kept.merged_into_id is not None:
        raise Refused(f"{kept.ref} was merged further. Part {kept.ref} first.")
    for table, column in references():
        _move_back(table, column, last)
    gone.merged_into_id = None
    marks.give_back(last.moved, gone, kept)
    carried = kept.restricted_at == last.at and gone.restricted_at is not None
    if carried and not closed_since(kept.id, last.at):
        kept.restricted_at = None
    elif kept.restricted_at is not None and gone.restricted_at is None:
        gone.restricted_at = act.at
    last.undone_at = act.at
    db.session.flush()
    _keep_for(act, gone, kept)
    rebuild_keys([gone.id, kept.id])
    audit.record(act, "unmerge person", f"person:{gone.ref}", people=[kept.ref])
    return _whole(gone.ref), _whole(kept.ref)


def _last_merge(ref: str) -> AnySelect:
    gone = select(Person.id).where(Person.ref == ref, Person.merged_into_id.is_not(None))
    return select(PersonMerge).where(
        PersonMerge.person_id == gone.scalar_subquery(), PersonMerge.undone_at.is_(None)
    )


def _keep_for(act: Act, *parted: Person) -> None:
    """Let whoever parts two records open both: a moment ago they had them as one."""
    for one in parted:
        if one.restricted_at is not None and queries.person(act, one.ref) is None:
            let_open(act, one.id, PARTED, staff_id=act.staff_id, until=act.at + GLASS_LASTS)


def _move_all(gone: int, kept: PersonFacts) -> dict[str, list[int]]:
    """Let everything that refers to one person refer to another; return what moved.

    Who could open one closed record does not come to open another that way.
    """
    moving = [
        (table, column)
        for table, column in references()
        if not (kept.restricted and table.name == PersonOpening.__tablename__)
    ]
    try:
        with db.session.begin_nested():
            return {
                _name(table, column): _move(table, column, gone, kept.id)
                for table, column in moving
            }
    except IntegrityError:
        raise Kept("These two cannot be made one just now. Ring the duty manager.") from None


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


def _whole(ref: str) -> PersonFacts:
    found = queries.closed_person(ref)
    assert found is not None  # noqa: S101 - it is locked by this transaction
    return found
