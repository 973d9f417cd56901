"""Whoever was erased does not come back with a backup."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import delete, insert, select, update

from pathway.acts import Act, by_service
from pathway.beds import care
from pathway.commands import main
from pathway.console import database
from pathway.db import Base, db, scrub, transaction
from pathway.people import queries
from pathway.people.models import Person, PersonNumber
from pathway.people.rules import PersonFacts
from pathway.privacy import erasing, holding, restoring
from pathway.privacy.ledger import Ledger, Line
from pathway.privacy.rules import Why
from pathway.staff.doing import Role
from tests.factories import NOW, a_person, an_act, at, later


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "folder" / "erasures.txt")


@pytest.fixture
def manager(store: Flask) -> Act:
    with transaction():
        return an_act(Role.MANAGER)


def test_a_line_is_on_the_disk_for_own_eyes_and_one_cut_short_is_none(ledger: Ledger) -> None:
    assert list(ledger.lines()) == []
    ledger.add(["P-AAAAAA"], NOW)
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    with ledger.path.open("a") as file:
        file.write("P-BBBBBB 2026-01-1")
    ledger.add(["P-CCCCCC", "P-DDDDDD"], NOW)
    assert list(ledger.lines()) == [Line(f"P-{sign * 6}", NOW) for sign in "ACD"]


def test_it_is_on_the_disk_before_the_commit(
    manager: Act, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        synced.append(db.session().info["writing"])
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    with transaction():
        erasing.erase(manager, a_person().ref, ledger, why=Why.ASKED)
    assert synced
    assert all(synced)


class Backup:
    """The rows of the tables of people as they were, to be put back as a restore does."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [dict(row) for row in db.session.execute(select(table)).mappings()]
            for name, table in self._tables().items()
        }

    def put_back(self) -> None:
        with transaction():
            for table in reversed(self._tables().values()):
                db.session.execute(delete(table))
            for name, table in self._tables().items():
                if self.rows[name]:
                    first = sorted(self.rows[name], key=lambda row: bool(row.get("merged_into_id")))
                    db.session.execute(insert(table), first)

    @staticmethod
    def _tables() -> dict[str, Any]:
        names = ("person", "person_alias", "person_key", "person_sound", "person_number")
        more = ("person_merge", "legal_hold", "note", "erased")
        return {name: Base.metadata.tables[name] for name in (*names, *more)}


def somebody() -> PersonFacts:
    with transaction():
        person = a_person(aliases=["Badger"])
        row = {"person_id": person.id, "scheme": "chain", "number": "77", "at": NOW}
        db.session.execute(insert(PersonNumber).values(**row))
    return person


def erased(act: Act, ledger: Ledger, ref: str) -> None:
    with transaction():
        erasing.erase(at(act, later(days=1)), ref, ledger, why=Why.ASKED)


def test_what_a_backup_brings_back_goes_again(manager: Act, ledger: Ledger) -> None:
    person, other = somebody(), a_person_kept()
    backup = Backup()
    erased(manager, ledger, person.ref)
    backup.put_back()
    assert queries.closed_person(person.ref)
    nobody = Ledger(ledger.path.with_name("empty.txt"))
    assert restoring.reapply(by_service(later(days=2)), nobody).erased == 0
    assert queries.closed_person(person.ref), "the control: without the ledger they are back"
    done = restoring.reapply(by_service(later(days=2)), ledger)
    assert (done.erased, done.left) == (1, [])
    assert queries.closed_person(person.ref) is None
    assert db.session.scalars(select(PersonNumber.number)).all() == []
    assert queries.closed_person(other.ref)
    assert erasing.how_many() == 1
    assert restoring.reapply(by_service(later(days=3)), ledger).erased == 0


def a_person_kept() -> PersonFacts:
    with transaction():
        return a_person()


def test_a_hold_of_an_old_backup_does_not_keep_them_and_a_later_one_does(
    manager: Act, ledger: Ledger
) -> None:
    person = somebody()
    with transaction():
        holding.put_on(manager, person.ref, reason="Inquest")
    backup = Backup()
    with transaction():
        holding.lift(manager, person.ref)
    erased(manager, ledger, person.ref)
    backup.put_back()
    assert restoring.reapply(by_service(later(days=2)), ledger).erased == 1
    backup.put_back()
    with transaction():
        holding.lift(manager, person.ref)
        holding.put_on(at(manager, later(days=3)), person.ref, reason="Claim")
    assert restoring.reapply(by_service(later(days=4)), ledger).left == [person.ref]
    assert queries.closed_person(person.ref)


def test_whoever_was_parted_before_stays(manager: Act, ledger: Ledger) -> None:
    gone, stays = somebody(), a_person_kept()
    with transaction():
        care.merge(manager, gone.ref, stays.ref)
    backup = Backup()
    with transaction():
        care.unmerge(manager, gone.ref)
    erased(manager, ledger, gone.ref)
    backup.put_back()
    assert restoring.reapply(by_service(later(days=2)), ledger).erased == 1
    assert queries.closed_person(gone.ref) is None
    assert queries.closed_person(stays.ref)


def test_somebody_else_who_got_the_same_reference_later_is_not_touched(
    manager: Act, ledger: Ledger
) -> None:
    person = somebody()
    ledger.add([person.ref], later(days=1))
    with transaction():
        mine = update(Person).where(Person.id == person.id)
        db.session.execute(mine.values(created_at=later(days=2)))
    assert restoring.reapply(by_service(later(days=3)), ledger).erased == 0
    assert queries.closed_person(person.ref)


def test_the_file_of_a_backup_put_back_is_gone_through_by_upgrade(
    tmp_path: Path, prepared_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pathway.db"
    shutil.copy(prepared_sqlite, path)
    monkeypatch.setenv("PATHWAY_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.delenv("PATHWAY_ERASURES", raising=False)
    runner = CliRunner()
    with database() as app, app.app_context():
        ref = somebody().ref
        scrub()
        db.engine.dispose()
    shutil.copy(path, tmp_path / "backup.db")
    wrong = runner.invoke(main, ["erase", ref, "--reason", "asked"], input="P-OTHER\n")
    assert wrong.exit_code == 1
    done = runner.invoke(main, ["erase", ref, "--reason", "asked"], input=f"{ref}\n")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "erasures.txt").read_text().startswith(f"{ref} ")
    assert not is_there(path, ref)
    shutil.copy(tmp_path / "backup.db", path)
    assert is_there(path, ref)
    again = runner.invoke(main, ["upgrade"])
    assert "1 who were erased" in again.output
    assert not is_there(path, ref)


def is_there(path: Path, ref: str) -> bool:
    with closing(sqlite3.connect(path)) as raw:
        return bool(raw.execute("SELECT 1 FROM person WHERE ref = ?", (ref,)).fetchone())
