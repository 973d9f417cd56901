"""Adding a person in two fields."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.idempotency import once
from pathway.people import actions
from pathway.people.rules import split_name
from pathway.people.schemas import QuickAdd
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.rules import Doing

bp = Blueprint("people", __name__)


@bp.get("/people/new")
@permits(Doing.ADD_PEOPLE)
def new() -> ResponseReturnValue:
    """Ask for a name and a gender."""
    typed = {"name": request.args.get("q", ""), "site": request.args.get("site", "")}
    return render_template("people/new.html", typed=typed, errors={})


@bp.post("/people/new")
@permits(Doing.ADD_PEOPLE)
def add() -> ResponseReturnValue:
    """Add them, then find a bed for them."""
    try:
        asked = QuickAdd(unknown=EXCLUDE).load(request.form.to_dict())
    except ValidationError as fault:
        page = render_template("people/new.html", typed=request.form, errors=fault.messages)
        return page, 422
    given, family = split_name(asked["name"])
    told = {"given_name": given, "family_name": family, "gender": asked["gender"]}
    act = this_act()

    def do() -> dict[str, str]:
        return {"ref": actions.add_person(act, **actions.said(told)).ref}

    ref = once(act, this_form(), do)["ref"]
    return redirect(url_for("desk.find_bed", ref=ref, site=asked["site"] or None), code=303)
