"""Tables of people and of what they are found by."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.people.rules import (
    LONGEST_LANGUAGE,
    NAME_LENGTH,
    NUMBER_LENGTH,
    REF_LENGTH,
    SCHEME_LENGTH,
)
from pathway.people.warned import LONGEST_DETAIL, LONGEST_SOURCE
from pathway.sites.models import Site
from pathway.staff.models import Staff


class Person(Base):
    """A person. Every fact may be unknown; a name is kept as it was typed.

    ``version`` counts changes, so that the second of two edits of one version is
    refused. A person merged away leads to the one they became. Where no whole date
    of birth is known, ``birth_year`` and perhaps ``birth_month`` are; ``birth_guessed``
    is that they are somebody's guess.
    """

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
    version: Mapped[int] = mapped_column(server_default="1")
    restricted_at: Mapped[datetime | None]
    needs_step_free: Mapped[bool | None]
    has_dog: Mapped[bool | None]
    with_partner: Mapped[bool | None]
    vulnerable: Mapped[bool | None]
    unnamed: Mapped[bool] = mapped_column(server_default=false())
    description: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    perhaps_child: Mapped[bool | None]
    at_risk: Mapped[bool | None]
    language: Mapped[str | None] = mapped_column(String(LONGEST_LANGUAGE))
    interpreter: Mapped[bool | None]
    died_on: Mapped[date | None]
    birth_year: Mapped[int | None]
    birth_month: Mapped[int | None]
    birth_guessed: Mapped[bool | None]
    dog_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)


class PersonOpening(Base):
    """Who may open the record of a restricted person: one of staff, or a site.

    ``until`` is when that ends; None is until the restriction is lifted.
    """

    __tablename__ = "person_opening"
    __table_args__ = (Index("ix_person_opening_kind", "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id))
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))


class PersonNotHere(Base):
    """That a site is not for somebody, at their word. No reason is asked."""

    __tablename__ = "person_not_here"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonWarning(Base):
    """A structured warning of somebody: what was said, by whom, and until when.

    ``readers`` are the roles that may read it, joined by semicolons. ``ended_at``
    is when somebody took it back; an expired one is not a warning any more.
    """

    __tablename__ = "person_warning"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(LONGEST_DETAIL))
    source: Mapped[str] = mapped_column(String(LONGEST_SOURCE))
    readers: Mapped[str] = mapped_column(String(100))
    expires_on: Mapped[date | None]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class WarningSite(Base):
    """That a warning keeps somebody from a site, whatever the site takes."""

    __tablename__ = "person_warning_site"

    warning_id: Mapped[int] = mapped_column(ForeignKey(PersonWarning.id), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id), primary_key=True)


class PersonNumber(Base):
    """A number under which somebody else's records know a person, such as CHAIN's."""

    __tablename__ = "person_number"
    __table_args__ = (
        UniqueConstraint("scheme", "number"),
        Index("ix_person_number_number", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    scheme: Mapped[str] = mapped_column(String(SCHEME_LENGTH))
    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonLookout(Base):
    """Whom to tell when somebody is met again. No reason is kept.

    ``key`` names what awaits them, so that it is looked out for once.
    """

    __tablename__ = "person_lookout"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    since: Mapped[datetime]
    until: Mapped[datetime]
    met_at: Mapped[datetime | None]


class PersonMerge(Base):
    """A record that was merged into another, and which rows moved with it."""

    __tablename__ = "person_merge"
    __table_args__ = (
        Index(
            "uq_person_merge_standing",
            "person_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None]


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


class PersonSound(Base):
    """A key that people who may be one share: what a name sounds like, a date of birth.

    The index holds the person as well, so that the newest of a common key are read from it.
    """

    __tablename__ = "person_sound"
    __table_args__ = (Index("ix_person_sound_sound", "sound", "person_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    sound: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)


class PersonSame(Base):
    """What somebody said of two records: perhaps one person, or two people. Newest counts."""

    __tablename__ = "person_same"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    verdict: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    ended_at: Mapped[datetime | None]


class PersonApart(Base):
    """That two people must never meet: neither is given a bed where the other has one.

    ``readers`` are the roles that may read ``why``, joined by semicolons.
    """

    __tablename__ = "person_apart"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    why: Mapped[str] = mapped_column(String(LONGEST_DETAIL))
    readers: Mapped[str] = mapped_column(String(100))
    expires_on: Mapped[date | None]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonTogether(Base):
    """That one person said, apart from the other, that they want to stay together.

    Each says it for themselves; only where both wishes stand are they a couple.
    """

    __tablename__ = "person_together"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonExclusion(Base):
    """That a site takes somebody no more until a day; its lead may end that earlier."""

    __tablename__ = "person_exclusion"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id), index=True)
    reason: Mapped[str] = mapped_column(String(LONGEST_DETAIL))
    until_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
