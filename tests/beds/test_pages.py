"""Placements through pages: forms, refusals, scope."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pathway.acts import now
from pathway.db import transaction
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, a_hold, a_person, an_act


@pytest.fixture
def person(app: Flask) -> str:
    with app.app_context(), transaction():
        return a_person(gender=Gender.MAN).ref


def hold(client: FlaskClient, person: str, site: str = HUB, key: str = "k") -> str:
    """Hold through the form; return the address of the placement's page."""
    fields = {"person": person, "site": site, "idempotency_key": key}
    answer = submit(client, "/placements", fields, page="/beds")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_double_tap_leads_to_the_same_placement(signed_in: Ask, person: str) -> None:
    client = signed_in()
    assert hold(client, person) == hold(client, person)


def test_every_button_carries_a_fresh_key(signed_in: Ask, person: str) -> None:
    html = signed_in().get(f"/people/{person}/bed").get_data(as_text=True)
    keys = re.findall(r'name="idempotency_key" value="(\w+)"', html)
    assert len(keys) > 1
    assert len(set(keys)) == len(keys)


def test_a_refusal_offers_what_is_free_and_fits(signed_in: Ask, person: str) -> None:
    answer = submit(
        signed_in(), "/placements", {"person": person, "site": "respite-rooms"}, page="/beds"
    )
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Camden Respite Rooms is for women only." in html
    assert html.count("Hold a bed here instead") == 4
    assert f'value="{person}"' in html


def test_minutes_that_make_no_sense_are_refused_in_words(signed_in: Ask, person: str) -> None:
    client = signed_in()
    page = hold(client, person)
    answer = submit(client, f"{page}/extend", {"minutes": "many"}, page=page)
    assert answer.status_code == 422
    assert "Write a whole number." in answer.get_data(as_text=True)


def test_a_released_hold_says_so_on_its_page(signed_in: Ask, person: str) -> None:
    client = signed_in()
    page = hold(client, person)
    submit(client, f"{page}/release", {}, page=page)
    html = client.get(page).get_data(as_text=True)
    assert "Released." in html
    assert "Give the bed back" not in html


def test_a_worker_sees_no_check_in_button(signed_in: Ask, person: str) -> None:
    client = signed_in()
    assert "/check-in" not in client.get(hold(client, person)).get_data(as_text=True)


def test_another_hubs_page_and_placements_are_absent(app: Flask, signed_in: Ask) -> None:
    with app.app_context(), transaction():
        ident = a_hold(an_act(at=now()), "st-giles").id
    client = signed_in(Role.HUB, HUB)
    for path in ("/hub/st-giles", "/hub/nowhere", f"/placements/{ident}"):
        assert client.get(path).status_code == 404
    depart = client.get(f"/placements/{ident}/depart")
    assert depart.status_code == 404


def test_a_person_page_shows_only_placements_in_scope(app: Flask, signed_in: Ask) -> None:
    with app.app_context(), transaction():
        person = a_person(gender=Gender.WOMAN)
        a_hold(an_act(at=now()), "respite-rooms", person)
    for client in (signed_in(), signed_in(Role.HUB, HUB), signed_in(Role.MANAGER)):
        for path in (f"/people/{person.ref}", f"/people/{person.ref}/bed"):
            assert "Respite Rooms, bed" not in client.get(path).get_data(as_text=True)
    own = signed_in(Role.HUB, "respite-rooms").get(f"/people/{person.ref}")
    assert "Camden Respite Rooms, bed 1" in own.get_data(as_text=True)


def test_somebody_placed_elsewhere_is_refused_alike_for_all_who_may_not_know(
    app: Flask, signed_in: Ask
) -> None:
    with app.app_context(), transaction():
        person = a_person(gender=Gender.WOMAN)
        a_hold(an_act(at=now()), "respite-rooms", person)
    html = signed_in().get(f"/people/{person.ref}/bed").get_data(as_text=True)
    assert "Already placed. Ring the duty manager." in html


@pytest.mark.parametrize("role", [Role.MANAGER, Role.TREATMENT])
def test_who_may_hold_nothing_is_not_told_that_somebody_is_placed(
    app: Flask, signed_in: Ask, role: Role
) -> None:
    """Who sees every other placement would know where the person must be."""
    with app.app_context(), transaction():
        person = a_person(gender=Gender.WOMAN)
        a_hold(an_act(at=now()), "respite-rooms", person)
    html = signed_in(role).get(f"/people/{person.ref}/bed").get_data(as_text=True)
    assert "Already placed" not in html


def test_check_out_asks_again_for_what_is_missing(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        person = a_person().ref
    fields = {"person": person, "site": HUB, "walk_in": "yes"}
    page = submit(client, "/placements", fields, page="/beds").headers["Location"]
    answer = submit(client, f"{page}/depart", {"reason": "Went home"}, page=page)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose where they go." in html
    assert 'value="Went home"' in html
    submit(client, f"{page}/depart", {"reason": "Went home", "destination": "prs"}, page=page)
    assert "Left at" in client.get(page).get_data(as_text=True)


def test_a_hub_confirms_its_count_and_sees_it(signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    submit(client, f"/sites/{HUB}/confirm", {"free": "15"}, page=f"/hub/{HUB}")
    assert "The count was last confirmed at" in client.get(f"/hub/{HUB}").get_data(as_text=True)
    assert "The hub confirmed its count at" in client.get("/beds").get_data(as_text=True)


def test_a_hub_page_that_is_opened_again_has_the_servers_time(signed_in: Ask) -> None:
    answer = signed_in(Role.HUB, HUB).get(f"/hub/{HUB}")
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_hub_page_that_looks_again_is_a_304(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    poll = {"X-Poll": "yes"}
    tag = {"If-None-Match": client.get(f"/hub/{HUB}", headers=poll).headers["ETag"], **poll}
    assert client.get(f"/hub/{HUB}", headers=tag).status_code == 304
    with app.app_context(), transaction():
        a_hold(an_act(at=now()))
    assert client.get(f"/hub/{HUB}", headers=tag).status_code == 200


def test_the_first_page_depends_on_what_one_does(app: Flask, signed_in: Ask) -> None:
    assert app.test_client().get("/").headers["Location"] == "/sign-in"
    assert signed_in().get("/").headers["Location"] == "/beds"
    assert signed_in(Role.HUB, HUB).get("/").headers["Location"] == f"/hub/{HUB}"
    assert signed_in(Role.ADMIN).get("/").headers["Location"] == "/beds"


def test_everyone_finds_someone_to_ring(app: Flask, signed_in: Ask) -> None:
    for client in (app.test_client(), signed_in()):
        html = client.get("/help").get_data(as_text=True)
        assert "020 7846 3535" in html
        assert "0808 168 9291" in html
