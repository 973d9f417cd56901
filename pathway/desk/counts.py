"""The pages of a street count, from its areas to its figure.

They stand here because two who are one become one with what happens to their beds.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import callers
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.fields import LARGEST_ID
from pathway.idempotency import for_good, once
from pathway.nights import night_of
from pathway.outreach import count_queries, counts
from pathway.outreach.count_rules import CountFacts, changes, typed_areas
from pathway.outreach.count_schemas import (
    COUNTED,
    GENDERS,
    AreaForm,
    CountForm,
    EarlierForm,
    PairForm,
    SightingForm,
    UndoForm,
    WhyForm,
)
from pathway.people.sought import sealed, sought
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

bp = Blueprint("counts", __name__)

IDENT = f"int(max={LARGEST_ID})"

KEPT = "place"
"""What stays filled in from sighting to sighting: the next is often at the same place."""


@bp.get("/counts")
@permits(Doing.RUN_COUNT)
def every() -> ResponseReturnValue:
    """Show every count beside the one before it."""
    return _list_page({}, {})


@bp.post("/counts")
@permits(Doing.SIGN_COUNT)
def earlier() -> ResponseReturnValue:
    """Keep the figure of an earlier count."""
    act = this_act()
    try:
        asked = load(EarlierForm)
        _done(act, lambda: counts.enter_earlier(act, **asked))
    except Invalid as refusal:
        return _list_page(request.form.to_dict(), dict(refusal.errors)), 422
    except Refused as refusal:
        typed = request.form.to_dict()
        return _list_page(typed, {"name": [refusal.detail]}), refusal.status
    return redirect(url_for("counts.every"), code=303)


@bp.get("/counts/new")
@permits(Doing.RUN_COUNT)
def new() -> ResponseReturnValue:
    """Ask for a count's night, hours and areas."""
    return _new_page(this_act(), {}, {})


@bp.post("/counts/new")
@permits(Doing.RUN_COUNT)
def begin() -> ResponseReturnValue:
    """Open a count, then show it."""
    act = this_act()
    try:
        asked = load(CountForm)
        areas = typed_areas(asked.pop("areas"))
        ident = _done(act, lambda: counts.open_count(act, **asked, areas=areas))
    except Invalid as refusal:
        return _new_page(act, request.form.to_dict(), dict(refusal.errors)), 422
    return redirect(url_for("counts.show", ident=ident), code=303)


@bp.get(f"/counts/<{IDENT}:ident>")
@permits(Doing.RUN_COUNT)
def show(ident: int) -> ResponseReturnValue:
    """Show a count: its figure, its areas, whom it counts and who may be the same."""
    return _page(this_act(), ident, {})


@bp.post(f"/counts/<{IDENT}:ident>/areas")
@permits(Doing.RUN_COUNT)
def add(ident: int) -> ResponseReturnValue:
    """Add an area to a count."""
    act = this_act()
    return _changed(ident, "name", lambda: counts.add_area(act, ident, **load(AreaForm)))


@bp.get(f"/counts/<{IDENT}:ident>/areas/<{IDENT}:area>")
@permits(Doing.RUN_COUNT)
def area(ident: int, area: int) -> ResponseReturnValue:
    """Show who was met in one area, and a form for the next."""
    act = this_act()
    return _area_page(act, ident, area, {KEPT: sought(act)}, {})


@bp.post(f"/counts/<{IDENT}:ident>/areas/<{IDENT}:area>")
@permits(Doing.RUN_COUNT)
def sight(ident: int, area: int) -> ResponseReturnValue:
    """Write down who was met, then show the area again for the next."""
    act = this_act()
    typed = request.form.to_dict()

    def do() -> dict[str, Any]:
        told = counts.sight(act, ident, area, **load(SightingForm))
        return {"id": told.id, "ring": told.ring_duty}

    try:
        answer = once(act, for_good(this_form()), do)
    except Invalid as refusal:
        return _area_page(act, ident, area, typed, dict(refusal.errors)), 422
    kept, ring = sealed(act, typed.get(KEPT, "")), "yes" if answer["ring"] else None
    shown = url_for("counts.area", ident=ident, area=area, sought=kept, ring=ring)
    return redirect(shown, code=303)


@bp.post(f"/counts/<{IDENT}:ident>/areas/<{IDENT}:area>/undo")
@permits(Doing.RUN_COUNT)
def undo(ident: int, area: int) -> ResponseReturnValue:
    """Take back a sighting that was a slip."""
    act = this_act()
    try:
        contact = load(UndoForm)["contact"]
        _done(act, lambda: counts.take_back(act, ident, area, contact))
    except Invalid as refusal:
        return _area_page(act, ident, area, {}, dict(refusal.errors)), 422
    except (Absent, Forbidden):
        raise
    except Refused as refusal:
        return _area_page(act, ident, area, {}, {"kind": [refusal.detail]}), refusal.status
    return redirect(url_for("counts.area", ident=ident, area=area), code=303)


