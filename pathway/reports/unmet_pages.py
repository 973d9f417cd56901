"""Whom there was no bed for, as a page and a file, and the people behind each number."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.beds.needed import NEEDS
from pathway.nights import day
from pathway.reports import turned_away
from pathway.reports.asking import Behind, asked, listed, saved, typed
from pathway.reports.rules import last_nights
from pathway.reports.schemas import AwayBehindAsked
from pathway.reports.shown import UNMET
from pathway.reports.unmet import NUMBERS, OUTCOMES
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("unmet", __name__)


@bp.get("/measures/unmet")
@permits(Doing.SEE_UNMET)
def show() -> ResponseReturnValue:
    """Show how many people there was no bed for, by night."""
    try:
        period = asked()
    except ValidationError as fault:
        return _page(None, fault.messages_dict), 422
    return _page(UNMET.answer(this_act(), period), {})


@bp.get("/measures/unmet.csv")
@permits(Doing.SEE_UNMET)
def save() -> ResponseReturnValue:
    """Return the same as a file."""
    try:
        period = asked()
    except ValidationError as fault:
        return _page(None, fault.messages_dict), 422
    act = this_act()
    return saved(act, UNMET, UNMET.answer(act, period))


@bp.get("/measures/unmet/people")
@permits(Doing.SEE_UNMET)
def people() -> ResponseReturnValue:
    """Show the people behind one number."""
    act = this_act()
    try:
        nights = asked()
        which = AwayBehindAsked(unknown=EXCLUDE).load(typed(("number", "night", "page")))
    except ValidationError as fault:
        return _page(None, fault.messages_dict), 422
    period, judged = nights.at(act.at, last_nights)
    number, night = which["number"], which["night"]
    idents = turned_away.unmet(act, period, judged).of(number, night)
    words = [NUMBERS[number], *([day(night)] if night else [])]
    more = {"number": number} | ({"night": str(night)} if night else {})
    behind = Behind(UNMET, idents, words, period, more, idents)
    return listed(act, behind, which["page"], "unmet.show")


def _page(told: Mapping[str, Any] | None, errors: Mapping[str, Any]) -> str:
    said = typed()
    if told is not None:
        said |= {"from": str(told["first"]), "to": str(told["last"])}
    return render_template(
        "reports/unmet.html",
        told=told,
        typed=said,
        errors=errors,
        outcomes=OUTCOMES,
        needs=NEEDS,
    )
