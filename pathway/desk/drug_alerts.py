"""The page of drug alerts: what is up, put up another, take one down."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.nights import london
from pathway.outreach import alerts
from pathway.outreach.alert_schemas import AlertForm
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("drug_alerts", __name__)


@bp.get("/drug-alerts")
@permits(Doing.SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show the alerts, newest first."""
    return _page({}, {})


@bp.post("/drug-alerts")
@permits(Doing.WARN_OF_DRUGS)
def put_up() -> ResponseReturnValue:
    """Put up an alert."""
    act = this_act()
    try:
        asked = load(AlertForm)
        once(act, this_form(), lambda: {"id": alerts.put_up(act, **asked)})
    except Invalid as refusal:
        return _page(request.form, refusal.errors), 422
    return redirect(url_for("drug_alerts.show"), code=303)


@bp.post(f"/drug-alerts/<int(max={LARGEST_ID}):ident>/take-down")
@permits(Doing.WARN_OF_DRUGS)
def take_down(ident: int) -> ResponseReturnValue:
    """Take an alert down."""
    with transaction():
        alerts.take_down(this_act(), ident)
    return redirect(url_for("drug_alerts.show"), code=303)


def _page(typed: Mapping[str, Any], errors: Mapping[str, Sequence[str]]) -> str:
    today = london(this_act().at).date()
    return render_template(
        "desk/drug_alerts.html",
        alerts=alerts.listed(),
        typed=typed,
        errors=errors,
        today=today,
        most=alerts.MOST_DAYS,
    )