@bp.post(f"/counts/<{IDENT}:ident>/areas/<{IDENT}:area>/finish")
@permits(Doing.RUN_COUNT)
def finish(ident: int, area: int) -> ResponseReturnValue:
    """Say that a team is through with an area."""
    act = this_act()
    return _changed(ident, "areas", lambda: counts.finish(act, ident, area, finished=True))


@bp.post(f"/counts/<{IDENT}:ident>/areas/<{IDENT}:area>/go-on")
@permits(Doing.RUN_COUNT)
def go_on(ident: int, area: int) -> ResponseReturnValue:
    """Say that a team goes on in an area after all."""
    act = this_act()
    return _changed(ident, "areas", lambda: counts.finish(act, ident, area, finished=False))


@bp.post(f"/counts/<{IDENT}:ident>/same")
@permits(Doing.RUN_COUNT)
def same(ident: int) -> ResponseReturnValue:
    """Say that two people of a count are one: the record without a name becomes the other."""
    act = this_act()

    def make_one() -> None:
        counts.held(ident)
        callers.make_one(act, *counts.pair_of(act, ident, **load(PairForm)))

    return _changed(ident, "doubles", make_one)


@bp.post(f"/counts/<{IDENT}:ident>/apart")
@permits(Doing.RUN_COUNT)
def apart(ident: int) -> ResponseReturnValue:
    """Say that two people of a count are not the same."""
    act = this_act()
    return _changed(ident, "doubles", lambda: counts.keep_apart(act, ident, **load(PairForm)))


@bp.post(f"/counts/<{IDENT}:ident>/sign")
@permits(Doing.SIGN_COUNT)
def sign(ident: int) -> ResponseReturnValue:
    """Sign a count off: its figure is frozen."""
    act = this_act()
    return _changed(ident, "why", lambda: counts.sign_off(act, ident, **load(WhyForm)))


@bp.post(f"/counts/<{IDENT}:ident>/reopen")
@permits(Doing.SIGN_COUNT)
def reopen(ident: int) -> ResponseReturnValue:
    """Take a sign-off back."""
    act = this_act()
    return _changed(ident, "why", lambda: counts.reopen(act, ident, **{"why": "", **load(WhyForm)}))


def _done(act: Act, do: Any) -> int:
    """Do it once, however often the button was tapped; return the id of what was made."""

    def told() -> dict[str, Any]:
        made = do()
        return {"id": made if isinstance(made, int) else 0}

    return int(once(act, this_form(), told)["id"])


def _changed(ident: int, field: str, do: Any) -> ResponseReturnValue:
    """Change a count and show it again, or say at a field why not."""
    act = this_act()
    try:
        _done(act, do)
    except Invalid as refusal:
        told = [one for said in refusal.errors.values() for one in said]
        return _page(act, ident, {field: told}), refusal.status
    except (Absent, Forbidden):
        raise
    except Refused as refusal:
        return _page(act, ident, {field: [refusal.detail]}), refusal.status
    return redirect(url_for("counts.show", ident=ident), code=303)


def _known(ident: int) -> CountFacts:
    found = count_queries.count(ident)
    if found is None:
        raise Absent
    return found


def _list_page(typed: dict[str, str], errors: dict[str, Any]) -> str:
    act = this_act()
    found = count_queries.all_counts()
    figures = count_queries.figures(found)
    return render_template(
        "desk/counts.html",
        counts=found,
        figures=figures,
        changes=changes(found, figures),
        may_sign=may(act.roles, Doing.SIGN_COUNT),
        typed=typed,
        errors=errors,
    )


def _new_page(act: Act, typed: dict[str, str], errors: dict[str, Any]) -> str:
    tonight = night_of(act.at)
    return render_template("desk/count_new.html", tonight=tonight, typed=typed, errors=errors)


def _page(act: Act, ident: int, errors: dict[str, Any]) -> str:
    seen = count_queries.seen(act, _known(ident))
    shown = [*seen.inside, *seen.outside]
    with transaction():
        refs = [one.person_ref for one in shown]
        audit.record(act, "view count", f"count:{ident}", people=refs)
    return render_template(
        "desk/count.html",
        seen=seen,
        count=seen.count,
        names={one.person_id: one for one in shown},
        may_sign=may(act.roles, Doing.SIGN_COUNT),
        may_record=scope(act, Doing.RECORD).everywhere,
        typed=request.form,
        errors=errors,
    )


def _area_page(
    act: Act, ident: int, area: int, typed: dict[str, str], errors: dict[str, Any]
) -> str:
    count, where = _known(ident), counts.area_of(ident, area)
    met = count_queries.in_area(act, area)
    with transaction():
        refs = [one.person_ref for one in met]
        audit.record(act, "view count", f"count:{ident}", {"area": area}, people=refs)
    return render_template(
        "desk/count_area.html",
        count=count,
        area=where,
        met=met,
        kinds=COUNTED,
        genders=GENDERS,
        may_record=scope(act, Doing.RECORD).everywhere,
        ring="ring" in request.args,
        typed=typed,
        errors=errors,
    )
