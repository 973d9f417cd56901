"""Reads of staff: who holds this secret, and who they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from pathway.db import AnyRow, AnySelect, UtcDateTime, db, run
from pathway.sites.models import Organisation, Site
from pathway.staff.doing import Role
from pathway.staff.models import (
    ApiToken,
    PasswordLink,
    RecoveryCode,
    Screen,
    ScreenStaff,
    SignIn,
    Staff,
    StaffRole,
    StaffSite,
)
from pathway.staff.secrecy import NEEDS_SECOND_FACTOR, Step


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff with every role and site.

    ``screen_id`` is the shared screen that this sign-in is on, if it is on one.
    """

    id: int
    name: str
    roles: frozenset[str]
    site_ids: frozenset[int]
    screen_id: int | None = None
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sign-in compares with, and what it may ask for further."""

    id: int
    email: str
    password_hash: str | None
    demo: bool
    totp_secret: str | None
    pin_hash: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in that got the password right and is asked for more."""

    id: int
    staff_id: int
    waits_for: Step


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One live sign-in, as its owner and an administrator see it."""

    id: int
    at: datetime
    device: str
    on_screen: bool
    here: bool


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Somebody for whom a PIN is enough on a shared screen, until their shift ends."""

    id: int
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class OnRoster:
    """One member of staff on the administrator's list."""

    id: int
    name: str
    email: str
    organisation: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    has_factor: bool
    phone: str | None
    left_at: datetime | None


_MEMBER: AnySelect = (
    select(Staff.id, Staff.name, Staff.organisation_id, StaffRole.role, StaffSite.site_id)
    .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
    .outerjoin(StaffSite, StaffSite.staff_id == Staff.id)
    .where(Staff.left_at.is_(None))
)


_BY_TOKEN = _MEMBER.join(ApiToken, ApiToken.staff_id == Staff.id).where(
    ApiToken.secret_hash == bindparam("hash"), ApiToken.revoked_at.is_(None)
)

_LIVE = and_(SignIn.ended_at.is_(None), SignIn.expires_at > bindparam("now", type_=UtcDateTime()))

_BY_SIGN_IN = (
    _MEMBER.add_columns(SignIn.screen_id)
    .join(SignIn, SignIn.staff_id == Staff.id)
    .where(SignIn.secret_hash == bindparam("hash"), SignIn.waits_for.is_(None), _LIVE)
)

_WAITING = (
    select(SignIn.id, SignIn.staff_id, SignIn.waits_for)
    .join(Staff, Staff.id == SignIn.staff_id)
    .where(
        SignIn.secret_hash == bindparam("hash"),
        SignIn.waits_for.is_not(None),
        Staff.left_at.is_(None),
        _LIVE,
    )
)


def by_token(secret_hash: str) -> Member | None:
    """Return who holds a live API token."""
    return _member(run(_BY_TOKEN, hash=secret_hash).all())


def by_sign_in(secret_hash: str, now: datetime) -> Member | None:
    """Return who is signed in with a browser's secret."""
    rows = run(_BY_SIGN_IN, hash=secret_hash, now=now).all()
    member = _member(rows)
    return replace(member, screen_id=rows[0].screen_id) if member else None


def waiting(secret_hash: str, now: datetime) -> Waiting | None:
    """Return the sign-in that waits for more than a password, if this is one."""
    row = run(_WAITING, hash=secret_hash, now=now).first()
    return Waiting(row.id, row.staff_id, Step(row.waits_for)) if row else None


def credentials(email: str) -> Credentials | None:
    """Return what sign-in needs for an address, or None."""
    if "\x00" in email:
        return None
    return _credentials(Staff.email == email.strip().casefold())


def credentials_of(staff_id: int) -> Credentials | None:
    """Return what sign-in needs for a member of staff who has not left."""
    return _credentials(Staff.id == staff_id)


def _credentials(condition: Any) -> Credentials | None:
    columns = (
        *(Staff.id, Staff.email, Staff.password_hash),
        *(Staff.demo, Staff.totp_secret, Staff.pin_hash),
    )
    row = db.session.execute(select(*columns).where(condition, Staff.left_at.is_(None))).first()
    return Credentials(*row) if row else None


def has_password(staff_id: int) -> bool:
    """Return whether a member of staff has set a password."""
    held = select(Staff.id).where(Staff.id == staff_id, Staff.password_hash.is_not(None))
    return db.session.scalar(held) is not None


