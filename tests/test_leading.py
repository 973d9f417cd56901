"""One process leads; whoever was overtaken writes nothing more (promise 64)."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from pathway import acts, runs
from pathway.acts import by_service
from pathway.db import db, engine_name, transaction
from pathway.errors import Busy
from pathway.leading import LOCK, Leadership, Lock, Pace
from pathway.runs import JobLease, Overtaken, Run
from pathway.trouble import Result
from tests.factories import NOW

PACE = Pace(beat=0.05, look=0.02, still=0.3, stuck=0.6)
"""The same limits, shorter."""

only_postgresql = pytest.mark.parametrize("engine", ["postgresql"])


@pytest.fixture
def first(store: Flask) -> Iterator[Leadership]:
    leadership = Leadership("first", PACE)
    assert leadership.seek(NOW) == 1
    yield leadership
    leadership.leave()


@pytest.fixture
def second(store: Flask) -> Iterator[Leadership]:
    leadership = Leadership("second", PACE)
    yield leadership
    leadership.leave()


def seek(leadership: Leadership, seconds: float) -> int | None:
    """Look again and again for so long; return the fence when it leads."""
    until = time.monotonic() + seconds
    while (fence := leadership.seek(NOW)) is None and time.monotonic() < until:
        time.sleep(PACE.look)
    return fence


def fenced(fence: int) -> None:
    with transaction():
        Run(by_service(NOW), fence).fenced()


def test_the_first_to_look_leads_at_once_and_the_next_does_not(
    first: Leadership, second: Leadership
) -> None:
    assert first.leads
    assert second.seek(NOW) is None
    assert not second.leads


def test_while_the_leader_beats_nobody_takes_over(first: Leadership, second: Leadership) -> None:
    until = time.monotonic() + PACE.stuck + 0.3
    while time.monotonic() < until:
        assert first.keep(NOW)
        assert second.seek(NOW) is None
        time.sleep(PACE.beat)


def test_after_a_clean_stop_the_next_leads_at_once(first: Leadership, second: Leadership) -> None:
    assert second.seek(NOW) is None
    first.leave()
    assert second.seek(NOW) == 2
    assert not first.leads


def test_a_leader_that_stalls_is_overtaken_and_fenced_out(
    first: Leadership, second: Leadership
) -> None:
    fenced(1)
    assert seek(second, 2) == 2
    with pytest.raises(Overtaken):
        fenced(1)
    fenced(2)
    assert not first.leads
    assert not first.keep(NOW)


def test_a_leader_that_cannot_beat_stops_by_its_own_clock(
    first: Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise Busy("The disk is full.")

    monkeypatch.setattr("pathway.leading.run", busy)
    assert first.keep(NOW)
    time.sleep(PACE.stuck if first._lock else PACE.still)
    assert not first.keep(NOW)


def test_whatever_the_clock_on_the_wall_says_nobody_is_overtaken(
    first: Leadership, second: Leadership
) -> None:
    for days in (-400, 400):
        assert first.keep(NOW + timedelta(days=days))
        assert second.seek(NOW - timedelta(days=days)) is None


def test_of_two_that_take_over_at_once_one_leads(app: Flask) -> None:
    found: list[int | None] = []
    start, end = threading.Barrier(4), threading.Barrier(4)

    def take(name: str) -> None:
        with app.app_context():
            leadership = Leadership(name, PACE)
            start.wait()
            found.append(leadership.seek(NOW))
            end.wait()
            leadership.leave()

    threads = [threading.Thread(target=take, args=(f"number {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == [1, None, None, None]


def test_a_takeover_counts_only_if_the_lease_is_as_it_was_seen(
    store: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without looking at the lock, the one row alone lets one in."""
    monkeypatch.setattr(Leadership, "_by_lock", staticmethod(lambda: False))
    seen = runs_lease()
    one, other = Leadership("one", PACE), Leadership("other", PACE)
    assert one._take_over(seen, 0, NOW) == 1
    assert other._take_over(seen, 0, NOW) is None


