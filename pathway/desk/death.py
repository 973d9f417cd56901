"""Recording that somebody has died: what it stops, the day, looked at twice; and taking it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.assessments.concern_schemas import DeathForm, ReasonForm
from pathway.beds import care, deaths
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.desk.found import open_person
from pathway.errors import Invalid
from pathway.idempotency import once
from pathway.nights import london
from pathway.people import marks
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("death", __name__)


@bp.get("/people/<ref>/death")
@permits(Doing.RECORD_DEATH)
def ask(ref: str) -> ResponseReturnValue:
    """Ask on which day, and say what recording it stops."""
    return _page(this_act(), ref, {}, {})


@bp.post("/people/<ref>/death")
@permits(Doing.RECORD_DEATH)
def record(ref: str) -> ResponseReturnValue:
    """Show the day once more, then record it."""
    act = this_act()
    person = open_person(act, ref)
    try:
        asked = load(DeathForm)
        marks.check_died_on(act, person, asked["died_on"])
        if not asked["sure"]:
            return _page(act, ref, request.form, {}, confirm=True)
        once(
            act,
            this_form(),
            lambda: {"ref": care.record_death(act, ref, died_on=asked["died_on"]).ref},
        )
    except Invalid as refusal:
        return _page(act, ref, request.form, refusal.errors), 422
    return redirect(url_for("desk.person", ref=ref), code=303)


@bp.post("/people/<ref>/death/take-back")
@permits(Doing.RECORD_DEATH)
def take_back(ref: str) -> ResponseReturnValue:
    """Take back that somebody has died, with a reason."""
    act = this_act()
    deaths.refuse_unless_leading(act)
    open_person(act, ref)
    try:
        asked = load(ReasonForm)
        once(act, this_form(), lambda: {"ref": care.take_back_death(act, ref, **asked).ref})
    except Invalid as refusal:
        return _page(act, ref, request.form, refusal.errors), 422
    return redirect(url_for("desk.person", ref=ref), code=303)


def _page(
    act: Act,
    ref: str,
    typed: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]],
    *,
    confirm: bool = False,
) -> str:
    person = open_person(act, ref)
    with transaction():
        audit.record(act, "view person", f"person:{person.ref}")
    return render_template(
        "desk/death.html",
        person=person,
        typed=typed,
        errors=errors,
        confirm=confirm,
        today=london(act.at).date(),
        may_take_back=deaths.may_take_back(act),
    )
