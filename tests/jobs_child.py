"""A process that runs a job of each second, for the tests that kill it.

Each run leaves lines in a file: begin, then end or refused, with its slot and
the process. Told by the environment: ``HOLD``, seconds between two transactions
of the job; ``INSIDE``, the first of them holds that long instead; ``STUCK``, a
shorter patience on PostgreSQL; ``UNGUARDED``, everybody leads and claims.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from pathway import clockwork, config
from pathway.clockwork import Clockwork, Job
from pathway.db import bare_app, transaction
from pathway.leading import Leadership, Pace
from pathway.runs import Overtaken, Run
from pathway.timetable import Every, Planned

EACH_SECOND = Planned(
    "tick", "Tick", Every(timedelta(seconds=1)), timedelta(seconds=1), timedelta(minutes=10)
)


def note(what: str, run: Run) -> None:
    """Append one line in one write."""
    slot = EACH_SECOND.schedule.latest(run.act.at)
    line = f"{what} {slot:%H:%M:%S} {os.getpid()}\n"
    out = os.open(sys.argv[1], os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(out, line.encode())
    os.close(out)


def tick(run: Run) -> None:
    hold = float(os.environ.get("HOLD", "0"))
    try:
        with transaction() as session:
            run.fenced()
            session.execute(text("UPDATE job_run SET note = note WHERE id = 0"))
            if "INSIDE" in os.environ:
                note("begin", run)
                time.sleep(hold)
        if "INSIDE" not in os.environ:
            # Only now: on SQLite whoever is stopped inside a write stops everybody.
            note("begin", run)
            time.sleep(hold)
        with transaction():
            run.fenced()
    except Overtaken:
        note("refused", run)
        raise
    note("end", run)


def unguard() -> None:
    """Take the guards away: the lease, the fence and the claim."""
    Leadership.seek = lambda _self, _at: 0  # type: ignore[assignment, method-assign]
    Leadership.keep = lambda _self, _at: True  # type: ignore[assignment, method-assign]
    Leadership.leads = True  # type: ignore[assignment, method-assign]
    Run.fenced = lambda _self: None  # type: ignore[assignment, method-assign]
    clockwork.runs.claim = lambda *_: 0  # type: ignore[attr-defined]
    clockwork.runs.note_missed = lambda *_: None  # type: ignore[attr-defined]


def main() -> None:
    if "UNGUARDED" in os.environ:
        unguard()
    pace = Pace(stuck=float(os.environ.get("STUCK", Pace().stuck)))
    work = Clockwork(bare_app(config.read()), (Job(EACH_SECOND, tick),), pace)
    ends = {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    work.start()
    Path(f"{sys.argv[1]}.{os.getpid()}").touch()
    signal.sigwait(ends)
    work.stop()


if __name__ == "__main__":
    main()
