"""Which rows are about somebody, and how they go: read from the schema and from ``KEPT``.

A new table is covered by itself: a column of it that leads to a person, or to a
row that does, is in ``KEPT`` or the build fails.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Table,
    delete,
    false,
    or_,
    select,
    update,
)

from pathway import audit, idempotency, runs
from pathway.assessments import models as assessments_models
from pathway.beds import models as beds_models
from pathway.db import Base, db
from pathway.duty import models as duty_models
from pathway.messages import models as messages_models
from pathway.outreach import models as outreach_models
from pathway.people import consent_models
from pathway.people.models import Person
from pathway.privacy import models as privacy_models
from pathway.privacy.columns import KEPT, Fate, Holds
from pathway.privacy.standing import BLANK, STANDS

TABLES = (
    *(audit, idempotency, runs, assessments_models, beds_models, duty_models, messages_models),
    *(outreach_models, consent_models, privacy_models),
)
"""Imported so that every table is known, whoever asks first: a command knows few by itself."""

AT_ONCE = 500
"""How many rows one statement names (ours)."""

PERSON = Person.__tablename__

PERSONAL = (Holds.THEIRS, Holds.WORDS, Holds.OTHERS)
"""What a column may hold that goes with a person."""


def tables(*fates: Fate) -> Iterator[Table]:
    """Yield the tables whose rows lead to a person and come to one of these ends."""
    for name, kept in KEPT.items():
        if kept.leads and kept.fate in fates:
            yield Base.metadata.tables[name]


def about(table: Table, people: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a row is about one of these people."""
    if table.name == PERSON:
        return table.c.id.in_(people)
    leads = (table.c[name] for name in KEPT[table.name].leads)
    return or_(*(_leads(column, people) for column in leads))


def _leads(column: Column[Any], people: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column leads to them; one that names nothing holds their id."""
    for key in column.foreign_keys:
        onto = key.column.table
        if onto.name != PERSON:
            return column.in_(select(key.column).where(about(onto, people)))
    return column.in_(people)


def go(people: Collection[int]) -> None:
    """Remove or empty every row about these people."""
    for table in tables(Fate.GO):
        remove(table, about(table, people))
    for table in tables(Fate.EMPTY):
        empty(table, about(table, people))


def empty(table: Table, which: ColumnElement[bool]) -> None:
    """Empty rows of whatever is personal; of some tables all of it counts."""
    if blanks := emptied(table):
        db.session.execute(update(table).where(which).values(blanks))


def remove(table: Table, which: ColumnElement[bool]) -> None:
    """Remove rows, those below them first; what only refers to them does so no more."""
    if "id" in table.c:
        rows = select(table.c.id).where(which)
        for some in _parts(db.session.scalars(rows).all()):
            for column in _referring(table):
                _let_go(column, some)
            db.session.execute(delete(table).where(table.c.id.in_(some)))
    else:
        db.session.execute(delete(table).where(which))


def _let_go(column: Column[Any], idents: Collection[int]) -> None:
    table = column.table
    assert isinstance(table, Table)  # noqa: S101 - it is a column of the schema
    mine = column.in_(idents)
    if column.nullable:
        db.session.execute(update(table).where(mine).values({column.name: None}))
    else:
        remove(table, mine)


def _referring(table: Table) -> Iterator[Column[Any]]:
    for other in Base.metadata.sorted_tables:
        for column in other.columns:
            if any(key.column.table is table for key in column.foreign_keys):
                yield column


def _parts(idents: Iterable[int]) -> Iterator[list[int]]:
    rest = list(idents)
    for start in range(0, len(rest), AT_ONCE):
        yield rest[start : start + AT_ONCE]


def emptied(table: Table) -> dict[str, Any]:
    """Return what is written into a row that stays: nothing, where something personal was."""
    stands = STANDS.get(table.name, frozenset())
    names = [name for name in KEPT[table.name].of(*PERSONAL) if name not in stands]
    return {name: _blank(table.c[name]) for name in names}


def full(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row has something that emptying would take away."""
    blanks = emptied(table)
    return or_(false(), *(_differs(table.c[name], blank) for name, blank in blanks.items()))


def _differs(column: Column[Any], blank: Any) -> ColumnElement[bool]:
    return column.is_not(None) if blank is None else column != blank


def _blank(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    special = BLANK.get(column.table.name, {})
    if column.name in special:
        return special[column.name]
    if isinstance(column.type, Boolean):
        return False
    return {} if isinstance(column.type, JSON) else ""
