"""A person's record: changing it, closing it to others, breaking the glass, merging."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from pathway import audit
from pathway.beds import care
from pathway.db import transaction
from pathway.desk.found import editable
from pathway.desk.same import compared
from pathway.errors import Absent, Invalid, Refused
from pathway.fields import as_chosen, loaded
from pathway.people import closing, editing
from pathway.people.rules import WHICH_BED, PersonFacts
from pathway.people.schemas import GlassAsked, MergeForm, NotHereAsked, PersonForm
from pathway.staff.acting import note_denial, permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("record", __name__)


@bp.get("/people/<ref>/edit")
@permits(Doing.EDIT_PEOPLE)
def edit(ref: str) -> ResponseReturnValue:
    """Show what is recorded, to be changed."""
    person = editable(this_act(), ref)
    return _edit_page(person, _typed(person), {})


@bp.post("/people/<ref>/edit")
@permits(Doing.EDIT_PEOPLE)
def save(ref: str) -> ResponseReturnValue:
    """Record what the form says, unless somebody else was quicker."""
    act = this_act()
    person = editable(act, ref)
    typed: dict[str, Any] = {**dict.fromkeys(editing.EDITABLE, ""), "version": ""}
    typed |= request.form.to_dict() | {"needs": request.form.getlist("needs")}
    try:
        told = _told(typed)
        with transaction():
            editing.edit(act, ref, told.pop("version"), told)
    except Invalid as refusal:
        return _edit_page(person, typed, dict(refusal.errors)), 422
    except Refused as refusal:
        if refusal.denial:
            raise
        newest = editable(act, ref)
        typed["version"] = str(newest.version)
        return _edit_page(newest, typed, {"given_name": [refusal.detail]}, newest), 409
    return redirect(url_for("desk.person", ref=ref), code=303)


@bp.post("/people/<ref>/restrict")
@permits(Doing.RESTRICT)
def restrict(ref: str) -> ResponseReturnValue:
    """Close a record to others, in one tap."""
    with transaction():
        person = care.restrict(this_act(), ref)
    return redirect(url_for("desk.person", ref=person.ref), code=303)


@bp.post("/people/<ref>/lift")
@permits(Doing.SEE_PEOPLE)
def lift(ref: str) -> ResponseReturnValue:
    """Open a closed record to everybody again."""
    with transaction():
        person = closing.lift(this_act(), ref)
    return redirect(url_for("desk.person", ref=person.ref), code=303)


@bp.post("/people/<ref>/not-here")
@permits(Doing.NOT_HERE)
def not_here(ref: str) -> ResponseReturnValue:
    """Mark that a site is not for somebody, in one tap."""
    asked = loaded(NotHereAsked, request.form.to_dict())
    with transaction():
        person = editing.not_here(this_act(), ref, **asked)
    return redirect(url_for("desk.person", ref=person.ref, _anchor="not-here"), code=303)


@bp.post("/people/<ref>/here-again")
@permits(Doing.HERE_AGAIN)
def here_again(ref: str) -> ResponseReturnValue:
    """Take such a mark back."""
    asked = loaded(NotHereAsked, request.form.to_dict())
    with transaction():
        person = editing.here_again(this_act(), ref, **asked)
    return redirect(url_for("desk.person", ref=person.ref, _anchor="not-here"), code=303)


@bp.get("/people/<ref>/break-glass")
@permits(Doing.SEE_PEOPLE)
def glass(ref: str) -> ResponseReturnValue:
    """Ask why; the page is the same whether there is such a record or not."""
    return render_template("desk/glass.html", ref=ref, errors={}, reason="")


@bp.post("/people/<ref>/break-glass")
@permits(Doing.SEE_PEOPLE)
def break_glass(ref: str) -> ResponseReturnValue:
    """Open a closed record for one shift; the lead is told."""
    typed = request.form.get("reason", "")
    try:
        asked = GlassAsked().load({"reason": typed.strip()})
    except ValidationError as fault:
        page = render_template("desk/glass.html", ref=ref, errors=fault.messages_dict, reason=typed)
        return page, 422
    with transaction():
        person = closing.break_glass(this_act(), ref, asked["reason"])
    return redirect(url_for("desk.person", ref=person.ref), code=303)


@bp.post("/people/<ref>/merge")
@permits(Doing.MERGE)
def merge(ref: str) -> ResponseReturnValue:
    """Let this record become another one, or that one this."""
    act = this_act()
    asked = loaded(MergeForm, request.form.to_dict())
    into, other = asked["into"].strip(), asked["other"].strip()
    gone = other if other and into == ref else ref
    try:
        with transaction():
            care.merge(act, gone, into)
    except (Absent, Invalid):
        raise
    except Refused as refusal:
        if refusal.denial:
            note_denial(refusal)
        return compared(act, gone, into, refusal.detail), refusal.status
    return redirect(url_for("same.compare", ref=gone, other=into), code=303)


@bp.post("/people/<ref>/unmerge")
@permits(Doing.MERGE)
def unmerge(ref: str) -> ResponseReturnValue:
    """Part a record again from the one it became."""
    with transaction():
        person = care.unmerge(this_act(), ref)
    return redirect(url_for("desk.person", ref=person.ref), code=303)


def _told(typed: dict[str, Any]) -> dict[str, Any]:
    """Return a form's values; an empty field says that nothing is known."""
    said = {name: value for name, value in typed.items() if value not in ("", [])}
    if "aliases" in said:
        parts = (part.strip() for part in str(said["aliases"]).split("\n"))
        said["aliases"] = [part for part in parts if part]
    return loaded(PersonForm, said)


def _typed(person: PersonFacts) -> dict[str, Any]:
    """Return what is recorded, as a form shows it."""
    plain = {name: getattr(person, name) for name in editing.EDITABLE}
    shown = {name: "" if value is None else str(value) for name, value in plain.items()}
    chosen = (*WHICH_BED, "at_risk", "interpreter", "birth_guessed")
    shown |= {name: as_chosen(getattr(person, name)) for name in chosen}
    shown["aliases"] = "\n".join(person.aliases)
    return {**shown, "needs": list(person.needs), "version": str(person.version)}


def _edit_page(
    person: PersonFacts,
    typed: dict[str, Any],
    errors: dict[str, Any],
    newest: PersonFacts | None = None,
) -> str:
    with transaction():
        audit.record(this_act(), "view person", f"person:{person.ref}")
    return render_template(
        "desk/edit.html", person=person, typed=typed, errors=errors, newest=newest
    )
