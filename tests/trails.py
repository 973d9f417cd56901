"""The audit trail as tests tamper with it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from pathway.acts import Act, by_service
from pathway.audit import record
from pathway.db import transaction
from tests.factories import NOW

TABLES = ("audit_entry", "audit_mention", "audit_seal")


def unguard(session: Session, engine: str) -> None:
    """Take away what makes the database refuse changes."""
    for table in TABLES:
        if engine == "sqlite":
            session.execute(text(f"DROP TRIGGER {table}_no_update"))
            session.execute(text(f"DROP TRIGGER {table}_no_delete"))
        else:
            session.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))


def break_trail(session: Session, engine: str) -> None:
    """Let every new line of the trail fail."""
    if engine == "sqlite":
        fails = "BEGIN SELECT RAISE(ABORT, 'no room for the trail'); END"
        session.execute(text(f"CREATE TRIGGER broken BEFORE INSERT ON audit_entry {fails}"))
        return
    fails = "$$ BEGIN RAISE EXCEPTION 'no room for the trail'; END $$"
    session.execute(
        text(f"CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS {fails}")
    )
    session.execute(
        text(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION broken()"
        )
    )


def mend_trail(session: Session, engine: str) -> None:
    """Let new lines of the trail be written again, and leave nothing of the breach behind."""
    broken = "TRIGGER broken" if engine == "sqlite" else "FUNCTION broken CASCADE"
    session.execute(text(f"DROP {broken}"))


def write_lines(count: int, act: Act | None = None, what: str = "test") -> None:
    """Write so many lines, each in a transaction of its own."""
    for number in range(count):
        with transaction():
            record(act or by_service(NOW), what, f"line:{number}", {"number": number})
