"""What the jobs thread does with slots: run, missed, failed, passed over (promises 21, 23, 63)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as clock_time

import pytest
from apscheduler.schedulers import base
from flask import Flask
from sqlalchemy import func, select

from pathway import acts, idempotency, runs
from pathway.acts import by_service
from pathway.clockwork import Clockwork, Job
from pathway.db import db, transaction
from pathway.idempotency import IdempotencyKey
from pathway.jobs import JOBS, forget, lapse_holds, seal_trail
from pathway.leading import Pace
from pathway.nights import LONDON
from pathway.runs import JobLease, JobRun, Run
from pathway.seals import unsealed_since
from pathway.timetable import DAY, TIMETABLE, Daily, Every, Planned
from tests.factories import NOW, a_hold, an_act

PACE = Pace(beat=0.05, look=0.02, still=1, stuck=2)

DAILY = Planned("daily", "Daily", Daily(clock_time(3)), timedelta(hours=6), 400 * DAY)
OFTEN = Planned("often", "Often", Every(timedelta(seconds=1)), timedelta(seconds=1), DAY)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return what sets the clock on the wall, the scheduler's too; it goes on from there."""
    ahead = timedelta()

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    def put(at: datetime) -> None:
        nonlocal ahead
        ahead = at - datetime.now(UTC)

    monkeypatch.setattr(acts, "now", lambda: Wall.now(UTC))
    monkeypatch.setattr(base, "datetime", Wall)
    return put


@contextmanager
def working(app: Flask, *jobs: Job) -> Iterator[Clockwork]:
    clockwork = Clockwork(app, jobs, PACE)
    clockwork.start()
    try:
        yield clockwork
    finally:
        clockwork.stop()


def until(holds: Callable[[], object], seconds: float = 5) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def rows(app: Flask, job: str = "daily") -> list[tuple[datetime, str]]:
    with app.app_context():
        query = select(JobRun.slot, JobRun.result).where(JobRun.job == job)
        return [(slot, result) for slot, result in db.session.execute(query.order_by(JobRun.slot))]


def work_once(app: Flask, job: Job) -> list[tuple[datetime, str]]:
    """Lead until the job's slots are settled, and stop."""
    with working(app, job) as clockwork:
        until(lambda: clockwork._leadership.leads)
        time.sleep(0.3)
    return rows(app, job.planned.name)


def london(*when: int) -> datetime:
    return datetime(*when, tzinfo=LONDON).astimezone(UTC)  # type: ignore[arg-type, misc]


def test_a_slot_is_run_once_if_it_is_still_useful_and_never_twice(
    app: Flask, wall: Callable[[datetime], None]
) -> None:
    done: list[datetime] = []
    job = Job(DAILY, lambda run: done.append(run.act.at))
    wall(london(2026, 1, 9, 4))
    assert work_once(app, job) == [(london(2026, 1, 9, 3), "done")]
    assert work_once(app, job) == [(london(2026, 1, 9, 3), "done")]
    assert len(done) == 1


def test_down_over_slots_the_old_ones_are_missed_and_the_last_runs_if_useful(
    app: Flask, wall: Callable[[datetime], None]
) -> None:
    done: list[datetime] = []
    job = Job(DAILY, lambda run: done.append(run.act.at))
    wall(london(2026, 1, 5, 4))
    work_once(app, job)
    wall(london(2026, 1, 7, 8))
    assert [result for _, result in work_once(app, job)] == ["done", "missed", "done"]
    wall(london(2026, 1, 8, 12))
    assert [result for _, result in work_once(app, job)] == ["done", "missed", "done", "missed"]
    work_once(app, job)
    assert len(rows(app)) == 4
    assert len(done) == 2


def test_a_clock_that_steps_back_runs_no_daily_job_twice(
    app: Flask, wall: Callable[[datetime], None]
) -> None:
    done: list[datetime] = []
    job = Job(DAILY, lambda run: done.append(run.act.at))
    wall(london(2026, 1, 9, 2, 59) + timedelta(seconds=59.5))
    with working(app, job):
        until(lambda: done)
        wall(london(2026, 1, 9, 2, 59) + timedelta(seconds=57.5))
        time.sleep(3)
        assert acts.now() > london(2026, 1, 9, 3)
    assert len(done) == 1
    assert rows(app) == [(london(2026, 1, 9, 3), "done")]


