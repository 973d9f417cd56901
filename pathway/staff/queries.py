"""Reads of staff: who holds this secret, and who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from pathway.db import AnyRow, AnySelect, db, run
from pathway.staff.models import ApiToken, PasswordLink, SignIn, Staff, StaffRole, StaffSite


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff with every role and site."""

    id: int
    name: str
    roles: frozenset[str]
    site_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sign-in compares a password with."""

    id: int
    password_hash: str | None
    demo: bool


_MEMBER: AnySelect = (
    select(Staff.id, Staff.name, StaffRole.role, StaffSite.site_id)
    .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
    .outerjoin(StaffSite, StaffSite.staff_id == Staff.id)
    .where(Staff.left_at.is_(None))
)


_BY_TOKEN = _MEMBER.join(ApiToken, ApiToken.staff_id == Staff.id).where(
    ApiToken.secret_hash == bindparam("hash"), ApiToken.revoked_at.is_(None)
)

_BY_SIGN_IN = _MEMBER.join(SignIn, SignIn.staff_id == Staff.id).where(
    SignIn.secret_hash == bindparam("hash"),
    SignIn.ended_at.is_(None),
    SignIn.expires_at > bindparam("now"),
)


def by_token(secret_hash: str) -> Member | None:
    """Return who holds a live API token."""
    return _member(run(_BY_TOKEN, hash=secret_hash).all())


def by_sign_in(secret_hash: str, now: datetime) -> Member | None:
    """Return who is signed in with a browser's secret."""
    return _member(run(_BY_SIGN_IN, hash=secret_hash, now=now).all())


def credentials(email: str) -> Credentials | None:
    """Return what sign-in needs for an address, or None."""
    if "\x00" in email:
        return None
    row = db.session.execute(
        select(Staff.id, Staff.password_hash, Staff.demo).where(
            Staff.email == email.strip().casefold(), Staff.left_at.is_(None)
        )
    ).first()
    return Credentials(*row) if row else None


def link_holder(secret_hash: str, now: datetime) -> int | None:
    """Return whose password link this is, while it is good."""
    return db.session.scalar(
        select(PasswordLink.staff_id)
        .join(Staff, Staff.id == PasswordLink.staff_id)
        .where(
            PasswordLink.secret_hash == secret_hash,
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > now,
            Staff.left_at.is_(None),
        )
    )


def anybody_made_up() -> bool:
    """Return whether the demonstration was loaded into this database."""
    return db.session.scalar(select(Staff.id).where(Staff.demo).limit(1)) is not None


def _member(rows: Sequence[AnyRow]) -> Member | None:
    if not rows:
        return None
    return Member(
        id=rows[0].id,
        name=rows[0].name,
        roles=frozenset(row.role for row in rows if row.role),
        site_ids=frozenset(row.site_id for row in rows if row.site_id is not None),
    )
