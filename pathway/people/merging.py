"""Two records of one person become one, and can be parted again.

Everything that refers to the person moves, whatever table it is in: the
foreign keys are read from the schema, so that a new table is never forgotten.
The audit trail stays as it was written.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pathway import audit
from pathway.acts import Act
from pathway.db import AnySelect, Base, db
from pathway.errors import Absent, Invalid, Kept, Refused, Unknown
from pathway.nights import london
from pathway.people import carrying, marks, queries, sameness
from pathway.people.closing import let_open
from pathway.people.keys import rebuild_keys
from pathway.people.models import (
    Person,
    PersonApart,
    PersonKey,
    PersonMerge,
    PersonOpening,
    PersonSound,
)
from pathway.people.rules import GLASS_LASTS, PersonFacts
from pathway.people.sight import PARTED, closed_since

STAY = {PersonMerge.__tablename__, PersonKey.__tablename__, PersonSound.__tablename__}
"""Tables whose rows do not move: the journal itself, and keys, which are made anew."""

LIFTED = "lifted"
"""Under this a table names, in its ``info``, when a row of it ceased to keep all of somebody's."""

NOT_NOW = "These two cannot be made one just now. Ring the duty manager."
"""What refuses a merge without telling why: where either is, or whom they must never meet."""


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
    the one it becomes. Where one is part of the other already nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: the other is not there, or it is part of the first.
        Kept: both are placed tonight, or they must never meet.
        Refused: they were said to be two people, and nobody took it back.
    """
    gone, kept = _locked(act, ref, into)
    if gone is None:
        raise Absent
    if kept is None:
        raise Unknown({"into": ["There is no person with this reference."]}, person=into)
    if gone.id == kept.id:
        return _one_already(act, ref, kept)
    sameness.refuse_two_people(gone, kept)
    if _must_not_meet(act, gone.id, kept.id):
        raise Kept(NOT_NOW)
    moved = _move_all(gone.id, kept) | carrying.carry(gone.id, kept.id)
    marks.carry(gone, kept)
    _set(gone.id, merged_into_id=kept.id)
    _set(kept.id, version=max(gone.version, kept.version) + 1)
    if gone.restricted and not kept.restricted:
        _set(kept.id, restricted_at=act.at)
    row = {"person_id": gone.id, "into_id": kept.id, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(PersonMerge).values(**row, moved=moved))
    rebuild_keys([kept.id])
    audit.record(act, "merge person", f"person:{gone.ref}", people=[kept.ref])
    return _whole(kept.ref)


def _locked(act: Act, *refs: str) -> list[PersonFacts | None]:
    """Return who the references mean, locked: whoever became somebody else meanwhile, too."""
    found = [queries.person(act, ref) for ref in refs]
    while True:
        queries.lock_people(act, *refs)
        before, found = found, [queries.person(act, ref) for ref in refs]
        if [one and one.id for one in before] == [one and one.id for one in found]:
            return found


def _one_already(act: Act, ref: str, kept: PersonFacts) -> PersonFacts:
    """Return the person whom an old reference leads to already; nothing becomes itself."""
    if ref == kept.ref:
        raise Invalid({"into": ["These are one person already."]})
    audit.record(act, "view person", f"person:{kept.ref}")
    return _whole(kept.ref)


def _must_not_meet(act: Act, one: int, other: int) -> bool:
    """Return whether it stands today that two people are kept apart."""
    apart = PersonApart
    both = or_(
        and_(apart.person_id == one, apart.other_id == other),
        and_(apart.person_id == other, apart.other_id == one),
    )
    until = or_(apart.expires_on.is_(None), apart.expires_on >= london(act.at).date())
    standing = select(apart.id).where(both, apart.ended_at.is_(None), until).limit(1)
    return db.session.scalar(standing) is not None


def unmerge(act: Act, ref: str) -> tuple[PersonFacts, PersonFacts]:
    """Part a record again from the one it was merged into; return both.

    What moved goes back. Where one of the two is closed in doubt both are:
    only a restriction that the merge itself carried over ends with it. A legal
    hold that stands for one stands for both: it stood for all that was theirs.

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
        db.session.get_one(Person, ident, populate_existing=True)
        for ident in (last.person_id, last.into_id)
    )
    if kept.merged_into_id is not None:
        raise Refused(f"{kept.ref} was merged further. Part {kept.ref} first.")
    for table, column in references():
        _move_back(table, column, last)
    gone.merged_into_id = None
    gone.version = kept.version = max(gone.version, kept.version) + 1
    carrying.give_back(last.moved, gone, kept)
    last.undone_at = act.at
    _open_again(act, last, gone, kept)
    db.session.flush()
    _let_stand_for_both(gone.id, kept.id)
    carrying.carry_again(kept.id)
    _keep_for(act, gone, kept)
    rebuild_keys([gone.id, kept.id])
    audit.record(act, "unmerge person", f"person:{gone.ref}", people=[kept.ref])
    return _whole(gone.ref), _whole(kept.ref)


