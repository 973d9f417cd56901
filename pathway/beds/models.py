"""Tables of beds, placements and what happened to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.beds.rules import LIVE, PlacementStatus
from pathway.db import Base
from pathway.people.models import Person
from pathway.sites.models import Site
from pathway.staff.models import Staff

_LIVE_SQL = "status IN ('held', 'booked', 'in')"
_STATUSES = ", ".join(f"'{status.value}'" for status in PlacementStatus)


class Bed(Base):
    """One bed of a site, on the nights from first to last, both included.

    ``extra`` marks a bed over capacity. ``last_night`` before ``first_night``
    is a bed that no longer counts.
    """

    __tablename__ = "bed"
    __table_args__ = (Index("ix_bed_site", "site_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    label: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    extra: Mapped[bool]
    first_night: Mapped[date]
    last_night: Mapped[date | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))
    void_from: Mapped[datetime | None]
    void_until: Mapped[datetime | None]
    turnaround_since: Mapped[datetime | None]
    step_free: Mapped[bool | None]
    womens: Mapped[bool | None]
    shared: Mapped[bool | None]


class Capacity(Base):
    """A statement that from this night on a site has so many ordinary beds.

    ``reason`` is why a lead closed it.
    """

    __tablename__ = "capacity"

    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id), primary_key=True)
    from_night: Mapped[date] = mapped_column(primary_key=True)
    beds: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(200))


class Placement(Base):
    """A person's claim on a bed, from hold to departure: the current state.

    The partial unique indexes are the last judges: one live row for each bed
    and one for each person. ``planned`` rows are a person's second claim, of
    which there may be one.
    """

    __tablename__ = "placement"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("status <> 'held' OR expires_at IS NOT NULL", name="held_expires"),
        CheckConstraint(f"bed_id IS NOT NULL OR NOT {_LIVE_SQL}", name="live_has_bed"),
        CheckConstraint("status <> 'booked' OR expected_at IS NOT NULL", name="booked_expected"),
        CheckConstraint("departed_at IS NULL OR departed_at >= checked_in_at", name="departed"),
        Index(
            "uq_placement_live_bed",
            "bed_id",
            unique=True,
            sqlite_where=text(_LIVE_SQL),
            postgresql_where=text(_LIVE_SQL),
        ),
        Index(
            "uq_placement_live_person",
            "person_id",
            unique=True,
            sqlite_where=text(f"{_LIVE_SQL} AND NOT planned"),
            postgresql_where=text(f"{_LIVE_SQL} AND NOT planned"),
        ),
        Index(
            "uq_placement_planned_person",
            "person_id",
            unique=True,
            sqlite_where=text(f"{_LIVE_SQL} AND planned"),
            postgresql_where=text(f"{_LIVE_SQL} AND planned"),
        ),
        Index(
            "ix_placement_live_site",
            "site_id",
            sqlite_where=text(_LIVE_SQL),
            postgresql_where=text(_LIVE_SQL),
        ),
        Index("ix_placement_made_by", "made_by", "made_at"),
        Index("ix_placement_person", "person_id", "made_at"),
        Index(
            "ix_placement_transfer_from",
            "transfer_from",
            sqlite_where=text("transfer_from IS NOT NULL"),
            postgresql_where=text("transfer_from IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    bed_id: Mapped[int | None] = mapped_column(ForeignKey(Bed.id))
    status: Mapped[str] = mapped_column(String(10))
    planned: Mapped[bool]
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    departure_reason: Mapped[str | None] = mapped_column(String(200))
    destination: Mapped[str | None] = mapped_column(String(40))
    expected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    transfer_from: Mapped[int | None] = mapped_column(ForeignKey("placement.id"))
    away_at: Mapped[datetime | None]
    away_reason: Mapped[str | None] = mapped_column(String(200))
    away_until: Mapped[date | None]
    kept_at: Mapped[datetime | None]
    stay_authorised: Mapped[bool | None]
    stay_reason: Mapped[str | None] = mapped_column(String(200))


class PlacementEvent(Base):
    """One thing that happened to a placement. Rows are only ever added.

    ``at`` is when it happened, ``recorded_at`` when it was written down. With
    the site and bed on each row any past board can be recounted from these
    alone. ``before`` is what the row said of the columns that changed, so that
    the newest event can be undone; ``undoes`` names the event that this one
    takes back; ``sheet`` is the number of the paper sheet it was entered from.
    ``device_at`` is what the clock of a phone said that is wrong; nothing is
    reckoned from it.
    """

    __tablename__ = "placement_event"
    __table_args__ = (
        Index("ix_placement_event_site", "site_id", "recorded_at"),
        Index("ix_placement_event_sheet", "site_id", "sheet"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    bed_id: Mapped[int | None] = mapped_column(ForeignKey(Bed.id))
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    expires_at: Mapped[datetime | None]
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("placement_event.id"))
    sheet: Mapped[str | None] = mapped_column(String(40))
    device_at: Mapped[datetime | None]


class BedEvent(Base):
    """One thing that happened to a bed itself. Rows are only ever added.

    ``until`` is when a void ends, if that is known.
    """

    __tablename__ = "bed_event"
    __table_args__ = (
        Index("ix_bed_event_bed", "bed_id", "at"),
        Index("ix_bed_event_site", "site_id", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int] = mapped_column(ForeignKey(Bed.id))
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))


class PlacementImport(Base):
    """Which import of placements is under way: one row at most, and the newest counts."""

    __tablename__ = "placement_import"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[str] = mapped_column(String(32))


class PlacementStaged(Base):
    """A stay of a file that is being imported; nobody sees it before all of them are real.

    No foreign key leads to the person, so that a merge does not move what may
    never be.
    """

    __tablename__ = "placement_staged"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int]
    site_id: Mapped[int]
    checked_in_at: Mapped[datetime]
    departed_at: Mapped[datetime]
    departure_reason: Mapped[str | None] = mapped_column(String(200))
    destination: Mapped[str | None] = mapped_column(String(40))


class Confirmation(Base):
    """A hub said how many beds it sees free; a difference is kept, never written over."""

    __tablename__ = "confirmation"
    __table_args__ = (Index("ix_confirmation_site", "site_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    said_free: Mapped[int]
    recorded_free: Mapped[int]


class Waiting(Base):
    """That somebody waits for a bed at a site, until one is held for them or they stop.

    ``placement_id`` is the hold that they were offered. An offer is made once: however
    that hold ends, they wait no more. ``since`` is the moment by which they come in turn.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        Index(
            "ix_waiting_site",
            "site_id",
            "priority",
            "since",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id))
    priority: Mapped[int]
    since: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey(Placement.id))
    offered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(20))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class TurnAway(Base):
    """That somebody asked for a bed and there was none for them; counted once for a night.

    ``needed`` is what such a bed would have had to be, as it was known then.
    """

    __tablename__ = "turn_away"
    __table_args__ = (Index("ix_turn_away_night", "night"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id))
    night: Mapped[date]
    at: Mapped[datetime]
    needed: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


IS_HELD = Placement.status == literal_column("'held'")
IS_LIVE = Placement.status.in_([literal_column(f"'{status.value}'") for status in LIVE])
"""Written out, not bound: a plan made for any value cannot use a partial index."""
