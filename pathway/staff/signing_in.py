"""How somebody gets in: a password, then a second factor; on a shared screen a PIN."""

import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2.exceptions import VerificationError
from sqlalchemy import ColumnElement, delete, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, engine_name, insert_for, run
from pathway.errors import Forbidden, Invalid
from pathway.staff import actions, factor, queries
from pathway.staff.actions import secret_hash
from pathway.staff.factor import Vault
from pathway.staff.models import RecoveryCode, Screen, ScreenStaff, SignIn, Staff
from pathway.staff.queries import Credentials, Waiting
from pathway.staff.secrecy import Step, must_have_second_factor, next_step, pin_fault

SIGN_IN_LASTS = timedelta(hours=12)
"""How long a browser stays signed in, and a PIN is enough on a screen: one night shift (ours)."""

WAITING_LASTS = timedelta(minutes=10)
"""How long a right password waits for the second factor (ours)."""

WRONG_CODE = "That code is not right. Wait for the next one, or use a recovery code."

FACTOR_STANDS = "A second factor is set up already. An administrator can remove it."

DEVICE_LENGTH = 60


def password_matches(email: str, password: str, *, demo: bool) -> Credentials | None:
    """Return whose address and password these are, or None.

    Accounts of the demonstration have passwords that everybody knows, so they
    are let in only while the demonstration is on.
    """
    known = queries.credentials(email)
    kept = known.password_hash if known and (demo or not known.demo) else None
    return known if _fits(kept, password) else None


def is_password_of(known: Credentials, password: str) -> bool:
    """Return whether this is the password of somebody who is signed in already."""
    return _fits(known.password_hash, password)


def pin_matches(staff_id: int, pin: str) -> Credentials | None:
    """Return whose PIN this is, if it is theirs."""
    known = queries.credentials_of(staff_id)
    return known if _fits(known.pin_hash if known else None, pin) else None


def still_stands(judged: Credentials) -> bool:
    """Return whether what was judged is what is kept; it stays so until the transaction ends.

    A password is judged before the transaction that signs in, because that is
    slow: meanwhile it may be reset, a factor set up, or the member let go.
    """
    actions.hold(judged.id)
    return queries.credentials_of(judged.id) == judged


def pin_stands_until(act: Act, judged: Credentials, screen_id: int) -> datetime | None:
    """Return until when the PIN that was judged is enough on a screen, if it still is."""
    if not still_stands(judged):
        return None
    here = {one.id: one.until for one in queries.on_screen(screen_id, act.at)}
    return here.get(judged.id)


def _fits(kept: str | None, secret: str) -> bool:
    """Compare a secret with what is kept of it; with nothing kept it takes as long."""
    try:
        actions.hasher.verify(kept or _nobody(), secret)
    except VerificationError:
        return False
    return kept is not None


@cache
def _nobody() -> str:
    return actions.hasher.hash(secrets.token_urlsafe())


def asked_next(known: Credentials, *, everybody: bool, vouched: bool = False) -> Step | None:
    """Return what a member of staff is asked for once it is clear who they are.

    ``vouched`` says that their organisation's own sign-in asked for a second
    factor already.
    """
    if vouched:
        return None
    roles = queries.roles_of(known.id)
    must = must_have_second_factor(roles, everybody=everybody, demo=known.demo)
    return next_step(must=must, has=known.totp_secret is not None)


def begin(
    act: Act,
    staff_id: int,
    *,
    waits_for: Step | None = None,
    device: str = "",
    screen_id: int | None = None,
    until: datetime | None = None,
) -> str:
    """Return the secret of a new sign-in; while it waits for something it opens nothing.

    ``until`` ends one that a PIN began with the shift that the PIN stands for.
    """
    lasts = WAITING_LASTS if waits_for else SIGN_IN_LASTS
    secret = secrets.token_urlsafe(32)
    db.session.execute(
        insert(SignIn).values(
            staff_id=staff_id,
            secret_hash=secret_hash(secret),
            at=act.at,
            expires_at=until or act.at + lasts,
            waits_for=waits_for,
            device=device[:DEVICE_LENGTH],
            screen_id=screen_id,
        )
    )
    what = "sign in, first step" if waits_for else "sign in"
    audit.record(act, what, f"staff:{staff_id}")
    return secret


def end(act: Act, secret: str) -> int | None:
    """End the sign-in of one browser, whoever's it was; return whose."""
    return _end(act, SignIn.secret_hash == secret_hash(secret))


def end_one(act: Act, ident: int) -> bool:
    """End one of one's own sign-ins; return whether it was one.

    On a shared screen the PIN is no longer enough afterwards.
    """
    mine = (SignIn.id == ident) & (SignIn.staff_id == act.staff_id)
    if _end(act, mine) is None:
        return False
    screens = select(SignIn.screen_id).where(mine).scalar_subquery()
    _forget_pin(act.staff_id, ScreenStaff.screen_id == screens)
    return True


def _end(act: Act, condition: ColumnElement[bool]) -> int | None:
    ended: int | None = db.session.execute(
        update(SignIn)
        .where(condition, SignIn.ended_at.is_(None))
        .values(ended_at=act.at)
        .returning(SignIn.staff_id)
    ).scalar()
    if ended is not None:
        audit.record(act, "sign out", f"staff:{ended}")
    return ended


