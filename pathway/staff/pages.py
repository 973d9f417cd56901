"""Signing in and out, and setting a password."""

import re

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act, by_service, now
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.staff import actions, queries
from pathway.staff.acting import SESSION_SECRET, permits, public, this_act, who
from pathway.staff.actions import secret_hash
from pathway.staff.rules import Doing

bp = Blueprint("staff", __name__)

_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""An address that cannot lead to another host: one slash, printable ASCII, no backslash."""

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
    """Sign in under a new session."""
    email = request.form.get("email", "")[:254]
    password = request.form.get("password", "")
    demo = bool(current_app.config["DEMO"])
    staff_id = actions.password_matches(email, password, demo=demo)
    if staff_id is None:
        return _sign_in_page(error=WRONG, email=email), 422
    act = Act(now(), staff_id, "")
    with transaction():
        if SESSION_SECRET in session:
            actions.sign_out(act, session[SESSION_SECRET])
        secret = actions.sign_in(act, staff_id)
    session.clear()
    session[SESSION_SECRET] = secret
    return redirect(_inside(request.form.get("next", "")), code=303)


@bp.post("/sign-out")
@permits(Doing.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in."""
    with transaction():
        actions.sign_out(this_act(), session[SESSION_SECRET])
    session.clear()
    return redirect(url_for("staff.sign_in"), code=303)


@bp.get("/set-password/<secret>")
@public
def set_password(secret: str) -> ResponseReturnValue:
    """Ask for a password, while the link is good."""
    if queries.link_holder(secret_hash(secret), now()) is None:
        raise Absent("This link was used already or is too old. Ask for a new one.")
    return render_template("staff/set_password.html", secret=secret, errors={})


@bp.post("/set-password/<secret>")
@public
def do_set_password(secret: str) -> ResponseReturnValue:
    """Set the password; the link is spent."""
    try:
        with transaction():
            actions.use_link(by_service(now()), secret, request.form.get("password", ""))
    except Invalid as refusal:
        page = render_template("staff/set_password.html", secret=secret, errors=refusal.errors)
        return page, 422
    session.clear()
    return redirect(url_for("staff.sign_in"), code=303)


def _sign_in_page(error: str | None = None, email: str = "") -> str:
    wanted = request.values.get("next", "")
    errors = {"email": [error]} if error else {}
    return render_template("staff/sign_in.html", errors=errors, email=email, next=wanted)


def _inside(wanted: str) -> str:
    """Return where to go after signing in: only ever a page of ours."""
    return wanted if _OURS.fullmatch(wanted) else url_for("desk.home")
