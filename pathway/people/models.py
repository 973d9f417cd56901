"""Tables of people and of what they are found by."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.people.rules import NAME_LENGTH, REF_LENGTH
from pathway.staff.models import Staff


class Person(Base):
    """A person. Every fact may be unknown; a name is kept as it was typed."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(REF_LENGTH), unique=True)
    given_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    family_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    date_of_birth: Mapped[date | None]
    gender: Mapped[str] = mapped_column(String(10))
    nationality: Mapped[str | None] = mapped_column(String(2))
    recourse: Mapped[str] = mapped_column(String(10))
    local_connection: Mapped[str | None] = mapped_column(String(60))
    support_level: Mapped[str | None] = mapped_column(String(10))
    needs: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonAlias(Base):
    """Another name that a person is known by."""

    __tablename__ = "person_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    alias: Mapped[str] = mapped_column(String(NAME_LENGTH))


class PersonKey(Base):
    """One folded word that leads to a person."""

    __tablename__ = "person_key"
    __table_args__ = (
        Index("ix_person_key_key", "key", postgresql_ops={"key": "text_pattern_ops"}),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    key: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
