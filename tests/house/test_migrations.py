"""Migrations are numbered, linear, reversible, and say what the models say."""

import ast
import re

import pytest
from sqlalchemy import func, select, text

from pathway import acts, audit, schema
from pathway.audit import AuditEntry, AuditMention
from pathway.beds.imports import load_reference
from pathway.commands import _write_missing_keys
from pathway.config import ROOT
from pathway.db import Base, bare_app, db, transaction
from pathway.staff.doing import Role
from pathway.web import create_app
from tests import factories
from tests.conftest import settings

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))


def test_migrations_are_numbered_and_linear() -> None:
    numbers = [path.name[:4] for path in VERSIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(VERSIONS) + 1)]
    for path, before in zip(VERSIONS, [None, *numbers], strict=False):
        source = path.read_text(encoding="utf-8")
        found = re.search(r"^down_revision = (.*)$", source, re.MULTILINE)
        assert found is not None
        assert ast.literal_eval(found[1]) == before


def test_migrations_import_nothing_of_ours() -> None:
    for path in VERSIONS:
        assert "pathway" not in path.read_text(encoding="utf-8"), path.name


def test_migrations_say_why() -> None:
    for path in VERSIONS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for step in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
            assert len(ast.get_docstring(step) or "") > 12, f"{path.name}: {step.name}"


def test_the_schema_matches_the_models(database_url: str) -> None:
    with create_app(settings(database_url)).app_context():
        assert schema.drift() == []
        db.engine.dispose()


def test_partial_indexes_are_in_the_database(database_url: str, engine: str) -> None:
    """Drift detection does not compare a partial index's condition; this does."""
    with bare_app(settings(database_url)).app_context():
        with db.engine.connect() as connection:
            if engine == "sqlite":
                query = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
            else:
                query = "SELECT indexname, indexdef FROM pg_indexes"
            found = {str(name): str(sql) for name, sql in connection.execute(text(query))}
        db.engine.dispose()
    for name, planned in (
        ("uq_placement_live_bed", None),
        ("uq_placement_live_person", "NOT planned"),
        ("uq_placement_planned_person", "AND planned"),
    ):
        definition = re.sub(r"[()]", "", found[name])
        assert "UNIQUE" in definition
        assert all(status in definition for status in ("held", "booked", "in"))
        assert planned is None or planned in definition


def test_data_survives_down_to_the_first_version_and_up_again(empty_url: str) -> None:
    with bare_app(settings(empty_url)).app_context():
        schema.move_to("head")
        with transaction():
            load_reference(acts.by_service(factories.NOW))
            factories.a_hold(factories.an_act(Role.HUB, factories.HUB))
        before = _counts()
        schema.move_to("0001")
        schema.move_to("head")
        with transaction():
            load_reference(acts.by_service(factories.NOW))
        _write_missing_keys()
        after = _counts()
        loaded_anew = before["consent_wording"]
        assert after.pop("audit_entry") == before.pop("audit_entry") + loaded_anew
        assert after == before
        assert before["placement"] == 1
        db.engine.dispose()


def test_whom_a_line_is_about_survives_the_way_down_and_up(empty_url: str) -> None:
    with bare_app(settings(empty_url)).app_context():
        schema.move_to("head")
        with transaction():
            act = acts.by_service(factories.NOW)
            audit.record(act, "view", "person:P-2")
            audit.record(act, "held", "placement:1", {"override": "yes"}, person="P-3")
            audit.record(act, "list", "list:people", people=["P-3", "P-2"])
            audit.record(act, "save", "site:165-hub")
        before = _about()
        schema.move_to("0001")
        schema.move_to("head")
        assert _about() == before
        assert [person for person, _ in before[0]] == ["P-2", "P-3", None, None]
        assert len(before[1]) == 2
        db.engine.dispose()


def _about() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    with db.engine.connect() as connection:
        lines = select(AuditEntry.person, AuditEntry.subject).order_by(AuditEntry.id)
        mentions = select(AuditMention.entry_id, AuditMention.ref)
        mentions = mentions.order_by(AuditMention.entry_id, AuditMention.ref)
        return (
            [tuple(row) for row in connection.execute(lines)],
            [tuple(row) for row in connection.execute(mentions)],
        )


def test_everything_can_be_taken_down_and_built_again(empty_url: str) -> None:
    with bare_app(settings(empty_url)).app_context():
        for revision in ("head", "base", "head"):
            schema.move_to(revision)
        assert schema.current() == schema.newest()
        assert _counts()["bed"] == 0
        db.engine.dispose()


@pytest.mark.parametrize("broken", ["no such revision"])
def test_an_unknown_revision_changes_nothing(database_url: str, broken: str) -> None:
    with bare_app(settings(database_url)).app_context():
        before = schema.current()
        with pytest.raises(Exception, match="locate revision"):
            schema.move_to(broken)
        assert schema.current() == before
        db.engine.dispose()


def _counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }
