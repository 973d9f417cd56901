"""Which process runs the jobs, and what each run came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from pathway.acts import Act
from pathway.db import Base, db, insert_or_skip, run
from pathway.trouble import LastRun, Leader, Result


class JobLease(Base):
    """The one row that says who leads. Whoever takes over counts ``fence`` up.

    ``fence`` stands under a unique index so that a job which holds the row
    ``FOR KEY SHARE`` keeps the next leader out until it has committed, while
    the leader's own ``beat`` goes on. ``beat_at`` is for people to read: nothing
    is decided by a clock on a wall.
    """

    __tablename__ = "job_lease"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fence: Mapped[int] = mapped_column(unique=True)
    holder: Mapped[str | None] = mapped_column(String(80))
    beat: Mapped[int] = mapped_column(BigInteger)
    beat_at: Mapped[datetime | None]


class JobRun(Base):
    """One run of one job for one slot, or that the slot was missed."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    slot: Mapped[datetime]
    fence: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(String(200))


class Overtaken(Exception):
    """Another process leads by now: nothing of this run may be written any more."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: as whom it acts, and by which fence it leads.

    Every transaction of a job begins with the fence::

        with transaction():
            run.fenced()
            ...
    """

    act: Act
    fence: int

    def fenced(self) -> None:
        """Go on only while this process leads, and until this transaction ends.

        Raises:
            Overtaken: another process leads by now.
        """
        if run(_FENCE).scalar() != self.fence:
            raise Overtaken


_FENCE = select(JobLease.fence).where(JobLease.id == 1).with_for_update(read=True, key_share=True)
"""On PostgreSQL the next leader waits for this lock; SQLite has locked everything already."""

AGAIN = "begun again by the next process"
INTERRUPTED = "interrupted"


def claim(of: Run, job: str, slot: datetime) -> int | None:
    """Return the id of a run that nobody else does, or None.

    What a process left unfinished is taken over once; the second time it is
    given up, lest a job that kills its process kills every other one as well.
    """
    of.fenced()
    told = {"job": job, "slot": slot, "fence": of.fence, "started_at": of.act.at}
    ident = insert_or_skip(JobRun, told | {"result": Result.RUNNING.value})
    if ident is None:
        ident = run(_TAKE_OVER, of=job, due=slot, by=of.fence, at=of.act.at).scalar()
    run(_GIVE_UP, of=job, but=ident or 0, by=of.fence, at=of.act.at)
    return ident


_OF: Any = bindparam("of")
_BY: Any = bindparam("by")
_LEFT = (JobRun.job == _OF, JobRun.result == Result.RUNNING.value)

_TAKE_OVER = (
    update(JobRun)
    .where(*_LEFT, JobRun.slot == bindparam("due"), JobRun.fence < _BY, JobRun.note.is_(None))
    .values(fence=_BY, started_at=bindparam("at"), note=AGAIN)
    .returning(JobRun.id)
)

_GIVE_UP = (
    update(JobRun)
    .where(*_LEFT, JobRun.id != bindparam("but"), JobRun.fence < _BY)
    .values(result=Result.FAILED.value, ended_at=bindparam("at"), note=INTERRUPTED)
)


def finish(of: Run, ident: int, result: Result, note: str | None, at: datetime) -> None:
    """Write down what a run came to. ``note`` is the kind of an error, never its words."""
    of.fenced()
    run(_FINISH, run=ident, is_now=result.value, at=at, told=note)


_FINISH = (
    update(JobRun)
    .where(JobRun.id == bindparam("run"))
    .values(
        result=bindparam("is_now"),
        ended_at=bindparam("at"),
        note=func.coalesce(bindparam("told"), JobRun.note),
    )
)


def note_missed(of: Run, job: str, slots: Sequence[datetime]) -> None:
    """Write down once that nobody ran these slots."""
    of.fenced()
    at = of.act.at
    told = {"job": job, "fence": of.fence, "started_at": at, "ended_at": at}
    for slot in slots:
        insert_or_skip(JobRun, told | {"slot": slot, "result": Result.MISSED.value})


def forget(job: str, before: datetime) -> None:
    """Remove the rows of a job's slots before a moment, but for the last that was done.

    How long ago that was is what tells that a job fails again and again.
    """
    run(_FORGET, of=job, before=before)


def forget_all(before: datetime) -> None:
    """Remove the rows of slots before a moment, whatever their job was called."""
    db.session.execute(delete(JobRun).where(JobRun.slot < before))


_LAST_DONE = (
    select(func.max(JobRun.slot))
    .where(JobRun.job == _OF, JobRun.result == Result.DONE.value)
    .scalar_subquery()
)

_FORGET = delete(JobRun).where(
    JobRun.job == _OF,
    JobRun.slot < bindparam("before"),
    or_(JobRun.result != Result.DONE.value, JobRun.slot != _LAST_DONE),
)


def newest_slot(job: str, now: datetime) -> datetime | None:
    """Return the newest slot of a job that is written down, by a clock that was right."""
    query = select(func.max(JobRun.slot)).where(JobRun.job == job, JobRun.slot <= now)
    return db.session.scalar(query)


def last_runs() -> dict[str, LastRun]:
    """Return the newest run of each job."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    rows = db.session.execute(
        select(
            JobRun.job,
            JobRun.slot,
            JobRun.started_at,
            JobRun.ended_at,
            JobRun.result,
            JobRun.note,
        ).where(JobRun.id.in_(newest))
    )
    return {
        job: LastRun(slot, started, ended, Result(result), note)
        for job, slot, started, ended, result, note in rows
    }


def leader() -> Leader:
    """Return who runs the jobs, as people read it."""
    row = db.session.execute(select(JobLease.holder, JobLease.beat_at)).one()
    return Leader(row.holder, row.beat_at)


def last_done() -> dict[str, datetime]:
    """Return when each job was last done."""
    newest = select(JobRun.job, func.max(JobRun.ended_at)).group_by(JobRun.job)
    done = newest.where(JobRun.result == Result.DONE.value)
    return {job: at for job, at in db.session.execute(done) if at}
