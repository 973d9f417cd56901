"""Changes to staff: adding them, letting them go, their passwords, links and tokens."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from argon2 import PasswordHasher
from sqlalchemy import and_, delete, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Invalid, Refused
from pathway.sites import queries as sites
from pathway.staff import queries, rules
from pathway.staff.doing import Role
from pathway.staff.models import (
    ApiToken,
    PasswordLink,
    ScreenStaff,
    SignIn,
    Staff,
    StaffRole,
    StaffSite,
)
from pathway.staff.secrecy import password_fault

LINK_LASTS = timedelta(days=7)
"""How long a password link is good (ours)."""

hasher = PasswordHasher()


def secret_hash(secret: str) -> str:
    """Return what is kept of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_staff(
    act: Act,
    *,
    email: str,
    name: str,
    organisation: str,
    roles: Collection[Role],
    site_codes: Collection[str] = (),
    demo: bool = False,
) -> int:
    """Add a member of staff and return the id.

    Raises:
        Invalid: an unknown organisation or site, or no address.
        Refused: the address belongs to somebody already.
    """
    organisation_id = sites.organisation_ids().get(organisation)
    if organisation_id is None:
        raise Invalid({"organisation": [f"There is no organisation “{organisation}”."]})
    email = email.strip().casefold()
    faults = rules.not_an_address(email), rules.not_a_name(name)
    told = [fault for fault in faults if fault]
    if told:
        raise Invalid({"staff": told})
    if queries.credentials(email) is not None:
        raise Refused(f"{email} is a member of staff already.")
    if queries.address_known(email):
        raise Refused(f"{email} belonged to somebody who has left. Use another address.")
    member = Staff(
        email=email, name=name, organisation_id=organisation_id, demo=demo, created_at=act.at
    )
    db.session.add(member)
    db.session.flush()
    db.session.add_all(StaffRole(staff_id=member.id, role=role.value) for role in set(roles))
    db.session.add_all(
        StaffSite(staff_id=member.id, site_id=_site_id(code)) for code in set(site_codes)
    )
    db.session.flush()
    audit.record(act, "add staff", f"staff:{member.id}", {"roles": sorted(roles)})
    return member.id


def make_link(act: Act, staff_id: int) -> str:
    """Return the secret of a new link to set a password; older ones end."""
    _end_links(act, staff_id)
    secret = secrets.token_urlsafe(32)
    db.session.add(
        PasswordLink(
            staff_id=staff_id,
            secret_hash=secret_hash(secret),
            at=act.at,
            expires_at=act.at + LINK_LASTS,
        )
    )
    db.session.flush()
    audit.record(act, "make password link", f"staff:{staff_id}")
    return secret


def _end_links(act: Act, staff_id: int) -> None:
    db.session.execute(
        update(PasswordLink)
        .where(PasswordLink.staff_id == staff_id, PasswordLink.used_at.is_(None))
        .values(used_at=act.at)
    )


def kept_password(password: str) -> str:
    """Return what is kept of a new password; slow by intent, so done before the transaction.

    Raises:
        Invalid: the password is too weak.
    """
    fault = password_fault(password)
    if fault:
        raise Invalid({"password": [fault]})
    return hasher.hash(password)


def use_link(act: Act, secret: str, kept: str) -> int:
    """Set the password of whoever holds the link; return their id.

    One that replaces another ends their API tokens as well: a link is asked
    for when somebody else may know the password, and may have made a token.

    Raises:
        Refused: the link was used, is too old or never was.
    """
    staff_id = queries.link_holder(secret_hash(secret), act.at)
    used = db.session.execute(
        update(PasswordLink)
        .where(PasswordLink.secret_hash == secret_hash(secret), PasswordLink.used_at.is_(None))
        .values(used_at=act.at)
        .returning(PasswordLink.id)
    ).scalar()
    if staff_id is None or used is None:
        raise Refused("This link was used already or is too old. Ask an administrator for one.")
    hold(staff_id)
    if queries.has_password(staff_id):
        ended = _end_tokens(act, staff_id)
        if ended:
            audit.record(act, "revoke tokens", f"staff:{staff_id}", {"count": ended})
    set_password(act, staff_id, kept)
    return staff_id


