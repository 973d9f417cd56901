"""Pages of shifts: planning one, and ticking off where it has been."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.fields import LARGEST_ID, loaded
from pathway.idempotency import once
from pathway.nights import night_of
from pathway.outreach import shift_queries as queries
from pathway.outreach import shifts
from pathway.outreach.shift_rules import NIGHTS_AHEAD, USUAL_FROM, USUAL_TO, SpotOnShift, span_of
from pathway.outreach.shift_schemas import ShiftForm
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("shifts", __name__)

NIGHTS_BACK = 7
"""How many nights that are over the page still shows (ours)."""

_ONE = f"/shifts/<int(max={LARGEST_ID}):shift>"
_SPOT = f"{_ONE}/spots/<int(max={LARGEST_ID}):spot>"

Typed = Mapping[str, Any]


@bp.get("/shifts")
@permits(Doing.RUN_SHIFT)
def show_all() -> ResponseReturnValue:
    """Show who is out tonight and on the nights to come."""
    return _page({}, {})


@bp.post("/shifts")
@permits(Doing.RUN_SHIFT)
def plan() -> ResponseReturnValue:
    """Plan a shift."""
    act = this_act()
    try:
        told = _told()
        made = once(act, this_form(), lambda: {"id": shifts.plan(act, **told).id})
    except Invalid as refusal:
        return _page(_typed(), refusal.errors), 422
    return redirect(url_for("shifts.show", shift=made["id"]), code=303)


@bp.get(_ONE)
@permits(Doing.RUN_SHIFT)
def show(shift: int) -> ResponseReturnValue:
    """Show one shift: what was handed over before it, its spots, who is out, whom it met."""
    act = this_act()
    one = queries.shift(shift)
    if one is None:
        raise Absent
    before, met = queries.handed_over_before(one), queries.contacts_on(act, one)
    with transaction():
        audit.record(act, "view shift", f"shift:{shift}", people=[each.person_ref for each in met])
    return render_template(
        "outreach/shift.html",
        shift=one,
        before=before,
        contacts=met,
        mine=one.organisation_id == act.organisation_id,
        out=one.has(act.staff_id),
        now=act.at,
    )


@bp.post(f"{_ONE}/join")
@permits(Doing.RUN_SHIFT)
def join(shift: int) -> ResponseReturnValue:
    """Be out on a shift."""
    with transaction():
        shifts.join(this_act(), shift)
    return redirect(url_for("shifts.show", shift=shift), code=303)


@bp.post(f"{_ONE}/leave")
@permits(Doing.RUN_SHIFT)
def leave(shift: int) -> ResponseReturnValue:
    """Be out on it no more."""
    with transaction():
        shifts.leave(this_act(), shift)
    return redirect(url_for("shifts.show", shift=shift), code=303)


@bp.post(f"{_SPOT}/been-there")
@permits(Doing.RUN_SHIFT)
def been_there(shift: int, spot: int) -> ResponseReturnValue:
    """Tick a spot off."""
    with transaction():
        shifts.been_there(this_act(), shift, spot)
    return redirect(url_for("shifts.show", shift=shift, _anchor="spots"), code=303)


@bp.post(f"{_SPOT}/not-been-there")
@permits(Doing.RUN_SHIFT)
def not_been_there(shift: int, spot: int) -> ResponseReturnValue:
    """Take the tick back."""
    with transaction():
        shifts.not_been_there(this_act(), shift, spot)
    return redirect(url_for("shifts.show", shift=shift, _anchor="spots"), code=303)


def _told() -> dict[str, Any]:
    """Return what the form plans, or refuse it by field."""
    given = {name: value for name, value in _typed().items() if value}
    told = loaded(ShiftForm, given)
    try:
        starts_at, ends_at = span_of(told["night"], told.pop("begins"), told.pop("ends"))
    except ValueError as problem:
        raise Invalid({"begins": [str(problem)]}) from None
    routes = set(told.pop("routes"))
    told["spots"] += [one.id for one in queries.spots_in_use() if one.route in routes]
    return told | {"starts_at": starts_at, "ends_at": ends_at}


def _typed() -> dict[str, Any]:
    form = request.form
    typed: dict[str, Any] = {
        name: form.get(name, "").strip() for name in ("name", "night", "begins", "ends")
    }
    return typed | {name: form.getlist(name) for name in ("staff", "spots", "routes")}


def _page(typed: Typed, errors: Mapping[str, Any]) -> str:
    act = this_act()
    tonight = night_of(act.at)
    found = queries.shifts(tonight - timedelta(days=NIGHTS_BACK), tonight + _AHEAD)
    spots = queries.spots_in_use()
    return render_template(
        "outreach/shifts.html",
        coming=[one for one in found if one.night >= tonight],
        past=[one for one in reversed(found) if one.night < tonight],
        colleagues={str(ident): name for ident, name in queries.colleagues(act).items()},
        routes={route: route for route in _routes(spots)},
        spots={str(one.id): one.name for one in spots},
        typed={**_usual(act, tonight), **typed},
        errors=errors,
        now=act.at,
    )


_AHEAD = timedelta(days=NIGHTS_AHEAD)


def _usual(act: Act, tonight: date) -> dict[str, Any]:
    """Return what the form says before anybody has typed."""
    usual: dict[str, Any] = {"name": "", "night": str(tonight), "staff": [str(act.staff_id)]}
    usual |= {"begins": f"{USUAL_FROM:%H:%M}", "ends": f"{USUAL_TO:%H:%M}"}
    return usual | {"spots": [], "routes": []}


def _routes(spots: Iterable[SpotOnShift]) -> list[str]:
    return list(dict.fromkeys(one.route for one in spots if one.route))
