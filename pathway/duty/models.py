"""Tables of the duty rota and of alarms."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.sites.models import Site
from pathway.staff.models import Staff


class DutyTurn(Base):
    """A stretch of time for which somebody is first, second or third on call.

    Taken off the rota it stays, with ``removed_at``.
    """

    __tablename__ = "duty_turn"
    __table_args__ = (
        CheckConstraint("step BETWEEN 1 AND 3", name="step"),
        CheckConstraint("ends_at > starts_at", name="span"),
        Index("ix_duty_turn_ends", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    step: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Alarm(Base):
    """Something that somebody has to answer for. ``words`` name no person, at most staff.

    ``step`` is how far up it went and only ever grows; ``told_at`` is when
    that step was told.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        Index(
            "ix_alarm_open",
            "at",
            sqlite_where=text("acknowledged_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(200))
    link: Mapped[str | None] = mapped_column(String(200))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id))
    raised_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    step: Mapped[int]
    told_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class AlarmTold(Base):
    """That one member of staff was told of an alarm at one step: once, says the key."""

    __tablename__ = "alarm_told"

    alarm_id: Mapped[int] = mapped_column(ForeignKey(Alarm.id), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Walk(Base):
    """A member of staff walks somebody to a site and says when they will be safe there.

    ``alarmed_at`` is when the duty manager was told that they had not said so
    by ``due_at``; more time sets both anew.
    """

    __tablename__ = "walk"
    __table_args__ = (
        CheckConstraint("due_at > started_at", name="due"),
        Index(
            "uq_walk_under_way",
            "staff_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]
