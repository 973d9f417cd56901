"""A hub's shared screen: hidden in one tap, and back with a PIN."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import now
from pathway.db import transaction
from pathway.errors import Unauthorised
from pathway.fields import ident_of
from pathway.staff import browser, queries, signing_in
from pathway.staff.acting import permits, public, this_act, who
from pathway.staff.browser import SCREEN, SIGN_IN
from pathway.staff.doing import Doing
from pathway.staff.secrecy import Guess

bp = Blueprint("screens", __name__)

WRONG = "That PIN is not right. After five wrong ones sign in with your password."


@bp.post("/screen/hide")
@permits(Doing.SIGNED_IN)
def hide() -> ResponseReturnValue:
    """Hide everything at once: whoever was signed in comes back with their PIN."""
    with transaction():
        signing_in.end(this_act(), session[SIGN_IN])
    session.pop(SIGN_IN)
    return redirect(url_for("screens.show"), code=303)


@bp.get("/screen")
@public
def show() -> ResponseReturnValue:
    """Ask who is there; nothing of the site and nobody in it is shown."""
    if who() is not None:
        return redirect(url_for("desk.home"))
    return _page({})


@bp.post("/screen")
@public
def come_back() -> ResponseReturnValue:
    """Let somebody back in with their PIN."""
    screen_id = _screen()
    staff_id = _chosen()
    browser.try_once((Guess.PIN, (screen_id, staff_id)))
    here = staff_id in {one.id for one in queries.on_screen(screen_id, now())}
    known = signing_in.pin_matches(staff_id if here else 0, request.form.get("pin", "")[:40])
    if known is None or not browser.come_back(known, screen_id):
        browser.note_wrong("wrong PIN", staff_id if here else None)
        return _page({"pin": [WRONG]}), 422
    browser.forgive(Guess.PIN, screen_id, staff_id)
    return redirect(url_for("desk.home"), code=303)


@bp.post("/screen/end")
@permits(Doing.SIGNED_IN)
def end() -> ResponseReturnValue:
    """Let this browser be no shared screen any more."""
    screen_id = _screen()
    with transaction():
        signing_in.end_screen(this_act(), screen_id)
    session.pop(SCREEN)
    session.pop(SIGN_IN)
    return redirect(url_for("staff.sign_in"), code=303)


def _chosen() -> int:
    """Return who is said to be there, or 0 where that is no id of anybody."""
    return ident_of(request.form.get("staff", "")) or 0


def _screen() -> int:
    screen_id = browser.this_screen()
    if screen_id is None:
        raise Unauthorised
    return screen_id


def _page(errors: dict[str, object]) -> str:
    people = queries.on_screen(_screen(), now())
    return render_template(
        "staff/screen.html", people=people, chosen=request.form.get("staff", ""), errors=errors
    )
