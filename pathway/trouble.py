"""What became of the background jobs, and when that is trouble."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pathway.nights import clock
from pathway.timetable import TIMETABLE


class Result(StrEnum):
    """What a run came to."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of one job. ``note`` names a kind of error and nobody."""

    slot: datetime
    started_at: datetime
    ended_at: datetime | None
    result: Result
    note: str | None

    @property
    def took(self) -> str | None:
        """Return how long it took, in words, if it ended."""
        if self.ended_at is None or self.result is Result.MISSED:
            return None
        seconds = max(0.0, (self.ended_at - self.started_at).total_seconds())
        minutes, rest = divmod(round(seconds), 60)
        if seconds < 1:
            return "less than a second"
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@dataclass(frozen=True, slots=True)
class Leader:
    """Who runs the jobs, as people read it: nobody, or a process and when it last said so."""

    holder: str | None
    beat_at: datetime | None


FRESH = timedelta(minutes=5)
"""How long a new installation may be without anybody who runs the jobs (ours)."""

LEADERLESS = timedelta(minutes=1)
"""How long nobody may have run the jobs: another takes over within seconds (ours)."""

UNSEALED = timedelta(days=2)
"""How old the oldest line of the audit trail without a seal may be (ours)."""


def trouble(
    now: datetime,
    *,
    began: datetime | None,
    beat_at: datetime | None,
    unsealed_since: datetime | None,
    last: Mapping[str, LastRun],
) -> list[str]:
    """Return what is wrong with the jobs, a sentence for each.

    ``began`` is when the audit trail began, which loading the reference data
    does: a database that nobody has led yet is in order for its first minutes.
    """
    found = []
    if beat_at is not None and now - beat_at > LEADERLESS:
        found.append(f"no process has run the jobs since {clock(beat_at)}")
    if beat_at is None and began is not None and now - began > FRESH:
        found.append("no process has ever run the jobs: start “pathway serve” or “pathway jobs”")
    for job in TIMETABLE:
        run = last.get(job.name)
        if run and run.result is Result.FAILED:
            found.append(f"the job “{job.words}” failed at {clock(run.started_at)}")
        if run and run.result is Result.MISSED:
            found.append(f"the job “{job.words}” was missed")
    if unsealed_since is not None and now - unsealed_since > UNSEALED:
        found.append("the audit trail has not been sealed for two days")
    return found
