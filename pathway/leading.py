"""How one process comes to lead, and how the others notice that it is gone.

No clock on a wall decides. Whoever does not lead watches the one row of the
lease with a clock of its own that only counts: a beat that stands still means
that the leader is gone or stalled. Whoever takes over counts the fence up, and
only if nobody did so before. On PostgreSQL the leader also holds a lock of its
connection, which is free the moment its process is killed.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, null, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pathway import acts
from pathway.db import db, engine_name, run, transaction
from pathway.errors import Busy
from pathway.runs import JobLease

LOCK = (0x50617468, 1)
"""The two numbers of the advisory lock; the first spells “Path”."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a leader beats and how patient the others are, in seconds (all ours).

    ``still`` is how long a beat may stand still on SQLite, ``stuck`` on
    PostgreSQL while the leader's lock is held: its connection lives, so it may
    only be slow.
    """

    beat: float = 1.0
    look: float = 0.25
    still: float = 3.0
    stuck: float = 10.0


@dataclass(frozen=True, slots=True)
class Lease:
    """What the row says: whose turn it is, and how often they have said so."""

    fence: int
    beat: int
    held: bool


class Leadership:
    """One process's part in it: it looks, leads, beats and leaves."""

    def __init__(self, holder: str, pace: Pace) -> None:
        self._holder = holder[:80]
        self._pace = pace
        self._lock: Lock | None = None
        self._seen: Lease | None = None
        self._since = 0.0
        self._fence = 0
        self._beaten: float | None = None

    @property
    def leads(self) -> bool:
        """Whether the last beat is so fresh that nobody else can have taken over by the beat."""
        return self._beaten is not None and acts.monotonic() - self._beaten < self._patience()

    def seek(self, at: datetime) -> int | None:
        """Look once; return the fence if this process leads from now on."""
        seen = _lease()
        now = acts.monotonic()
        if seen != self._seen:
            self._seen, self._since = seen, now
        still = now - self._since
        if self._by_lock():
            return self._seek_lock(seen, still, at)
        if seen.held and still < self._pace.still:
            return None
        return self._take_over(seen, now, at)

    def keep(self, at: datetime) -> bool:
        """Beat once; return whether this process still leads."""
        started = acts.monotonic()
        try:
            kept = (self._lock is None or self._lock.stands()) and _beat(self._fence, at)
        except (Busy, DBAPIError):
            return self.leads
        self._beaten = started if kept else None
        return kept

    def leave(self) -> None:
        """Say that nobody leads, so that the next need not wait."""
        self._beaten = None
        with suppress(Busy, DBAPIError), transaction():
            run(_LEAVE, mine=self._fence)
        self._unlock()

    def _seek_lock(self, seen: Lease, still: float, at: datetime) -> int | None:
        if still >= self._pace.stuck:
            end_stalled(seen)
        lock = Lock.take()
        if lock is None:
            return None
        self._lock = lock
        fence = None
        try:
            fence = self._take_over(seen, acts.monotonic(), at)
        finally:
            if fence is None:
                self._unlock()
        return fence

    def _take_over(self, seen: Lease, started: float, at: datetime) -> int | None:
        """Count the fence up, if the lease is still as it was seen."""
        told = {"seen": seen.fence, "seen_beat": seen.beat, "me": self._holder, "at": at}
        with transaction():
            taken = run(_TAKE_OVER, **told).rowcount
        if not taken:
            return None
        self._fence, self._beaten = seen.fence + 1, started
        return self._fence

    def _patience(self) -> float:
        return self._pace.still if self._lock is None else self._pace.stuck

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.free()

    @staticmethod
    def _by_lock() -> bool:
        return engine_name(db.session()) == "postgresql"


class Lock:
    """PostgreSQL's lock, held by a connection that nothing else uses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls) -> "Lock | None":
        """Return the lock if it is free at this moment."""
        connection = db.engine.connect()
        try:
            taken = connection.execute(_TRY_LOCK).scalar()
            if taken:
                connection.detach()
                return cls(connection)
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return None

    def stands(self) -> bool:
        """Return whether the connection lives, and the lock with it."""
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def free(self) -> None:
        """Let go of the lock, and end the connection: with it the lock would go a little later."""
        with suppress(SQLAlchemyError):
            self._connection.execute(_UNLOCK)
        with suppress(SQLAlchemyError):
            self._connection.close()


def end_stalled(seen: Lease) -> None:
    """End the connections of a leader that stalled: of its lock, and of its open transactions.

    Only a job's transaction holds the lease's table in this mode; it would keep
    the next leader out for as long as the process is stalled.
    """
    with db.engine.connect() as connection:
        connection.execute(
            _END, {"high": LOCK[0], "low": LOCK[1], "fence": seen.fence, "beat": seen.beat}
        )


_TRY_LOCK = text(f"SELECT pg_try_advisory_lock({LOCK[0]}, {LOCK[1]})")

_UNLOCK = text(f"SELECT pg_advisory_unlock({LOCK[0]}, {LOCK[1]})")

_END = text(
    """
    SELECT pg_terminate_backend(held.pid) FROM pg_locks held
    WHERE held.pid <> pg_backend_pid() AND held.granted
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (held.locktype = 'advisory' AND held.classid = :high AND held.objid = :low
           AND held.objsubid = 2
           OR held.locktype = 'relation' AND held.relation = 'job_lease'::regclass
           AND held.mode = 'RowShareLock')
      AND EXISTS (SELECT 1 FROM job_lease WHERE fence = :fence AND beat = :beat)
    """
)

_SEE = select(JobLease.fence, JobLease.beat, JobLease.holder.is_not(None))

_TAKE_OVER = (
    update(JobLease)
    .where(JobLease.fence == bindparam("seen"), JobLease.beat == bindparam("seen_beat"))
    .values(
        fence=JobLease.fence + 1,
        beat=JobLease.beat + 1,
        holder=bindparam("me"),
        beat_at=bindparam("at"),
    )
)

_BEAT = (
    update(JobLease)
    .where(JobLease.fence == bindparam("mine"))
    .values(beat=JobLease.beat + 1, beat_at=bindparam("at"))
)

_LEAVE = (
    update(JobLease)
    .where(JobLease.fence == bindparam("mine"))
    .values(beat=JobLease.beat + 1, holder=null())
)


def _lease() -> Lease:
    fence, beat, held = db.session.execute(_SEE).one()
    return Lease(fence, beat, bool(held))


def _beat(fence: int, at: datetime) -> bool:
    with transaction():
        return run(_BEAT, mine=fence, at=at).rowcount == 1