def test_a_takeover_that_does_not_look_would_let_two_in(
    store: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the comparison both believe that they lead."""
    blind = update(JobLease).values(fence=JobLease.fence + 1)
    monkeypatch.setattr("pathway.leading._TAKE_OVER", blind)
    monkeypatch.setattr("pathway.leading.run", lambda statement, **_: db.session.execute(statement))
    seen = runs_lease()
    found = [Leadership(name, PACE)._take_over(seen, 0, NOW) for name in ("one", "other")]
    assert found == [1, 1]


def runs_lease() -> Any:
    from pathway.leading import _lease

    return _lease()


@only_postgresql
def test_the_next_leader_waits_for_a_transaction_that_has_begun(
    app: Flask, first: Leadership, second: Leadership
) -> None:
    order: list[str] = []
    inside = threading.Event()

    def work() -> None:
        with app.app_context(), transaction():
            Run(by_service(NOW), 1).fenced()
            inside.set()
            time.sleep(0.3)
            order.append("committed")

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    assert first.keep(NOW), "the beat goes on beside a job's transaction"
    first._unlock()
    assert seek(second, 3) == 2
    order.append("leads")
    thread.join()
    assert order == ["committed", "leads"]


@only_postgresql
def test_when_the_leaders_connection_ends_the_next_leads_at_once(
    first: Leadership, second: Leadership
) -> None:
    assert second.seek(NOW) is None
    end_backend_of(first)
    begun = time.monotonic()
    assert seek(second, 2) == 2
    assert time.monotonic() - begun < PACE.stuck
    assert not first.keep(NOW)


def end_backend_of(leadership: Leadership) -> None:
    assert leadership._lock is not None
    pid = leadership._lock._connection.execute(text("SELECT pg_backend_pid()")).scalar()
    db.session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@only_postgresql
def test_a_transaction_that_stalled_is_ended_with_the_lock(
    app: Flask, first: Leadership, second: Leadership
) -> None:
    """A process that stands still keeps its row lock: the next leader would wait for ever."""
    found: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def stall() -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    Run(by_service(NOW), 1).fenced()
                    inside.set()
                    go_on.wait(10)
                    session.execute(text("UPDATE job_lease SET beat_at = NULL"))
            except Busy:
                found.append("refused")

    thread = threading.Thread(target=stall)
    thread.start()
    inside.wait()
    assert seek(second, 5) == 2
    go_on.set()
    thread.join()
    assert found == ["refused"]


@only_postgresql
def test_only_who_holds_this_very_lock_is_ended(first: Leadership, second: Leadership) -> None:
    others = [db.engine.connect() for _ in range(2)]
    others[0].execute(text(f"SELECT pg_advisory_lock({LOCK[0]}, {LOCK[1] + 1})"))
    others[1].execute(text(f"SELECT pg_advisory_lock({LOCK[1]}, {LOCK[0]})"))
    assert seek(second, 3) == 2
    for other in others:
        assert other.execute(text("SELECT 1")).scalar() == 1
        other.execute(text("SELECT pg_advisory_unlock_all()"))
        other.close()


@only_postgresql
def test_a_lock_that_is_held_is_not_to_be_had(first: Leadership) -> None:
    assert Lock.take() is None
    first.leave()
    lock = Lock.take()
    assert lock is not None
    assert lock.stands()
    lock.free()


def test_a_run_is_claimed_once(first: Leadership) -> None:
    run = Run(by_service(NOW), 1)
    assert claim(run) is not None
    assert claim(run) is None


def claim(run: Run) -> int | None:
    with transaction():
        return runs.claim(run, "seal-trail", NOW)


def test_what_a_process_left_unfinished_is_begun_again_once(
    first: Leadership, second: Leadership
) -> None:
    ident = claim(Run(by_service(NOW), 1))
    first.leave()
    assert second.seek(NOW) == 2
    assert claim(Run(by_service(NOW), 2)) == ident
    second.leave()
    assert first.seek(NOW) == 3
    assert claim(Run(by_service(NOW), 3)) is None
    last = runs.last_runs()["seal-trail"]
    assert (last.result, last.note) == ("failed", "interrupted")


def test_what_is_done_is_not_begun_again(first: Leadership, second: Leadership) -> None:
    run = Run(by_service(NOW), 1)
    ident = claim(run)
    assert ident is not None
    with transaction():
        runs.finish(run, ident, Result.DONE, None, NOW)
    first.leave()
    assert second.seek(NOW) == 2
    assert claim(Run(by_service(NOW), 2)) is None
    assert runs.last_runs()["seal-trail"].result == "done"


def test_a_new_slot_gives_up_what_an_older_process_left(
    first: Leadership, second: Leadership
) -> None:
    claim(Run(by_service(NOW), 1))
    first.leave()
    second.seek(NOW)
    later = replace(by_service(NOW), at=NOW + timedelta(days=1))
    with transaction():
        assert runs.claim(Run(later, 2), "seal-trail", later.at) is not None
    with transaction() as session:
        left = session.execute(text("SELECT result FROM job_run ORDER BY id")).scalars().all()
    assert left == ["failed", "running"]


def test_whoever_was_overtaken_can_claim_and_finish_nothing(
    first: Leadership, second: Leadership
) -> None:
    run = Run(by_service(NOW), 1)
    ident = claim(run)
    first.leave()
    assert second.seek(acts.now()) == 2
    with pytest.raises(Overtaken):
        claim(run)
    with pytest.raises(Overtaken), transaction():
        runs.finish(run, ident or 0, Result.DONE, None, NOW)
    with pytest.raises(Overtaken), transaction():
        runs.note_missed(run, "seal-trail", [NOW])


def test_the_engine_decides_who_is_asked(store: Flask, engine: str) -> None:
    assert Leadership._by_lock() == (engine_name(db.session()) == "postgresql")