def set_password(act: Act, staff_id: int, kept: str) -> None:
    """Set a password and end every sign-in made with the old one.

    The second factor stays as it is: a new password never replaces it.
    """
    db.session.execute(update(Staff).where(Staff.id == staff_id).values(password_hash=kept))
    end_sign_ins(act, staff_id)
    audit.record(act, "set password", f"staff:{staff_id}")


def hold(staff_id: int) -> None:
    """Hold a member of staff until the transaction ends, before any sign-in of theirs.

    Rows that only name them may be added meanwhile: ``FOR NO KEY UPDATE``.
    """
    mine = select(Staff.id).where(Staff.id == staff_id)
    db.session.execute(mine.with_for_update(key_share=True))


def end_sign_ins(act: Act, staff_id: int, *, but: str | None = None) -> int:
    """End the sign-ins of a member of staff everywhere; return how many there were.

    ``but`` is the secret of one that goes on. Shared screens ask for the
    password again, too. Whoever signs in at this moment waits, and is judged again.
    """
    hold(staff_id)
    live = and_(SignIn.staff_id == staff_id, SignIn.ended_at.is_(None), SignIn.expires_at > act.at)
    if but is not None:
        live = and_(live, SignIn.secret_hash != secret_hash(but))
    ended = db.session.execute(
        update(SignIn).where(live).values(ended_at=act.at).returning(SignIn.id)
    ).all()
    db.session.execute(delete(ScreenStaff).where(ScreenStaff.staff_id == staff_id))
    if ended:
        audit.record(act, "end sign-ins", f"staff:{staff_id}", {"count": len(ended)})
    return len(ended)


def leave(act: Act, staff_id: int) -> None:
    """Let somebody go, once: no sign-in, token or link of theirs is good from now on."""
    there = update(Staff).where(Staff.id == staff_id, Staff.left_at.is_(None))
    gone = there.values(left_at=act.at).returning(Staff.id)
    if db.session.execute(gone).first() is None:
        return
    _end_tokens(act, staff_id)
    _end_links(act, staff_id)
    end_sign_ins(act, staff_id)
    audit.record(act, "staff left", f"staff:{staff_id}")


def come_back(act: Act, staff_id: int) -> None:
    """Let somebody who left sign in again, with the password and roles they had.

    Tokens, links and sign-ins from before stay ended. Their mobile number was
    free meanwhile and may be somebody else's: they prove it anew.
    """
    away = update(Staff).where(Staff.id == staff_id, Staff.left_at.is_not(None))
    back = away.values(left_at=None, phone=None).returning(Staff.id)
    if db.session.execute(back).first() is not None:
        audit.record(act, "staff came back", f"staff:{staff_id}")


def make_token(act: Act, email: str) -> str:
    """Return a new API token for a member of staff.

    Raises:
        Refused: nobody has this address.
    """
    known = queries.credentials(email)
    if known is None:
        raise Refused(f"{email} is no member of staff. Add them with “pathway staff add”.")
    secret = f"pw_{secrets.token_urlsafe(32)}"
    db.session.add(ApiToken(staff_id=known.id, secret_hash=secret_hash(secret), at=act.at))
    db.session.flush()
    audit.record(act, "make token", f"staff:{known.id}")
    return secret


def revoke_tokens(act: Act, email: str) -> int:
    """End every API token of a member of staff; return how many there were."""
    known = queries.credentials(email)
    if known is None:
        raise Refused(f"{email} is no member of staff.")
    ended = _end_tokens(act, known.id)
    audit.record(act, "revoke tokens", f"staff:{known.id}", {"count": ended})
    return ended


def _end_tokens(act: Act, staff_id: int) -> int:
    live = update(ApiToken).where(ApiToken.staff_id == staff_id, ApiToken.revoked_at.is_(None))
    ended = live.values(revoked_at=act.at).returning(ApiToken.id)
    return len(db.session.execute(ended).all())


def _site_id(code: str) -> int:
    site = sites.site(code)
    if site is None:
        raise Invalid({"site": [f"There is no site “{code}”."]})
    return site.id
