"""The published history: known from how it is made, and found again by every way to ask."""

import json
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from pathway.acts import Act, now
from pathway.config import Settings
from pathway.db import db
from pathway.outreach.models import StreetCount
from pathway.people import behind
from pathway.published import COHORTS
from pathway.reports import street
from pathway.reports.rules import Period
from pathway.staff.doing import Doing
from pathway.staff.rules import scope
from pathway.web import create_app
from tests.conftest import SECRET
from tests.test_commands import Run, done, refused, run, run_at

__all__ = ["run", "run_at"]

YEAR = ("--from", "2023-04-01", "--to", "2024-03-31")
ASKED = "from=2023-04-01&to=2024-03-31"
WANTED = {"people": 903, "flow": 497, "stock": 253, "returner": 153}


def made(year: int) -> int:
    return sum(one.people for one in COHORTS if year in one.years)


def opens() -> None:
    """Check that each number of the year opens into exactly as many people."""
    act = Act(now(), None, "x", frozenset({"manager"}))
    period = Period(date(2023, 4, 1), date(2024, 3, 31))
    found = street.sleeping(period, act.at, scope(act, Doing.SEE_SLEEPING))
    for name, count in WANTED.items():
        assert len(behind.told(act, found.of(name, {}))) == count
    for facet in ("gender", "nationality", "continent"):
        for code, count in found.by(facet).items():
            assert len(found.of("people", {facet: code})) == count


def test_the_history_is_made_of_as_many_people_as_were_published() -> None:
    assert (made(2023), made(2022)) == (903, 719)
    both = sum(one.people for one in COHORTS if {2022, 2023} <= {*one.years})
    assert both == WANTED["stock"]
    assert sum(one.people for one in COHORTS if one.years == (2023,)) == WANTED["flow"]


def test_the_published_figures_come_from_records_and_open_into_people(
    run: Run, database_url: str
) -> None:
    assert "1,369 fictional people" in done(run("demo", "--published"))
    assert "There are people in this database" in refused(run("demo", "--published"))
    told = json.loads(done(run("report", "rough-sleeping", *YEAR, "--format", "json")))
    assert {name: told[name] for name in WANTED} == WANTED
    assert [round(told["shares"][one]["percent"]) for one in ("flow", "stock", "returner")] == [
        *(55, 28, 17),
    ]
    before = ("--from", "2022-04-01", "--to", "2023-03-31", "--format", "csv")
    assert "people,,719," in done(run("report", "rough-sleeping", *before))
    text = done(run("report", "rough-sleeping", *YEAR))
    assert re.search(r"flow +497 +55\.0", text)
    app = create_app(Settings(database_url=database_url, secret_key=SECRET))
    token = done(run("token", "manager@example.org")).strip()
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for name in ("rough-sleeping", "framework", "occupancy"):
        mine = json.loads(done(run("report", name, *YEAR, "--format", "json")))
        assert program.get(f"/api/v1/measures/{name}?{ASKED}").get_json() == mine
    with app.app_context():
        signed = StreetCount.counted.is_not(None)
        told = select(StreetCount.night, StreetCount.counted).where(signed)
        counts = dict(db.session.execute(told).all())
        assert set(counts.values()) == {64, 112}
        opens()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("report", "nothing"), 2),
        (("report", "framework", "--format", "xml"), 2),
        (("report", "framework", "--from", "2024-13-01", "--to", "2024-12-01"), 1),
        (("report", "framework", "--from", "2024-12-01"), 1),
        (("report", "occupancy", "--from", "2024-12-02", "--to", "2024-12-01"), 1),
    ],
)
def test_what_cannot_be_reported_is_refused_in_one_line(
    run: Run, arguments: tuple[Any, ...], code: int
) -> None:
    found = run(*arguments)
    assert found.exit_code == code
    assert code == 2 or len(found.stderr.strip().splitlines()) == 1
