"""Measures as pages, and as files."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.csvexport import written
from pathway.db import transaction
from pathway.reports import queries, shown
from pathway.reports.rules import DEFINITION, SOURCE, Asked, Period, SiteNights
from pathway.reports.schemas import PeriodAsked
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("reports", __name__)


@bp.get("/measures/occupancy")
@permits(Doing.SEE_OCCUPANCY)
def occupancy() -> ResponseReturnValue:
    """Show how full sites were, by site and month."""
    try:
        period, found = _found()
    except ValidationError as fault:
        return _page(None, [], fault.messages_dict), 422
    return _page(period, found, {})


@bp.get("/measures/occupancy.csv")
@permits(Doing.SEE_OCCUPANCY)
def occupancy_file() -> ResponseReturnValue:
    """Return the same as a file."""
    try:
        period, found = _found()
    except ValidationError as fault:
        return _page(None, [], fault.messages_dict), 422
    with transaction():
        told = {"from": str(period.first), "to": str(period.last)}
        audit.record(this_act(), "export occupancy", "measure:occupancy", told)
    rows = shown.OCCUPANCY.rows(shown.of_sites(period, found))
    answer = Response(written(shown.OCCUPANCY.columns, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="occupancy.csv"'
    return answer


def _found() -> tuple[Period, list[SiteNights]]:
    act = this_act()
    asked: Asked = PeriodAsked(unknown=EXCLUDE).load(_typed())
    period, judged = asked.at(act.at)
    return period, queries.occupancy(period, judged, scope(act, Doing.SEE_OCCUPANCY))


def _typed() -> dict[str, str]:
    values = {name: request.args.get(name, "").strip() for name in ("from", "to")}
    return {name: value for name, value in values.items() if value}


def _page(period: Period | None, found: list[SiteNights], errors: dict[str, Any]) -> str:
    typed = _typed()
    if period is not None:
        typed = {"from": str(period.first), "to": str(period.last)}
    return render_template(
        "reports/occupancy.html",
        period=period,
        found=found,
        typed=typed,
        errors=errors,
        definition=DEFINITION,
        source=SOURCE,
    )
