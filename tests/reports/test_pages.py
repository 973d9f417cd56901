"""How full sites were, over JSON, on a page and as a file, for those who may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from pathway.beds import actions, board
from pathway.db import transaction
from pathway.people.rules import PersonFacts
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import Ask
from tests.factories import HUB, a_person, a_site, an_act

NIGHT = datetime(2025, 12, 9, 22, tzinfo=UTC)
ASKED = "/api/v1/measures/occupancy?from=2025-12-09&to=2025-12-11"


@pytest.fixture
def december(app: Flask) -> PersonFacts:
    """Two nights of somebody at the hub and at the confidential site, and one bed out of use."""
    with app.app_context(), transaction():
        for code in (HUB, "respite-rooms"):
            act = an_act(Role.HUB, code, at=NIGHT)
            person = a_person(gender=Gender.WOMAN)
            inside = actions.walk_in(act, person=person.ref, site=code)
            actions.void(act, board.beds_of(a_site(code), NIGHT)[-1].id, reason="Wet")
            later = factories.at(act, NIGHT + timedelta(hours=30, minutes=30))
            actions.depart(later, inside.id, reason="x", destination="prs")
        return person


def told(client: Any, asked: str = ASKED) -> dict[str, Any]:
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    return {one["code"]: one for one in answer.get_json()["sites"]}


@pytest.mark.usefixtures("december")
def test_bed_nights_are_counted_by_site_and_month(as_role: Ask) -> None:
    hub = told(as_role(Role.HUB_LEAD, HUB))[HUB]
    wanted = {"bed_nights": 48, "occupied": 2, "over": 0, "void": 3, "turnaround": 0}
    assert wanted.items() <= hub.items()
    assert hub["percent"] == 4.2
    assert [month["month"] for month in hub["by_month"]] == ["2025-12"]
    body = as_role(Role.MANAGER).get(ASKED).get_json()
    assert "04:00" in body["definition"]
    assert body["source"]
    assert (body["from"], body["to"]) == ("2025-12-09", "2025-12-11")


@pytest.mark.usefixtures("december")
def test_a_confidential_site_is_there_only_for_its_own_staff(as_role: Ask, signed_in: Ask) -> None:
    for role, sites, seen in (
        (Role.MANAGER, (), False),
        (Role.SWEP_COORDINATOR, (), False),
        (Role.HUB, (HUB,), False),
        (Role.HUB, ("respite-rooms",), True),
    ):
        assert ("respite-rooms" in told(as_role(role, *sites))) == seen, role
    page = signed_in(Role.MANAGER).get("/measures/occupancy?from=2025-12-09&to=2025-12-11")
    assert "St Giles" in page.text
    assert "Respite" not in page.text


@pytest.mark.usefixtures("december")
def test_the_file_has_a_row_for_each_site_and_month(signed_in: Ask) -> None:
    lead = signed_in(Role.HUB_LEAD, HUB)
    answer = lead.get("/measures/occupancy.csv?from=2025-12-09&to=2025-12-11")
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[1:] == ["165-hub,2025-12,48,2,0,3,0,4.2"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_nights_to_come_are_no_empty_beds(as_role: Ask, signed_in: Ask) -> None:
    period = "?from=2190-01-01&to=2190-02-01"
    assert told(as_role(Role.MANAGER), "/api/v1/measures/occupancy" + period) == {}
    page = signed_in(Role.MANAGER).get("/measures/occupancy" + period)
    assert "none of them is over yet" in page.text


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("period", "field"),
    [
        ("from=2025-12-11&to=2025-12-09", "to"),
        ("from=2025-12-11", "to"),
        ("from=1000-01-01&to=2025-12-09", "from"),
        ("from=2000-01-01&to=2025-12-09", "to"),
        ("from=31/02/2025&to=2025-12-09", "from"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_by_field(
    as_role: Ask, signed_in: Ask, period: str, field: str
) -> None:
    answer = as_role(Role.MANAGER).get(f"/api/v1/measures/occupancy?{period}")
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    for name in ("occupancy", "occupancy.csv"):
        assert signed_in(Role.MANAGER).get(f"/measures/{name}?{period}").status_code == 422


def test_a_departure_that_was_undone_leaves_no_bed_unready(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Site).where(Site.code == HUB).values(turnaround=True))
        lead = an_act(Role.HUB_LEAD, HUB, at=NIGHT)
        inside = actions.walk_in(lead, person=a_person().ref, site=HUB)
        actions.depart(lead, inside.id, reason="x", destination="prs")
        actions.undo(lead, inside.id)
        actions.strike(lead, inside.id, reason="Never here")
    assert told(as_role(Role.HUB, HUB))[HUB]["turnaround"] == 0
