"""What a measure answers, and the same as rows: for programs, files and the command line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pathway.acts import Act
from pathway.outreach.classify import BAND_NAMES, Group
from pathway.reports import framework as months
from pathway.reports import queries, sleeping, street, turned_away, unmet
from pathway.reports.framework import FLAGS, Month
from pathway.reports.rules import (
    DEFINITION,
    SOURCE,
    Asked,
    BedNights,
    Period,
    Ratio,
    SiteNights,
    last_nights,
    last_twelve_months,
    last_year,
)
from pathway.reports.sleeping import BREAKDOWNS, OWN_TEAM, Sleeping
from pathway.reports.unmet import Unmet
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

Told = dict[str, Any]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its name, how it is answered, and what it is as a table."""

    name: str
    title: str
    answer: Callable[[Act, Asked], Told]
    columns: tuple[str, ...]
    rows: Callable[[Told], Iterable[Row]]


def occupancy(act: Act, asked: Asked) -> Told:
    """Return how full sites were, by site and month."""
    period, judged = asked.at(act.at)
    return of_sites(period, queries.occupancy(period, judged, scope(act, Doing.SEE_OCCUPANCY)))


def of_sites(period: Period, found: Iterable[SiteNights]) -> Told:
    """Return how full these sites were."""
    return _of(period) | {
        "sites": [_site(one) for one in found],
        "definition": DEFINITION,
        "source": SOURCE,
    }


def rough_sleeping(act: Act, asked: Asked) -> Told:
    """Return how many people slept rough."""
    period, judged = asked.at(act.at, last_year)
    reach = scope(act, Doing.SEE_SLEEPING)
    return of_people(period, street.sleeping(period, judged, reach), whole=reach.everywhere)


def of_people(period: Period, found: Sleeping, *, whole: bool) -> Told:
    """Return how many people these are; ``whole`` is everybody's, else one team's."""
    return (
        _of(period)
        | {"people": found.people}
        | {one.value: count for one, count in found.groups.items()}
        | {"hidden": len(found.hidden), "unnamed": found.unnamed}
        | {"shares": _ratios(found.shares)}
        | {f"by_{name}": found.by(name) for name in BREAKDOWNS}
        | {"continent_shares": _ratios(found.continent_shares)}
        | {
            "definition": sleeping.DEFINITION if whole else f"{sleeping.DEFINITION} {OWN_TEAM}",
            "source": sleeping.SOURCE,
        }
    )


def framework(act: Act, asked: Asked) -> Told:
    """Return the month figures of the national framework."""
    period, judged = asked.at(act.at, last_twelve_months)
    return of_months(period, street.framework(period, judged))


def of_months(period: Period, found: Iterable[Month]) -> Told:
    """Return these months."""
    return _of(period) | {
        "months": [_month(one) for one in found],
        "definition": months.DEFINITION,
        "source": months.SOURCE,
    }


def turned_from_beds(act: Act, asked: Asked) -> Told:
    """Return how many people there was no bed for, by night."""
    period, judged = asked.at(act.at, last_nights)
    return of_nights(period, turned_away.unmet(act, period, judged))


def of_nights(period: Period, found: Unmet) -> Told:
    """Return these nights, and what they add up to; a person counts once for each night."""
    return (
        _of(period)
        | {"nights": [_night(night, count) for night, count in found.by_night.items()]}
        | {"turned_away": found.times(unmet.PEOPLE), "people": len(found.of(unmet.PEOPLE))}
        | {name: found.times(name) for name in (unmet.MET, unmet.NOT_MET, unmet.PENDING)}
        | {"met": _ratio(found.met), "by_need": found.needs}
        | {"definition": unmet.DEFINITION, "source": unmet.SOURCE}
    )


def _night(night: date, count: Mapping[str, int]) -> Told:
    return {"night": night} | {name: count.get(name, 0) for name in unmet.OUTCOMES}


def _of(period: Period) -> Told:
    return {"first": period.first, "last": period.last}


def _month(one: Month) -> Told:
    counts = {name: one.count(name) for name in FLAGS}
    return {"month": f"{one.month:%Y-%m}"} | counts | {"nights": one.nights}


def _ratios(ratios: Mapping[str, Ratio]) -> dict[str, Told]:
    return {name: _ratio(one) for name, one in ratios.items()}


def _ratio(one: Ratio) -> Told:
    return {"numerator": one.numerator, "denominator": one.denominator, "percent": one.percent}


def _site(one: SiteNights) -> Told:
    by_month = [{"month": month} | _nights(nights) for month, nights in one.by_month.items()]
    named = {"code": one.site.code, "name": one.site.name}
    return named | _nights(one.total) | {"by_month": by_month}


def _nights(nights: BedNights) -> Told:
    return {
        "bed_nights": nights.bed_nights,
        "occupied": nights.occupied,
        "over": nights.over,
        "void": nights.void,
        "turnaround": nights.turnaround,
        "percent": nights.percent,
    }


_NIGHTS = ("bed_nights", "occupied", "over", "void", "turnaround", "percent")


def _site_rows(told: Told) -> Iterable[Row]:
    for site in told["sites"]:
        for month in site["by_month"]:
            yield (site["code"], month["month"], *(_cell(month[name]) for name in _NIGHTS))


def _people_rows(told: Told) -> Iterable[Row]:
    yield "people", "", told["people"], ""
    for one in Group:
        yield "group", one.value, told[one], _cell(told["shares"][one]["percent"])
    yield "apart", "hidden", told["hidden"], ""
    yield "of them", "unnamed", told["unnamed"], ""
    for name in BREAKDOWNS:
        shares = told["continent_shares"] if name == "continent" else {}
        for code, count in told[f"by_{name}"].items():
            yield name, code, count, _cell(shares.get(code, {}).get("percent"))


def _month_rows(told: Told) -> Iterable[Row]:
    for one in told["months"]:
        yield (one["month"], *(one[name] for name in FLAGS), *one["nights"].values())


def _night_rows(told: Told) -> Iterable[Row]:
    for one in told["nights"]:
        yield ("night", str(one["night"]), *(one[name] for name in unmet.OUTCOMES))
    yield ("all", "", *(told[name] for name in ("turned_away", *list(unmet.OUTCOMES)[1:])))
    for name, times in told["by_need"].items():
        yield "need", name, times, "", "", ""


def _cell(value: object) -> object:
    return "" if value is None else value


_BANDS = tuple(f"nights {name.replace('-', ' to ')}" for name in BAND_NAMES)

OCCUPANCY = Measure(
    "occupancy", "How full sites were", occupancy, ("site", "month", *_NIGHTS), _site_rows
)
ROUGH_SLEEPING = Measure(
    "rough-sleeping",
    "People sleeping rough",
    rough_sleeping,
    ("what", "which", "people", "percent"),
    _people_rows,
)
FRAMEWORK = Measure(
    "framework",
    "Month by month, by the national framework",
    framework,
    ("month", *FLAGS, *_BANDS),
    _month_rows,
)

UNMET = Measure(
    "unmet",
    "People there was no bed for",
    turned_from_beds,
    ("what", "which", *unmet.OUTCOMES),
    _night_rows,
)

MEASURES = {one.name: one for one in (ROUGH_SLEEPING, FRAMEWORK, OCCUPANCY, UNMET)}
"""Every measure, by its name."""
