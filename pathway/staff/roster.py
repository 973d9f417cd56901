"""Members of staff as an administrator looks after them."""

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from pathway.db import transaction
from pathway.errors import Absent, Refused
from pathway.fields import LARGEST_ID
from pathway.staff import actions, phones, queries, signing_in
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.queries import OnRoster

bp = Blueprint("roster", __name__)

MEMBER = f"/staff/<int(max={LARGEST_ID}):ident>"


@bp.get("/staff")
@permits(Doing.RUN_STAFF)
def everybody() -> ResponseReturnValue:
    """Show every member of staff."""
    return render_template("staff/roster.html", members=queries.roster())


@bp.get(MEMBER)
@permits(Doing.RUN_STAFF)
def member(ident: int) -> ResponseReturnValue:
    """Show one member of staff and where they are signed in."""
    return _page(_member(ident))


@bp.post(f"{MEMBER}/end-sign-ins")
@permits(Doing.RUN_STAFF)
def end_sign_ins(ident: int) -> ResponseReturnValue:
    """Sign somebody out everywhere, for instance when a phone is lost."""
    one = _member(ident)
    with transaction():
        actions.end_sign_ins(this_act(), one.id)
    return redirect(url_for("roster.member", ident=ident), code=303)


@bp.post(f"{MEMBER}/remove-second-factor")
@permits(Doing.RUN_STAFF)
def remove_factor(ident: int) -> ResponseReturnValue:
    """Take a lost second factor away."""
    one = _member(ident)
    if one.id == this_act().staff_id:
        raise Refused("Ask another administrator: nobody takes away their own second factor.")
    with transaction():
        signing_in.remove_factor(this_act(), one.id)
    return redirect(url_for("roster.member", ident=ident), code=303)


@bp.post(f"{MEMBER}/link")
@permits(Doing.RUN_STAFF)
def link(ident: int) -> ResponseReturnValue:
    """Make a new link to set a password and show it once."""
    one = _member(ident)
    if one.left_at is not None:
        raise Refused(f"{one.name} has left. Nothing lets them in.")
    with transaction():
        secret = actions.make_link(this_act(), one.id)
    return _page(one, f"{current_app.config['PUBLIC_URL']}/set-password/{secret}")


@bp.post(f"{MEMBER}/leave")
@permits(Doing.RUN_STAFF)
def leave(ident: int) -> ResponseReturnValue:
    """Let somebody go: nothing of theirs lets them in from the next request on."""
    one = _member(ident)
    if one.id == this_act().staff_id:
        raise Refused("Ask another administrator: nobody removes themselves.")
    with transaction():
        actions.leave(this_act(), one.id)
    return redirect(url_for("roster.member", ident=ident), code=303)


@bp.post(f"{MEMBER}/come-back")
@permits(Doing.RUN_STAFF)
def come_back(ident: int) -> ResponseReturnValue:
    """Let somebody who left, or was let go by mistake, sign in again."""
    one = _member(ident)
    with transaction():
        actions.come_back(this_act(), one.id)
    return redirect(url_for("roster.member", ident=ident), code=303)


@bp.post(f"{MEMBER}/remove-phone")
@permits(Doing.RUN_STAFF)
def remove_phone(ident: int) -> ResponseReturnValue:
    """Take somebody's mobile number away, for instance when the phone is lost."""
    one = _member(ident)
    with transaction():
        phones.remove(this_act(), one.id)
    return redirect(url_for("roster.member", ident=ident), code=303)


def _member(ident: int) -> OnRoster:
    found = queries.roster(ident)
    if not found:
        raise Absent
    return found[0]


def _page(one: OnRoster, link: str | None = None) -> str:
    now = this_act().at
    sign_ins = queries.sign_ins_of(one.id, now, None)
    return render_template("staff/member.html", one=one, sign_ins=sign_ins, link=link, now=now)
