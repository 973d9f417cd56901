"""Measures over JSON."""

from typing import Any

from pathway.openapi import ApiBlueprint
from pathway.reports import shown
from pathway.reports.rules import Asked
from pathway.reports.schemas import (
    FrameworkShown,
    OccupancyShown,
    PeriodAsked,
    SleepingShown,
    UnmetShown,
)
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

blp = ApiBlueprint("reports_api", __name__, url_prefix="/api/v1", description="Measures")


@blp.route("/measures/occupancy", methods=["GET"])
@permits(Doing.SEE_OCCUPANCY)
@blp.arguments(PeriodAsked, location="query")
@blp.response(200, OccupancyShown)
def occupancy(asked: Asked) -> Any:
    """Return how full sites were, by site and month."""
    return shown.occupancy(this_act(), asked)


@blp.route("/measures/rough-sleeping", methods=["GET"])
@permits(Doing.SEE_SLEEPING)
@blp.arguments(PeriodAsked, location="query")
@blp.response(200, SleepingShown)
def rough_sleeping(asked: Asked) -> Any:
    """Return how many people slept rough: new, seen last year as well, back after a gap."""
    return shown.rough_sleeping(this_act(), asked)


@blp.route("/measures/framework", methods=["GET"])
@permits(Doing.SEE_FRAMEWORK)
@blp.arguments(PeriodAsked, location="query")
@blp.response(200, FrameworkShown)
def framework(asked: Asked) -> Any:
    """Return the month figures of the national framework."""
    return shown.framework(this_act(), asked)


@blp.route("/measures/unmet", methods=["GET"])
@permits(Doing.SEE_UNMET)
@blp.arguments(PeriodAsked, location="query")
@blp.response(200, UnmetShown)
def unmet(asked: Asked) -> Any:
    """Return how many people there was no bed for, by night, and whether one appeared."""
    return shown.turned_from_beds(this_act(), asked)
