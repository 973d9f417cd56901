"""Which process runs the jobs, and what each run came to."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base


class JobLease(Base):
    """The one row that says who leads. Whoever takes over counts ``fence`` up.

    ``fence`` stands under a unique index so that a job which holds the row
    ``FOR KEY SHARE`` keeps the next leader out until it has committed, while
    the leader's own ``beat`` goes on.
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
