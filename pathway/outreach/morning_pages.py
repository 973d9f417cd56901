"""The morning list as a page and as a file, and its ticks."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.csvexport import written
from pathway.db import transaction
from pathway.fields import LARGEST_ID
from pathway.outreach import mornings
from pathway.outreach.chain import COLUMNS, Entry, last_night
from pathway.outreach.shift_schemas import NightAsked
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("mornings", __name__)

_ONE = f"/mornings/<int(max={LARGEST_ID}):contact>"


@bp.get("/mornings")
@permits(Doing.RUN_SHIFT)
def show() -> ResponseReturnValue:
    """Show a night's contacts in the order in which CHAIN asks for them."""
    return _answer("list contacts for CHAIN", _page)


@bp.get("/mornings.csv")
@permits(Doing.RUN_SHIFT)
def export() -> ResponseReturnValue:
    """Return the same as a file."""
    return _answer("export contacts for CHAIN", _file)


@bp.post(f"{_ONE}/entered")
@permits(Doing.RUN_SHIFT)
def entered(contact: int) -> ResponseReturnValue:
    """Tick a contact off: CHAIN has it."""
    with transaction():
        one = mornings.entered(this_act(), contact)
    return _back(one)


@bp.post(f"{_ONE}/not-entered")
@permits(Doing.RUN_SHIFT)
def not_entered(contact: int) -> ResponseReturnValue:
    """Take the tick back."""
    with transaction():
        one = mornings.not_entered(this_act(), contact)
    return _back(one)


def _back(one: Entry) -> ResponseReturnValue:
    anchor = f"contact-{one.contact.id}"
    return redirect(url_for("mornings.show", night=one.contact.night, _anchor=anchor), code=303)


def _answer(what: str, give: Any) -> ResponseReturnValue:
    """Find a night's entries, write down whom they tell of, and give them."""
    act, typed = this_act(), request.args.get("night", "").strip()
    try:
        asked = NightAsked(unknown=EXCLUDE).load({"night": typed} if typed else {})
    except ValidationError as fault:
        return _page(act, [], typed, fault.messages_dict), 422
    night = asked["night"] or last_night(act.at)
    found = mornings.entries(act, night)
    with transaction():
        refs = [one.person.ref for one in found]
        audit.record(act, what, "list:contacts", {"night": str(night)}, people=refs)
    answer: ResponseReturnValue = give(act, found, str(night), {})
    return answer


def _file(_act: Act, found: list[Entry], night: str, _errors: Any) -> Response:
    answer = Response(written(COLUMNS, [one.cells for one in found]), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="contacts-{night}.csv"'
    return answer


def _page(act: Act, found: list[Entry], night: str, errors: Any) -> str:
    return render_template(
        "outreach/mornings.html",
        entries=found,
        left=sum(one.chained_at is None for one in found),
        typed=night,
        errors=errors,
        now=act.at,
    )
