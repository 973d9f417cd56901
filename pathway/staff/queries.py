"""Reads of staff: who holds this secret, and who they are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from pathway.db import AnySelect, db
from pathway.sites.models import Site
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


def by_token(secret_hash: str) -> Member | None:
    """Return who holds a live API token."""
    return _member(
        _MEMBER.join(ApiToken, ApiToken.staff_id == Staff.id).where(
            ApiToken.secret_hash == secret_hash, ApiToken.revoked_at.is_(None)
        )
    )


def by_sign_in(secret_hash: str, now: datetime) -> Member | None:
    """Return who is signed in with a browser's secret."""
    return _member(
        _MEMBER.join(SignIn, SignIn.staff_id == Staff.id).where(
            SignIn.secret_hash == secret_hash, SignIn.ended_at.is_(None), SignIn.expires_at > now
        )
    )


def by_id(staff_id: int) -> Member | None:
    """Return one member of staff."""
    return _member(_MEMBER.where(Staff.id == staff_id))


def credentials(email: str) -> Credentials | None:
    """Return what sign-in needs for an address, or None."""
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


def site_codes(site_ids: frozenset[int]) -> list[str]:
    """Return the codes of sites, by name."""
    return list(
        db.session.scalars(select(Site.code).where(Site.id.in_(site_ids)).order_by(Site.name))
    )


def _member(query: AnySelect) -> Member | None:
    rows = db.session.execute(query).all()
    if not rows:
        return None
    return Member(
        id=rows[0].id,
        name=rows[0].name,
        roles=frozenset(row.role for row in rows if row.role),
        site_ids=frozenset(row.site_id for row in rows if row.site_id is not None),
    )
