"""How the trail is read, where it matters: it only ever grows."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from pathway.db import db
from pathway.trail.queries import kept_out
from tests.factories import NOW


@pytest.mark.parametrize("engine", ["sqlite"])
def test_who_was_kept_out_is_found_without_reading_the_whole_trail(store: Flask) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, told: Any, *_: Any) -> None:
        asked.append((statement, told))

    event.listen(db.engine, "before_cursor_execute", note)
    kept_out(NOW)
    event.remove(db.engine, "before_cursor_execute", note)
    statement, told = asked[-1]
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", told).all()
    assert "ix_audit_entry_denied" in str(plan), plan
