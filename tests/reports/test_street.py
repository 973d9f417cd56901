"""Who slept rough: the database beside a plain reading, who may see it, and who is behind it."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from pathway.acts import Act
from pathway.assessments.models import Leaving
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.outreach.classify import flags, group_in
from pathway.outreach.models import Contact
from pathway.people import actions as people
from pathway.people.models import Person
from pathway.reports import street
from pathway.reports.continents import continent
from pathway.reports.framework import FLAGS
from pathway.reports.rules import Asked, Period, last_twelve_months, last_year, nights_by
from pathway.sites import queries as sites
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests import factories
from tests.conftest import Ask
from tests.factories import a_person

NOW = datetime(2026, 1, 10, 1, 30, tzinfo=UTC)
YEAR = Period(date(2024, 4, 1), date(2025, 3, 31))
ALL = scope(Act(NOW, None, "x", frozenset({"manager"})), Doing.SEE_SLEEPING)
NOBODYS = scope(Act(NOW, None, "x", frozenset({"outreach"})), Doing.SEE_SLEEPING)
ASKED = "from=2024-04-01&to=2025-03-31"


def seen(person_id: int, night: date, **more: Any) -> None:
    at = datetime(night.year, night.month, night.day, 23, tzinfo=UTC)
    told = {"kind": "bedded_down", "at": at, "recorded_at": at} | more
    db.session.execute(insert(Contact).values(person_id=person_id, night=night, **told))


def of(period: Period = YEAR, reach: Any = ALL) -> dict[str, int]:
    found = street.sleeping(period, NOW, reach)
    groups = {one.value: count for one, count in found.groups.items()}
    return groups | {"hidden": len(found.hidden), "unnamed": found.unnamed}


def test_the_database_answers_as_a_plain_reading_of_the_rules(store: Flask) -> None:
    rng = random.Random(6)
    days = (date(2025, 12, 31) - date(2017, 1, 1)).days
    with transaction():
        ids = [a_person().id for _ in range(40)]
        histories = {
            ident: sorted(
                {
                    date(2017, 1, 1) + timedelta(days=rng.randrange(days))
                    for _ in range(rng.randrange(1, 14))
                }
            )
            for ident in ids
        }
        left = {ident: date(2024, 1, 1) + timedelta(days=rng.randrange(400)) for ident in ids}
        for ident, nights in histories.items():
            for night in [*nights, nights[0]]:
                seen(ident, night)
            seen(ident, date(2024, 5, 5), struck_at=NOW)
            seen(ident, date(2024, 6, 6), kind="about_to_bed_down")
            facts = {"institution": "prison", "left_on": left[ident], "at": NOW}
            db.session.execute(insert(Leaving).values(person_id=ident, **facts))
    for period in (
        YEAR,
        Period(date(2024, 7, 9), date(2024, 11, 2)),
        Period(date(2019, 2, 1), date(2025, 2, 1)),
    ):
        found = {one.person_id: one.group for one in street.sleeping(period, NOW, ALL).sleepers}
        wanted = {
            who: group_in(nights, period.first, period.last) for who, nights in histories.items()
        }
        assert found == {who: group for who, group in wanted.items() if group}
    for month in street.framework(YEAR, NOW):
        told = {who: flags(nights, month.month, [left[who]]) for who, nights in histories.items()}
        there = {who: one for who, one in told.items() if one}
        assert sorted(month.behind["people"]) == sorted(there)
        for name in list(FLAGS)[1:]:
            assert sorted(month.behind[name]) == sorted(
                w for w, f in there.items() if getattr(f, name)
            )
        assert {n: c for n, c in month.nights.items() if c} == Counter(
            f.band for f in there.values()
        )


def test_hidden_people_are_told_apart_and_descriptions_are_counted_among_all(store: Flask) -> None:
    with transaction():
        both, hidden, struck = (a_person().id for _ in range(3))
        unnamed = people.add_unnamed(factories.an_act(), "Red sleeping bag").id
        for who in (both, hidden):
            seen(who, date(2024, 5, 1), kind="not_bedded_down", hidden="bus")
        seen(struck, date(2024, 5, 1), kind="not_bedded_down", hidden="bus", struck_at=NOW)
        seen(both, date(2024, 5, 2))
        seen(unnamed, date(2024, 5, 2))
    assert of() == {"flow": 2, "stock": 0, "returner": 0, "hidden": 1, "unnamed": 1}
    assert of(Period(date(2024, 5, 1), date(2024, 5, 1)))["hidden"] == 2


def test_a_team_counts_whom_it_met_on_the_street_by_everybodys_records(store: Flask) -> None:
    with transaction():
        mine, theirs, inside = (a_person().id for _ in range(3))
        codes = sites.organisation_ids()
        seen(mine, date(2024, 5, 1), organisation_id=codes["rts"])
        seen(mine, date(2023, 5, 1), organisation_id=codes["cgl"])
        seen(theirs, date(2024, 5, 1), organisation_id=codes["cgl"])
        hub = factories.a_site().id
        seen(inside, date(2024, 5, 1), organisation_id=codes["rts"], site_id=hub)
        act = Act(NOW, 1, "x", frozenset({"outreach"}), organisation_id=codes["rts"])
    team = of(reach=scope(act, Doing.SEE_SLEEPING))
    assert (team["flow"], team["stock"]) == (0, 1)
    assert not any(of(reach=NOBODYS).values())


@pytest.fixture
def spring(app: Flask) -> list[str]:
    """Two people seen last spring, one of whose records is closed; one was seen before."""
    with app.app_context(), transaction():
        new, old = a_person(gender="woman", nationality="PL"), a_person(given_name="Ash")
        for who in (new, old):
            seen(who.id, date(2024, 5, 1))
        seen(old.id, date(2023, 5, 1))
        closed = update(Person).where(Person.id == old.id).values(restricted_at=NOW)
        db.session.execute(closed)
        return [new.ref, old.ref]


@pytest.mark.usefixtures("spring")
def test_a_program_gets_the_numbers_and_their_shares(as_role: Ask) -> None:
    manager = as_role(Role.MANAGER)
    told = manager.get(f"/api/v1/measures/rough-sleeping?{ASKED}").get_json()
    assert [told[name] for name in ("people", "flow", "stock", "returner")] == [2, 1, 1, 0]
    assert told["shares"]["flow"] == {"numerator": 1, "denominator": 2, "percent": 50.0}
    assert told["by_nationality"] == {"PL": 1, "not_known": 1}
    assert told["by_gender"]["woman"] == told["by_continent"]["europe"] == 1
    assert told["continent_shares"]["europe"]["percent"] == 100.0
    nobody = manager.get("/api/v1/measures/rough-sleeping?from=2030-04-01&to=2031-03-31").get_json()
    assert nobody["shares"]["flow"]["percent"] is None
    months = manager.get(f"/api/v1/measures/framework?{ASKED}").get_json()["months"]
    assert [one["month"] for one in months][:2] == ["2024-04", "2024-05"]
    assert months[1]["new"] == months[1]["returner"] == 1
    assert months[1]["nights"] == {"1": 2, "2": 0, "3-5": 0, "6-10": 0, "10+": 0}
    by_then = manager.get(f"/api/v1/measures/rough-sleeping?{ASKED}&as_of=2024-05-01").get_json()
    assert by_then["people"] == 0
    assert manager.get("/api/v1/measures/framework?from=2024-04-01").status_code == 422


def test_a_number_opens_into_the_people_behind_it_and_leaves_a_line(
    app: Flask, signed_in: Ask, spring: list[str]
) -> None:
    manager = signed_in(Role.MANAGER)
    page = manager.get(f"/measures/rough-sleeping?{ASKED}").text
    assert "Seen last year as well" in page
    assert "31 March" in page
    seen_by_all = manager.get(f"/measures/rough-sleeping/people?{ASKED}").text
    assert spring[0] in seen_by_all
    assert spring[1] not in seen_by_all
    assert "And 1 who cannot be listed to you" in seen_by_all
    women = manager.get(f"/measures/rough-sleeping/people?{ASKED}&gender=woman&group=flow").text
    assert "1 person" in women
    month = "month=2024-05-01&number=nights-1"
    assert "2 people" in manager.get(f"/measures/framework/people?{month}").text
    assert manager.get("/measures/rough-sleeping/people?group=nobody").status_code == 422
    assert manager.get("/measures/framework/people?number=nobody").status_code == 422
    with app.app_context():
        lines = select(AuditEntry.detail).where(AuditEntry.what == "show people of a figure")
        told = db.session.scalars(lines.order_by(AuditEntry.id)).all()
    assert [one["refs"] for one in told if one] == [[spring[0]]] * 3


@pytest.mark.usefixtures("spring")
def test_files_hold_the_same_and_bad_periods_are_refused(signed_in: Ask) -> None:
    manager = signed_in(Role.MANAGER)
    lines = manager.get(f"/measures/rough-sleeping.csv?{ASKED}").text.splitlines()
    assert lines[:3] == ["what,which,people,percent", "people,,2,", "group,flow,1,50.0"]
    months = manager.get(f"/measures/framework.csv?{ASKED}").text.splitlines()
    assert months[2] == "2024-05,2,1,0,1,0,2,0,0,0,0"
    for name in ("rough-sleeping", "rough-sleeping.csv", "framework", "framework.csv"):
        assert manager.get(f"/measures/{name}?from=2024-04-01").status_code == 422


def test_unsaid_it_is_the_last_whole_year_by_its_night() -> None:
    assert last_year(datetime(2024, 4, 1, 1, tzinfo=UTC)).last == date(2023, 3, 31)
    assert last_year(datetime(2024, 4, 1, 11, tzinfo=UTC)).last == date(2024, 3, 31)
    whole = last_twelve_months(datetime(2024, 3, 1, 12, tzinfo=UTC))
    assert whole == Period(date(2023, 3, 1), date(2024, 2, 29))


def test_as_of_a_day_means_the_nights_that_were_over_at_its_noon() -> None:
    _, until = Asked(YEAR, date(2024, 5, 2)).at(NOW)
    assert nights_by(YEAR, until).last == date(2024, 5, 1)


def test_every_nationality_is_somewhere() -> None:
    assert [continent(code) for code in ("GB", "BR", "JP", "FJ", "ZZ")] == [
        "united_kingdom",
        "americas",
        "asia",
        "oceania",
        "other",
    ]
