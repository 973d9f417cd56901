"""Tables of texts, notices, and what each member of staff chose to be told by text."""

from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.messages.rules import LONGEST_NOTICE, LONGEST_TEXT, Audience, TextState
from pathway.sites.models import Site
from pathway.staff.models import Staff

NUMBER = String(20)
"""A telephone number as E.164 writes it."""

_STATES = ", ".join(f"'{state.value}'" for state in TextState)
_AUDIENCES = ", ".join(f"'{audience.value}'" for audience in Audience)
_OPEN = (TextState.WAITING, TextState.CALLING, TextState.UNKNOWN)
_UNSETTLED = "state IN ('waiting', 'calling', 'unknown')"


class Text(Base):
    """One text to one number: at most one message at the provider, ever.

    Written in the transaction that causes it and sent afterwards. ``key``
    names the cause, so that one cause makes one text. ``sid`` is the
    provider's name for it. A text that is tried anew after the handset was
    unreachable is another row, ``again_of`` the first: under an index, or each
    text that is removed would be looked for in all the others.
    """

    __tablename__ = "text_message"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index(
            "ix_text_message_unsettled",
            "state",
            "due_at",
            sqlite_where=text(_UNSETTLED),
            postgresql_where=text(_UNSETTLED),
        ),
        Index("ix_text_message_to", "to_number", "id"),
        Index("ix_text_message_changed", "state", "changed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id), index=True)
    to_number: Mapped[str] = mapped_column(NUMBER)
    body: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    purpose: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    good_until: Mapped[datetime]
    changed_at: Mapped[datetime]
    tries: Mapped[int]
    claimed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    asks: Mapped[int]
    sid: Mapped[str | None] = mapped_column(String(34), unique=True)
    error: Mapped[int | None]
    again_of: Mapped[int | None] = mapped_column(ForeignKey("text_message.id"), index=True)


class TextIn(Base):
    """A text that came in, once. What was typed is not kept: it may hold a name."""

    __tablename__ = "text_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(34), unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    verb: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(12))


class StoppedNumber(Base):
    """A number that answered STOP and gets no text until it answers START."""

    __tablename__ = "stopped_number"

    number: Mapped[str] = mapped_column(NUMBER, primary_key=True)
    at: Mapped[datetime]


class Notice(Base):
    """One thing that staff are told on their screens, without any name in it.

    To one member of staff, to everybody named for a site, or to whoever
    watches over closed records. ``over_at`` is when it no longer mattered.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(f"audience IN ({_AUDIENCES})", name="audience"),
        Index("ix_notice_staff", "staff_id", "at"),
        Index("ix_notice_site", "site_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    audience: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id))
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    words: Mapped[str] = mapped_column(String(LONGEST_NOTICE))
    link: Mapped[str | None] = mapped_column(String(200))
    useful_until: Mapped[datetime]
    over_at: Mapped[datetime | None]


class NoticeMark(Base):
    """That one member of staff read a notice, or was told of it by text."""

    __tablename__ = "notice_mark"

    notice_id: Mapped[int] = mapped_column(ForeignKey(Notice.id), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    read_at: Mapped[datetime | None]
    texted_at: Mapped[datetime | None]


class TextChoice(Base):
    """A kind of notice that a member of staff wants by text as well."""

    __tablename__ = "text_choice"

    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)


class QuietHours(Base):
    """When a member of staff gets no text but alarms, in London time."""

    __tablename__ = "quiet_hours"

    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    begins: Mapped[time]
    ends: Mapped[time]


IS_UNSETTLED = Text.state.in_([literal_column(f"'{state.value}'") for state in _OPEN])
"""Written out, not bound: a plan made for any value cannot use a partial index."""