def roles_of(staff_id: int) -> frozenset[str]:
    """Return the roles of a member of staff."""
    held = select(StaffRole.role).where(StaffRole.staff_id == staff_id)
    return frozenset(db.session.scalars(held))


def recovery_codes_left(staff_id: int) -> int:
    """Return how many recovery codes are not used yet."""
    unused = select(func.count()).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(unused) or 0


def sign_ins_of(staff_id: int, now: datetime, here: str | None) -> list[SignedIn]:
    """Return where a member of staff is signed in, newest first; ``here`` is a secret's hash."""
    rows = run(_SIGN_INS, staff=staff_id, now=now)
    return [
        SignedIn(row.id, row.at, row.device, row.screen_id is not None, row.secret_hash == here)
        for row in rows
    ]


_SIGN_INS = (
    select(SignIn.id, SignIn.at, SignIn.device, SignIn.screen_id, SignIn.secret_hash)
    .where(SignIn.staff_id == bindparam("staff"), _LIVE)
    .order_by(SignIn.at.desc(), SignIn.id.desc())
)


def screen(secret_hash: str) -> int | None:
    """Return the shared screen that a browser is, if it still is one."""
    return db.session.scalar(
        select(Screen.id).where(Screen.secret_hash == secret_hash, Screen.ended_at.is_(None))
    )


def on_screen(screen_id: int, now: datetime) -> list[OnScreen]:
    """Return everybody for whom a PIN is enough on a screen, by name."""
    rows = db.session.execute(
        select(Staff.id, Staff.name, ScreenStaff.until)
        .join(ScreenStaff, ScreenStaff.staff_id == Staff.id)
        .where(ScreenStaff.screen_id == screen_id, ScreenStaff.until > now)
        .where(Staff.left_at.is_(None), Staff.pin_hash.is_not(None))
        .where(Staff.id.not_in(_NEVER_BY_PIN))
        .order_by(Staff.name, Staff.id)
    )
    return [OnScreen(*row) for row in rows]


_NEVER_BY_PIN = select(StaffRole.staff_id).where(StaffRole.role.in_(NEEDS_SECOND_FACTOR))


def names() -> dict[int, str]:
    """Return the name of every member of staff by id."""
    return dict(db.session.execute(select(Staff.id, Staff.name)).all())


def roster(staff_id: int | None = None) -> list[OnRoster]:
    """Return every member of staff, or one: those who left last."""
    query = select(Staff, Organisation.name.label("organisation")).join(
        Organisation, Organisation.id == Staff.organisation_id
    )
    if staff_id is not None:
        query = query.where(Staff.id == staff_id)
    rows = db.session.execute(query.order_by(Staff.left_at.is_not(None), Staff.name, Staff.id))
    roles = _gathered(select(StaffRole.staff_id, StaffRole.role))
    sites = _gathered(
        select(StaffSite.staff_id, Site.name).join(Site, Site.id == StaffSite.site_id)
    )
    return [
        OnRoster(
            id=member.id,
            name=member.name,
            email=member.email,
            organisation=organisation,
            roles=tuple(Role(role).words for role in roles.get(member.id, ())),
            sites=sites.get(member.id, ()),
            has_factor=member.totp_secret is not None,
            phone=member.phone,
            left_at=member.left_at,
        )
        for member, organisation in rows
    ]


def _gathered(query: AnySelect) -> dict[int, tuple[str, ...]]:
    """Return the second column of a query by the first, in order."""
    found: dict[int, tuple[str, ...]] = {}
    for ident, told in sorted(tuple(row) for row in db.session.execute(query)):
        found[ident] = (*found.get(ident, ()), told)
    return found


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


def address_known(email: str) -> bool:
    """Return whether an address belongs to anybody, those who left included."""
    return db.session.scalar(select(Staff.id).where(Staff.email == email)) is not None


def anybody_made_up() -> bool:
    """Return whether the demonstration was loaded into this database."""
    return db.session.scalar(select(Staff.id).where(Staff.demo).limit(1)) is not None


def _member(rows: Sequence[AnyRow]) -> Member | None:
    if not rows:
        return None
    roles = frozenset(row.role for row in rows if row.role)
    named = frozenset(row.site_id for row in rows if row.site_id is not None)
    return Member(rows[0].id, rows[0].name, roles, named, organisation_id=rows[0].organisation_id)
