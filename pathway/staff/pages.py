"""Signing in and out, the second step of it, and setting a password."""

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act, by_service, now
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Unauthorised
from pathway.staff import actions, browser, factor, queries, signing_in
from pathway.staff.acting import permits, place, public, this_act, who
from pathway.staff.actions import secret_hash
from pathway.staff.browser import SHARE, SIGN_IN
from pathway.staff.doing import Doing
from pathway.staff.queries import Credentials, Waiting
from pathway.staff.secrecy import Guess, Step

bp = Blueprint("staff", __name__)

WRONG = "The e-mail address or the password is not right. Check both and try again."


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    if who() is not None:
        return redirect(url_for("desk.home"))
    return _sign_in_page()


@bp.post("/sign-in")
@public
def do_sign_in() -> ResponseReturnValue:
    """Judge a password; sign in under a new session, or ask for the second factor."""
    email = request.form.get("email", "")[:254].strip().casefold()
    here = place()
    browser.try_once(
        (Guess.PASSWORD, (email, here)), (Guess.PLACE, (here,)), (Guess.ACCOUNT, (email,))
    )
    password = request.form.get("password", "")
    demo = bool(current_app.config["DEMO"])
    known = signing_in.password_matches(email, password, demo=demo)
    onwards = _let_in(known) if known else None
    if onwards is None:
        stranger = queries.credentials(email)
        browser.note_wrong("wrong password", stranger.id if stranger else None)
        return _sign_in_page(error=WRONG, email=email), 422
    browser.forgive_password(email, here)
    return redirect(onwards, code=303)


def _let_in(known: Credentials) -> str | None:
    session[SHARE] = "shared" in request.form
    return browser.let_in(known, wanted=request.form.get("next", ""))


@bp.get("/sign-in/code")
@public
def code() -> ResponseReturnValue:
    """Ask for a code of the authenticator."""
    _waiting(Step.CODE)
    return render_template("staff/code.html", errors={})


@bp.post("/sign-in/code")
@public
def use_code() -> ResponseReturnValue:
    """Sign in with a code, each good once."""
    waiting = _waiting(Step.CODE)
    browser.try_once((Guess.CODE, (waiting.staff_id,)))
    act = Act(now(), waiting.staff_id, "")
    try:
        with transaction():
            signing_in.use_code(act, browser.vault(), waiting, request.form.get("code", "")[:40])
    except Invalid as refusal:
        browser.note_wrong("wrong code", waiting.staff_id)
        return render_template("staff/code.html", errors=refusal.errors), 422
    browser.forgive(Guess.CODE, waiting.staff_id)
    return redirect(browser.go_on(waiting), code=303)


@bp.get("/sign-in/second-factor")
@public
def set_up() -> ResponseReturnValue:
    """Show what an authenticator needs to know, to somebody who must have one."""
    return _set_up_page(_waiting(Step.SET_UP), {})


@bp.post("/sign-in/second-factor")
@public
def do_set_up() -> ResponseReturnValue:
    """Set up the second factor, sign in, and show the recovery codes once."""
    waiting = _waiting(Step.SET_UP)
    browser.try_once((Guess.CODE, (waiting.staff_id,)))
    act = Act(now(), waiting.staff_id, "")
    try:
        with transaction():
            codes = signing_in.set_up_factor(
                act, browser.vault(), waiting.staff_id, _offer(), request.form.get("code", "")[:40]
            )
    except Invalid as refusal:
        return _set_up_page(waiting, dict(refusal.errors)), 422
    browser.forgive(Guess.CODE, waiting.staff_id)
    on = browser.go_on(waiting)
    return render_template("staff/recovery_codes.html", codes=codes, on=on, renewed=False)


@bp.post("/sign-out")
@permits(Doing.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in; on a shared screen the next time needs the password."""
    act = this_act()
    screen_id = browser.this_screen()
    with transaction():
        signing_in.end(act, session[SIGN_IN])
        if screen_id is not None:
            signing_in.leave_screen(act, screen_id)
    session.pop(SIGN_IN)
    return redirect(url_for("staff.sign_in" if screen_id is None else "screens.show"), code=303)


@bp.get("/set-password/<secret>")
@public
def set_password(secret: str) -> ResponseReturnValue:
    """Ask for a password, while the link is good."""
    browser.refuse_if_spent(Guess.LINK)
    if queries.link_holder(secret_hash(secret), now()) is None:
        browser.try_once((Guess.LINK, (place(),)))
        raise Absent("This link was used already or is too old. Ask for a new one.")
    return _password_page(secret, {})


@bp.post("/set-password/<secret>")
@public
def do_set_password(secret: str) -> ResponseReturnValue:
    """Set the password; the link is spent, and a second factor stays what it is."""
    browser.refuse_if_spent(Guess.LINK)
    if queries.link_holder(secret_hash(secret), now()) is None:
        browser.try_once((Guess.LINK, (place(),)))
    try:
        kept = actions.kept_password(request.form.get("password", ""))
    except Invalid as refusal:
        return _password_page(secret, dict(refusal.errors)), 422
    with transaction():
        actions.use_link(by_service(now()), secret, kept)
    session.pop(SIGN_IN, None)
    return redirect(url_for("staff.sign_in"), code=303)


def _waiting(step: Step) -> Waiting:
    """Return the sign-in that waits for this step, or send whoever asks to the beginning."""
    waiting = browser.waiting()
    if waiting is None or waiting.waits_for is not step:
        raise Unauthorised
    return waiting


def _password_page(secret: str, errors: dict[str, object]) -> str:
    holder = queries.link_holder(secret_hash(secret), now())
    replaces = holder is not None and queries.has_password(holder)
    return render_template(
        "staff/set_password.html", secret=secret, replaces=replaces, errors=errors
    )


def _offer() -> str:
    return browser.vault().fresh_secret(session[SIGN_IN])


def _set_up_page(waiting: Waiting, errors: dict[str, object]) -> str:
    known = queries.credentials_of(waiting.staff_id)
    email = known.email if known else ""
    secret = _offer()
    return render_template(
        "staff/set_up.html",
        picture=factor.picture(secret, email),
        secret=factor.grouped(secret),
        action=url_for("staff.do_set_up"),
        asks_password=False,
        errors=errors,
    )


def _sign_in_page(error: str | None = None, email: str = "") -> str:
    wanted = request.values.get("next", "")
    errors = {"email": [error]} if error else {}
    return render_template("staff/sign_in.html", errors=errors, email=email, next=wanted)
