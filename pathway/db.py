"""The database: base class, UTC times, and the only place that commits."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CursorResult,
    Dialect,
    Executable,
    MetaData,
    Row,
    Select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import DateTime, TypeDecorator

from pathway import engines
from pathway.config import MAX_BODY_BYTES, ROOT, Settings, SettingsError
from pathway.errors import Busy, Collided
from pathway.turns import Turns

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are known where it is read."""

AnySelect = Select[*tuple[Any, ...]]
"""A query whose columns are known where it is read."""


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

PAUSE = 0.05
"""For how many seconds :func:`scrub` leaves the database to others before it tries again (ours)."""


@contextmanager
def transaction(*, keep: bool = True) -> Iterator[Session]:
    """Do everything inside, or nothing: the only commit of the service.

    On SQLite writers take turns and the write lock is taken at the start
    (``BEGIN IMMEDIATE``), so that a read before it can never turn into a stale
    write. Without ``keep`` everything is tried and then undone.

    Raises:
        Busy: another writer kept the lock too long, or the disk is full.
        Collided: two writers waited for each other, and this one gave way.
    """
    session = db.session()
    if session.info.get("writing"):
        msg = "transaction() does not nest: the outer one would be lost"
        raise RuntimeError(msg)
    engine = engine_name(session)
    turn = _turns.take(engines.BUSY_MS / 1000) if engine == "sqlite" else nullcontext()
    session.rollback()
    session.info.pop("once_kept", None)
    with turn, _all_or_nothing(session, keep=keep):
        session.connection(execution_options=engines.WRITES[engine])
        session.info["writing"] = True
        try:
            yield session
        finally:
            session.info["writing"] = False


@contextmanager
def _all_or_nothing(session: Session, *, keep: bool) -> Iterator[None]:
    try:
        yield
        if keep:
            session.commit()
            for do in session.info.pop("once_kept", ()):
                do()
        else:
            session.rollback()
    except DBAPIError as problem:
        session.rollback()
        if engines.is_outage(problem):
            kind = Collided if engines.collided(problem) else Busy
            raise kind(
                "It could not be saved just now. Nothing was changed. Try again in a moment."
            ) from problem
        raise
    except BaseException:
        session.rollback()
        raise


def once_kept(do: Callable[[], object]) -> None:
    """Do something once what is under way has been committed, and never if it is undone."""
    db.session().info.setdefault("once_kept", []).append(do)


def scrub(tries: int = 1) -> bool:
    """Empty the write-ahead log of SQLite: it still holds what was removed, as it was before.

    Nobody is waited for, since every writer would wait as well: while somebody reads it
    stays as it is. Return whether nothing is left in it.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    for look in range(tries):
        time.sleep(PAUSE if look else 0)
        with closing(db.engine.raw_connection()) as raw:
            cursor = raw.cursor()
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except OperationalError:
                busy = True
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {engines.BUSY_MS}")
        if not busy:
            return True
    return False


def let_go() -> None:
    """Give the connection back, before a call to somebody else's server: it may take long."""
    db.session.remove()


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
    inserted = insert_for(engine, model).on_conflict_do_nothing()
    statement: Executable = inserted.returning(model.__table__.c.id)
    return statement


def insert_for(engine: str, model: type[Base]) -> Any:
    """Return an insert that can say what to do when a unique index says no."""
    return _INSERTS[engine](model.__table__)


def engine_name(session: Session) -> str:
    """Return ``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name


def connect(app: Flask, settings: Settings) -> None:
    """Give an application its database.

    Raises:
        SettingsError: the address of the database makes no sense.
    """
    app.config["ERASURES"] = settings.ledger
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engines.options(settings)
    try:
        if settings.sqlite:
            path = Path(make_url(settings.database_url).database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)
        db.init_app(app)
        with app.app_context():
            engine = db.engine
    except (ArgumentError, ValueError, OSError) as problem:
        msg = f"PATHWAY_DATABASE_URL cannot be used: {problem}"
        raise SettingsError(msg) from problem
    engines.watch(engine)


def bare_app(settings: Settings) -> Flask:
    """Return an application with a database and nothing else, for commands."""
    app = Flask("pathway", root_path=str(ROOT / "pathway"), instance_path=str(ROOT / "instance"))
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["PUBLIC_URL"] = settings.public_url
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
