"""Saying who somebody was of whom only a description was known."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import callers
from pathway.beds.door_schemas import MatchForm, NameForm
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.desk.found import open_person
from pathway.errors import Invalid, Refused
from pathway.people import editing, queries
from pathway.people.rules import NAME_LENGTH, split_name
from pathway.people.sought import asked_for, sealed, sought
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("who", __name__)

FOUND_AT_ONCE = 10
"""How many people a search shows (ours)."""


@bp.get("/people/<ref>/who")
@permits(Doing.MATCH)
def ask(ref: str) -> ResponseReturnValue:
    """Look up who somebody may have been."""
    act = this_act()
    return _page(act, ref, sought(act), {})


@bp.post("/people/<ref>/who")
@permits(Doing.MATCH)
def look(ref: str) -> ResponseReturnValue:
    """Look for what was typed, without its standing in the address."""
    act = this_act()
    whom = open_person(act, ref)
    return redirect(url_for("who.ask", ref=whom.ref, sought=sealed(act, asked_for())), code=303)


@bp.post("/people/<ref>/match")
@permits(Doing.MATCH)
def match(ref: str) -> ResponseReturnValue:
    """Say that it was somebody who is known: their record has it all from now on."""
    act = this_act()
    asked = load(MatchForm)
    try:
        with transaction():
            person = callers.say_who(act, ref, **asked)
    except Refused as refusal:
        if refusal.denial or isinstance(refusal, Invalid):
            raise
        return _page(act, ref, asked["person"], {"q": [refusal.detail]}), refusal.status
    return redirect(url_for("desk.person", ref=person.ref), code=303)


@bp.post("/people/<ref>/name")
@permits(Doing.MATCH)
def name(ref: str) -> ResponseReturnValue:
    """Give somebody who is not known yet the name that they say."""
    act = this_act()
    try:
        given, family = split_name(load(NameForm)["name"])
    except Invalid as fault:
        return _page(act, ref, "", fault.errors), 422
    with transaction():
        queries.lock_people(act, ref)
        person = open_person(act, ref)
        if person.unnamed:
            editing.give_name(act, person, given_name=given, family_name=family)
        else:
            audit.record(act, "view person", f"person:{person.ref}")
    return redirect(url_for("desk.person", ref=person.ref), code=303)


def _page(act: Act, ref: str, typed: str, errors: Mapping[str, Any]) -> str:
    person = open_person(act, ref)
    asked = typed.strip()[:NAME_LENGTH].replace("\x00", "")
    found = queries.search(act, asked, limit=FOUND_AT_ONCE) if asked else []
    with transaction():
        refs = [person.ref, *(one.ref for one in found)]
        audit.record(act, "look for who", f"person:{person.ref}", people=refs)
    others = [one for one in found if not one.unnamed and one.id != person.id]
    return render_template("desk/who.html", person=person, typed=asked, found=others, errors=errors)
