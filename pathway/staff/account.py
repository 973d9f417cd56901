"""One's own account: where one is signed in, the second factor, the PIN."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.fields import LARGEST_ID
from pathway.staff import actions, browser, factor, phones, queries, signing_in
from pathway.staff.acting import permits, this_act
from pathway.staff.actions import secret_hash
from pathway.staff.browser import SIGN_IN
from pathway.staff.doing import Doing
from pathway.staff.queries import Credentials
from pathway.staff.secrecy import NEEDS_SECOND_FACTOR, Guess

bp = Blueprint("account", __name__)

CODES_FIELD = "codes_password"
"""The password's field at the recovery codes: the page has another at the PIN."""


@bp.get("/account")
@permits(Doing.SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show where one is signed in, and what one signs in with."""
    return _page({})


@bp.post(f"/account/sign-ins/<int(max={LARGEST_ID}):ident>/end")
@permits(Doing.SIGNED_IN)
def end_one(ident: int) -> ResponseReturnValue:
    """Sign a lost phone out from anywhere."""
    with transaction():
        if not signing_in.end_one(this_act(), ident):
            raise Absent("That sign-in has ended already.")
    return redirect(url_for("account.show"), code=303)


@bp.post("/account/sign-ins/end-others")
@permits(Doing.SIGNED_IN)
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    act = this_act()
    with transaction():
        actions.end_sign_ins(act, act.staff_id or 0, but=session[SIGN_IN])
    return redirect(url_for("account.show"), code=303)


@bp.get("/account/second-factor")
@permits(Doing.SIGNED_IN)
def set_up() -> ResponseReturnValue:
    """Show what an authenticator needs to know, unless one knows it already."""
    if _known().totp_secret is not None:
        return redirect(url_for("account.show"))
    return _set_up_page({})


@bp.post("/account/second-factor")
@permits(Doing.SIGNED_IN)
def do_set_up() -> ResponseReturnValue:
    """Set up a second factor and show the recovery codes once."""
    act = this_act()
    known = _known()
    try:
        browser.confirm(known)
        browser.try_once((Guess.CODE, (known.id,)))
        with transaction():
            typed = request.form.get("code", "")[:40]
            codes = signing_in.set_up_factor(act, browser.vault(), known.id, _offer(), typed)
            actions.end_sign_ins(act, known.id, but=session[SIGN_IN])
    except Invalid as refusal:
        return _set_up_page(dict(refusal.errors)), 422
    browser.forgive(Guess.CODE, known.id)
    return _codes_page(codes, renewed=False)


@bp.post("/account/recovery-codes")
@permits(Doing.SIGNED_IN)
def recovery_codes() -> ResponseReturnValue:
    """Give fresh recovery codes; the old ones are no good any more."""
    known = _known()
    if known.totp_secret is None:
        raise Absent("There is no second factor yet. Set one up first.")
    try:
        browser.confirm(known)
    except Invalid as refusal:
        return _page({CODES_FIELD: refusal.errors["current_password"]}), 422
    with transaction():
        codes = signing_in.new_recovery_codes(this_act(), browser.vault(), known.id)
    return _codes_page(codes, renewed=True)


@bp.post("/account/pin")
@permits(Doing.SIGNED_IN)
def set_pin() -> ResponseReturnValue:
    """Set the PIN for shared screens."""
    act = this_act()
    try:
        browser.confirm(_known())
        kept = signing_in.kept_pin(request.form.get("pin", "")[:40])
    except Invalid as refusal:
        return _page(dict(refusal.errors)), 422
    with transaction():
        signing_in.set_pin(act, act.staff_id or 0, kept)
    return redirect(url_for("account.show"), code=303)


def _known() -> Credentials:
    known = queries.credentials_of(this_act().staff_id or 0)
    if known is None:
        raise Absent
    return known


def _offer() -> str:
    return browser.vault().fresh_secret(session[SIGN_IN])


def _page(errors: dict[str, object]) -> str:
    act = this_act()
    known = _known()
    return render_template(
        "staff/account.html",
        known=known,
        sign_ins=queries.sign_ins_of(known.id, act.at, secret_hash(session[SIGN_IN])),
        pin_helps=not NEEDS_SECOND_FACTOR & act.roles,
        phone=phones.phone_of(known.id),
        codes_left=queries.recovery_codes_left(known.id),
        errors=errors,
        now=act.at,
    )


def _codes_page(codes: list[str], *, renewed: bool) -> str:
    on = url_for("account.show")
    return render_template("staff/recovery_codes.html", codes=codes, on=on, renewed=renewed)


def _set_up_page(errors: dict[str, object]) -> str:
    secret, known = _offer(), _known()
    return render_template(
        "staff/set_up.html",
        picture=factor.picture(secret, known.email),
        secret=factor.grouped(secret),
        action=url_for("account.do_set_up"),
        asks_password=known.password_hash is not None,
        errors=errors,
    )
