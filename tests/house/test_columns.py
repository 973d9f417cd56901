"""Every column says what it holds: none is added without anybody deciding."""

import re
from collections.abc import Iterator

from sqlalchemy import JSON, Column, MetaData, String, Table

from pathway.db import Base
from pathway.people import consent_models
from pathway.people.models import Person
from pathway.privacy import models
from pathway.privacy.columns import KEPT, Fate, Holds, Kept
from pathway.web import create_app

ALL_TABLES = (consent_models, models, create_app)
"""Imported so that every table of the service stands in the metadata."""

PERSON = Person.__tablename__

SENTENCE = re.compile(r"[A-Z].{30,}\.")

SHORT = 60
"""Longer texts may be anything that somebody typed (ours)."""

NAMES = {
    *("given_name", "family_name", "dog_name", "alias", "key", "sound", "needs", "readers"),
    *("offered",),
}
"""Longer texts that are a name, a word of one, or a list of codes."""


def wrong(metadata: MetaData) -> list[str]:
    """Return what is classified and not there, or there and not classified."""
    there = {(table.name, column.name) for table in metadata.sorted_tables for column in table.c}
    said = {(name, column) for name, kept in KEPT.items() for column in kept.columns}
    return sorted(f"{table}.{column}" for table, column in there ^ said)


def leading(metadata: MetaData) -> set[str]:
    """Return the tables whose rows lead to a person, however far."""
    found = {PERSON}
    while True:
        more = {
            table.name
            for table in metadata.sorted_tables
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


def ways(table: Table, to: set[str]) -> set[str]:
    """Return the columns by which rows of a table lead to one of these tables."""
    return {key.parent.name for key in table.foreign_keys if key.column.table.name in to}


def classified(*holds: Holds) -> Iterator[tuple[str, Kept, str]]:
    for name, kept in KEPT.items():
        for column in kept.of(*holds):
            yield name, kept, column


def test_every_column_of_every_table_is_classified_and_no_other() -> None:
    assert wrong(Base.metadata) == []


def test_a_new_column_fails_until_somebody_decides() -> None:
    copy = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(copy)
    assert wrong(copy) == []
    copy.tables["contact"].append_column(Column("shoe_size", String(10)))
    Table("loan", copy, Column("book", String(10)))
    assert wrong(copy) == ["contact.shoe_size", "loan.book"]


def test_every_table_that_refers_to_a_person_says_by_which_columns() -> None:
    for table in Base.metadata.sorted_tables:
        direct = ways(table, {PERSON})
        assert direct <= set(KEPT[table.name].leads), table.name


def test_every_table_that_leads_to_a_person_by_another_says_so() -> None:
    found = leading(Base.metadata)
    for name in found - {PERSON}:
        table = Base.metadata.tables[name]
        assert set(KEPT[name].leads) & (ways(table, found) or {"nothing leads on"}), name


def test_what_leads_is_a_column_that_is_not_given_itself() -> None:
    for name, kept in KEPT.items():
        for column in kept.leads:
            assert kept.columns[column] in {Holds.NOTHING, Holds.OTHERS}, f"{name}.{column}"


def test_a_person_is_only_where_rows_lead_to_one() -> None:
    for name, kept, column in classified(Holds.THEIRS, Holds.WORDS):
        assert kept.leads, f"{name}.{column} is about a person and leads to none"


def test_every_reason_is_a_sentence_about_something_that_is_there() -> None:
    for name, kept in KEPT.items():
        assert set(kept.why) <= {*kept.columns, "fate"}, name
        for why in kept.why.values():
            assert SENTENCE.fullmatch(why), (name, why)


def test_whatever_is_not_given_has_a_reason() -> None:
    for name, kept, column in classified(Holds.OTHERS):
        assert column in kept.why, f"{name}.{column}"
    for name, kept in KEPT.items():
        assert set(kept.hides) <= set(kept.why), name
        assert all(on in kept.columns for on, _ in kept.hides.values()), name


def test_rows_that_stay_have_a_reason_or_lead_to_nobody() -> None:
    for name, kept in KEPT.items():
        if kept.fate is Fate.STAY and kept.leads:
            assert "fate" in kept.why, name


def test_what_somebody_typed_freely_is_not_given_unread() -> None:
    for name, _, column in classified(Holds.THEIRS):
        kind = Base.metadata.tables[name].c[column].type
        if isinstance(kind, String) and column not in NAMES:
            assert (kind.length or SHORT + 1) <= SHORT, f"{name}.{column}"
        assert not isinstance(kind, JSON) or (name, column) == ("turn_away", "needed")


def test_whoever_did_something_is_told_as_staff() -> None:
    for table in Base.metadata.sorted_tables:
        for column in ways(table, {"staff"}):
            assert KEPT[table.name].columns[column] is Holds.STAFF, f"{table.name}.{column}"
