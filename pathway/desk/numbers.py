"""The page of a person's numbers: what CHAIN and others know them under."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.beds import care
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.desk.found import editable, note_view, open_person
from pathway.errors import Absent, Invalid, Refused
from pathway.people import numbers
from pathway.people.rules import CHAIN, PersonFacts, scheme_words
from pathway.people.schemas import NumberForm
from pathway.staff.acting import note_denial, permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("numbers", __name__)


@bp.get("/people/<ref>/numbers")
@permits(Doing.SEE_PEOPLE)
def show(ref: str) -> ResponseReturnValue:
    """Show somebody's numbers, to be added to or changed."""
    return _page(open_person(this_act(), ref), {}, {})


@bp.post("/people/<ref>/numbers")
@permits(Doing.EDIT_PEOPLE)
def save(ref: str) -> ResponseReturnValue:
    """Record a number."""
    act, typed = this_act(), request.form.to_dict()
    whom = editable(act, ref)
    try:
        asked = load(NumberForm)
        with transaction():
            numbers.set_number(act, whom.ref, **asked)
    except Invalid as refusal:
        return _page(whom, typed, dict(refusal.errors)), 422
    except Absent:
        raise
    except Refused as refusal:
        note_denial(refusal)
        return _page(whom, typed, {"number": [refusal.detail]}), refusal.status
    return redirect(url_for("numbers.show", ref=whom.ref), code=303)


@bp.post("/people/<ref>/numbers/remove")
@permits(Doing.EDIT_PEOPLE)
def remove(ref: str) -> ResponseReturnValue:
    """Take a number away."""
    act = this_act()
    whom = editable(act, ref)
    asked = load(NumberForm)
    with transaction():
        numbers.remove_number(act, whom.ref, **asked)
    return redirect(url_for("numbers.show", ref=whom.ref), code=303)


def _page(whom: PersonFacts, typed: dict[str, str], errors: dict[str, Any]) -> str:
    act = this_act()
    note_view(act, "view person", whom)
    return render_template(
        "people/numbers.html",
        person=whom,
        numbers=numbers.of(act, [whom.id]).get(whom.id, ()),
        scheme_words=scheme_words,
        may_edit=care.may_edit(act, whom),
        typed={"scheme": scheme_words(CHAIN), "number": ""} | typed,
        errors=errors,
    )
