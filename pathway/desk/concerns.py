"""Pages of safeguarding: a person's concerns, the open ones, and the mark of a possible child."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.assessments import safeguarding, standing
from pathway.assessments.concern_schemas import ConcernForm, ReasonForm, StepForm
from pathway.assessments.concerns import ANSWER_DAYS, MASH, SEND_WITHIN
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.beds import care
from pathway.beds import queries as beds
from pathway.beds.fit import stopped
from pathway.beds.rules import LIVE, PlacementFacts
from pathway.beds.sight import may_see
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.desk.found import open_person
from pathway.errors import Absent, Invalid
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.nights import london
from pathway.people.rules import PersonFacts
from pathway.sites.queries import public_lines
from pathway.sites.rules import Line
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("concerns", __name__)

CONCERN = f"/concerns/<int(max={LARGEST_ID}):ident>"


@bp.get("/concerns")
@permits(Doing.SAFEGUARD)
def everybody() -> ResponseReturnValue:
    """Show the open concerns, the longest unanswered first."""
    act = this_act()
    found = standing.open_ones(act, care.residents(act))
    with transaction():
        seen = [one.person_ref for one in found]
        audit.record(act, "list concerns", "list:people", people=seen)
    return render_template(
        "desk/concerns.html",
        found=found,
        lines=_mash(),
        send_hours=SEND_WITHIN // timedelta(hours=1),
        answer_days=ANSWER_DAYS,
        now=act.at,
    )


@bp.get("/people/<ref>/concerns")
@permits(Doing.SAFEGUARD)
def of_person(ref: str) -> ResponseReturnValue:
    """Show somebody's concerns, and whether they may be under 18."""
    return _page(this_act(), ref, {}, {})


@bp.post("/people/<ref>/concerns")
@permits(Doing.SAFEGUARD)
def add(ref: str) -> ResponseReturnValue:
    """Write down a concern."""
    act = this_act()
    open_person(act, ref)
    try:
        asked = load(ConcernForm)
        once(act, this_form(), lambda: {"id": safeguarding.raise_concern(act, person=ref, **asked)})
    except Invalid as refusal:
        return _page(act, ref, request.form, refusal.errors), 422
    return redirect(url_for("concerns.of_person", ref=ref), code=303)


@bp.post("/people/<ref>/concerns/under-18")
@permits(Doing.SAFEGUARD)
def under_18(ref: str) -> ResponseReturnValue:
    """Mark that somebody may be under 18, in one tap."""
    act = this_act()
    once(act, this_form(), lambda: {"ref": safeguarding.mark_perhaps_child(act, ref).ref})
    return redirect(url_for("concerns.of_person", ref=ref), code=303)


@bp.post("/people/<ref>/concerns/not-under-18")
@permits(Doing.SAFEGUARD)
def not_under_18(ref: str) -> ResponseReturnValue:
    """Take that mark back, with a reason."""
    act = this_act()
    open_person(act, ref)
    try:
        asked = load(ReasonForm)
        with transaction():
            safeguarding.not_a_child(act, ref, **asked)
    except Invalid as refusal:
        return _page(act, ref, request.form, refusal.errors), 422
    return redirect(url_for("concerns.of_person", ref=ref), code=303)


@bp.post(f"{CONCERN}/step")
@permits(Doing.SAFEGUARD)
def step(ident: int) -> ResponseReturnValue:
    """Write down what happened to a concern."""
    act = this_act()
    residents = care.residents(act)
    found = standing.concern(act, ident, residents)
    if found is None:
        raise Absent
    try:
        asked = load(StepForm)
        what, detail = ConcernStep(asked["what"]), asked["detail"]
        once(
            act,
            this_form(),
            lambda: {"id": safeguarding.step(act, ident, what, detail, residents).id},
        )
    except Invalid as refusal:
        faults = {f"{name}-{ident}": told for name, told in refusal.errors.items()}
        return _page(act, found.person_ref, {}, faults), 422
    return redirect(url_for("concerns.of_person", ref=found.person_ref), code=303)


def _page(act: Act, ref: str, typed: Mapping[str, Any], errors: Mapping[str, Sequence[str]]) -> str:
    person = open_person(act, ref)
    with transaction():
        audit.record(act, "view person", f"person:{person.ref}")
    stop = stopped(person, london(act.at).date())
    return render_template(
        "desk/person_concerns.html",
        person=person,
        stop=stop,
        standing=_live(act, person) if stop else [],
        found=standing.of_person(act, person.id, care.residents(act)),
        kinds={one.value: one.value.capitalize() for one in ConcernKind},
        lines=_mash(),
        typed=typed,
        errors=errors,
        now=act.at,
    )


def _live(act: Act, person: PersonFacts) -> list[PlacementFacts]:
    """Return what stands for somebody all the same, as far as whoever looks may see it."""
    found: Iterable[PlacementFacts] = beds.placements_of(person.id)
    return [one for one in found if one.status_at(act.at) in LIVE and may_see(act, one)]


def _mash() -> list[Line]:
    """Return whom a concern is sent to."""
    return [line for line in public_lines() if line.code in MASH.values()]
