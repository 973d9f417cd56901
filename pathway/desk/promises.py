"""Pages of promises: those of one's team, and those to one person."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.beds import care
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.desk.found import note_view, open_person, writable
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.nights import london
from pathway.outreach import promises
from pathway.outreach.promise_schemas import PromiseForm, SettleForm
from pathway.people.rules import PersonFacts
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("promises", __name__)


@bp.get("/promises")
@permits(Doing.SEE_CONTACTS)
def show() -> ResponseReturnValue:
    """Show what one's team promised and nobody has settled, overdue ones first."""
    act = this_act()
    waiting, settled = promises.open_ones(act), promises.settled_lately(act)
    with transaction():
        refs = [one.person_ref for one in (*waiting, *settled)]
        audit.record(act, "list promises", "list:promises", people=refs)
    return render_template(
        "outreach/promises.html",
        waiting=waiting,
        settled=settled,
        days=promises.SETTLED_SHOWN.days,
        today=london(act.at).date(),
        now=act.at,
    )


@bp.get("/people/<ref>/promises")
@permits(Doing.SEE_CONTACTS)
def of_person(ref: str) -> ResponseReturnValue:
    """Show what one's team promised somebody, and promise something."""
    whom = open_person(this_act(), ref)
    return _page(whom, {"contact": request.args.get("contact", "")}, {})


@bp.post("/people/<ref>/promises")
@permits(Doing.RECORD)
def add(ref: str) -> ResponseReturnValue:
    """Write down a promise."""
    act = this_act()
    whom, typed = writable(act, ref), request.form.to_dict()
    try:
        asked = load(PromiseForm)
        once(act, this_form(), lambda: {"id": promises.promise(act, person=whom.ref, **asked).id})
    except Invalid as refusal:
        if refusal.denial:
            raise
        return _page(whom, typed, dict(refusal.errors)), 422
    return redirect(url_for("promises.of_person", ref=whom.ref), code=303)


@bp.post(f"/promises/<int(max={LARGEST_ID}):promise>/settle")
@permits(Doing.RECORD)
def settle(promise: int) -> ResponseReturnValue:
    """Say whether a promise was kept, or take that back."""
    asked = load(SettleForm)
    with transaction():
        one = promises.settle(this_act(), promise, **asked)
    if request.form.get("back") == "person":
        return redirect(url_for("promises.of_person", ref=one.person_ref), code=303)
    return redirect(url_for("promises.show"), code=303)


def _page(whom: PersonFacts, typed: dict[str, str], errors: dict[str, Any]) -> str:
    act = this_act()
    note_view(act, "view person", whom)
    return render_template(
        "outreach/person_promises.html",
        person=whom,
        promises=promises.made_to(act, whom.ref),
        may_record=care.may_record(act, whom),
        typed={"words": "", "due_on": "", "contact": ""} | typed,
        errors=errors,
        today=london(act.at).date(),
        now=act.at,
    )
