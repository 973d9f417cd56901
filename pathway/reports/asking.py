"""What the pages of measures share: the period asked for, the file, the people behind a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from marshmallow import EXCLUDE

from pathway import audit
from pathway.acts import Act
from pathway.csvexport import written
from pathway.db import transaction
from pathway.people import behind as people
from pathway.reports.rules import Asked, Period
from pathway.reports.schemas import PeriodAsked
from pathway.reports.shown import Measure

PERIOD = ("from", "to", "as_of")

AT_ONCE = 50
"""How many people a page lists (ours)."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The people behind one number: who they are, what it is, and which nights it counts.

    ``told`` are those of them that whoever asks may be told to be behind it.
    """

    measure: Measure
    idents: Sequence[int]
    words: Sequence[str]
    period: Period
    more: dict[str, str]
    told: Sequence[int]


def typed(names: tuple[str, ...] = PERIOD) -> dict[str, str]:
    """Return what stands in the address under these names, without what is empty."""
    values = {name: request.args.get(name, "").strip() for name in names}
    return {name: value for name, value in values.items() if value}


def asked() -> Asked:
    """Return which nights are asked for.

    Raises:
        ValidationError: they make no sense.
    """
    period: Asked = PeriodAsked(unknown=EXCLUDE).load(typed())
    return period


def saved(act: Act, measure: Measure, told: Mapping[str, Any]) -> Response:
    """Return a measure as a file, and leave a line that says who took it."""
    with transaction():
        period = {"from": str(told["first"]), "to": str(told["last"])}
        audit.record(act, f"export {measure.name}", f"measure:{measure.name}", period)
    answer = Response(written(measure.columns, measure.rows(dict(told))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{measure.name}.csv"'
    return answer


def listed(act: Act, behind: Behind, page: int, back: str) -> str:
    """List a page of people, and leave a line that says who was on it."""
    seen = people.told(act, behind.told)
    start = (page - 1) * AT_ONCE
    found = people.listed(act, seen[start : start + AT_ONCE])
    period = {"from": str(behind.period.first), "to": str(behind.period.last)}
    with transaction():
        refs = [one.ref for one in found]
        told = period | behind.more
        subject = f"measure:{behind.measure.name}"
        audit.record(act, "show people of a figure", subject, told, people=refs)
    here = typed() | period
    more = len(seen) > start + AT_ONCE
    after = here | behind.more | {"page": str(page + 1)}
    return render_template(
        "reports/people.html",
        behind=behind,
        found=found,
        closed=len(behind.idents) - len(seen),
        start=start,
        after=_address(str(request.endpoint), after) if more else None,
        back=_address(back, here),
    )


def _address(endpoint: str, values: Mapping[str, Any]) -> str:
    return url_for(endpoint, **values)
