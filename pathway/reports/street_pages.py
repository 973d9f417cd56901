"""The measures of rough sleeping as pages and files, and the people behind each number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.csvexport import written
from pathway.db import transaction
from pathway.outreach.classify import month_ends
from pathway.people import behind as people
from pathway.reports import sleeping, street
from pathway.reports.continents import WORDS
from pathway.reports.framework import BANDS, FLAGS, NUMBERS
from pathway.reports.rules import Asked, Period, last_twelve_months, last_year
from pathway.reports.schemas import BehindAsked, PeriodAsked
from pathway.reports.shown import FRAMEWORK, ROUGH_SLEEPING, Measure
from pathway.reports.sleeping import BREAKDOWNS, GENDERS, GROUPS, HIDDEN
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("measures", __name__)

PERIOD = ("from", "to", "as_of")

AT_ONCE = 50
"""How many people a page lists (ours)."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The people behind one number: who they are, what it is, and which nights it counts."""

    measure: Measure
    idents: Sequence[int]
    words: Sequence[str]
    period: Period
    more: dict[str, str]
    within: Period


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
        asked, behind = _asked(), _behind()
    except ValidationError as fault:
        return _page(ROUGH_SLEEPING, None, fault.messages_dict), 422
    period, judged = asked.at(act.at, last_year)
    found = street.sleeping(period, judged, scope(act, Doing.SEE_SLEEPING))
    facets = behind["facets"]
    return _people(
        act,
        Behind(
            ROUGH_SLEEPING,
            found.of(behind["group"], facets),
            [GROUPS[behind["group"]], *(_word(name, of) for name, of in facets.items())],
            period,
            {"group": behind["group"]} | facets,
            period,
        ),
        behind["page"],
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
        asked, behind = _asked(), _behind()
    except ValidationError as fault:
        return _page(FRAMEWORK, None, fault.messages_dict), 422
    unsaid, judged = asked.at(act.at, last_twelve_months)
    begins = behind["month"] or unsaid.last
    found = street.framework(Period(begins, begins), judged)[0]
    number = behind["number"]
    return _people(
        act,
        Behind(
            FRAMEWORK,
            sorted(found.behind[number]),
            [NUMBERS[number], f"{found.month:%B %Y}"],
            unsaid,
            {"number": number, "month": str(found.month)},
            Period(found.month, month_ends(found.month)),
        ),
        behind["page"],
    )


def _typed(names: tuple[str, ...] = PERIOD) -> dict[str, str]:
    values = {name: request.args.get(name, "").strip() for name in names}
    return {name: value for name, value in values.items() if value}


def _asked() -> Asked:
    asked: Asked = PeriodAsked(unknown=EXCLUDE).load(_typed())
    return asked


def _behind() -> dict[str, Any]:
    names = ("group", "number", "month", "page", *BREAKDOWNS)
    behind: dict[str, Any] = BehindAsked(unknown=EXCLUDE).load(_typed(names))
    return behind


def _word(name: str, code: str) -> str:
    """Return one kind of a division in words; a nationality stays a code."""
    words = {"gender": GENDERS, "continent": WORDS}.get(name, WORDS)
    return words.get(code, code)


def _shown(measure: Measure) -> ResponseReturnValue:
    try:
        asked = _asked()
    except ValidationError as fault:
        return _page(measure, None, fault.messages_dict), 422
    return _page(measure, measure.answer(this_act(), asked), {})


def _file(measure: Measure) -> ResponseReturnValue:
    try:
        asked = _asked()
    except ValidationError as fault:
        return _page(measure, None, fault.messages_dict), 422
    act = this_act()
    told = measure.answer(act, asked)
    with transaction():
        period = {"from": str(told["first"]), "to": str(told["last"])}
        audit.record(act, f"export {measure.name}", f"measure:{measure.name}", period)
    answer = Response(written(measure.columns, measure.rows(told)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{measure.name}.csv"'
    return answer


def _page(measure: Measure, told: dict[str, Any] | None, errors: Mapping[str, Any]) -> str:
    typed = _typed()
    if told is not None:
        typed |= {"from": str(told["first"]), "to": str(told["last"])}
    return render_template(
        f"reports/{measure.name.replace('-', '_')}.html",
        measure=measure,
        told=told,
        typed=typed,
        errors=errors,
        groups=GROUPS,
        flags=FLAGS,
        bands=BANDS,
        word=_word,
        own_team=None if scope(this_act(), Doing.SEE_SLEEPING).everywhere else sleeping.OWN_TEAM,
    )


def _people(act: Act, behind: Behind, page: int) -> str:
    """List a page of people, and leave a line that says who was on it."""
    met = street.seen_of(act, behind.within, hidden=behind.more.get("group") == HIDDEN)
    seen = people.told(act, [ident for ident in behind.idents if ident in met])
    start = (page - 1) * AT_ONCE
    found = people.listed(act, seen[start : start + AT_ONCE])
    period = {"from": str(behind.period.first), "to": str(behind.period.last)}
    name = behind.measure.name
    with transaction():
        refs = [one.ref for one in found]
        told = period | behind.more
        audit.record(act, "show people of a figure", f"measure:{name}", told, people=refs)
    typed = _typed() | period
    more, here = len(seen) > start + AT_ONCE, str(request.endpoint)
    return render_template(
        "reports/people.html",
        behind=behind,
        found=found,
        closed=len(behind.idents) - len(seen),
        start=start,
        after=_address(here, typed | behind.more | {"page": str(page + 1)}) if more else None,
        back=_address(f"measures.{name.replace('-', '_')}", typed),
    )


def _address(endpoint: str, values: Mapping[str, Any]) -> str:
    return url_for(endpoint, **values)
