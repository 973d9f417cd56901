"""What every connection and every transaction is held to."""

import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InternalError, StatementError

from pathway import audit
from pathway.audit import AuditEntry
from pathway.beds.models import Placement
from pathway.db import bare_app, db, scrub, transaction
from pathway.engines import BUSY_MS, SQLITE_PRAGMAS, WRITES
from pathway.errors import Busy
from pathway.people.models import Person
from pathway.staff.models import Staff
from tests.conftest import settings
from tests.factories import NOW, a_hold, a_person, an_act


def test_every_connection_to_sqlite_has_its_pragmas(tmp_path: Path) -> None:
    app = bare_app(settings(f"sqlite:///{tmp_path / 'x.db'}"))
    with app.app_context():
        connections = [db.engine.connect() for _ in range(5)]
        for connection in connections:
            for name, wanted in SQLITE_PRAGMAS.items():
                found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                assert str(found) == wanted, name
        for connection in connections:
            connection.close()
        db.engine.dispose()


def test_a_connection_that_will_not_take_a_pragma_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SQLITE_PRAGMAS, "foreign_keys", "7")
    app = bare_app(settings(f"sqlite:///{tmp_path / 'x.db'}"))
    with app.app_context():
        with pytest.raises(RuntimeError, match="foreign_keys"):
            db.engine.connect()
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"])
def test_postgres_speaks_utc_and_waits_a_bounded_time(store: Flask) -> None:
    shown = [
        db.session.execute(text(f"SHOW {name}")).scalar_one()
        for name in ("timezone", "lock_timeout", "default_transaction_read_only")
    ]
    assert shown == ["UTC", "2s", "on"]


def test_all_of_a_transaction_or_nothing(store: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        a_hold(an_act())
        raise RuntimeError
    for table in (Placement, Person, Staff):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_transaction_does_not_nest(store: Flask) -> None:
    with pytest.raises(RuntimeError, match="does not nest"), transaction(), transaction():
        pass
    with transaction():
        a_person()


def test_a_trial_leaves_nothing(store: Flask) -> None:
    with transaction(keep=False):
        a_person()
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_read_sees_a_write_of_another_connection(store: Flask) -> None:
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0
    with transaction():
        a_person()
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_nothing_is_written_outside_a_transaction(store: Flask, engine: str) -> None:
    """PostgreSQL refuses it; SQLite forgets it when the reading ends."""
    with transaction():
        person = a_person()
    refused = pytest.raises(InternalError) if engine == "postgresql" else nullcontext()
    with refused:
        db.session.execute(text("UPDATE person SET given_name = 'Somebody else'"))
    db.session.remove()
    assert db.session.scalar(select(Person.given_name)) == person.given_name


def test_times_come_back_aware_and_in_utc(store: Flask) -> None:
    summer = datetime(2026, 7, 1, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    with transaction():
        act = an_act(at=summer)
        audit.record(act, "x", "y")
    found = db.session.scalar(select(AuditEntry.at).where(AuditEntry.what == "x"))
    assert found == summer
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(store: Flask) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="naive"), transaction():
        an_act(at=naive)
    assert NOW.tzinfo is UTC


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE placement SET status = 'asleep'",
        "UPDATE placement SET expires_at = NULL",
        "UPDATE placement SET bed_id = NULL",
        "UPDATE placement SET person_id = 999",
    ],
    ids=["a known status", "a hold expires", "a live row has a bed", "an existing person"],
)
def test_the_database_itself_refuses_what_cannot_be(store: Flask, statement: str) -> None:
    with transaction():
        a_hold(an_act())
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_nobody_waits_while_the_log_of_writes_is_emptied(store: Flask) -> None:
    """With somebody who reads it stays, at once: waiting for them would keep every writer out."""
    with transaction():
        a_person()
    with db.engine.connect() as reader:
        reader.execute(select(func.count()).select_from(Person)).scalar_one()
        with transaction():
            a_person()
        began = time.monotonic()
        assert not scrub()
        assert time.monotonic() - began < BUSY_MS / 1000 / 2
        with transaction():
            a_person()
    assert scrub()
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == BUSY_MS


def test_a_writer_that_waits_too_long_is_told_to_try_again(store: Flask, engine: str) -> None:
    """Promise 19: never half a write."""
    with transaction():
        hold = a_hold(an_act())
    with db.engine.connect() as connection:
        other = connection
        if engine == "sqlite":
            other.exec_driver_sql("SELECT 1")
            other.rollback()
            other.connection.dbapi_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
            db.session.execute(text("PRAGMA busy_timeout=100"))
        else:
            other = other.execution_options(**WRITES[engine])
            other.execute(select(Placement.id).with_for_update())
        with pytest.raises(Busy, match="Nothing was changed"), transaction() as session:
            session.execute(
                text("UPDATE placement SET destination = 'x' WHERE id = :id"), {"id": hold.id}
            )
        if engine == "sqlite":
            other.connection.dbapi_connection.rollback()  # type: ignore[union-attr]
        other.rollback()
    assert db.session.scalar(select(Placement.destination)) is None
