"""The database: base class, UTC times, and the only place that commits."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Row,
    Select,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import DateTime, TypeDecorator

from pathway.config import MAX_BODY_BYTES, ROOT, Settings, SettingsError
from pathway.errors import Busy
from pathway.turns import Turns

BUSY_MS = 5_000
"""How long a SQLite writer waits for another, in milliseconds (ours)."""

LOCK_MS = 2_000
"""How long a PostgreSQL statement waits for a lock, in milliseconds (ours)."""

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "2",
    "foreign_keys": "1",
    "busy_timeout": str(BUSY_MS),
}
"""Asserted on every connection: each pragma and the value it must answer."""

_SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are known where it is read."""

AnySelect = Select[*tuple[Any, ...]]
"""A query whose columns are known where it is read."""

WRITES: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"pathway_writes": True},
    "postgresql": {"isolation_level": "READ COMMITTED", "postgresql_readonly": False},
}
"""What tells a connection that it is about to write.

Outside of this every statement stands alone: SQLite opens a plain ``BEGIN``,
PostgreSQL commits each by itself and refuses to write at all.
"""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite keeps UTC without an offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive time was given to the database"
            raise ValueError(msg)
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC time."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table's base; names of constraints follow one convention."""

    registry = registry(type_annotation_map={datetime: UtcDateTime()})
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


_turns = Turns()


@contextmanager
def transaction(*, keep: bool = True) -> Iterator[Session]:
    """Do everything inside, or nothing: the only commit of the service.

    On SQLite writers take turns and the write lock is taken at the start
    (``BEGIN IMMEDIATE``), so that a read before it can never turn into a stale
    write. Without ``keep`` everything is tried and then undone.

    Raises:
        Busy: another writer kept the lock too long, or the disk is full.
    """
    session = db.session()
    engine = engine_name(session)
    turn = _turns.take(BUSY_MS / 1000) if engine == "sqlite" else nullcontext()
    session.rollback()
    with turn, _all_or_nothing(session, keep=keep):
        session.connection(execution_options=WRITES[engine])
        yield session


@contextmanager
def _all_or_nothing(session: Session, *, keep: bool) -> Iterator[None]:
    try:
        yield
        if keep:
            session.commit()
        else:
            session.rollback()
    except DBAPIError as problem:
        session.rollback()
        if is_outage(problem):
            raise Busy(
                "It could not be saved just now. Nothing was changed. Try again in a moment."
            ) from problem
        raise
    except BaseException:
        session.rollback()
        raise


def run(statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement that was built beforehand, with these values.

    Past the ORM: what runs on every hold and every look at the board is worth
    a third of the time it would take otherwise.
    """
    return db.session.connection().execute(statement, values)


def insert_or_skip(model: type[Base], values: Mapping[str, Any]) -> int | None:
    """Insert one row and return its id, or None where a unique index says no.

    Nothing is raised and nothing rolled back, so the caller looks again and
    says what stands in the way. On PostgreSQL it waits for an unfinished
    transaction that holds the same claim.
    """
    ident: int | None = run(_skipping(engine_name(db.session()), model), **values).scalar()
    return ident


@cache
def _skipping(engine: str, model: type[Base]) -> Executable:
    table = model.__table__
    statement: Executable = _INSERTS[engine](table).on_conflict_do_nothing().returning(table.c.id)
    return statement


def is_outage(problem: DBAPIError) -> bool:
    """Return whether the database is busy, full or gone, rather than misused."""
    if isinstance(problem.orig, sqlite3.Error):
        code = getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF
        return code in _SQLITE_OUTAGES
    return problem.connection_invalidated or isinstance(problem, OperationalError)


def waited_too_long(problem: DBAPIError) -> bool:
    """Return whether a lock was not to be had within ``LOCK_MS``."""
    return getattr(problem.orig, "sqlstate", None) == "55P03"


def engine_name(session: Session) -> str:
    """Return ``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name


def connect(app: Flask, settings: Settings) -> None:
    """Give an application its database.

    Raises:
        SettingsError: the address of the database makes no sense.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    try:
        if settings.sqlite:
            path = Path(make_url(settings.database_url).database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
        db.init_app(app)
        with app.app_context():
            engine = db.engine
    except (ArgumentError, ValueError, OSError) as problem:
        msg = f"PATHWAY_DATABASE_URL cannot be used: {problem}"
        raise SettingsError(msg) from problem
    if settings.sqlite:
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)


def bare_app(settings: Settings) -> Flask:
    """Return an application with a database and nothing else, for commands."""
    app = Flask("pathway", root_path=str(ROOT / "pathway"), instance_path=str(ROOT / "instance"))
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    connect(app, settings)
    return app


def reachable() -> bool:
    """Return whether the database answers."""
    try:
        db.session.execute(text("SELECT 1"))
    except DBAPIError:
        db.session.rollback()
        return False
    return True


def _engine_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"pool_size": settings.threads, "max_overflow": 4}
    if settings.sqlite:
        options["connect_args"] = {"timeout": BUSY_MS / 1000}
    else:
        options["pool_pre_ping"] = False
        options["isolation_level"] = "AUTOCOMMIT"
        options["connect_args"] = {
            "options": (
                f"-c timezone=UTC -c lock_timeout={LOCK_MS} -c default_transaction_read_only=on"
            ),
            "connect_timeout": 5,
        }
    return options


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, wanted in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={wanted}")
        found = str(cursor.execute(f"PRAGMA {name}").fetchone()[0])
        if found != wanted:
            msg = f"SQLite would not set {name}: wanted {wanted}, found {found}"
            raise RuntimeError(msg)
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("pathway_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def dispose(engine: Engine) -> None:
    """Close every pooled connection (after a fork, or at the end of a test)."""
    engine.dispose()
