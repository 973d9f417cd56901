"""Tables of assessments, notes, safeguarding concerns and leavings."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pathway.assessments.rules import LONGEST_WORDS
from pathway.db import Base
from pathway.people.models import Person
from pathway.people.rules import LONGEST_LANGUAGE
from pathway.sites.models import Organisation
from pathway.staff.models import Staff


class Assessment(Base):
    """What was found out about somebody at one moment: a whole version, never changed.

    The newest by ``at``, and of those the last written, decides what is known.
    """

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_person", "person_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    alcohol: Mapped[str] = mapped_column(String(10))
    drugs: Mapped[str] = mapped_column(String(10))
    mental_health: Mapped[str] = mapped_column(String(10))
    physical_health: Mapped[str] = mapped_column(String(10))
    recourse: Mapped[str] = mapped_column(String(10))
    local_connection: Mapped[str | None] = mapped_column(String(60))
    gender: Mapped[str] = mapped_column(String(10))
    support_level: Mapped[str | None] = mapped_column(String(10))
    language: Mapped[str | None] = mapped_column(String(LONGEST_LANGUAGE))
    interpreter: Mapped[bool | None]
    at_risk: Mapped[bool | None]
    vulnerable: Mapped[bool | None]
    needs_step_free: Mapped[bool | None]
    has_dog: Mapped[bool | None]
    with_partner: Mapped[bool | None]
    wants: Mapped[str | None] = mapped_column(String(LONGEST_WORDS))


class Leaving(Base):
    """That somebody left prison, hospital, the armed forces or asylum support on a day."""

    __tablename__ = "leaving"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    institution: Mapped[str] = mapped_column(String(20))
    left_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class Note(Base):
    """What somebody wrote about a person, for everyone who reads people or for one team.

    A team is an organisation's staff in one role; both are empty on a shared note.
    """

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    words: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    team_organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))
    team_role: Mapped[str | None] = mapped_column(String(20))
    struck_at: Mapped[datetime | None]


class Concern(Base):
    """A safeguarding concern: where it stands. Its steps are kept beside it."""

    __tablename__ = "concern"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(15))
    words: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    raised_at: Mapped[datetime]
    raised_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class ConcernEvent(Base):
    """One step of a safeguarding concern."""

    __tablename__ = "concern_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    concern_id: Mapped[int] = mapped_column(ForeignKey(Concern.id), index=True)
    what: Mapped[str] = mapped_column(String(15))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    detail: Mapped[str | None] = mapped_column(String(LONGEST_WORDS))
