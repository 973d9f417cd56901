"""Real processes: each slot once, a killed leader replaced, a stalled one refused (62, 64)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from pathway import runs
from pathway.config import ROOT
from pathway.db import bare_app, db
from tests.conftest import settings
from tests.rounds import FEWER
from tests.serving import PATHWAY, environment, served


@dataclass(frozen=True, slots=True)
class Line:
    """What a process said of one slot."""

    what: str
    slot: str
    pid: int


class Crew:
    """Some processes that run the same job on one database."""

    def __init__(self, url: str, folder: Path, **told: str) -> None:
        self._env = environment(url, PYTHONPATH=str(ROOT), **told)
        self._told = folder / "told"
        self._told.touch()
        self.members: list[subprocess.Popen[bytes]] = []

    def join(self, number: int) -> None:
        """Start so many at once, and wait until each is at work."""
        command = [sys.executable, "-m", "tests.jobs_child", str(self._told)]
        fresh = [subprocess.Popen(command, env=self._env, cwd=ROOT) for _ in range(number)]
        self.members += fresh
        until(lambda: all(Path(f"{self._told}.{one.pid}").exists() for one in fresh), 30)

    def lines(self) -> list[Line]:
        told = self._told.read_text(encoding="utf-8").splitlines()
        return [Line(what, slot, int(pid)) for what, slot, pid in (one.split() for one in told)]

    def next_begin(self) -> int:
        """Return which process begins the next slot, the moment it does."""
        before = len(self.lines())
        found: list[int] = []

        def begun() -> bool:
            found[:] = [one.pid for one in self.lines()[before:] if one.what == "begin"]
            return bool(found)

        until(begun, 15)
        return found[0]

    def end(self) -> None:
        for one in self.members:
            one.send_signal(signal.SIGCONT)
            one.terminate()
        for one in self.members:
            one.wait(20)


@contextmanager
def crew(url: str, folder: Path, number: int, **told: str) -> Iterator[Crew]:
    hands = Crew(url, folder, **told)
    try:
        hands.join(number)
        yield hands
    finally:
        hands.end()


def until(holds: Callable[[], object], seconds: float) -> float:
    """Wait until something holds; return how long that took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not come about"
        time.sleep(0.01)
    return time.monotonic() - begun


def test_four_processes_run_each_slot_once(database_url: str, tmp_path: Path) -> None:
    with crew(database_url, tmp_path, 4) as hands:
        hands.next_begin()
        time.sleep(4.2)
    told = hands.lines()
    slots = Counter(one.slot for one in told if one.what == "begin")
    assert len(slots) >= 4
    assert set(slots.values()) == {1}, slots
    assert {one.slot for one in told if one.what == "end"} == set(slots)
    seconds = sorted(slots)
    first = datetime.strptime(seconds[0], "%H:%M:%S").replace(tzinfo=UTC)
    wanted = [f"{first + timedelta(seconds=n):%H:%M:%S}" for n in range(len(seconds))]
    assert seconds == wanted, "a slot was left out"
    assert len({one.pid for one in told}) == 1


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_lease_and_claim_they_double(database_url: str, tmp_path: Path) -> None:
    """The negative control."""
    with crew(database_url, tmp_path, 2, UNGUARDED="1") as hands:
        until(lambda: max(Counter(one.slot for one in hands.lines()).values(), default=0) > 2, 15)
    slots = Counter(one.slot for one in hands.lines() if one.what == "begin")
    assert max(slots.values()) == 2


@pytest.mark.drill
def test_a_leader_that_is_killed_in_the_middle_of_a_job_is_replaced(
    database_url: str, tmp_path: Path
) -> None:
    with crew(database_url, tmp_path, 2, HOLD="0.5", INSIDE="1") as hands:
        for _ in range(FEWER):
            leader = hands.next_begin()
            os.kill(leader, signal.SIGKILL)
            heir = [0]

            def replaced(gone: int = leader, heir: list[int] = heir) -> bool:
                heir[:] = [hands.lines()[-1].pid]
                return heir != [gone]

            assert until(replaced, 15) < 5
            assert heir[0] != leader
            hands.join(1)
    ends = Counter(one.slot for one in hands.lines() if one.what == "end")
    assert set(ends.values()) == {1}


@pytest.mark.drill
def test_a_leader_that_stalls_is_refused_when_it_goes_on(database_url: str, tmp_path: Path) -> None:
    with crew(database_url, tmp_path, 2, HOLD="0.6", STUCK="2") as hands:
        for _ in range(FEWER):
            leader = hands.next_begin()
            os.kill(leader, signal.SIGSTOP)
            until(lambda gone=leader: hands.lines()[-1].pid != gone, 15)  # type: ignore[misc]
            stalled = [one for one in hands.lines() if one.pid == leader][-1]
            assert stalled.what == "begin"
            os.kill(leader, signal.SIGCONT)
            wanted = Line("refused", stalled.slot, leader)
            until(lambda wanted=wanted: wanted in hands.lines(), 10)  # type: ignore[misc]
            assert Line("end", stalled.slot, leader) not in hands.lines()


@contextmanager
def looking_at(url: str) -> Iterator[Flask]:
    app = bare_app(settings(url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def holder(url: str) -> str | None:
    with looking_at(url):
        return runs.leader().holder


def test_served_by_workers_one_leads_and_hands_over_at_the_end(
    database_url: str, engine: str, tmp_path: Path
) -> None:
    workers = 2 if engine == "postgresql" else 1
    with served(database_url, tmp_path / "log", workers=workers):
        until(lambda: holder(database_url), 10)
        first = holder(database_url)
        time.sleep(1.5)
        assert holder(database_url) == first
        with looking_at(database_url):
            assert {"seal-trail", "forget"} <= set(runs.last_runs())
            assert {one.result for one in runs.last_runs().values()} == {"done"}
    assert holder(database_url) is None


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_command_runs_until_it_is_stopped(database_url: str, ending: signal.Signals) -> None:
    process = subprocess.Popen([*PATHWAY, "jobs"], env=environment(database_url))
    try:
        until(lambda: holder(database_url), 20)
        process.send_signal(ending)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert holder(database_url) is None


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_application_alone_starts_no_jobs(app: Flask) -> None:
    app.test_client().get("/healthz")
    assert "pathway-jobs" not in {thread.name for thread in threading.enumerate()}
