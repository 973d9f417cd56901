"""Promise 11: an import that is killed at any step leaves all of its file, or nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from pathway.acts import by_service
from pathway.audit import AuditEntry
from pathway.beds import importing
from pathway.beds.models import Placement, PlacementEvent, PlacementStaged
from pathway.config import ROOT
from pathway.db import db, transaction
from tests.beds.dying_import import STEPS
from tests.factories import HUB, NOW, a_person
from tests.rounds import ROUNDS

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("store")]

STAYS = 5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of some stays that are over and one that is not."""
    with transaction():
        ref = a_person().ref
    rows = [f"{ref},{HUB},2025-03-0{day}T22:00,2025-03-0{day}T23:00" for day in range(1, STAYS + 1)]
    path = tmp_path / "placements.csv"
    lines = ["person,site,checked_in_at,departed_at", *rows, f"{ref},{HUB},2026-01-02T22:00,"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def dying(path: Path, database_url: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.beds.dying_import", database_url, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def how_many(*conditions: Any, of: Any = Placement) -> int:
    with transaction():
        return db.session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0


def lines() -> int:
    return how_many(AuditEntry.subject == "file:placements", of=AuditEntry)


def is_there(lines_before: int) -> bool:
    """Say whether the whole file is there; a part of it is a failure."""
    found = (how_many(), how_many(of=PlacementEvent), lines() - lines_before)
    assert found in {(0, 0, 0), (STAYS + 1, 1, 1)}
    return found[0] > 0


def begin_anew() -> None:
    with transaction() as session:
        session.execute(delete(PlacementEvent))
        session.execute(delete(Placement))


def test_killed_at_any_step_an_import_leaves_all_or_nothing(
    path: Path, dying: "subprocess.Popen[str]"
) -> None:
    assert dying.stdin
    assert dying.stdout
    for step in [*STEPS] * ROUNDS:
        before = lines()
        dying.stdin.write(step + "\n")
        dying.stdin.flush()
        assert dying.stdout.readline() == "killed\n", step
        assert is_there(before) == (step == "committed"), step
        importing.take(by_service(NOW), path)
        assert (how_many(), how_many(of=PlacementStaged)) == (STAYS + 1, 0), step
        begin_anew()


def test_a_file_that_is_there_in_part_is_found(path: Path) -> None:
    """The negative control: an import that made each batch real by itself would leave this."""
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(text[:3]), encoding="utf-8")
    importing.take(by_service(NOW), path)
    with pytest.raises(AssertionError):
        is_there(0)