def use_code(act: Act, vault: Vault, waiting: Waiting, code: str) -> None:
    """Accept a code of the authenticator or a recovery code, each only once.

    Raises:
        Invalid: it is neither, or was used before.
    """
    known = queries.credentials_of(waiting.staff_id)
    secret = vault.open(known.totp_secret) if known and known.totp_secret else None
    step = factor.step_of(secret, code, act.at.timestamp()) if secret else None
    fresh = step is not None and _spend_step(waiting.staff_id, step)
    if not fresh and not _spend_recovery_code(act, vault, waiting.staff_id, code):
        raise Invalid({"code": [WRONG_CODE]})


def _spend_step(staff_id: int, step: int) -> bool:
    """Use up a half-minute: of two at once with the same code one gets in."""
    used = update(Staff).where(Staff.id == staff_id, Staff.totp_step < step).values(totp_step=step)
    return db.session.execute(used.returning(Staff.id)).first() is not None


def _spend_recovery_code(act: Act, vault: Vault, staff_id: int, code: str) -> bool:
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash == vault.code_hash(code))
        .values(used_at=act.at)
        .returning(RecoveryCode.id)
    )
    if db.session.execute(used).first() is None:
        return False
    audit.record(act, "use recovery code", f"staff:{staff_id}")
    return True


def set_up_factor(act: Act, vault: Vault, staff_id: int, secret: str, code: str) -> list[str]:
    """Set up a second factor with a first code; return the recovery codes, shown once.

    Raises:
        Invalid: the code does not belong to the secret.
        Forbidden: there is one already, and nobody who knows the password alone replaces it.
    """
    step = factor.step_of(secret, code, act.at.timestamp())
    if step is None or not _spend_step(staff_id, step):
        raise Invalid({"code": ["That code is not right. Type the one that shows now."]})
    free = update(Staff).where(Staff.id == staff_id, Staff.totp_secret.is_(None))
    stored = free.values(totp_secret=vault.lock(secret)).returning(Staff.id)
    if db.session.execute(stored).first() is None:
        raise Forbidden(FACTOR_STANDS)
    audit.record(act, "set up second factor", f"staff:{staff_id}")
    return new_recovery_codes(act, vault, staff_id)


def new_recovery_codes(act: Act, vault: Vault, staff_id: int) -> list[str]:
    """Return fresh recovery codes; those given before are no good any more."""
    actions.hold(staff_id)
    codes = factor.recovery_codes()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "code_hash": vault.code_hash(code)} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    audit.record(act, "make recovery codes", f"staff:{staff_id}")
    return codes


def remove_factor(act: Act, staff_id: int) -> bool:
    """Take a lost second factor away and end every sign-in; return whether there was one.

    Whoever must have one is asked to set up another before anything opens.
    """
    had = update(Staff).where(Staff.id == staff_id, Staff.totp_secret.is_not(None))
    taken = had.values(totp_secret=None).returning(Staff.id)
    if db.session.execute(taken).first() is None:
        return False
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    audit.record(act, "remove second factor", f"staff:{staff_id}")
    actions.end_sign_ins(act, staff_id)
    return True


def kept_pin(pin: str) -> str:
    """Return what is kept of a PIN; slow by intent, so done before the transaction.

    Raises:
        Invalid: it is too easy.
    """
    fault = pin_fault(pin)
    if fault:
        raise Invalid({"pin": [fault]})
    return actions.hasher.hash(pin)


def set_pin(act: Act, staff_id: int, kept: str) -> None:
    """Set the PIN with which somebody comes back to a shared screen."""
    db.session.execute(update(Staff).where(Staff.id == staff_id).values(pin_hash=kept))
    audit.record(act, "set PIN", f"staff:{staff_id}")


def share_screen(act: Act) -> tuple[int, str]:
    """Make this browser a shared screen; return its id and secret."""
    secret = secrets.token_urlsafe(32)
    row = {"secret_hash": secret_hash(secret), "at": act.at}
    ident = db.session.execute(insert(Screen).values(**row).returning(Screen.id)).scalar_one()
    audit.record(act, "share screen", f"screen:{ident}")
    return ident, secret


def join_screen(act: Act, staff_id: int, screen_id: int) -> None:
    """Let a PIN be enough for somebody on a screen until the end of their shift."""
    until = act.at + SIGN_IN_LASTS
    row = {"screen_id": screen_id, "staff_id": staff_id, "until": until}
    joined = insert_for(engine_name(db.session()), ScreenStaff).on_conflict_do_update(
        index_elements=[ScreenStaff.screen_id, ScreenStaff.staff_id], set_={"until": until}
    )
    run(joined, **row)


def leave_screen(act: Act, screen_id: int) -> None:
    """Ask whoever acts for the password again the next time they come to a screen."""
    _forget_pin(act.staff_id, ScreenStaff.screen_id == screen_id)


def _forget_pin(staff_id: int | None, where: ColumnElement[bool]) -> None:
    db.session.execute(delete(ScreenStaff).where(ScreenStaff.staff_id == staff_id, where))


def end_screen(act: Act, screen_id: int) -> None:
    """Let a browser be nobody's shared screen: who is signed in on it is signed out."""
    db.session.execute(update(Screen).where(Screen.id == screen_id).values(ended_at=act.at))
    db.session.execute(delete(ScreenStaff).where(ScreenStaff.screen_id == screen_id))
    db.session.execute(
        update(SignIn)
        .where(SignIn.screen_id == screen_id, SignIn.ended_at.is_(None))
        .values(ended_at=act.at)
    )
    audit.record(act, "end shared screen", f"screen:{screen_id}")


def note_wrong(act: Act, what: str, staff_id: int | None) -> None:
    """Record that somebody was not let in; a stranger leaves as many lines as a member."""
    audit.record(act, what, f"staff:{staff_id or 'unknown'}")
