"""What is done between a hold and a departure, on the pages of one placement."""

from datetime import timedelta

import pytest
from flask import Flask

from pathway.acts import now
from pathway.beds import actions
from pathway.db import transaction
from pathway.nights import london
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, a_hold, a_person, an_act


@pytest.fixture
def person(app: Flask) -> PersonFacts:
    with app.app_context(), transaction():
        return a_person(gender=Gender.WOMAN)


@pytest.fixture
def held(app: Flask, person: PersonFacts) -> str:
    """The page of a hold that another made at the hub."""
    with app.app_context(), transaction():
        return f"/placements/{a_hold(an_act(at=now()), person=person).id}"


@pytest.fixture
def inside(app: Flask, person: PersonFacts) -> str:
    """The page of somebody who came to the hub two hours ago."""
    with app.app_context(), transaction():
        act = an_act(Role.HUB, HUB, at=now() - timedelta(hours=2))
        return f"/placements/{actions.walk_in(act, person=person.ref, site=HUB).id}"


def typed(**ahead: int) -> str:
    """Return a time so far from now, in whole minutes as a form has them."""
    return (now() + timedelta(**ahead)).isoformat(timespec="minutes")


def test_a_hub_keeps_a_held_bed_until_a_time_and_changes_it(signed_in: Ask, held: str) -> None:
    client = signed_in(Role.HUB, HUB)
    assert "Keep it until a stated time" in client.get(held).get_data(as_text=True)
    late = submit(client, f"{held}/book", {"expected_at": typed(hours=-1)})
    assert late.status_code == 422
    assert "That time has passed." in late.get_data(as_text=True)
    for hours in (3, 4):
        answer = submit(client, f"{held}/book", {"expected_at": typed(hours=hours)})
        assert answer.headers["Location"] == f"/hub/{HUB}"
    shown = client.get(held).get_data(as_text=True)
    assert "in 4 hours" in shown
    assert "Change the expected time" in shown


def test_a_lead_records_a_placement_in_error_and_must_say_why(signed_in: Ask, inside: str) -> None:
    lead, hub = signed_in(Role.HUB_LEAD, HUB), signed_in(Role.HUB, HUB)
    assert "It was recorded in error" not in hub.get(inside).get_data(as_text=True)
    assert submit(lead, f"{inside}/error", {}).status_code == 422
    told = {"reason": "The wrong person was chosen"}
    assert submit(lead, f"{inside}/error", told).status_code == 303
    shown = lead.get(inside).get_data(as_text=True)
    assert "Recorded in error: it counts on no board." in shown
    assert told["reason"] in shown


def test_a_worker_takes_back_that_the_bed_was_given_back(
    signed_in: Ask, person: PersonFacts
) -> None:
    client = signed_in()
    fields = {"person": person.ref, "site": HUB}
    held = submit(client, "/placements", fields, page="/beds").headers["Location"]
    submit(client, f"{held}/release", {}, page=held)
    assert "Undo: bed given back" in client.get(held).get_data(as_text=True)
    submit(client, f"{held}/undo", {}, page=held)
    shown = client.get(held).get_data(as_text=True)
    assert "Held until" in shown
    assert "undone: released" in shown


def test_somebody_who_left_an_hour_ago_is_checked_out_for_then(signed_in: Ask, inside: str) -> None:
    client = signed_in(Role.HUB, HUB)
    told = {"reason": "Left", "destination": "family-or-friends", "at": typed(hours=-3)}
    answer = submit(client, f"{inside}/depart", told)
    assert answer.status_code == 422
    assert "That is before the arrival." in answer.get_data(as_text=True)
    told |= {"at": typed(hours=-1), "sheet": "F-17"}
    assert submit(client, f"{inside}/depart", told).status_code == 303
    shown = client.get(inside).get_data(as_text=True)
    assert f"{london(now() - timedelta(hours=1)):%H:%M}" in shown
    assert "Family or friends" in shown
    assert "paper sheet F-17" in shown


@pytest.mark.parametrize(("role", "asked"), [(Role.HUB, "ask a lead"), (Role.HUB_LEAD, "/death")])
def test_of_somebody_who_left_as_died_the_page_asks_for_the_record_of_it(
    signed_in: Ask, inside: str, role: Role, asked: str
) -> None:
    client = signed_in(role, HUB)
    answer = submit(client, f"{inside}/depart", {"reason": "Found at six", "destination": "died"})
    assert answer.headers["Location"] == inside
    shown = client.get(inside).get_data(as_text=True)
    assert "no death is recorded yet" in shown
    assert asked in shown


def test_a_move_offers_a_confidential_site_without_its_numbers(signed_in: Ask, inside: str) -> None:
    shown = signed_in(Role.HUB, HUB).get(f"{inside}/transfer").get_data(as_text=True)
    assert "Camden Respite Rooms, ring first" in shown
    assert "St Giles, 15 free" in shown


def test_the_board_leads_who_may_to_a_bed_for_a_caller_without_a_name(signed_in: Ask) -> None:
    link = 'href="/callers/new"'
    assert link in signed_in(Role.HUB, HUB).get("/beds").get_data(as_text=True)
    assert link not in signed_in().get("/beds").get_data(as_text=True)


def test_somebody_who_came_ten_minutes_ago_is_checked_in_for_then(
    app: Flask, signed_in: Ask, person: PersonFacts
) -> None:
    with app.app_context(), transaction():
        made = a_hold(an_act(at=now() - timedelta(minutes=30)), person=person)
    hub, page = signed_in(Role.HUB, HUB), f"/placements/{made.id}"
    early = submit(hub, f"{page}/check-in", {"at": typed(minutes=-40)}, page)
    assert early.status_code == 422
    assert "before the hold was made" in early.get_data(as_text=True)
    then = now() - timedelta(minutes=10)
    assert submit(hub, f"{page}/check-in", {"at": typed(minutes=-10)}, page).status_code == 303
    assert f"Since {london(then):%H:%M}" in hub.get(page).get_data(as_text=True)
