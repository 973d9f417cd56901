"""What is dear to make and easy to put back: an application, and a database of PostgreSQL.

Each test has both to itself and as if new. What cannot be put back is thrown
away: a database whose tables, indexes or triggers are others than before, or
that somebody still holds on to.
"""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import make_url

from pathway.config import Settings
from pathway.db import db
from pathway.web import create_app
from tests.postgres import Postgres

MOST_USES = 40
"""How often a database is lent before a new one takes its place: what is deleted stays in it."""

FRESH_SECONDS = 120
"""How long something that happened is as good as just now: no hold may lapse meanwhile."""

FIRST_OWN = 16384
"""PostgreSQL numbers what is its own below this."""

SHAPE = f"""
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
  SELECT 'class ' || oid || ' ' || xmin AS part FROM pg_class WHERE oid >= {FIRST_OWN}
  UNION ALL SELECT 'column ' || attrelid || ' ' || attnum || ' ' || xmin
    FROM pg_attribute WHERE attrelid >= {FIRST_OWN}
  UNION ALL SELECT 'constraint ' || oid || ' ' || xmin FROM pg_constraint WHERE oid >= {FIRST_OWN}
  UNION ALL SELECT 'trigger ' || oid || ' ' || xmin FROM pg_trigger WHERE oid >= {FIRST_OWN}
  UNION ALL SELECT 'index ' || indexrelid || ' ' || xmin
    FROM pg_index WHERE indexrelid >= {FIRST_OWN}
  UNION ALL SELECT 'function ' || oid || ' ' || xmin FROM pg_proc WHERE oid >= {FIRST_OWN}
) AS parts
"""
"""One word for all tables, indexes, triggers and functions, as they were last altered."""

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1
"""

Rows = dict[str, list[str]]


MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
"""Files here outlive a killed process as those on a disk do, but no commit waits for a disk."""


class Copies:
    """Copies of a file of SQLite, each for one test."""

    def __init__(self, template: Path) -> None:
        self._template = template

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Yield the URL of a database that is as the file is."""
        place = MEMORY if MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
            copy = Path(folder) / "pathway.db"
            shutil.copy(self._template, copy)
            yield f"sqlite:///{copy}"

    def close(self) -> None:
        """Nothing is held between two tests."""


class Shelf:
    """Databases of PostgreSQL like one that nobody is in, each lent to one test at a time."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._uses: Counter[str] = Counter()
        self._open: dict[str, psycopg.Connection[Any]] = {}
        with server.connected(template) as connection:
            self._shape = connection.execute(SHAPE).fetchone()
            named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            tables = [str(name) for (name,) in connection.execute(named)]
            self._count = sql.SQL(" UNION ALL ").join(_sum(name) for name in tables)
            self._sums = dict(connection.execute(self._count).fetchall())
            self._rows = {name: _rows(connection, name) for name in tables}
            self._sequences = connection.execute(SEQUENCES).fetchall()

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Yield the URL of a database that is as the prepared one was."""
        name = self._free.pop() if self._free else self._another()
        self._uses[name] += 1
        try:
            yield self._server.url(name)
        finally:
            if self._uses[name] < MOST_USES and self._put_back(name):
                self._free.append(name)
            else:
                self._throw_away(name)

    def close(self) -> None:
        """Let go of every database."""
        for connection in self._open.values():
            connection.close()

    def _throw_away(self, name: str) -> None:
        if name in self._open:
            self._open.pop(name).close()
        self._server.drop(name)

    def _another(self) -> str:
        name = f"like_{self._template}_{len(self._uses)}"
        self._server.create(name, self._template)
        return name

    def _put_back(self, name: str) -> bool:
        """Make a database as it was; return whether that was possible.

        The connection is kept as long as the database: a new one would have to
        read all about the tables again.
        """
        if name not in self._open:
            self._open[name] = self._server.connected(name)
        connection = self._open[name]
        if not _alone(connection) or connection.execute(SHAPE).fetchone() != self._shape:
            return False
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in self._changed(connection):
                self._put_back_table(connection, table)
            if connection.execute(SEQUENCES).fetchall() != self._sequences:
                self._rewind(connection)
        return self._changed(connection) == []

    def _changed(self, connection: psycopg.Connection[Any]) -> list[str]:
        found = dict(connection.execute(self._count).fetchall())
        return [table for table, told in found.items() if told != self._sums[table]]

    def _put_back_table(self, connection: psycopg.Connection[Any], table: str) -> None:
        """Take away what is new; where that is not enough, write everything again."""
        named = sql.Identifier(table)
        kept = self._rows[table]
        new = sql.SQL("DELETE FROM {0} WHERE NOT ({0}::text = ANY(%s))").format(named)
        connection.execute(new, (kept,))
        if dict(connection.execute(_sum(table)).fetchall())[table] == self._sums[table]:
            return
        connection.execute(sql.SQL("DELETE FROM {}").format(named))
        again = sql.SQL("INSERT INTO {0} SELECT (line::{0}).* FROM unnest(%s::text[]) AS line")
        connection.execute(again.format(named), (kept,))

    def _rewind(self, connection: psycopg.Connection[Any]) -> None:
        for name, last in self._sequences:
            rewound = "SELECT setval(%s::regclass, %s, %s)"
            connection.execute(rewound, (name, last or 1, last is not None))


