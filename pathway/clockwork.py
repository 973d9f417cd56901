"""The thread that runs the jobs of a timetable while its process leads.

However many processes start it, one leads at a time (:mod:`pathway.leading`)
and each slot of each job is claimed before it is run (:mod:`pathway.runs`).
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask
from sqlalchemy.exc import DBAPIError

from pathway import acts, runs
from pathway.db import transaction
from pathway.errors import Busy, Collided
from pathway.leading import Leadership, Pace
from pathway.logs import in_short
from pathway.metrics import DATABASE_ERRORS
from pathway.runs import Overtaken, Run
from pathway.timetable import Daily, Every, Planned, is_useful, missed
from pathway.trouble import Result

Got = TypeVar("Got")

log = logging.getLogger(__name__)

IDLE_SECONDS = 60
"""How often a job that finds nothing to do is run and written down all the same (ours)."""

STEP_SECONDS = 2
"""By how much the clock on the wall may move apart before the jobs are timed anew (ours)."""

STOP_SECONDS = 10
"""How long a clean stop waits for runs that are under way (ours)."""

INSISTED = 5
"""How often a run is tried to be written down while the database is busy (ours)."""


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the timetable, and what is done then.

    ``do`` gets its :class:`pathway.runs.Run` inside an application context. It
    opens its own transactions; each begins with ``run.fenced()``. It has to bear
    being begun again, since its process may be killed half way. ``idle`` is a
    cheap read that says there is nothing to do: such a run is not written down.
    """

    planned: Planned
    do: Callable[[Run], object]
    idle: Callable[[datetime], bool] | None = None


