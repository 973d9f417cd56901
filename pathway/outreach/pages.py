"""The page of the street where a night's work begins, and the page of saved spots."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID, filled, loaded
from pathway.idempotency import once
from pathway.nights import night_of
from pathway.outreach import queries, spots
from pathway.outreach.schemas import SpotForm
from pathway.people import queries as people
from pathway.people.sought import asked_for, sealed, sought
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

bp = Blueprint("street", __name__)

FOUND_AT_ONCE = 10
"""How many people a search on the street shows (ours)."""

SHOWN_AT_ONCE = 100
"""How many of tonight's contacts the page shows (ours)."""


@bp.get("/street")
@permits(Doing.SEE_CONTACTS)
def tonight() -> ResponseReturnValue:
    """Show whom one's team met tonight, and look up whom one meets now."""
    act = this_act()
    typed = sought(act)
    found = people.search(act, typed, limit=FOUND_AT_ONCE + 1) if typed else []
    mine = queries.of_my_team(act, night_of(act.at), limit=SHOWN_AT_ONCE)
    records = may(act.roles, Doing.RECORD)
    with transaction():
        refs = [one.ref for one in found] + [one.person_ref for one in mine]
        audit.record(act, "view street", "list:contacts", people=refs)
    if len(found) == 1 and records:
        return redirect(url_for("contact.of_person", ref=found[0].ref), code=303)
    return render_template(
        "outreach/street.html",
        typed=typed,
        sealed=sealed(act, typed),
        found=found[:FOUND_AT_ONCE],
        more=len(found) > FOUND_AT_ONCE,
        contacts=mine,
        night=night_of(act.at),
        records=records,
        describes=scope(act, Doing.RECORD).everywhere,
        now=act.at,
    )


@bp.post("/street")
@permits(Doing.SEE_CONTACTS)
def look() -> ResponseReturnValue:
    """Look for what was typed, without its standing in the address."""
    words = sealed(this_act(), asked_for())
    return redirect(url_for("street.tonight", sought=words), code=303)


@bp.get("/spots")
@permits(Doing.RUN_SHIFT)
def all_spots() -> ResponseReturnValue:
    """Show the saved spots."""
    return _spots_page({}, {})


@bp.post("/spots")
@permits(Doing.RUN_SHIFT)
def add_spot() -> ResponseReturnValue:
    """Save a spot."""
    act = this_act()
    try:
        asked = loaded(SpotForm, filled(request.form))
        once(act, this_form(), lambda: {"id": spots.add(act, **asked).id})
    except Invalid as fault:
        return _spots_page(request.form, fault.errors), 422
    return redirect(url_for("street.all_spots"), code=303)


@bp.post(f"/spots/<int(max={LARGEST_ID}):ident>/end")
@permits(Doing.RUN_SHIFT)
def end_spot(ident: int) -> ResponseReturnValue:
    """Take a spot off the lists."""
    act: Act = this_act()
    with transaction():
        spots.end(act, ident)
    return redirect(url_for("street.all_spots"), code=303)


def _spots_page(typed: Mapping[str, str], errors: Mapping[str, Any]) -> str:
    return render_template(
        "outreach/spots.html",
        spots=queries.spots(),
        ended=queries.spots(ended=True),
        typed=typed,
        errors=errors,
    )
