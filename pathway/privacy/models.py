"""Tables of what is kept for how long, what may not go, what went, and what was asked."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.people.merging import LIFTED
from pathway.people.models import Person
from pathway.people.rules import REF_LENGTH
from pathway.privacy.rules import LONGEST_REASON
from pathway.staff.models import Staff


class Retention(Base):
    """For how many days one kind of record is kept, and on what legal basis."""

    __tablename__ = "retention"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    days: Mapped[int]
    basis: Mapped[str] = mapped_column(String(LONGEST_REASON))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class LegalHold(Base):
    """That nothing kept of somebody may go, because the law asks for it."""

    __tablename__ = "legal_hold"
    __table_args__ = {"info": {LIFTED: "lifted_at"}}  # noqa: RUF012 - SQLAlchemy reads it

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class Erased(Base):
    """That somebody was erased: the reference that was theirs, which leads nowhere now."""

    __tablename__ = "erased"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(REF_LENGTH), unique=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PrivacyRequest(Base):
    """That somebody asked about what is kept of a person, and what was decided."""

    __tablename__ = "privacy_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id), index=True)
    asked_by: Mapped[str] = mapped_column(String(LONGEST_REASON))
    received_on: Mapped[date]
    due_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    decision: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
