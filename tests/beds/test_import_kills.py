"""Promise 11: an import that is killed at any step leaves all of its file, or nothing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from pathway.acts import by_service
from pathway.audit import AuditEntry
from pathway.beds.models import Placement, PlacementEvent, PlacementStaged
from pathway.config import ROOT
from pathway.db import db, transaction
from pathway.outreach.models import Contact, ContactStaged
from tests.beds.dying_import import KINDS, steps_of
from tests.factories import HUB, NOW, a_person
from tests.rounds import ROUNDS

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("store")]


ROWS = 6
"""How many placements or contacts a file has; the last placement is not over."""


@dataclass(frozen=True)
class Kind:
    """One kind of file: what it says, and what it becomes."""

    name: str
    lines: Callable[[str], list[str]]
    table: Any
    staged: Any
    events: int

    @property
    def importing(self) -> Any:
        return KINDS[self.name]


def stays(ref: str) -> list[str]:
    rows = [f"{ref},{HUB},2025-03-0{day}T22:00,2025-03-0{day}T23:00" for day in range(1, ROWS)]
    return ["person,site,checked_in_at,departed_at", *rows, f"{ref},{HUB},2026-01-02T22:00,"]


def contacts(ref: str) -> list[str]:
    rows = [f"{ref},2025-03-0{day}T23:30,bedded_down" for day in range(1, ROWS + 1)]
    return ["person,at,kind", *rows]


PLACEMENTS = Kind("placements", stays, Placement, PlacementStaged, 1)
CONTACTS = Kind("contacts", contacts, Contact, ContactStaged, 0)


@pytest.fixture(params=(PLACEMENTS, CONTACTS), ids=("placements", "contacts"))
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def path(kind: Kind, tmp_path: Path) -> Path:
    """A file of some rows of the past."""
    with transaction():
        ref = a_person().ref
    path = tmp_path / f"{kind.name}.csv"
    path.write_text("\n".join(kind.lines(ref)), encoding="utf-8")
    return path


@pytest.fixture
def dying(kind: Kind, path: Path, database_url: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.beds.dying_import", kind.name, database_url, str(path)],
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


def how_many(of: Any, *conditions: Any) -> int:
    with transaction():
        return db.session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0


def lines(kind: Kind) -> int:
    return how_many(AuditEntry, AuditEntry.subject == f"file:{kind.name}")


def is_there(kind: Kind, lines_before: int) -> bool:
    """Say whether the whole file is there; a part of it is a failure."""
    found = (how_many(kind.table), how_many(PlacementEvent), lines(kind) - lines_before)
    assert found in {(0, 0, 0), (ROWS, kind.events, 1)}
    return found[0] > 0


def begin_anew(kind: Kind) -> None:
    with transaction() as session:
        session.execute(delete(PlacementEvent))
        session.execute(delete(kind.table))


def test_killed_at_any_step_an_import_leaves_all_or_nothing(
    kind: Kind, path: Path, dying: "subprocess.Popen[str]"
) -> None:
    assert dying.stdin
    assert dying.stdout
    for step in [*steps_of(kind.name)] * ROUNDS:
        before = lines(kind)
        dying.stdin.write(step + "\n")
        dying.stdin.flush()
        assert dying.stdout.readline() == "killed\n", step
        assert is_there(kind, before) == (step == "committed"), step
        kind.importing.take(by_service(NOW), path)
        assert (how_many(kind.table), how_many(kind.staged)) == (ROWS, 0), step
        begin_anew(kind)


def test_a_file_that_is_there_in_part_is_found(kind: Kind, path: Path) -> None:
    """The negative control: an import that made each batch real by itself would leave this."""
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(text[:3]), encoding="utf-8")
    kind.importing.take(by_service(NOW), path)
    with pytest.raises(AssertionError):
        is_there(kind, 0)
