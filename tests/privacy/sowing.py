"""Rows about people in every table of the schema, with a value of its own in every column."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, String, Table, insert

from pathway.db import Base, UtcDateTime, db
from pathway.privacy.columns import KEPT
from pathway.privacy.gathering import NAMED_BY, named_table
from pathway.privacy.kinds import Holds
from tests.factories import NOW

TELLING = 10
"""From so many characters on a planted text occurs nowhere else."""

FIXED: Mapping[str, Any] = {"placement.status": "departed", "person_merge.moved": {}}
"""What a table takes nothing else for."""

GIVEN = {
    name: kept
    for name, kept in KEPT.items()
    if kept.leads and any(kept.of(Holds.THEIRS, Holds.WORDS)) and name != "audit_entry"
}
"""The tables of which somebody is given something, but for the trail."""


class Planter:
    """Plants rows, and remembers what was planted where."""

    def __init__(self) -> None:
        self._serial = itertools.count(1)
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        """What is to be given of each row, by its table and whom it is about."""
        self.words: dict[str, str] = {}
        """Planted free text of people, and where it stands."""
        self.secret: dict[str, str] = {}
        """Planted text that nobody is given, and where it stands."""

    def person(self, **values: Any) -> int:
        """Plant somebody; what is planted of them is theirs."""
        ident = self._row("person", 0, 0, values)
        self.rows["person", ident] = self.rows.pop(("person", 0))
        return ident

    def everywhere(self, person: int, other: int) -> None:
        """Plant a row about somebody in every table that leads to people."""
        for name, kept in KEPT.items():
            if kept.leads and name not in {"person", "audit_entry", "audit_mention"}:
                self._row(name, person, other, {})

    def one(self, table: str, person: int, other: int, **values: Any) -> dict[str, Any]:
        """Plant one more row with some values of its own; return what was planted."""
        before = dict(self.secret) | dict(self.words)
        self._row(table, person, other, values)
        planted = dict(self.secret) | dict(self.words)
        return {where: text for text, where in planted.items() if text not in before}

    def told_of(self, person: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what was planted of somebody, by table."""
        return ((table, row) for (table, whose), row in self.rows.items() if whose == person)

    def _row(self, name: str, person: int, other: int, fixed: Mapping[str, Any]) -> int:
        table = Base.metadata.tables[name]
        row, told = {}, {}
        for column in table.columns:
            value = fixed.get(column.name, FIXED.get(f"{name}.{column.name}"))
            if value is None:
                value = self._value(table, column, person, other)
            elif isinstance(value, str):
                told[column.name] = value
            if isinstance(value, tuple):
                value, told[column.name] = value
            if value is not None:
                row[column.name] = value
        self.rows[name, person] = told
        return _added(table, row)

    def _value(self, table: Table, column: Column[Any], person: int, other: int) -> Any:
        """Return a value for a column; with what is told of it where it is given."""
        kept = KEPT[table.name]
        targets = {key.column.table.name for key in column.foreign_keys}
        holds = kept.columns[column.name]
        if column.name == "id" or table.name in targets:
            return None
        if "person" in targets or column.name == "person_id":
            return person if column.name == kept.leads[0] else other
        if holds is Holds.STAFF and isinstance(column.type, Integer):
            return self._member()
        if column.name in kept.leads or (targets and holds is Holds.NOTHING):
            return self._further(table, column, person, other)
        named = named_table(table.name, column.name)
        return self._named(named, table, column, other) if named else self._plain(table, column)

    def _further(self, table: Table, column: Column[Any], person: int, other: int) -> Any:
        """Return a row of another table: the person's where it leads to them, or a new one."""
        target = next(key.column.table.name for key in column.foreign_keys)
        if column.name in KEPT[table.name].leads:
            return self._ident(target, person)
        return None if column.nullable else self._row(target, other, person, {})

    def _ident(self, table: str, person: int) -> int:
        """Return the row of another table that was planted about somebody."""
        found = Base.metadata.tables[table]
        newest = found.select().where(found.c.person_id == person).order_by(found.c.id.desc())
        return int(db.session.execute(newest).mappings().first()["id"])  # type: ignore[index]

    def _named(self, named: str, table: Table, column: Column[Any], other: int) -> Any:
        """Plant what a column leads to, under a name of its own."""
        longest = Base.metadata.tables[named].c[NAMED_BY[named]].type.length  # type: ignore[attr-defined]
        name = self._text(longest)
        ident = self._row(named, other, other, {NAMED_BY[named]: name})
        return self._kept(table, column, ident, name)

    def _kept(self, table: Table, column: Column[Any], value: Any, told: Any) -> Any:
        """Remember what was planted, by what the column holds."""
        holds = KEPT[table.name].columns[column.name]
        where = f"{table.name}.{column.name}"
        if holds is Holds.THEIRS:
            return value, told
        text = told["said"] if isinstance(told, dict) else told
        if isinstance(text, str) and len(text) >= TELLING:
            (self.words if holds is Holds.WORDS else self.secret)[text] = where
        return value

    def _plain(self, table: Table, column: Column[Any]) -> Any:
        number = next(self._serial)
        kind = column.type
        if isinstance(kind, String):
            text = self._text(kind.length)
            return self._kept(table, column, text, text)
        if isinstance(kind, JSON):
            said = {"said": self._text(None)}
            return self._kept(table, column, said, said)
        if isinstance(kind, UtcDateTime):
            at = NOW + timedelta(minutes=number)
            return self._kept(table, column, at, _in_london(at))
        if isinstance(kind, Date):
            on = date(2026, 1, 1) + timedelta(days=number)
            return self._kept(table, column, on, on.isoformat())
        plain = {Boolean: True, Integer: number, Float: number + 0.5}
        value = next((one for of, one in plain.items() if isinstance(kind, of)), None)
        return None if value is None else self._kept(table, column, value, value)

    def _text(self, longest: int | None) -> str:
        """Return a text that occurs nowhere else, if there is room for one."""
        number = next(self._serial)
        whole = f"planted{number:05}x"
        return whole if longest is None or longest >= len(whole) else _short(number, longest)

    def _member(self) -> int:
        """Plant a member of staff whose name and address nobody is told."""
        name = self._text(None)
        self.secret[name] = "staff.name"
        staff = Base.metadata.tables["staff"]
        row = {"name": name, "email": f"{name}@example.org", "organisation_id": 1}
        more = {"demo": False, "created_at": NOW}
        return _added(staff, row | more)


def _added(table: Table, row: Mapping[str, Any]) -> int:
    """Insert a row; return its id, or nought where it has none."""
    adding = insert(table).values(**row)
    if "id" not in table.c:
        db.session.execute(adding)
        return 0
    return int(db.session.execute(adding.returning(table.c.id)).scalar_one())


def _in_london(at: datetime) -> str:
    assert at.tzinfo is UTC
    return at.isoformat()


def _short(number: int, longest: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    while number:
        number, rest = divmod(number, len(letters))
        text = letters[rest] + text
    return text[-longest:].rjust(min(longest, 3), "Q")
