"""One's own mobile number, proven by a code that comes by text."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.messages.actions import queue
from pathway.messages.queries import is_number_stopped
from pathway.messages.rules import Purpose
from pathway.staff import browser, phones, queries
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.queries import Credentials
from pathway.staff.rules import may
from pathway.staff.secrecy import Guess

bp = Blueprint("phone", __name__)

REMOVE_FIELD = "remove_password"
"""The password's field at taking the number away: the page has another."""


@bp.get("/account/phone")
@permits(Doing.SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show one's number, what to text from it, and what is asked for to change it."""
    return _page({})


@bp.post("/account/phone")
@permits(Doing.SIGNED_IN)
def claim() -> ResponseReturnValue:
    """Send a code to a number that somebody says is theirs."""
    act, known = this_act(), _known()
    try:
        phone = phones.read(request.form.get("phone", "")[:40])
        browser.confirm(known)
    except Invalid as refusal:
        return _page(dict(refusal.errors)), 422
    browser.try_once((Guess.PHONE_ASKED, (known.id,)), (Guess.PHONE_SENT, (phone,)))
    with transaction():
        code = phones.claim(act, phone)
        body = f"{code} is your Pathway code. It is good for 15 minutes. Tell it to nobody."
        queue(act, to=phone, body=body, purpose=Purpose.CODE, staff_id=known.id)
    return redirect(url_for("phone.show"), code=303)


@bp.post("/account/phone/code")
@permits(Doing.SIGNED_IN)
def prove() -> ResponseReturnValue:
    """Take the number whose code this is."""
    act, known = this_act(), _known()
    browser.try_once((Guess.PHONE, (known.id,)))
    try:
        with transaction():
            phones.prove(act, request.form.get("code", "")[:40].strip())
    except Invalid as refusal:
        return _page(dict(refusal.errors)), 422
    browser.forgive(Guess.PHONE, known.id)
    return redirect(url_for("phone.show"), code=303)


@bp.post("/account/phone/remove")
@permits(Doing.SIGNED_IN)
def remove() -> ResponseReturnValue:
    """Take one's own number away: texts from it are a stranger's from now on."""
    known = _known()
    try:
        browser.confirm(known)
    except Invalid as refusal:
        return _page({REMOVE_FIELD: refusal.errors["current_password"]}), 422
    with transaction():
        phones.remove(this_act(), known.id)
    return redirect(url_for("phone.show"), code=303)


def _known() -> Credentials:
    known = queries.credentials_of(this_act().staff_id or 0)
    if known is None:
        raise Absent
    return known


def _page(errors: dict[str, object]) -> str:
    act, known = this_act(), _known()
    phone = phones.phone_of(known.id)
    return render_template(
        "desk/phone.html",
        phone=phone,
        waits=phones.claimed(known.id, act.at),
        stopped=phone is not None and is_number_stopped(phone),
        asks_password=known.password_hash is not None,
        typed=request.form.get("phone", "")[:40],
        errors=errors,
        **_verbs(act),
    )


def _verbs(act: Act) -> dict[str, bool]:
    return {
        "may_hold": may(act.roles, Doing.HOLD),
        "may_release": may(act.roles, Doing.KEEP_HOLD),
    }
