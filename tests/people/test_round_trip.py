"""Merged and parted again, everything is as it was: every column that leads to a person.

What leads to a person is read from the schema, and the rows are made from the types of
its columns, so that a new table is covered by itself; what cannot be made fails by name.
"""

import itertools
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, Table, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeDecorator

from pathway.acts import Act
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.db import Base, db, transaction
from pathway.errors import Refused
from pathway.outreach.rules import ContactKind
from pathway.people import editing, marks, merging, numbers, queries
from pathway.people.keys import rebuild_keys
from pathway.people.models import Person, PersonKey, PersonOpening
from pathway.people.rules import PersonFacts
from pathway.people.sight import PARTED
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, an_act, at, later

SAID = {"placement.status": "cancelled", "person_warning.kind": "arson"}
"""What a column has to say that its type does not tell."""

ANEW = {*merging.STAY, "audit_entry", "audit_mention"}
"""Tables that are written and not put back: the journal, what is made anew, the trail."""

IN_DOUBT = {"version", "restricted_at", "perhaps_child"}
"""Columns of a person of which a test of its own says what becomes of them."""

_numbers = itertools.count(1)

Dump = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def leads(column: Column[Any]) -> bool:
    return any(key.column is Person.__table__.c.id for key in column.foreign_keys)


def leading() -> list[tuple[Table, Column[Any]]]:
    """Return every column that leads to a person, but for those that do not move."""
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if leads(column) and table.name not in merging.STAY
    ]


def one_of(table: Table) -> Any:
    """Return the id of a row of a table; one is made where there is none."""
    (key,) = table.primary_key
    found = db.session.scalar(select(key).limit(1))
    return a_row(table) if found is None else found


def value(column: Column[Any], stranger: int) -> Any:
    """Return something that a column may hold."""
    if leads(column):
        return None if column.nullable else stranger
    if column.foreign_keys:
        return None if column.nullable else one_of(next(iter(column.foreign_keys)).column.table)
    said = SAID.get(f"{column.table.name}.{column.name}")
    kept_as = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    kind: Any = kept_as.python_type
    if said is not None or kind is str:
        length = getattr(kept_as, "length", None)
        return said or str(next(_numbers))[:length]
    plain = {int: 1, bool: False, float: 0.5, object: {}, date: NOW.date(), datetime: NOW}
    return plain[kind]


def a_row(
    table: Table,
    told: Mapping[str, int] = MappingProxyType({}),
    stranger: int = 0,
    gaps: random.Random | None = None,
) -> Any:
    """Add a row made from the types of its columns; say which table it was if that fails."""
    row = {
        column.name: value(column, stranger)
        for column in table.columns
        if column.name not in told and not (column.primary_key and not column.foreign_keys)
    }
    for column in table.columns:
        if gaps and column.nullable and column.name in row and gaps.random() < 0.5:
            row[column.name] = None
    (key,) = table.primary_key
    try:
        return db.session.execute(insert(table).values(**row, **told).returning(key)).scalar_one()
    except (SQLAlchemyError, KeyError) as fault:
        pytest.fail(f"no row of {table.name} can be made from its columns: {fault}")


def dump() -> Dump:
    """Return every row of every table that a round trip leaves as it was."""
    found: Dump = {}
    for table in Base.metadata.sorted_tables:
        if table.name in ANEW:
            continue
        rows = db.session.execute(select(table)).mappings()
        out = IN_DOUBT if table.name == "person" else ()
        found[table.name] = {
            tuple(row[key.name] for key in table.primary_key): {
                name: told for name, told in row.items() if name not in out
            }
            for row in rows
        }
    return found


def differing(before: Dump, after: Dump) -> list[str]:
    """Return which tables differ."""
    return [name for name, rows in before.items() if rows != after[name]]


def still_leading_to(gone: int) -> list[str]:
    """Return the columns that lead to a record that became another."""
    return [
        f"{table.name}.{column.name}"
        for table, column in leading()
        if db.session.execute(select(table).where(column == gone)).first()
    ]


@pytest.fixture
def lead(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB)


def there_and_back(lead: Act) -> None:
    """Merge and part two people of whom every table has rows, about each and about both."""
    with transaction():
        gone, kept, stranger = (a_person(given_name=name) for name in ("Fern", "Gale", "Ash"))
        for table, column in leading():
            for one in (gone, kept):
                a_row(table, {column.name: one.id}, stranger.id)
        for table in {table for table, _ in leading()}:
            both = [column.name for column in table.columns if leads(column)]
            if len(both) > 1:
                a_row(table, dict(zip(both, (gone.id, kept.id), strict=True)))
                a_row(table, dict(zip(both, (kept.id, gone.id), strict=True)))
    before = dump()
    with transaction():
        merging.merge(lead, gone.ref, kept.ref)
    assert still_leading_to(gone.id) == []
    with transaction():
        merging.unmerge(at(lead, later(minutes=1)), gone.ref)
    assert differing(before, dump()) == []


def test_every_column_that_leads_to_a_person_moves_and_comes_back(lead: Act) -> None:
    there_and_back(lead)


