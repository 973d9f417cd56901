"""The page of a person's numbers: what CHAIN and others know them under."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.beds import care
from pathway.db import transaction
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.fields import sentences
from pathway.people import numbers, queries
from pathway.people.rules import CHAIN, PersonFacts, scheme_words
from pathway.people.schemas import NumberForm
from pathway.staff.acting import note_denial, permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("numbers", __name__)


@bp.get("/people/<ref>/numbers")
@permits(Doing.SEE_PEOPLE)
def show(ref: str) -> ResponseReturnValue:
    """Show somebody's numbers, to be added to or changed."""
    whom = queries.whole_person(this_act(), ref)
    if whom is None:
        raise Absent
    return _page(whom, {}, {})


@bp.post("/people/<ref>/numbers")
@permits(Doing.EDIT_PEOPLE)
def save(ref: str) -> ResponseReturnValue:
    """Record a number."""
    act, typed = this_act(), request.form.to_dict()
    whom = _editable(act, ref)
    try:
        asked = _loaded(typed)
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
    whom = _editable(act, ref)
    asked = _loaded(request.form.to_dict())
    with transaction():
        numbers.remove_number(act, whom.ref, **asked)
    return redirect(url_for("numbers.show", ref=whom.ref), code=303)


def _editable(act: Act, ref: str) -> PersonFacts:
    whom = queries.whole_person(act, ref)
    if whom is None:
        raise Absent
    if not care.may_edit(act, whom):
        raise Forbidden("You change the records of your own residents only. Ring their worker.")
    return whom


def _loaded(typed: dict[str, str]) -> dict[str, Any]:
    given = {name: value.strip() for name, value in typed.items() if value.strip()}
    try:
        return dict(NumberForm(unknown=EXCLUDE).load(given))
    except ValidationError as fault:
        raise Invalid(
            {str(name): sentences(told) for name, told in fault.messages_dict.items()}
        ) from None


def _page(whom: PersonFacts, typed: dict[str, str], errors: dict[str, Any]) -> str:
    act = this_act()
    with transaction():
        audit.record(act, "view person", f"person:{whom.ref}")
    return render_template(
        "people/numbers.html",
        person=whom,
        numbers=numbers.of([whom.id]).get(whom.id, ()),
        scheme_words=scheme_words,
        may_edit=care.may_edit(act, whom),
        typed={"scheme": scheme_words(CHAIN), "number": ""} | typed,
        errors=errors,
    )
