"""The page of what is kept of one person: legal holds, and erasing them everywhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.people import queries
from pathway.people.rules import PersonFacts
from pathway.privacy import erasing, holding
from pathway.privacy.ledger import Ledger
from pathway.privacy.rules import BY_PEOPLE, Why
from pathway.privacy.schemas import ErasureForm, HoldForm
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("keeping", __name__)


@bp.get("/people/<ref>/kept")
@permits(Doing.ANSWER_FOR)
def show(ref: str) -> ResponseReturnValue:
    """Show the legal holds of somebody, and what erasing them means."""
    act = this_act()
    return _page(act, _open(act, ref), {})


@bp.post("/people/<ref>/kept/hold")
@permits(Doing.ANSWER_FOR)
def put_on(ref: str) -> ResponseReturnValue:
    """Put on a legal hold."""
    act = this_act()
    person = _open(act, ref)
    try:
        asked = load(HoldForm)
        with transaction():
            holding.put_on(act, person.ref, **asked)
    except Invalid as refusal:
        return _page(act, person, refusal.errors), 422
    return redirect(url_for("keeping.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/kept/lift")
@permits(Doing.ANSWER_FOR)
def lift(ref: str) -> ResponseReturnValue:
    """Lift a legal hold."""
    act = this_act()
    person = _open(act, ref)
    with transaction():
        holding.lift(act, person.ref)
    return redirect(url_for("keeping.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/erase")
@permits(Doing.ANSWER_FOR)
def erase(ref: str) -> ResponseReturnValue:
    """Erase somebody everywhere, once their reference has been typed again."""
    act = this_act()
    person = _open(act, ref)
    try:
        asked = load(ErasureForm)
        _same(person, asked["again"])
        with transaction():
            erasing.erase(
                act,
                person.ref,
                Ledger(current_app.config["ERASURES"]),
                why=Why(asked["why"]),
                despite_concern=asked["despite_concern"],
            )
    except Invalid as refusal:
        return _page(act, person, refusal.errors), 422
    except Absent:
        raise
    except Refused as refusal:
        return _page(act, person, {"why": [refusal.detail]}), refusal.status
    return redirect(url_for("keeping.done"), code=303)


@bp.get("/erased")
@permits(Doing.ANSWER_FOR)
def done() -> ResponseReturnValue:
    """Say that somebody was erased, and what that leaves."""
    return render_template("privacy/erased.html", many=erasing.how_many())


def _same(person: PersonFacts, again: str) -> None:
    if again.strip().upper() != person.ref.upper():
        raise Invalid({"again": [f"Type {person.ref}, to be sure that it is them."]})


def _open(act: Act, ref: str) -> PersonFacts:
    person = queries.whole_person(act, ref)
    if person is None:
        raise Absent(glass=url_for("record.glass", ref=ref))
    return person


def _page(act: Act, person: PersonFacts, errors: Mapping[str, Sequence[str]]) -> str:
    with transaction():
        audit.record(act, "view what is kept", f"person:{person.ref}")
    typed: dict[str, Any] = {"reason": "", "why": "", "again": ""} | request.form.to_dict()
    people = [person.id]
    return render_template(
        "privacy/kept.html",
        person=person,
        merged=queries.merged_into(person),
        holds=holding.of(person.id),
        stands=holding.stands(people),
        held=holding.STANDS,
        concern=erasing.has_open_concern(people),
        reasons={one.value: one.words for one in BY_PEOPLE},
        typed=typed,
        errors=errors,
    )
