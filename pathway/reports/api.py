"""Measures over JSON."""

from typing import Any

from pathway.openapi import ApiBlueprint
from pathway.reports import queries
from pathway.reports.rules import DEFINITION, SOURCE, Asked, BedNights, SiteNights
from pathway.reports.schemas import OccupancyShown, PeriodAsked
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

blp = ApiBlueprint("reports_api", __name__, url_prefix="/api/v1", description="Measures")


@blp.route("/measures/occupancy", methods=["GET"])
@permits(Doing.SEE_OCCUPANCY)
@blp.arguments(PeriodAsked, location="query")
@blp.response(200, OccupancyShown)
def occupancy(asked: Asked) -> Any:
    """Return how full sites were, by site and month."""
    act = this_act()
    period, judged = asked.at(act.at)
    found = queries.occupancy(period, judged, scope(act, Doing.SEE_OCCUPANCY))
    return {
        "first": period.first,
        "last": period.last,
        "sites": [_site(one) for one in found],
        "definition": DEFINITION,
        "source": SOURCE,
    }


def _site(one: SiteNights) -> dict[str, Any]:
    months = [{"month": month} | _nights(nights) for month, nights in one.by_month.items()]
    named = {"code": one.site.code, "name": one.site.name}
    return named | _nights(one.total) | {"by_month": months}


def _nights(nights: BedNights) -> dict[str, Any]:
    return {
        "bed_nights": nights.bed_nights,
        "occupied": nights.occupied,
        "over": nights.over,
        "void": nights.void,
        "turnaround": nights.turnaround,
        "percent": nights.percent,
    }
