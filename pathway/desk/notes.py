"""The page of notes about somebody."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.assessments import notes
from pathway.assessments.schemas import NoteForm, NoteStruck
from pathway.beds.care import may_record
from pathway.desk.found import loaded, note_view, open_person, writable
from pathway.errors import Invalid
from pathway.idempotency import once
from pathway.people.rules import PersonFacts
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing, Role

bp = Blueprint("notes", __name__)


@bp.get("/people/<ref>/notes")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show the notes that whoever looks may read."""
    act = this_act()
    return _page(act, open_person(act, ref), {}, {})


@bp.post("/people/<ref>/notes")
@permits(Doing.RECORD)
def write(ref: str) -> ResponseReturnValue:
    """Write a note, for everybody or for one's own team."""
    act = this_act()
    person = writable(act, ref)
    typed = request.form.to_dict()
    try:
        told = loaded(NoteForm, typed)
        shared = told.pop("readers") == "shared"
        once(
            act,
            this_form(),
            lambda: {"id": notes.write(act, person=person.ref, shared=shared, **told).id},
        )
    except Invalid as fault:
        return _page(act, person, typed, fault.errors), 422
    return redirect(url_for("notes.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/notes/strike")
@permits(Doing.RECORD)
def strike(ref: str) -> ResponseReturnValue:
    """Take a note of one's own back."""
    act = this_act()
    person = writable(act, ref)
    ident = loaded(NoteStruck, request.form)["note"]
    once(act, this_form(), lambda: {"id": notes.strike(act, person.ref, ident).id})
    return redirect(url_for("notes.show", ref=person.ref), code=303)


def _page(
    act: Act, person: PersonFacts, typed: Mapping[str, Any], errors: Mapping[str, object]
) -> str:
    note_view(act, "view notes", person)
    return render_template(
        "desk/notes.html",
        person=person,
        notes=notes.of(act, person.id),
        teams={team.role: Role(team.role).words.capitalize() for team in notes.teams(act)},
        typed=typed,
        errors=errors,
        may_record=may_record(act, person),
        staff_id=act.staff_id,
        now=act.at,
    )
