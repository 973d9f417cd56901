"""Tables of staff, their roles and sites, and the ways they sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.sites.models import Organisation, Site

SECRET_HASH = String(64)
"""The SHA-256 of a random secret, in hex. The secret itself is never kept."""


class Staff(Base):
    """A person who signs in. ``left_at`` ends every session and token."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    demo: Mapped[bool]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class StaffRole(Base):
    """A role that a member of staff holds."""

    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class StaffSite(Base):
    """A site that a member of staff is named for."""

    __tablename__ = "staff_site"

    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id), primary_key=True)


class SignIn(Base):
    """One sign-in of one browser, until it ends."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    secret_hash: Mapped[str] = mapped_column(SECRET_HASH, unique=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """One bearer token of a member of staff."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    secret_hash: Mapped[str] = mapped_column(SECRET_HASH, unique=True)
    at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link, good once, with which a member of staff sets a password."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    secret_hash: Mapped[str] = mapped_column(SECRET_HASH, unique=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
