"""Tables of organisations and sites."""

from datetime import time

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base


class Organisation(Base):
    """An organisation whose staff use the service or run a site."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Site(Base):
    """A building with beds, or a venue that opens only in severe weather."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    confidential: Mapped[bool]
    venue: Mapped[bool]
    admits_woman: Mapped[bool]
    admits_man: Mapped[bool]
    admits_other: Mapped[bool]
    max_support_level: Mapped[str | None] = mapped_column(String(10))
    nrpf: Mapped[bool]
    phone: Mapped[str | None] = mapped_column(String(40))
    pickup_point: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(400))
    hold_minutes: Mapped[int]
    turnaround: Mapped[bool]
    numbers: Mapped[dict[str, int | None] | None] = mapped_column(JSON(none_as_null=True))
    intake_from: Mapped[time | None]
    intake_to: Mapped[time | None]
    dogs: Mapped[bool | None]
    couples: Mapped[bool | None]
    nominations: Mapped[str | None] = mapped_column(String(200))
    refuses: Mapped[str] = mapped_column(String(100), server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
