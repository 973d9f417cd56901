"""Tables of staff, their roles and sites, and the ways they sign in."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.sites.models import Organisation, Site

SECRET_HASH = String(64)
"""The SHA-256 of a random secret, in hex. The secret itself is never kept."""


class Staff(Base):
    """A person who signs in. ``left_at`` ends every session and token.

    ``totp_secret`` is encrypted; with it a second factor is set up.
    ``totp_step`` is the last half-minute whose code was used: none counts twice.
    ``phone`` is the mobile number that texts go to and may come from, proven by
    a code; it belongs to one member of staff at a time.
    """

    __tablename__ = "staff"
    __table_args__ = (
        Index(
            "uq_staff_phone_in_use",
            "phone",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(200))
    totp_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    phone: Mapped[str | None] = mapped_column(String(20))
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


class Screen(Base):
    """A computer that several members of staff share during a shift."""

    __tablename__ = "screen"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(SECRET_HASH, unique=True)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ScreenStaff(Base):
    """Who signed in fully on a shared screen, and until when a PIN is enough there."""

    __tablename__ = "screen_staff"

    screen_id: Mapped[int] = mapped_column(ForeignKey(Screen.id), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    until: Mapped[datetime]


class SignIn(Base):
    """One sign-in of one browser, until it ends.

    While it ``waits_for`` a code or for a second factor to be set up it opens
    nothing.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    secret_hash: Mapped[str] = mapped_column(SECRET_HASH, unique=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    waits_for: Mapped[str | None] = mapped_column(String(10))
    screen_id: Mapped[int | None] = mapped_column(ForeignKey(Screen.id))
    device: Mapped[str] = mapped_column(String(60), server_default="")


class RecoveryCode(Base):
    """A code, good once, for whoever has lost the second factor."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    code_hash: Mapped[str] = mapped_column(SECRET_HASH)
    used_at: Mapped[datetime | None]


class StaffIdentity(Base):
    """Who a member of staff is to their organisation's own sign-in."""

    __tablename__ = "staff_identity"

    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)


class Tries(Base):
    """How often something was guessed at since a moment; ``key`` is a hash."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(SECRET_HASH, primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]


class PhoneClaim(Base):
    """A mobile number that a member of staff says is theirs, until a code proves it."""

    __tablename__ = "phone_claim"

    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), primary_key=True)
    phone: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(SECRET_HASH)
    expires_at: Mapped[datetime]


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
