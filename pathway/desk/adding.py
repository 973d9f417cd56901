"""Adding a person in two fields, and who may be meant while they are typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.acts import Act
from pathway.desk import alike
from pathway.errors import Invalid
from pathway.fields import filled
from pathway.idempotency import once
from pathway.nights import london
from pathway.people import actions
from pathway.people.likeness import Likely, Told
from pathway.people.rules import NAME_LENGTH, WHICH_BED, split_name
from pathway.people.schemas import QuickAdd
from pathway.people.sought import sought
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("people", __name__)

KEPT = ("date_of_birth", "dog_name", *WHICH_BED)
"""What the form says and the record keeps as it is."""

MORE = ("aliases", "date_of_birth", "birth_year", "age", "dog_name", "seen")
"""What is folded away until it is typed: a name is enough."""


@bp.get("/people/new")
@permits(Doing.ADD_PEOPLE)
def new() -> ResponseReturnValue:
    """Ask for a name and a gender."""
    return _page({"name": sought(this_act()), "site": request.args.get("site", "")})


@bp.post("/people/new")
@permits(Doing.ADD_PEOPLE)
def add() -> ResponseReturnValue:
    """Add them and find a bed for them, unless they may be recorded already.

    Whoever asks for them first sees who may be meant, and nobody is added.
    """
    act = this_act()
    try:
        asked: dict[str, Any] = QuickAdd(unknown=EXCLUDE).load(filled(request.form))
    except ValidationError as fault:
        return _page(request.form, errors=fault.messages_dict), 422
    told = _told(act, asked)
    if asked["look"]:
        return _page(request.form, likely=alike.shown(act, told), looked=True)
    found = [] if asked["sure"] else alike.likely(act, told)

    def do() -> dict[str, Any]:
        if not found:
            return {"ref": actions.add_person(act, **actions.said(_said(act, asked))).ref}
        alike.note(act, found)
        return {"alike": [one.person.ref for one in found]}

    try:
        answer = once(act, this_form(), do)
    except Invalid as refusal:
        return _page(request.form, errors=refusal.errors), 422
    if "alike" in answer:
        return _page(request.form, likely=found, sure=True)
    site = asked["site"] or None
    return redirect(url_for("desk.find_bed", ref=answer["ref"], site=site), code=303)


@bp.post("/people/likely")
@permits(Doing.ADD_PEOPLE)
def likely() -> ResponseReturnValue:
    """Show who may be meant by what is typed so far; what cannot be read yet is left out."""
    act = this_act()
    typed = filled(request.form)
    wrong = QuickAdd(unknown=EXCLUDE).validate(typed)
    left = {name: value for name, value in typed.items() if name not in wrong}
    asked: dict[str, Any] = QuickAdd(unknown=EXCLUDE).load(left)
    found = alike.shown(act, _told(act, asked))
    return render_template("people/likely.html", likely=found, looked=False)


def _told(act: Act, asked: Mapping[str, Any]) -> Told:
    """Return what a form tells of somebody, as it is compared."""
    said = _said(act, asked)
    return Told(
        names=(asked["name"],) if asked["name"] else (),
        born=said["date_of_birth"],
        birth_year=said["birth_year"],
        birth_guessed=bool(said["birth_guessed"]),
        dog_name=said["dog_name"],
        seen=(asked["seen"],) if asked["seen"] else (),
        aliases=tuple(said["aliases"]),
    )


def _said(act: Act, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form tells of somebody, as it is recorded: an age is a guess at a year."""
    given, family = split_name(asked["name"])
    said = {"given_name": given, "family_name": family, "gender": asked["gender"]}
    said |= {name: asked[name] for name in KEPT}
    aliases = (one.strip()[:NAME_LENGTH] for one in asked["aliases"].split(","))
    said["aliases"] = [alias for alias in aliases if alias]
    year, guessed = asked["birth_year"], None
    if asked["date_of_birth"] is None and year is None and asked["age"] is not None:
        year, guessed = london(act.at).year - asked["age"], True
    return said | {"birth_year": year, "birth_guessed": guessed}


def _page(
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Any] | None = None,
    likely: Sequence[Likely] = (),
    looked: bool = False,
    sure: bool = False,
) -> str:
    return render_template(
        "people/new.html",
        typed=typed,
        errors=errors or {},
        likely=likely,
        looked=looked,
        sure=sure,
        more=any(typed.get(name) or name in (errors or {}) for name in MORE),
    )
