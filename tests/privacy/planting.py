"""Somebody with a row in every table that leads to a person, a word to be found in each column."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    String,
    Table,
    func,
    insert,
    select,
)

from pathway.db import Base, UtcDateTime, db
from pathway.people.models import Person
from pathway.privacy.columns import KEPT, Fate
from pathway.privacy.going import PERSONAL
from pathway.privacy.standing import STANDS
from tests.factories import NOW

WORD = "zqj"
"""How every planted word begins; nothing else does."""

BORN = date(1951, 7, 13)

HERE = 51.987654

CODES = {
    "person.gender": "woman",
    "person.recourse": "no",
    "person.support_level": "high",
    "person.needs": "alcohol",
    "person.nationality": "GB",
    "placement.status": "departed",
    "placement_event.what": "held",
    "contact.kind": "bedded_down",
    "contact.hidden": "buses",
    "contact.naloxone": "given",
    "concern.kind": "adult",
    "concern.step": "closed",
}
"""What is read as a code stands as one."""


def plant(person_id: int, staff_id: int, *names: str) -> set[str]:
    """Give somebody a row in every table that leads to them, or in these; return its words."""
    words: set[str] = set()
    for table in Base.metadata.sorted_tables:
        kept = KEPT[table.name]
        if kept.leads and kept.fate is not Fate.STAY and (not names or table.name in names):
            row = {column.name: _value(column, person_id, staff_id) for column in table.c}
            row = {name: value for name, value in row.items() if value is not None}
            if table.name == Person.__tablename__:
                for unchanged in ("id", "ref", "merged_into_id", "restricted_at"):
                    row.pop(unchanged, None)
                db.session.execute(table.update().where(table.c.id == person_id).values(row))
            else:
                db.session.execute(insert(table).values(row))
            words |= set(_words(table, row))
    return words


def _words(table: Table, row: dict[str, Any]) -> Iterator[str]:
    for name in KEPT[table.name].of(*PERSONAL):
        told = row.get(name)
        told = told.get("said") if isinstance(told, dict) else told
        if isinstance(told, str) and told.startswith(WORD):
            yield told


def _value(column: Column[Any], person_id: int, staff_id: int) -> Any:
    known = {"staff": staff_id, "person": person_id}
    for key in column.foreign_keys:
        onto = key.column.table
        if onto.name in known:
            return None if column.name == "merged_into_id" else known[onto.name]
        return None if onto is column.table else db.session.scalar(select(func.max(onto.c.id)))
    if column.name == "id" and isinstance(column.type, Integer):
        return None
    if column.name == "person_id":
        return person_id
    return CODES.get(f"{column.table.name}.{column.name}", _of_its_kind(column, person_id))


def _of_its_kind(column: Column[Any], person_id: int) -> Any:
    kind = column.type
    word = f"{WORD}{person_id}.{column.table.name}.{column.name}"
    if column.name in STANDS.get(column.table.name, ()) and isinstance(kind, String | Date | JSON):
        return NOW.date() if isinstance(kind, Date) else {} if isinstance(kind, JSON) else "x"
    if isinstance(kind, String):
        return word[: kind.length] if (kind.length or 99) > 12 else "x"
    if isinstance(kind, UtcDateTime):
        return NOW
    if isinstance(kind, Boolean):
        return column.name not in {"planned", "unnamed"}
    by_kind = {JSON: {"said": word}, Date: BORN, Float: HERE, Integer: 1}
    return next((value for type_, value in by_kind.items() if isinstance(kind, type_)), None)


def everything() -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    return {
        table.name: [repr(tuple(row)) for row in db.session.execute(select(table))]
        for table in Base.metadata.sorted_tables
    }


def found(words: set[str] | tuple[str, ...]) -> set[str]:
    """Return the tables in which any of these words stands."""
    return {
        table
        for table, rows in everything().items()
        for row in rows
        if any(word in row for word in words)
    }
