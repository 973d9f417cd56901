"""The two engines: what each connection is told, and what their errors mean."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from pathway.config import Settings

BUSY_MS = 2_000
"""How long a SQLite writer waits for another, in milliseconds (ours)."""

LOCK_MS = 2_000
"""How long a PostgreSQL statement waits for a lock, in milliseconds (ours)."""

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "2",
    "foreign_keys": "1",
    "busy_timeout": str(BUSY_MS),
    "recursive_triggers": "1",
    "secure_delete": "1",
}
"""Asserted on every connection: each pragma and the value it must answer.

Without recursive triggers INSERT OR REPLACE deletes a line of the audit trail
and no trigger hears of it. With secure deletion what is removed is written over
with zeros: it would stay in the free pages of the file, and in every copy of it.
"""

_SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

WRITES: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"pathway_writes": True},
    "postgresql": {"isolation_level": "READ COMMITTED", "postgresql_readonly": False},
}
"""What tells a connection that it is about to write.

Outside of this every statement stands alone: SQLite opens a plain ``BEGIN``,
PostgreSQL commits each by itself and refuses to write at all.
"""


def options(settings: Settings) -> dict[str, Any]:
    """Return how the pool and its connections are set up.

    Parameters are hidden from errors, and so from logs: they hold names.
    """
    told: dict[str, Any] = {
        "pool_size": settings.threads,
        "max_overflow": 4,
        "hide_parameters": True,
    }
    if settings.sqlite:
        told["connect_args"] = {"timeout": BUSY_MS / 1000}
    else:
        told["pool_pre_ping"] = False
        told["isolation_level"] = "AUTOCOMMIT"
        told["connect_args"] = {
            "options": (
                f"-c timezone=UTC -c lock_timeout={LOCK_MS} -c default_transaction_read_only=on"
            ),
            "connect_timeout": 5,
        }
    return told


def watch(engine: Engine) -> None:
    """Hold every SQLite connection to its pragmas and its way of beginning."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)


def is_outage(problem: DBAPIError) -> bool:
    """Return whether the database is busy, full or gone, rather than misused."""
    if isinstance(problem.orig, sqlite3.Error):
        code = getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF
        return code in _SQLITE_OUTAGES
    return problem.connection_invalidated or isinstance(problem, OperationalError)


def waited_too_long(problem: DBAPIError) -> bool:
    """Return whether a lock was not to be had within ``LOCK_MS``."""
    return getattr(problem.orig, "sqlstate", None) == "55P03"


def collided(problem: DBAPIError) -> bool:
    """Return whether this transaction was given up so that another could go on."""
    return getattr(problem.orig, "sqlstate", None) == "40P01"


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, wanted in SQLITE_PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={wanted}")
        found = str(cursor.execute(f"PRAGMA {name}").fetchone()[0])
        if found != wanted:
            msg = f"SQLite would not set {name}: wanted {wanted}, found {found}"
            raise RuntimeError(msg)
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("pathway_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