def test_a_table_that_is_forgotten_is_found(lead: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: one table out of those that move, and the same check fails."""
    whole = list(merging.references())
    table, column = random.Random(7).choice(whole)
    rest: Iterator[Any] = (one for one in whole if one != (table, column))
    monkeypatch.setattr(merging, "references", lambda: iter(list(rest)))
    with pytest.raises(AssertionError, match=f"{table.name}.{column.name}"):
        there_and_back(lead)


def keys() -> set[tuple[int, str]]:
    """Return what people are found by."""
    found = db.session.execute(select(PersonKey.person_id, PersonKey.key))
    return {(person_id, key) for person_id, key in found}


def openers() -> set[tuple[Any, ...]]:
    """Return to whom a closed record is open; what a parting gives ends with the shift.

    A site's care is written anew by each merge.
    """
    opening = select(PersonOpening.person_id, PersonOpening.staff_id, PersonOpening.site_id)
    stands = opening.where(PersonOpening.kind != PARTED, PersonOpening.until.is_(None))
    return {tuple(row) for row in db.session.execute(stands)}


class History:
    """People to whom things happen, and what is true of them once all of them are parted."""

    def __init__(self, lead: Act, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lead, self.minute = lead, 0
        self.people: list[PersonFacts] = []
        self.expected: Dump = {}
        self.openers: set[tuple[Any, ...]] = set()

    @property
    def act(self) -> Act:
        """The lead, a minute later each time."""
        self.minute += 1
        return at(self.lead, NOW + timedelta(seconds=self.minute))

    def begin(self) -> None:
        """Let things happen to five people."""
        with transaction():
            self.people = [a_person(given_name=f"Fern {n}") for n in range(5)]
        for _ in range(25):
            self.happen()
        self.expected, self.openers = dump(), openers()

    def happen(self) -> None:
        """Let one thing happen to somebody; what is refused does not."""
        person = self.chance.choice(self.people)
        told = self.chance.choice((self.any_row, self.any_row, self.deed))
        with suppress(Refused), transaction():
            told(person)

    def any_row(self, person: PersonFacts) -> None:
        """Write down anything at all about somebody, and perhaps about somebody else as well."""
        able = [(table, column) for table, column in leading() if table.name != "person"]
        table, column = self.chance.choice(able)
        meant = queries.person(self.act, person.ref)
        other = queries.person(self.act, self.chance.choice(self.people).ref)
        if meant and other and table.name != "person_opening":
            a_row(table, {column.name: meant.id}, other.id, self.chance)
            rebuild_keys([meant.id])

    def deed(self, person: PersonFacts) -> None:
        """Do one of the things that staff do."""
        ref, n = person.ref, self.chance.randrange(7)
        if n == 0:
            beds.hold(self.act, person=ref, site=HUB)
        elif n == 1:
            care.record_contact(self.act, person=ref, kind=ContactKind.BEDDED_DOWN, place="Euston")
        elif n == 2:
            numbers.set_number(self.act, ref, scheme=f"body {next(_numbers)}", number="7")
        elif self.expected:
            return
        elif n == 3:
            editing.not_here(self.act, ref, site=HUB)
        elif n == 4:
            care.restrict(self.act, ref)
        elif n == 5:
            care.record_death(self.act, ref, died_on=NOW.date())
        else:
            marks.perhaps_child(self.act, marks.locked(self.act, ref), so=True)

    def meanwhile(self) -> None:
        """Let things happen to whoever they are one with now: those stay with that record."""
        before = dump()
        self.happen()
        for name, rows in dump().items():
            for key in rows.keys() - before[name].keys():
                self.expected[name][key] = rows[key]

    def merge(self) -> None:
        """Make two of them one; where they may not be, nothing is changed."""
        gone, kept = self.chance.sample(self.people, 2)
        before = dump()
        try:
            with transaction():
                care.merge(self.act, gone.ref, kept.ref)
        except Refused:
            assert differing(before, dump()) == []

    def part(self) -> None:
        """Part all again, each as soon as it can be."""
        while merged := standing():
            self.chance.shuffle(merged)
            for ref in merged:
                with suppress(Refused), transaction():
                    care.unmerge(self.act, ref)
            assert len(standing()) < len(merged)


def standing() -> list[str]:
    """Return the references of the records that are part of another."""
    return list(db.session.scalars(select(Person.ref).where(Person.merged_into_id.is_not(None))))


@pytest.mark.parametrize("seed", range(3))
def test_any_history_comes_back(lead: Act, seed: int) -> None:
    history = History(lead, seed)
    history.begin()
    for _ in range(4):
        history.merge()
        history.meanwhile()
    assert standing()
    history.part()
    assert set(differing(history.expected, dump())) <= {"person_opening", "legal_hold"}
    assert history.expected["legal_hold"].items() <= dump()["legal_hold"].items()
    assert openers() == history.openers
    found_by = keys()
    with transaction():
        rebuild_keys(person.id for person in history.people)
        assert keys() == found_by