def _open_again(act: Act, last: PersonMerge, gone: Person, kept: Person) -> None:
    """Let a restriction that the merge carried over end with it; else both stay closed.

    Another record that is closed and still part of the one kept closes it anew, and
    whoever may open that one keeps it open.
    """
    carried = kept.restricted_at == last.at and gone.restricted_at is not None
    if carried and not closed_since(kept.id, last.at):
        db.session.flush()
        part = db.session.scalar(_closed_part(kept.id))
        kept.restricted_at = part and part.at
        if part is not None:
            column = Base.metadata.tables[PersonOpening.__tablename__].c.person_id
            idents = _move(column.table, column, part.person_id, kept.id)
            part.moved = {**part.moved, _name(column.table, column): idents}
    elif kept.restricted_at is not None and gone.restricted_at is None:
        gone.restricted_at = act.at


def _closed_part(person_id: int) -> AnySelect:
    """Return the query of the oldest merge by which a closed record is part of another."""
    merged = select(PersonMerge).join(Person, Person.id == PersonMerge.person_id)
    standing = merged.where(PersonMerge.into_id == person_id, PersonMerge.undone_at.is_(None))
    return standing.where(Person.restricted_at.is_not(None)).order_by(PersonMerge.id).limit(1)


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
        raise Kept(NOT_NOW) from None


def _move(table: Table, column: Column[Any], gone: int, kept: int) -> list[int]:
    """Let the rows of one table that refer to one person refer to another; return which."""
    moving = update(table).where(column == gone).values({column.name: kept})
    return sorted(db.session.execute(moving.returning(table.c.id)).scalars())


def _move_back(table: Table, column: Column[Any], last: PersonMerge) -> None:
    idents = last.moved.get(_name(table, column), [])
    if idents:
        back = update(table).where(table.c.id.in_(idents), column == last.into_id)
        db.session.execute(back.values({column.name: last.person_id}))


def _let_stand_for_both(*pair: int) -> None:
    """Let what stands until it is lifted, and stood for two as one, stand for each of them."""
    for table, column in references():
        if LIFTED not in table.info:
            continue
        standing = select(table).where(table.c[table.info[LIFTED]].is_(None)).order_by(table.c.id)
        for one, other in (pair, pair[::-1]):
            row = db.session.execute(standing.where(column == one)).mappings().first()
            if row and not db.session.execute(standing.where(column == other)).first():
                told = {name: value for name, value in row.items() if name != "id"}
                db.session.execute(insert(table).values({**told, column.name: other}))


def _name(table: Table, column: Column[Any]) -> str:
    return f"{table.name}.{column.name}"


def _set(person_id: int, **values: Any) -> None:
    db.session.execute(update(Person).where(Person.id == person_id).values(**values))


def _whole(ref: str) -> PersonFacts:
    found = queries.closed_person(ref)
    assert found is not None  # noqa: S101 - it is locked by this transaction
    return found
