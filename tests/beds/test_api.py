"""Placements over JSON: the shapes of the contract, scope, and bad input."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pathway.acts import now
from pathway.db import transaction
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import HUB, a_hold, a_person, an_act

URL = "/api/v1/placements"


@pytest.fixture
def person(app: Flask) -> str:
    with app.app_context(), transaction():
        return a_person(gender=Gender.MAN).ref


def hold(client: FlaskClient, person: str, **more: Any) -> Any:
    return client.post(URL, json={"person": person, "site": HUB, **more})


def test_a_hold_answers_with_the_placement(as_role: Ask, person: str) -> None:
    answer = hold(as_role(), person)
    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) >= {"id", "status", "bed", "site", "person", "expires_at"}
    assert (body["status"], body["site"], body["person"]) == ("held", HUB, person)


def test_the_whole_life_of_a_placement(as_role: Ask, person: str) -> None:
    worker, door = as_role(), as_role(Role.HUB, HUB)
    ident = hold(worker, person, minutes=20).get_json()["id"]
    longer = worker.post(f"{URL}/{ident}/extend", json={"minutes": 10})
    assert longer.status_code == 200
    assert door.post(f"{URL}/{ident}/check-in").get_json()["status"] == "in"
    left = door.post(f"{URL}/{ident}/depart", json={"reason": "Home", "destination": "prs"})
    assert (left.status_code, left.get_json()["status"]) == (200, "departed")
    shown = door.get(f"{URL}/{ident}").get_json()
    told = [event["what"] for event in shown["events"]]
    assert told == ["held", "extended", "checked_in", "departed"]
    assert {"at", "by", "what"} <= set(shown["events"][0])


def test_somebody_at_the_door_is_in_at_once(as_role: Ask, person: str) -> None:
    answer = hold(as_role(Role.HUB, HUB), person, walk_in=True)
    assert (answer.status_code, answer.get_json()["status"]) == (201, "in")


def test_an_outreach_worker_checks_nobody_in(as_role: Ask, person: str) -> None:
    worker = as_role()
    assert hold(worker, person, walk_in=True).status_code == 403
    ident = hold(worker, person).get_json()["id"]
    assert worker.post(f"{URL}/{ident}/check-in").status_code == 403


def test_a_refusal_is_problem_details_with_alternatives(as_role: Ask, person: str) -> None:
    answer = as_role().post(URL, json={"person": person, "site": "respite-rooms"})
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body["detail"] == "Camden Respite Rooms is for women only."
    assert {one["site"] for one in body["alternatives"]} == {
        HUB,
        "st-giles",
        "finchley-hub",
        "grays-inn-road",
    }


def test_another_sites_placement_answers_as_one_that_does_not_exist(
    app: Flask, as_role: Ask, person: str
) -> None:
    with app.app_context(), transaction():
        ident = a_hold(an_act(at=now()), "st-giles").id
    client = as_role(Role.HUB, HUB)
    for path in ("", "/check-in", "/extend", "/release", "/depart"):
        body: dict[str, Any] | None = {"minutes": 5} if path == "/extend" else None
        body = {"reason": "x", "destination": "prs"} if path == "/depart" else body
        method = client.post if path else client.get
        real, absent = (method(f"{URL}/{one}{path}", json=body) for one in (ident, 999_999))
        assert real.status_code == absent.status_code == 404, path
        assert real.get_json() == absent.get_json()


@pytest.mark.parametrize(
    ("role", "codes", "status"),
    [
        (Role.OUTREACH, (), 404),
        (Role.HUB, (HUB,), 200),
        (Role.HUB, ("st-giles",), 404),
        (Role.HUB_LEAD, (HUB,), 200),
        (Role.SWEP_COORDINATOR, (), 404),
        (Role.TREATMENT, (), 404),
        (Role.MANAGER, (), 200),
        (Role.ADMIN, (), 403),
    ],
)
def test_who_may_read_somebody_elses_hold(
    app: Flask, as_role: Ask, role: Role, codes: tuple[str, ...], status: int
) -> None:
    with app.app_context(), transaction():
        ident = a_hold(an_act(at=now())).id
    assert as_role(role, *codes).get(f"{URL}/{ident}").status_code == status


def test_a_manager_reads_nothing_of_a_confidential_site(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction():
        ident = a_hold(an_act(at=now()), "respite-rooms", a_person(gender=Gender.WOMAN)).id
    assert as_role(Role.MANAGER).get(f"{URL}/{ident}").status_code == 404


@pytest.mark.parametrize("role", [Role.TREATMENT, Role.MANAGER, Role.ADMIN])
def test_roles_that_hold_nothing_are_refused(as_role: Ask, person: str, role: Role) -> None:
    assert hold(as_role(role), person).status_code == 403


def test_nobody_is_let_in_without_a_token(app: Flask) -> None:
    client = app.test_client()
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}):
        answer = client.get("/api/v1/beds/tonight", headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_browsers_session_opens_no_api(signed_in: Ask) -> None:
    assert signed_in().get("/api/v1/beds/tonight").status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"surprise": 1}, "surprise"),
        ({"site": None}, "site"),
        ({"bed": "1"}, "site"),
        ({"minutes": 19}, "minutes"),
        ({"minutes": 121}, "minutes"),
        ({"minutes": "45"}, "minutes"),
        ({"minutes": True}, "minutes"),
        ({"minutes": 45.5}, "minutes"),
        ({"walk_in": "maybe"}, "walk_in"),
        ({"person": 7}, "person"),
        ({"person": "P-NOBODY"}, "person"),
        ({"person": "a\x00b"}, "person"),
        ({"person": "\ud800"}, "person"),
        ({"site": "nowhere"}, "site"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_held(
    as_role: Ask, person: str, change: dict[str, Any], field: str
) -> None:
    client = as_role()
    answer = (
        hold(client, person, **change)
        if "person" not in change
        else client.post(URL, json={"site": HUB, **change})
    )
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert {one["held"] for one in client.get("/api/v1/beds/tonight").get_json()["sites"]} == {0}


@pytest.mark.parametrize("data", [b"{", b"[1]", b'"x"', b"\xff", b"null", b"{}"])
def test_a_body_that_is_no_object_is_refused(as_role: Ask, data: bytes) -> None:
    answer = as_role().post(URL, data=data, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("ident", ["x", "-1", "0", "1.5", "99999999999999999999", "%00"])
def test_an_id_that_cannot_be_is_absent(as_role: Ask, ident: str) -> None:
    assert as_role().get(f"{URL}/{ident}").status_code == 404


def test_a_hub_confirms_its_own_count_and_any_whole_number_is_kept(as_role: Ask) -> None:
    client = as_role(Role.HUB, HUB)
    for free, difference in ((16, 0), (3, -13), (40, 24)):
        answer = client.post(f"/api/v1/sites/{HUB}/confirm", json={"free": free})
        assert answer.status_code == 200
        body = answer.get_json()
        assert (body["free"], body["discrepancy"]) == (16, difference)
    shown = client.get("/api/v1/beds/tonight").get_json()["sites"]
    assert [one["confirmed_at"] for one in shown if one["code"] == HUB] == [body["confirmed_at"]]
    assert client.post("/api/v1/sites/st-giles/confirm", json={"free": 1}).status_code == 404


def test_a_swep_coordinator_holds_anywhere_and_runs_no_hub(as_role: Ask, person: str) -> None:
    client = as_role(Role.SWEP_COORDINATOR)
    ident = hold(client, person).get_json()["id"]
    assert client.get(f"{URL}/{ident}").status_code == 200
    assert client.post(f"{URL}/{ident}/check-in").status_code == 404
    assert client.post(f"{URL}/{ident}/release").get_json()["status"] == "released"


def test_a_lead_holds_anywhere_and_runs_their_own(app: Flask, as_role: Ask, person: str) -> None:
    client = as_role(Role.HUB_LEAD, "st-giles")
    assert hold(client, person).status_code == 201
