"""The measures of rough sleeping as pages and files, and the people behind each number."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.acts import Act
from pathway.outreach.classify import month_ends
from pathway.reports import sleeping, street
from pathway.reports.asking import Behind, asked, listed, saved, typed
from pathway.reports.continents import WORDS
from pathway.reports.framework import BANDS, FLAGS, NUMBERS
from pathway.reports.rules import Period, last_twelve_months, last_year
from pathway.reports.schemas import BehindAsked
from pathway.reports.shown import FRAMEWORK, ROUGH_SLEEPING, Measure
from pathway.reports.sleeping import BREAKDOWNS, GENDERS, GROUPS, HIDDEN
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("measures", __name__)


@bp.get("/measures")
@permits(Doing.SIGNED_IN)
def show() -> ResponseReturnValue:
    """List the figures that one may see."""
    return render_template("reports/measures.html")


@bp.get("/measures/rough-sleeping")
@permits(Doing.SEE_SLEEPING)
def rough_sleeping() -> ResponseReturnValue:
    """Show how many people slept rough."""
    return _shown(ROUGH_SLEEPING)


@bp.get("/measures/rough-sleeping.csv")
@permits(Doing.SEE_SLEEPING)
def rough_sleeping_file() -> ResponseReturnValue:
    """Return the same as a file."""
    return _file(ROUGH_SLEEPING)


@bp.get("/measures/rough-sleeping/people")
@permits(Doing.SEE_SLEEPING)
def sleepers() -> ResponseReturnValue:
    """Show the people behind one number."""
    act = this_act()
    try:
        nights, behind = asked(), _behind()
    except ValidationError as fault:
        return _page(ROUGH_SLEEPING, None, fault.messages_dict), 422
    period, judged = nights.at(act.at, last_year)
    found = street.sleeping(period, judged, scope(act, Doing.SEE_SLEEPING))
    facets = behind["facets"]
    idents = found.of(behind["group"], facets)
    return listed(
        act,
        Behind(
            ROUGH_SLEEPING,
            idents,
            [GROUPS[behind["group"]], *(_word(name, of) for name, of in facets.items())],
            period,
            {"group": behind["group"]} | facets,
            _met(act, idents, period, hidden=behind["group"] == HIDDEN),
        ),
        behind["page"],
        "measures.rough_sleeping",
    )


@bp.get("/measures/framework")
@permits(Doing.SEE_FRAMEWORK)
def framework() -> ResponseReturnValue:
    """Show the month figures of the national framework."""
    return _shown(FRAMEWORK)


@bp.get("/measures/framework.csv")
@permits(Doing.SEE_FRAMEWORK)
def framework_file() -> ResponseReturnValue:
    """Return the same as a file."""
    return _file(FRAMEWORK)


@bp.get("/measures/framework/people")
@permits(Doing.SEE_FRAMEWORK)
def month() -> ResponseReturnValue:
    """Show the people behind one number of a month."""
    act = this_act()
    try:
        nights, behind = asked(), _behind()
    except ValidationError as fault:
        return _page(FRAMEWORK, None, fault.messages_dict), 422
    unsaid, judged = nights.at(act.at, last_twelve_months)
    begins = behind["month"] or unsaid.last
    found = street.framework(Period(begins, begins), judged)[0]
    number = behind["number"]
    idents = sorted(found.behind[number])
    return listed(
        act,
        Behind(
            FRAMEWORK,
            idents,
            [NUMBERS[number], f"{found.month:%B %Y}"],
            unsaid,
            {"number": number, "month": str(found.month)},
            _met(act, idents, Period(found.month, month_ends(found.month))),
        ),
        behind["page"],
        "measures.framework",
    )


def _behind() -> dict[str, Any]:
    names = ("group", "number", "month", "page", *BREAKDOWNS)
    behind: dict[str, Any] = BehindAsked(unknown=EXCLUDE).load(typed(names))
    return behind


def _word(name: str, code: str) -> str:
    """Return one kind of a division in words; a nationality stays a code."""
    words = {"gender": GENDERS, "continent": WORDS}.get(name, WORDS)
    return words.get(code, code)


def _shown(measure: Measure) -> ResponseReturnValue:
    try:
        period = asked()
    except ValidationError as fault:
        return _page(measure, None, fault.messages_dict), 422
    return _page(measure, measure.answer(this_act(), period), {})


def _file(measure: Measure) -> ResponseReturnValue:
    try:
        period = asked()
    except ValidationError as fault:
        return _page(measure, None, fault.messages_dict), 422
    act = this_act()
    return saved(act, measure, measure.answer(act, period))


def _page(measure: Measure, told: dict[str, Any] | None, errors: Mapping[str, Any]) -> str:
    said = typed()
    if told is not None:
        said |= {"from": str(told["first"]), "to": str(told["last"])}
    return render_template(
        f"reports/{measure.name.replace('-', '_')}.html",
        measure=measure,
        told=told,
        typed=said,
        errors=errors,
        groups=GROUPS,
        flags=FLAGS,
        bands=BANDS,
        word=_word,
        own_team=None if scope(this_act(), Doing.SEE_SLEEPING).everywhere else sleeping.OWN_TEAM,
    )


def _met(act: Act, idents: Sequence[int], within: Period, *, hidden: bool = False) -> list[int]:
    """Return whom of these whoever asks may be told to have been met in a period."""
    met = street.seen_of(act, within, hidden=hidden)
    return [ident for ident in idents if ident in met]
