"""Handing a shift over: what it met, and what beds know of the same people."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.beds import lately
from pathway.db import transaction
from pathway.errors import Absent, Refused
from pathway.fields import LARGEST_ID
from pathway.nights import london
from pathway.outreach import promises, shifts
from pathway.outreach import shift_queries as queries
from pathway.outreach.handover import EXPECTED_NIGHTS, Handover, handover
from pathway.outreach.shift_rules import ShiftFacts
from pathway.outreach.shift_schemas import HandoverForm
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("handover", __name__)

_ONE = f"/shifts/<int(max={LARGEST_ID}):shift>/handover"


@bp.get(_ONE)
@permits(Doing.RUN_SHIFT)
def show(shift: int) -> ResponseReturnValue:
    """Show what this shift tells the next, to read or to print."""
    return _page(_shift(shift), "", {})


@bp.post(_ONE)
@permits(Doing.RUN_SHIFT)
def sign(shift: int) -> ResponseReturnValue:
    """Sign it, with the words of the team."""
    typed = request.form.get("words", "").strip()
    try:
        asked = HandoverForm(unknown=EXCLUDE).load({"words": typed} if typed else {})
        with transaction():
            shifts.hand_over(this_act(), shift, **asked)
    except ValidationError as fault:
        return _page(_shift(shift), typed, fault.messages_dict), 422
    except Refused as refusal:
        if refusal.denial:
            raise
        return _page(_shift(shift), typed, {"words": [refusal.detail]}), refusal.status
    return redirect(url_for("handover.show", shift=shift), code=303)


def told(act: Act, one: ShiftFacts) -> Handover:
    """Return what a shift tells, as far as whoever acts may see it."""
    met, before = queries.contacts_on(act, one), queries.sightings(act, one)
    ids = {each.person_id for each in met} | {each.person_id for each in before}
    members = [ident for ident, _ in one.out]
    beds = lately.placed(act, ids, by=members, since=one.starts_at, until=one.ends_at)
    return handover(
        met,
        before,
        beds,
        promises.of_shift(act, one),
        spots={spot.id for spot in one.spots},
        tonight=queries.met_on(act, one.night),
    )


def _shift(ident: int) -> ShiftFacts:
    one = queries.shift(ident)
    if one is None:
        raise Absent
    return one


def _page(one: ShiftFacts, typed: str, errors: dict[str, Any]) -> str:
    act = this_act()
    page = told(act, one)
    with transaction():
        audit.record(act, "view handover", f"shift:{one.id}", people=page.refs)
    return render_template(
        "outreach/handover.html",
        shift=one,
        told=page,
        expected_nights=EXPECTED_NIGHTS,
        mine=one.organisation_id == act.organisation_id,
        typed=typed,
        errors=errors,
        today=london(act.at).date(),
        now=act.at,
    )
