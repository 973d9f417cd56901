"""Tables of contacts, spots, shifts, promises, street counts and drug alerts."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.outreach.count_rules import (
    LONGEST_NAME,
    LONGEST_SOURCE,
    LONGEST_WALKERS,
    LONGEST_WHY,
)
from pathway.outreach.rules import (
    LONGEST_ALERT,
    LONGEST_PLACE,
    LONGEST_PRESENT,
    LONGEST_ROUTE,
    LONGEST_WORDS,
)
from pathway.outreach.shift_rules import LONGEST_PROMISE, LONGEST_TEAM
from pathway.people.models import Person
from pathway.sites.models import Organisation, Site
from pathway.staff.models import Staff

_COUNTED = text("kind = 'bedded_down' AND struck_at IS NULL")


class Spot(Base):
    """A place where people sleep, saved so that nobody types it at night."""

    __tablename__ = "spot"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_PLACE), unique=True)
    route: Mapped[str | None] = mapped_column(String(LONGEST_ROUTE))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    ended_at: Mapped[datetime | None]


class Shift(Base):
    """One team out for one night, and in ``words`` what it told the next when it handed over."""

    __tablename__ = "shift"
    __table_args__ = (Index("ix_shift_night", "night"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    night: Mapped[date]
    name: Mapped[str] = mapped_column(String(LONGEST_TEAM))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    handed_over_at: Mapped[datetime | None]
    handed_over_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    words: Mapped[str | None] = mapped_column(String(LONGEST_WORDS))


class ShiftMember(Base):
    """One of those who are out on a shift."""

    __tablename__ = "shift_member"

    shift_id: Mapped[int] = mapped_column(ForeignKey(Shift.id), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)


class ShiftSpot(Base):
    """A spot that a shift means to go to; ``visited_at`` is when it did."""

    __tablename__ = "shift_spot"

    shift_id: Mapped[int] = mapped_column(ForeignKey(Shift.id), primary_key=True)
    spot_id: Mapped[int] = mapped_column(ForeignKey(Spot.id), primary_key=True)
    visited_at: Mapped[datetime | None]


class StreetCount(Base):
    """One street count; or the figure of an earlier one, with its source.

    ``counted`` is the figure that was signed off, which nothing changes after;
    ``signed_why`` is why it stood although something was undecided.
    """

    __tablename__ = "street_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    counted: Mapped[int | None]
    source: Mapped[str | None] = mapped_column(String(LONGEST_SOURCE))
    signed_why: Mapped[str | None] = mapped_column(String(LONGEST_WHY))
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    reopened_why: Mapped[str | None] = mapped_column(String(LONGEST_WHY))


class CountArea(Base):
    """One area of a street count, and the team that walks it."""

    __tablename__ = "count_area"

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey(StreetCount.id), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    team: Mapped[str | None] = mapped_column(String(LONGEST_WALKERS))
    finished_at: Mapped[datetime | None]


class CountApart(Base):
    """That two people of a count who look alike are not the same, as somebody decided."""

    __tablename__ = "count_apart"

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey(StreetCount.id), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    other_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class Contact(Base):
    """A meeting, on the street or at a site, with somebody known or only described.

    ``at`` is when it happened, ``recorded_at`` when it was written down, and
    ``night`` the night of ``at``. Somebody of whom only a description is known
    is a person without a name, so that a match moves the contact like anything
    else. What was recorded in error is struck and never deleted.
    ``organisation_id`` is whose staff met them; an imported contact may know no
    more than ``staff_name``. A contact at a site is seen by whoever may see the
    placements there. ``chained_at`` is when it was entered in CHAIN as well.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_person", "person_id", "at"),
        Index("ix_contact_night", "night", "kind"),
        Index("ix_contact_shift", "shift_id"),
        Index("ix_contact_count_area", "count_area_id"),
        Index(
            "ix_contact_bedded_down",
            "person_id",
            "night",
            sqlite_where=_COUNTED,
            postgresql_where=_COUNTED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    night: Mapped[date]
    recorded_at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    staff_name: Mapped[str | None] = mapped_column(String(200))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))
    shift_id: Mapped[int | None] = mapped_column(ForeignKey(Shift.id))
    count_area_id: Mapped[int | None] = mapped_column(ForeignKey(CountArea.id))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id))
    spot_id: Mapped[int | None] = mapped_column(ForeignKey(Spot.id))
    place: Mapped[str | None] = mapped_column(String(LONGEST_PLACE))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    present: Mapped[str | None] = mapped_column(String(LONGEST_PRESENT))
    offered: Mapped[str] = mapped_column(String(100), server_default="")
    naloxone: Mapped[str | None] = mapped_column(String(10))
    overdose: Mapped[bool] = mapped_column(server_default=false())
    moved_on: Mapped[bool] = mapped_column(server_default=false())
    hidden: Mapped[str | None] = mapped_column(String(10))
    notes: Mapped[str | None] = mapped_column(String(LONGEST_WORDS))
    struck_at: Mapped[datetime | None]
    struck_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    chained_at: Mapped[datetime | None]
    chained_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class ContactStaged(Base):
    """A contact of a file that is being imported; nobody reads it."""

    __tablename__ = "contact_staged"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(String(32), index=True)
    person_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    night: Mapped[date]
    staff_id: Mapped[int | None]
    staff_name: Mapped[str | None] = mapped_column(String(200))
    organisation_id: Mapped[int | None]
    place: Mapped[str | None] = mapped_column(String(LONGEST_PLACE))


class ContactImport(Base):
    """Which import of contacts is under way: one row, or none."""

    __tablename__ = "contact_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(String(32))


class Promise(Base):
    """What somebody was promised, by whom and by when, and whether it was kept."""

    __tablename__ = "promise"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey(Contact.id))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey(Organisation.id))
    words: Mapped[str] = mapped_column(String(LONGEST_PROMISE))
    due_on: Mapped[date]
    kept: Mapped[bool | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class DrugAlert(Base):
    """A warning of what is sold at the moment, shown to all staff from one day to another."""

    __tablename__ = "drug_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(LONGEST_ALERT["title"]))
    words: Mapped[str] = mapped_column(String(LONGEST_ALERT["words"]))
    source: Mapped[str] = mapped_column(String(LONGEST_ALERT["source"]))
    from_on: Mapped[date]
    until_on: Mapped[date] = mapped_column(index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    ended_at: Mapped[datetime | None]
