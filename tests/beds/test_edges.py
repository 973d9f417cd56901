"""Edge cases that went wrong once, or nearly."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from pathway.acts import Act
from pathway.beds import actions, fit, queries
from pathway.db import transaction
from pathway.errors import Invalid, Refused
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import HUB, a_hold, a_person, an_act, at, later

URL = "/api/v1/placements"


@pytest.fixture
def acts(store: Flask) -> tuple[Act, Act]:
    with transaction():
        return an_act(), an_act(Role.HUB, HUB)


def test_a_revived_hold_is_not_dated_back_into_somebody_elses_stay(acts: tuple[Act, Act]) -> None:
    worker, door = acts
    with transaction():
        lapsed = a_hold(worker)
        bed = lapsed.bed_id
        other = actions.walk_in(at(door, later(minutes=50)), person=a_person().ref, bed=bed)
        actions.depart(at(door, later(minutes=80)), other.id, reason="x", destination="street")
    late = at(door, later(minutes=90))
    with pytest.raises(Invalid, match="not valid") as refusal, transaction():
        actions.check_in(late, lapsed.id, at=later(minutes=55))
    assert "taken then" in refusal.value.errors["at"][0]
    with transaction():
        assert actions.check_in(late, lapsed.id, at=later(minutes=80)).status == "in"


def test_a_person_is_not_revived_into_a_time_they_were_elsewhere(acts: tuple[Act, Act]) -> None:
    worker, door = acts
    with transaction():
        lapsed = a_hold(worker)
        there = an_act(Role.HUB, "st-giles")
        other = actions.walk_in(
            at(there, later(minutes=50)), person=lapsed.person.ref, site="st-giles"
        )
        actions.depart(at(there, later(minutes=80)), other.id, reason="x", destination="street")
    with pytest.raises(Refused, match="somewhere else in that time"), transaction():
        actions.check_in(at(door, later(minutes=90)), lapsed.id, at=later(minutes=79))


@pytest.mark.parametrize(("hours", "revives"), [(24, True), (25, False)])
def test_a_hold_that_lapsed_long_ago_is_not_revived(
    acts: tuple[Act, Act], hours: int, revives: bool
) -> None:
    worker, door = acts
    with transaction():
        lapsed = a_hold(worker)
    then = at(door, later(minutes=45) + timedelta(hours=hours))
    try:
        with transaction():
            came = actions.check_in(then, lapsed.id)
        assert revives
        assert came.status == "in"
    except Refused:
        assert not revives


def test_a_reason_that_was_not_needed_is_not_kept_as_the_leads(acts: tuple[Act, Act]) -> None:
    worker, _ = acts
    with transaction():
        placed = actions.hold(worker, person=a_person().ref, site=HUB, override="I say so")
    assert "override" not in queries.events_of(placed.id)[0]


@pytest.mark.parametrize(
    ("born", "on", "child"),
    [
        (date(2008, 1, 10), date(2026, 1, 9), True),
        (date(2008, 1, 10), date(2026, 1, 10), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (None, date(2026, 1, 9), False),
    ],
)
def test_somebody_is_a_child_until_the_eighteenth_birthday(
    born: date | None, on: date, child: bool
) -> None:
    assert fit.is_child(PersonFacts(1, "P", date_of_birth=born), on) is child


def test_a_child_is_held_nothing_and_the_way_to_go_is_told(acts: tuple[Act, Act]) -> None:
    worker, _ = acts
    with pytest.raises(Refused, match=r"under 18.*MASH"), transaction():
        actions.hold(worker, person=a_person(date_of_birth=date(2015, 1, 1)).ref, site=HUB)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_kind_is_never_thrown_away(as_role: Ask, kind: str | None) -> None:
    answer = as_role().post("/api/v1/people", data=b'{"given_name": "a"}', content_type=kind)
    assert answer.status_code == 415
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 50_000, b'{"minutes": ' + b"9" * 5_000 + b"}"]
)
def test_a_body_that_no_machine_can_hold_is_malformed(as_role: Ask, body: bytes) -> None:
    answer = as_role().post(URL, data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("ident", ["2147483648", "9223372036854775807"])
def test_an_id_beyond_the_databases_is_absent(as_role: Ask, ident: str) -> None:
    client = as_role()
    assert client.get(f"{URL}/{ident}").status_code == 404
    body: dict[str, Any] = {"person": "P-1", "bed": ident}
    assert client.post(URL, json=body).status_code == 422
    assert client.get(f"/api/v1/people?q=a&cursor={ident}").status_code == 422


def test_any_whole_number_may_be_counted(as_role: Ask) -> None:
    client = as_role(Role.HUB, HUB)
    for free in (100_000, -10_000):
        answer = client.post(f"/api/v1/sites/{HUB}/confirm", json={"free": free})
        assert answer.get_json()["discrepancy"] == free - 16


def test_the_document_is_the_same_each_time(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/api/v1/openapi.json").data == client.get("/api/v1/openapi.json").data
