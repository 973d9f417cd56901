"""The page on which a lead says how many beds a site has, and closes it."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.beds import capacity
from pathway.beds.moves_schemas import CapacityForm
from pathway.beds.taps import load
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.idempotency import once
from pathway.nights import night_of
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("capacity", __name__)


@bp.get("/sites/<code>/beds")
@permits(Doing.SET_BEDS)
def show(code: str) -> ResponseReturnValue:
    """Show a site's statements by night."""
    act = this_act()
    return _page(act, _mine(act, code), {}, {})


@bp.post("/sites/<code>/beds")
@permits(Doing.SET_BEDS)
def state(code: str) -> ResponseReturnValue:
    """State how many beds there are from a night on, or close the site from then."""
    act = this_act()
    site = _mine(act, code)
    typed = request.form.to_dict()
    try:
        asked = load(CapacityForm)
        once(act, this_form(), lambda: _do(act, site, asked))
    except Invalid as refusal:
        return _page(act, site, typed, dict(refusal.errors)), 422
    except (Absent, Forbidden):
        raise
    except Refused as refusal:
        return _page(act, site, typed, {"from_night": [refusal.detail]}), refusal.status
    return redirect(url_for("capacity.show", code=code), code=303)


def _do(act: Act, site: SiteFacts, asked: dict[str, Any]) -> dict[str, Any]:
    if "beds" in asked:
        capacity.set_beds(act, site.code, beds=asked["beds"], from_night=asked["from_night"])
    else:
        capacity.close_site(act, site.code, from_night=asked["from_night"], reason=asked["reason"])
    return {}


def _mine(act: Act, code: str) -> SiteFacts:
    site = sites.site(code)
    if site is None or not scope(act, Doing.SET_BEDS).covers(site):
        raise Absent
    return site


def _page(act: Act, site: SiteFacts, typed: dict[str, str], errors: dict[str, Any]) -> str:
    return render_template(
        "beds/capacity.html",
        site=site,
        statements=capacity.statements(site),
        closing=capacity.closing(act, site),
        tonight=night_of(act.at),
        typed=typed,
        errors=errors,
    )