def steps_back(app: Flask, wall: Callable[[datetime], None]) -> int:
    """Set the clock back by an hour; return how often a job of each second ran then."""
    done: list[datetime] = []
    wall(london(2026, 1, 9, 12))
    with working(app, Job(OFTEN, lambda run: done.append(run.act.at))):
        until(lambda: done)
        wall(london(2026, 1, 9, 11))
        time.sleep(2.5)
    return len([at for at in done if at < london(2026, 1, 9, 12)])


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_clock_that_steps_back_does_not_stop_what_is_frequent(
    app: Flask, wall: Callable[[datetime], None]
) -> None:
    assert steps_back(app, wall)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_scheduler_that_is_not_timed_anew_waits_for_an_hour(
    app: Flask, wall: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(Clockwork, "_time_anew", lambda *_: None)
    assert not steps_back(app, wall)


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_on_a_night_when_the_clocks_change_it_runs_once(
    app: Flask, wall: Callable[[datetime], None], day: tuple[int, int, int]
) -> None:
    done: list[datetime] = []
    job = Job(DAILY, lambda run: done.append(run.act.at))
    midnight = london(*day)
    wall(midnight - timedelta(hours=20))
    with working(app, job) as clockwork:
        until(lambda: done)
        for minutes in range(0, 6 * 60, 19):
            wall(midnight + timedelta(minutes=minutes))
            clockwork._tick(job, 1)
    assert rows(app) == [
        (DAILY.schedule.latest(midnight), "done"),
        (london(*day, 3), "done"),
    ]


def test_a_job_that_fails_is_told_by_kind_and_stops_nobody(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def fail(_run: Run) -> None:
        raise LookupError("Fern Figment of bed 4")

    bad = Job(replace(OFTEN, name="bad"), fail)
    with working(app, bad, Job(OFTEN, lambda _: done.append(1))):
        until(lambda: len(done) > 1)
        until(lambda: "failed" in {result for _, result in rows(app, "bad")})
    with app.app_context():
        assert runs.last_runs()["bad"].note == "LookupError"
    assert "LookupError" in caplog.text
    assert "Figment" not in caplog.text


def test_a_frequent_job_with_nothing_to_do_writes_one_row(app: Flask) -> None:
    asked: list[datetime] = []
    done: list[int] = []

    def idle(now: datetime) -> bool:
        asked.append(now)
        return len(asked) < 3

    with working(app, Job(OFTEN, lambda _: done.append(1), idle=idle)):
        until(lambda: len(asked) == 2)
        assert (len(done), len(rows(app, "often"))) == (1, 1)
        until(lambda: len(done) == 2)


def test_a_frequent_job_keeps_its_last_rows_only(app: Flask) -> None:
    brief = replace(OFTEN, keep=timedelta(seconds=1))
    done: list[int] = []
    with working(app, Job(brief, lambda _: done.append(1))):
        until(lambda: len(done) == 4)
    assert len(rows(app, "often")) <= 2


def test_however_often_a_job_fails_its_last_good_run_is_kept(app: Flask) -> None:
    """How long ago that was is the job's lag."""
    with app.app_context(), transaction() as session:
        for minute, result in enumerate(("done", "done", "failed", "missed")):
            at = NOW + timedelta(minutes=minute)
            told = {"slot": at, "started_at": at, "ended_at": at, "result": result}
            session.add(JobRun(job="often", fence=1, **told))
        session.flush()
        runs.forget("often", NOW + timedelta(hours=1))
    assert rows(app, "often") == [(NOW + timedelta(minutes=1), "done")]


def test_a_clean_stop_waits_for_what_is_under_way_and_hands_over(app: Flask) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(_run: Run) -> None:
        begun.set()
        time.sleep(1.2)
        ended.set()

    with working(app, Job(replace(OFTEN, name="slow"), slow)) as clockwork:
        begun.wait(5)
        clockwork.stop()
        assert ended.is_set()
        with app.app_context():
            assert db.session.scalar(select(JobLease.holder)) is None
            assert runs.last_runs()["slow"].result == "done"


def test_the_thread_outlives_whatever_happens(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE job_lease RENAME TO gone")
    done: list[int] = []
    with working(app, Job(OFTEN, lambda _: done.append(1))):
        until(lambda: "the jobs wait" in caplog.text)
        with app.app_context(), transaction() as session:
            session.connection().exec_driver_sql("ALTER TABLE gone RENAME TO job_lease")
        until(lambda: done)
    assert caplog.text.count("the jobs wait") == 1


def test_the_jobs_that_are_bound_are_those_of_the_timetable() -> None:
    assert tuple(job.planned for job in JOBS) == TIMETABLE


def test_no_daily_job_is_between_one_and_two() -> None:
    daily = [job.schedule for job in TIMETABLE if isinstance(job.schedule, Daily)]
    assert daily
    assert not [one for one in daily if clock_time(1) <= one.at < clock_time(2)]


@pytest.fixture
def leads(store: Flask) -> Run:
    """A run of the process that leads."""
    return Run(by_service(NOW + DAY), db.session.scalar(select(JobLease.fence)) or 0)


def test_each_job_does_what_its_words_say(leads: Run) -> None:
    with transaction():
        a_hold(an_act())
        for n in range(5):
            db.session.add(
                IdempotencyKey(staff_id=1, key=str(n), fingerprint="", at=NOW - n * DAY / 2)
            )
    seal_trail(leads)
    assert unsealed_since() is None
    lapse_holds(leads)
    assert unsealed_since() is not None
    forget(leads)
    kept = db.session.scalars(select(IdempotencyKey.key)).all()
    assert sorted(kept) == ["0"]


def test_old_keys_are_forgotten_some_at_a_time(store: Flask) -> None:
    with transaction():
        for n in range(5):
            db.session.add(IdempotencyKey(staff_id=1, key=str(n), fingerprint="", at=NOW - 3 * DAY))
    found = []
    for _ in range(3):
        with transaction():
            found.append(idempotency.forget(NOW, 3))
    assert found == [3, 2, 0]
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


def test_every_job_stops_when_its_process_was_overtaken(leads: Run) -> None:
    with transaction():
        a_hold(an_act())
    for job in (seal_trail, forget, lapse_holds):
        with pytest.raises(runs.Overtaken):
            job(replace(leads, fence=leads.fence - 1))
    assert unsealed_since() is not None
