"""Adding a person in two fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.idempotency import once
from pathway.people import actions, queries
from pathway.people.alike import likely
from pathway.people.likeness import Told
from pathway.people.rules import WHICH_BED, split_name
from pathway.people.schemas import QuickAdd
from pathway.people.sought import sought
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("people", __name__)


@bp.get("/people/new")
@permits(Doing.ADD_PEOPLE)
def new() -> ResponseReturnValue:
    """Ask for a name and a gender."""
    return _page({"name": sought(this_act()), "site": request.args.get("site", "")})


@bp.post("/people/new")
@permits(Doing.ADD_PEOPLE)
def add() -> ResponseReturnValue:
    """Add them and find a bed for them, unless somebody of that name is there already."""
    try:
        asked = QuickAdd(unknown=EXCLUDE).load(request.form.to_dict())
    except ValidationError as fault:
        return _page(request.form, errors=fault.messages_dict), 422
    given, family = split_name(asked["name"])
    told = {"given_name": given, "family_name": family, "gender": asked["gender"]}
    told |= {name: asked[name] for name in WHICH_BED}
    act = this_act()

    def do() -> dict[str, Any]:
        alike = [] if asked["sure"] else likely(act, Told(names=(asked["name"],)))
        if not alike:
            return {"ref": actions.add_person(act, **actions.said(told)).ref}
        refs = [one.person.ref for one in alike]
        audit.record(act, "show people alike", "list:people", people=refs)
        return {"alike": refs}

    answer = once(act, this_form(), do)
    if "alike" in answer:
        return _page(request.form, alike=answer["alike"])
    site = asked["site"] or None
    return redirect(url_for("desk.find_bed", ref=answer["ref"], site=site), code=303)


def _page(
    typed: Mapping[str, str], *, errors: Mapping[str, Any] | None = None, alike: Sequence[str] = ()
) -> str:
    people = [queries.whole_person(this_act(), ref) for ref in alike]
    found = [one for one in people if one is not None]
    return render_template("people/new.html", typed=typed, errors=errors or {}, alike=found)