class Slots(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """The slots of a schedule, as the scheduler asks for them."""

    def __init__(self, schedule: Every | Daily) -> None:
        self.schedule = schedule

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return the next slot; those that passed meanwhile are one."""
        return self.schedule.following(now)


class Clockwork:
    """Runs the jobs in this process, in a thread of its own, whenever it leads."""

    def __init__(self, app: Flask, jobs: tuple[Job, ...], pace: Pace | None = None) -> None:
        self._app = app
        self._jobs = jobs
        self._pace = pace or Pace()
        holder = f"{socket.gethostname()}:{os.getpid()}"
        self._leadership = Leadership(holder, self._pace)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="pathway-jobs", daemon=True)
        self._under_way: set[str] = set()
        self._written: dict[str, float] = {}
        self._told: str | None = None

    def start(self) -> None:
        """Begin to look whether anybody leads. Never before a process forks."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and let another process lead."""
        self._stop.set()
        self._thread.join(STOP_SECONDS + self._pace.still)

    def _live(self) -> None:
        """Look, and lead when nobody else does, until the end. Nothing ends this early."""
        while not self._stop.is_set():
            try:
                with self._app.app_context():
                    fence = self._leadership.seek(acts.now())
                if fence is not None:
                    self._lead(fence)
                self._told = None
            except Exception as problem:  # noqa: BLE001 - the database may be away for hours
                self._tell_once(problem)
                self._stop.wait(self._pace.beat)
            self._stop.wait(self._pace.look)

    def _lead(self, fence: int) -> None:
        """Run the jobs until another process leads or this one stops."""
        log.info("this process runs the jobs, fence %s", fence)
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self._jobs))},
            # Without a grace of "for ever" whatever is one second late is silently skipped.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        try:
            self._take_stock(fence)
            self._fill(scheduler, fence)
            scheduler.start()
            if self._beat(scheduler):
                self._finish(scheduler)
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=False)
            with self._app.app_context():
                self._leadership.leave()
            log.info("this process runs the jobs no more, fence %s", fence)

    def _take_stock(self, fence: int) -> None:
        """Write down what nobody ran while nobody led."""
        now = acts.now()
        run = Run(acts.by_service(now), fence)
        with self._app.app_context(), transaction():
            for planned in (job.planned for job in self._jobs):
                newest = runs.newest_slot(planned.name, now)
                runs.note_missed(run, planned.name, missed(planned, newest, now))

    def _fill(self, scheduler: BackgroundScheduler, fence: int) -> None:
        """Put every job on the scheduler; a slot that is still useful is tried at once.

        Whoever led before may have run it: then there is nothing to claim.
        """
        now = acts.now()
        for job in self._jobs:
            planned = job.planned
            useful = is_useful(planned, planned.schedule.latest(now), now)
            scheduler.add_job(
                self._tick,
                Slots(planned.schedule),
                args=(job, fence),
                id=planned.name,
                next_run_time=now if useful else planned.schedule.following(now),
            )

    def _beat(self, scheduler: BackgroundScheduler) -> bool:
        """Beat until the lead is lost (False) or this process stops (True)."""
        wall, counted = acts.now(), acts.monotonic()
        while not self._stop.wait(self._pace.beat):
            if not self._keep():
                return False
            passed = timedelta(seconds=acts.monotonic() - counted)
            if abs(acts.now() - wall - passed).total_seconds() > STEP_SECONDS:
                wall, counted = acts.now(), acts.monotonic()
                self._time_anew(scheduler)
        return True

    def _time_anew(self, scheduler: BackgroundScheduler) -> None:
        """Ask for every next slot again: after a step back they lie hours ahead."""
        log.warning("the clock stepped: the jobs are timed anew")
        for job in self._jobs:
            scheduler.reschedule_job(job.planned.name, trigger=Slots(job.planned.schedule))

    def _keep(self) -> bool:
        with self._app.app_context():
            return self._leadership.keep(acts.now())

    def _finish(self, scheduler: BackgroundScheduler) -> None:
        """Begin nothing more, and beat until what is under way has ended."""
        scheduler.pause()
        until = acts.monotonic() + STOP_SECONDS
        waiting = threading.Event()
        while self._under_way and acts.monotonic() < until and self._keep():
            waiting.wait(self._pace.beat / 10)

    def _tick(self, job: Job, fence: int) -> None:
        """Run one slot of a job, if it is there to run. Nothing it does stops the others."""
        name = job.planned.name
        self._under_way.add(name)
        try:
            with self._app.app_context():
                self._run_slot(job, fence)
        except Overtaken:
            log.warning("job %s stops: another process leads", name)
        except Exception as problem:  # noqa: BLE001 - it is told by kind and place alone
            _count(problem)
            log.error("job %s could not be written down: %s", name, in_short(problem))  # noqa: TRY400
        finally:
            self._under_way.discard(name)

    def _run_slot(self, job: Job, fence: int) -> None:
        now = acts.now()
        if self._stop.is_set() or not self._leadership.leads or self._passes(job, now):
            return
        run = Run(acts.by_service(now), fence)
        planned = job.planned
        slot = planned.schedule.latest(now)
        ident = self._insist(lambda: runs.claim(run, planned.name, slot))
        if ident is None:
            return
        self._written[planned.name] = acts.monotonic()
        result, note = self._do(job, run, ident)
        at = acts.now()
        self._insist(lambda: runs.finish(run, ident, result, note, at))
        self._insist(lambda: runs.forget(planned.name, at - planned.keep))

    def _insist(self, deed: Callable[[], Got]) -> Got:
        """Do this in one transaction, again and again while others keep the database busy."""
        for _ in range(INSISTED):
            with suppress(Busy), transaction():
                return deed()
            self._stop.wait(self._pace.beat)
        with transaction():
            return deed()

    def _passes(self, job: Job, now: datetime) -> bool:
        """Return whether there is nothing to do, and that was written down a moment ago."""
        written = self._written.get(job.planned.name)
        if job.idle is None or written is None or acts.monotonic() - written >= IDLE_SECONDS:
            return False
        return job.idle(now)

    @staticmethod
    def _do(job: Job, run: Run, ident: int) -> tuple[Result, str | None]:
        """Do the job; return what came of it. An error is told by its kind: its words name people.

        Raises:
            Overtaken: the next process decides what becomes of this run.
        """
        try:
            job.do(run)
        except Overtaken:
            raise
        except Exception as problem:  # noqa: BLE001 - a job that fails stops no other
            _count(problem)
            log.error("job %s, run %s: %s", job.planned.name, ident, in_short(problem))  # noqa: TRY400
            return Result.FAILED, type(problem).__name__[:200]
        log.debug("job %s, run %s: done", job.planned.name, ident)
        return Result.DONE, None

    def _tell_once(self, problem: Exception) -> None:
        """Log what keeps this process from looking; not again each second."""
        _count(problem)
        told = in_short(problem)
        if told != self._told:
            log.error("the jobs wait: %s", told)
        self._told = told


def _count(problem: Exception) -> None:
    """Count that the database let a job down; any other error is no matter of its."""
    if isinstance(problem, Busy | DBAPIError):
        collided = isinstance(problem, Collided)
        DATABASE_ERRORS.labels("collided" if collided else "away").inc()
