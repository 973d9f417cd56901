"""The page of how long each kind of record is kept, and what goes within a month."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.privacy import limits
from pathway.privacy.retention import FIXED, Kind
from pathway.privacy.schemas import LimitForm
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("retention", __name__)


@bp.get("/retention")
@permits(Doing.SET_RETENTION)
def show() -> ResponseReturnValue:
    """Show what is kept for how long, and how much goes within a month."""
    return _page(this_act(), None, {})


@bp.post("/retention/<kind>")
@permits(Doing.SET_RETENTION)
def save(kind: str) -> ResponseReturnValue:
    """Change for how long one kind is kept."""
    act = this_act()
    if kind not in set(Kind):
        raise Absent
    try:
        asked = load(LimitForm)
        with transaction():
            limits.set_limit(act, Kind(kind), **asked)
    except Invalid as refusal:
        faults = {f"{name.split('-')[0]}-{kind}": told for name, told in refusal.errors.items()}
        return _page(act, kind, faults), 422
    return redirect(url_for("retention.show"), code=303)


def _page(act: Act, wrong: str | None, errors: Mapping[str, Sequence[str]]) -> str:
    return render_template(
        "privacy/retention.html",
        kinds=limits.in_force(),
        to_go=limits.to_go(act.at),
        ahead=limits.LOOK_AHEAD.days,
        fixed=FIXED,
        wrong=wrong,
        typed=request.form,
        errors=errors,
    )