def _sum(table: str) -> sql.Composed:
    """Return a query for one word that tells of all rows of a table."""
    return sql.SQL(
        "SELECT {0}, (SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {1} AS t)"
    ).format(sql.Literal(table), sql.Identifier(table))


def _rows(connection: psycopg.Connection[Any], table: str) -> list[str]:
    asked = sql.SQL("SELECT {0}::text FROM {0}").format(sql.Identifier(table))
    return [str(row) for (row,) in connection.execute(asked)]


def _alone(connection: psycopg.Connection[Any]) -> bool:
    """Return whether nobody else is in; who has just hung up gets a moment to go."""
    for _ in range(40):
        found = connection.execute(OTHERS).fetchone()
        if found == (0,):
            return True
        time.sleep(0.005)
    return False


class Scene:
    """Databases in which something has happened, which is made once for many tests.

    It is made again when it is so long ago that a test would notice.
    """

    def __init__(self, blank: Path | Postgres, make: Callable[[str], None]) -> None:
        self._blank = blank
        self._make = make
        self._copies: Copies | Shelf | None = None
        self._made_at = 0.0
        self._times = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Yield the URL of a database in which it happened just now."""
        if self._copies is None or time.monotonic() - self._made_at > FRESH_SECONDS:
            self.close()
            self._made_at = time.monotonic()
            self._copies = self._made()
        with self._copies.lent() as url:
            yield url

    def close(self) -> None:
        """Let go of every database."""
        if self._copies is not None:
            self._copies.close()

    def _made(self) -> Copies | Shelf:
        self._times += 1
        name = f"scene_{id(self)}_{self._times}"
        if isinstance(self._blank, Postgres):
            self._make(self._blank.create(name, "prepared"))
            return Shelf(self._blank, name)
        path = self._blank.with_name(f"{name}.db")
        shutil.copy(self._blank, path)
        self._make(f"sqlite:///{path}")
        return Copies(path)


class Stage:
    """One application, lent to one test after another, each time with another database."""

    def __init__(self, settings: Settings, *, takes_routes: bool = False) -> None:
        self._app = create_app(settings)
        self._url = make_url(settings.database_url)
        # Whoever adds a route to the lent one is told so: it would stay for the next test.
        self._app._got_first_request = not takes_routes
        self._kept = [dict(each) for each in self._dressed()]
        with self._app.app_context():
            event.listen(db.engine, "do_connect", self._elsewhere)

    @contextmanager
    def lent(self, url: str) -> Iterator[Flask]:
        """Yield the application as new, on this database."""
        self._url = make_url(url)
        try:
            yield self._app
        finally:
            with self._app.app_context():
                db.engine.dispose()
            for each, kept in zip(self._dressed(), self._kept, strict=True):
                each.clear()
                each.update(kept)

    def _dressed(self) -> list[Any]:
        """Return what tests alter of an application."""
        return [self._app.config, self._app.extensions, self._app.jinja_env.globals]

    def _elsewhere(self, _dialect: Any, _record: Any, where: list[Any], named: Any) -> None:
        """Connect to the database of the test at hand."""
        if self._url.drivername == "sqlite":
            where[0] = self._url.database
        else:
            named["dbname"] = self._url.database
