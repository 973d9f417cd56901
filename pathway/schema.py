"""The database's schema: which version it has, and bringing it to the newest."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from pathway.config import ROOT
from pathway.db import Base, db
from pathway.engines import WRITES

UPGRADE_LOCK = 7_204_031
"""The PostgreSQL advisory lock that lets one upgrade run at a time."""


def newest() -> str | None:
    """Return the revision that this code is written for."""
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def current() -> str | None:
    """Return the revision that the database has."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def move_to(revision: str) -> None:
    """Bring the schema to a revision, all of it or nothing.

    SQLite rebuilds tables to change them, which needs foreign keys off; they
    are checked before the transaction ends and on again afterwards.
    """
    engine = db.engine.dialect.name
    with db.engine.connect().execution_options(**WRITES[engine]) as connection:
        if engine == "sqlite":
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    _run(connection, revision)
                    _no_orphans(connection)
            finally:
                raw.execute("PRAGMA foreign_keys=ON")
            return
        with connection.begin():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
            _run(connection, revision)


def drift() -> list[object]:
    """Return how the models differ from the schema at hand."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _run(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    down = revision == "base" or _is_older(revision, connection)
    (command.downgrade if down else command.upgrade)(config, revision)


def _is_older(revision: str, connection: Connection) -> bool:
    if revision == "head":
        return False
    here = MigrationContext.configure(connection).get_current_revision() or ""
    return here > revision


def _no_orphans(connection: Connection) -> None:
    """Check every foreign key, which SQLite was told not to while tables moved."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        msg = f"the migration would leave {len(broken)} rows without their parent"
        raise RuntimeError(msg)
