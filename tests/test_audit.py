"""Promise 54, first half: what stands in the audit trail stays as it was written."""

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from pathway import audit, seals
from pathway.acts import by_service
from pathway.audit import AuditEntry, AuditMention
from pathway.db import db, transaction
from tests.factories import NOW
from tests.trails import TABLES, unguard

SERVICE = by_service(NOW)

CHANGES = {
    "update": "UPDATE {table} SET {column} = substr({column} || 'x', 2)",
    "delete": "DELETE FROM {table}",
    "an update of nothing": "UPDATE {table} SET {column} = 'x' WHERE 1 = 0",
    "upsert": (
        "INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 "
        "ON CONFLICT ({key}) DO UPDATE SET {column} = substr({table}.{column} || 'x', 2)"
    ),
    "replace": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "truncate": "TRUNCATE {table}",
}

ONLY_ON = {
    "replace": "sqlite",
    "truncate": "postgresql",
    "an update of nothing": "postgresql",
}

COLUMNS = {"audit_entry": "what", "audit_mention": "ref", "audit_seal": "hash"}
KEYS = {"audit_entry": "id", "audit_mention": "entry_id, ref", "audit_seal": "id"}

CASES = [
    pytest.param(change, table, engine, id=f"{change} {table} {engine}")
    for change in CHANGES
    for table in TABLES
    for engine in ("sqlite", "postgresql")
    if ONLY_ON.get(change, engine) == engine
]


def statement(change: str, table: str) -> str:
    return CHANGES[change].format(table=table, column=COLUMNS[table], key=KEYS[table])


@pytest.fixture
def trail(store: Flask) -> None:
    """A sealed trail with a list in it."""
    with transaction():
        audit.record(SERVICE, "list", "list:people", people=["P-2", "P-3"])
        audit.record(SERVICE, "view", "person:P-2")
    seals.seal(SERVICE)


def rows(table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]


@pytest.mark.parametrize(("change", "table", "engine"), CASES)
def test_the_database_itself_refuses_to_change_the_trail(
    trail: None, change: str, table: str
) -> None:
    before = rows(table)
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(statement(change, table)))
    assert rows(table) == before
    assert before


@pytest.mark.parametrize(("change", "table", "engine"), CASES)
def test_without_its_triggers_the_same_change_is_made_and_is_found(
    trail: None, change: str, table: str, engine: str
) -> None:
    """The control of the test above, and the other half of promise 54."""
    assert seals.verify().findings == ()
    head = seals.seal(SERVICE).head
    with transaction() as session:
        unguard(session, engine)
        session.execute(text(statement(change, table)))
    unchanged = change in {"an update of nothing", "replace"} or table == "audit_mention"
    assert bool(seals.verify(head).findings) is not unchanged


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_connection_without_the_pragma_gets_round_the_trigger_and_is_found(
    trail: None, engine: str
) -> None:
    """Why every connection is held to recursive triggers."""
    swap = text(
        "INSERT OR REPLACE INTO audit_entry (id, at, what, subject) VALUES (1, 0, 'x', 'y')"
    )
    db.session.rollback()
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(swap)
    db.session.execute(text("PRAGMA recursive_triggers=0"))
    with transaction() as session:
        session.connection().connection.dbapi_connection.execute(  # type: ignore[union-attr]
            "INSERT OR REPLACE INTO audit_entry (id, at, what, subject) "
            "VALUES (1, '2026-01-01 00:00:00', 'x', 'y')"
        )
    db.session.execute(text("PRAGMA recursive_triggers=1"))
    assert seals.verify().findings != ()


def test_a_line_about_one_person_says_whom(store: Flask) -> None:
    with transaction():
        audit.record(SERVICE, "a", "person:P-2")
        audit.record(SERVICE, "b", "placement:7", person="P-3")
        audit.record(SERVICE, "c", "site:165-hub")
    found = (
        select(AuditEntry.person)
        .where(AuditEntry.what.in_(["a", "b", "c"]))
        .order_by(AuditEntry.id)
    )
    assert list(db.session.scalars(found)) == ["P-2", "P-3", None]


def test_a_list_names_each_person_once_in_its_detail_and_in_the_index(store: Flask) -> None:
    with transaction():
        audit.record(SERVICE, "list", "list:people", {"more": 1}, people=["P-3", "P-2", "P-3"])
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "list")).one()
    assert entry.detail == {"more": 1, "refs": ["P-3", "P-2"]}
    assert entry.person is None
    mentions = select(AuditMention.ref).where(AuditMention.entry_id == entry.id)
    assert set(db.session.scalars(mentions)) == {"P-2", "P-3"}


def test_a_list_that_showed_nobody_is_a_line_all_the_same(store: Flask) -> None:
    with transaction():
        audit.record(SERVICE, "list", "list:people", people=[])
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "list")).one()
    assert entry.detail is None
