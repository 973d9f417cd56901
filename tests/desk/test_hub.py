"""The hub's night through its pages: taps, undo, the roll, and nobody from another site."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from pathway.acts import Act, now
from pathway.beds import actions, callers, care, claims, words
from pathway.beds.models import Placement
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import db, transaction
from pathway.people.models import Person, PersonOpening
from pathway.sites.models import Site
from pathway.staff.doing import Role
from tests.conftest import Ask, look_up, submit
from tests.factories import HUB, a_person, a_site, an_act, at

PAGE = f"/hub/{HUB}"


@pytest.fixture
def door(app: Flask) -> Act:
    with app.app_context(), transaction():
        return an_act(Role.HUB_LEAD, HUB, at=now(), email="door@example.org")


def main(client: FlaskClient, path: str = PAGE) -> str:
    """Return the words of a page's main part."""
    html = client.get(path).get_data(as_text=True).split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def resident(app: Flask, door: Act, **facts: object) -> PlacementFacts:
    with app.app_context(), transaction():
        return actions.walk_in(door, person=a_person(**facts).ref, site=HUB)


def booked(app: Flask, door: Act, minutes: int, **facts: object) -> PlacementFacts:
    """Book somebody who is expected so many minutes from now, or was."""
    early = at(door, door.at - timedelta(hours=4))
    expected = door.at + timedelta(minutes=minutes)
    with app.app_context(), transaction():
        person = a_person(**facts)
        return claims.book(early, person=person.ref, site=HUB, expected_at=expected)


def status(app: Flask, ident: int) -> str:
    with app.app_context():
        return str(db.session.get_one(Placement, ident).status)


def change(
    app: Flask, table: type[Person | Site | Placement], ident: int, **values: object
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(table).where(table.id == ident).values(**values))


def test_arrivals_come_in_order_with_the_time_left(app: Flask, signed_in: Ask, door: Act) -> None:
    booked(app, door, 125, given_name="Later")
    booked(app, door, -25, given_name="Late")
    with app.app_context(), transaction():
        actions.hold(door, person=a_person(given_name="Held").ref, site=HUB)
    seen = main(signed_in(Role.HUB, HUB))
    assert seen.index(" Late ") < seen.index(" Held ") < seen.index(" Later ")
    assert "25 minutes late: ring them" in seen
    assert "in 2 hours 5 minutes" in seen or "in 2 hours 4 minutes" in seen
    assert "Not here" not in seen


def test_a_length_of_time_is_told_in_words() -> None:
    told = [words.length_words(minutes) for minutes in (0, 1, 60, 61, 150)]
    assert told == ["", "1 minute", "1 hour", "1 hour 1 minute", "2 hours 30 minutes"]


def test_who_did_not_come_is_rung_and_then_freed(app: Flask, signed_in: Ask, door: Act) -> None:
    late = booked(app, door, -61)
    client = signed_in(Role.HUB, HUB)
    assert "Not here" in main(client)
    path = f"/placements/{late.id}/no-show"
    asked = main(client, path)
    assert "Ring them first" in asked
    assert "The hub_lead" in asked
    assert submit(client, path, {}).headers["Location"] == PAGE
    assert status(app, late.id) == "no_show"
    assert "Marked as not here" in main(client)
    assert submit(client, f"/placements/{late.id}/undo", {}, page=PAGE).status_code == 303
    assert status(app, late.id) == "booked"


def test_for_somebody_vulnerable_the_welfare_choice_comes_first(
    app: Flask, signed_in: Ask, door: Act
) -> None:
    late = booked(app, door, -61)
    change(app, Person, late.person.id, vulnerable=True)
    client = signed_in(Role.HUB, HUB)
    path = f"/placements/{late.id}/no-show"
    assert client.get(path).get_data(as_text=True).count('type="radio"') == 4
    refused = submit(client, path, {})
    assert refused.status_code == 422
    assert "Choose what is done for them." in refused.get_data(as_text=True)
    assert submit(client, path, {"welfare": "outreach"}).status_code == 303
    assert status(app, late.id) == "no_show"


def test_a_lapsed_hold_stays_in_sight_and_is_revived(app: Flask, signed_in: Ask, door: Act) -> None:
    with app.app_context(), transaction():
        early = at(door, door.at - timedelta(hours=1))
        held = actions.hold(early, person=a_person().ref, site=HUB)
    client = signed_in(Role.HUB, HUB)
    seen = main(client)
    lapsed = seen[seen.index("Holds that lapsed") : seen.index(" In ")]
    assert "Check in" in lapsed
    assert "Not here" in lapsed
    submit(client, f"/placements/{held.id}/check-in", {}, page=PAGE)
    assert status(app, held.id) == "in"


def test_somebody_leaves_in_two_taps_and_comes_back_with_one(
    app: Flask, signed_in: Ask, door: Act
) -> None:
    inside = resident(app, door)
    client = signed_in(Role.HUB, HUB)
    path = f"/placements/{inside.id}/depart"
    html = client.get(path).get_data(as_text=True)
    assert html.count('name="destination" value=') == len(words.LEAVING)
    for _, destination, reason in words.LEAVING:
        told = {"destination": destination, "reason": reason}
        assert submit(client, path, told, page=PAGE).status_code == 303
        assert status(app, inside.id) == "departed"
        assert "Checked out" in main(client)
        submit(client, f"/placements/{inside.id}/undo", {}, page=PAGE)
        assert status(app, inside.id) == "in"
    assert words.ARRANGED in client.get(f"{path}?arranged=yes").get_data(as_text=True)


def test_somebody_is_away_and_back_and_after_three_nights_the_hub_decides(
    app: Flask, signed_in: Ask, door: Act
) -> None:
    inside = resident(app, door)
    client = signed_in(Role.HUB, HUB)
    path = f"/placements/{inside.id}/away"
    assert submit(client, path, {}).status_code == 422
    until = (door.at + timedelta(days=2)).date()
    told = {"where": "hospital", "expected_on": until.isoformat()}
    assert submit(client, path, told).status_code == 303
    seen = main(client)
    assert "In hospital, back on" in seen
    assert "Decide: keep the bed or check out." not in seen
    change(app, Placement, inside.id, away_at=door.at - timedelta(days=3))
    assert "Decide: keep the bed or check out." in main(client)
    assert submit(client, path, {"where": "elsewhere", "place": "With family"}).status_code == 303
    seen = main(client)
    assert "With family" in seen
    assert "Decide: keep the bed or check out." not in seen
    assert submit(client, f"/placements/{inside.id}/back", {}, page=PAGE).status_code == 303
    assert "With family" not in main(client)


def test_overstaying_is_shown_and_the_lead_decides(app: Flask, signed_in: Ask, door: Act) -> None:
    inside = resident(app, door)
    change(app, Placement, inside.id, checked_in_at=door.at - timedelta(days=3))
    change(app, Site, inside.site.id, numbers={"stay_nights": 2})
    hub, lead = signed_in(Role.HUB, HUB), signed_in(Role.HUB_LEAD, HUB)
    assert "Overstaying Nobody has decided." in main(hub)
    assert "Decide about the stay" not in main(hub)
    told = {"authorised": "true", "reason": "Waits for a flat"}
    path = f"/placements/{inside.id}/stay"
    assert submit(hub, path, told, page=PAGE).status_code == 403
    assert submit(lead, path, told, page=PAGE).status_code == 303
    assert "Allowed: Waits for a flat" in main(hub)


def test_a_slip_is_undone_by_whoever_made_it_and_by_the_lead(
    app: Flask, signed_in: Ask, door: Act
) -> None:
    inside = resident(app, door)
    colleague, lead = signed_in(Role.HUB, HUB), signed_in(Role.HUB_LEAD, HUB)
    assert "Just now" not in main(colleague)
    assert "Just now" in main(lead)
    assert submit(colleague, f"/placements/{inside.id}/undo", {}, page=PAGE).status_code == 409
    assert submit(lead, f"/placements/{inside.id}/undo", {}, page=PAGE).status_code == 303
    assert status(app, inside.id) == PlacementStatus.VOIDED


def test_a_difference_in_the_count_is_kept_and_shown(app: Flask, signed_in: Ask) -> None:
    hub, lead = signed_in(Role.HUB, HUB), signed_in(Role.HUB_LEAD, HUB)
    for said in ("3", "5", "16"):
        submit(hub, f"/sites/{HUB}/confirm", {"free": said}, page=PAGE)
    assert "You counted 5 free, the records said 16, at" in main(hub)
    assert "counted 3 free" not in main(hub)
    seen = main(lead)
    assert "The hub counted 3 free" in seen
    assert "You counted" not in seen


def test_the_roll_says_who_is_in_the_building(app: Flask, signed_in: Ask, door: Act) -> None:
    inside = resident(app, door, given_name="Step")
    change(app, Person, inside.person.id, needs_step_free=True, has_dog=True)
    away = resident(app, door, given_name="Absent")
    hidden = resident(app, door, given_name="Hidden")
    with app.app_context(), transaction():
        actions.away(door, away.id, reason="Hospital")
        callers.hold_unnamed(door, description="red coat", site=HUB)
        elsewhere = an_act(Role.HUB_LEAD, "st-giles", at=door.at)
        care.restrict(elsewhere, hidden.person.ref)
    with app.app_context(), transaction() as session:
        session.execute(delete(PersonOpening).where(PersonOpening.site_id == a_site().id))
    seen = main(signed_in(Role.HUB, HUB), f"{PAGE}/roll")
    assert "2 in the building" in seen
    assert "1 away, 1 expected" in seen
    assert "Step: needs step-free help , with a dog" in seen
    assert f"1 whose record is closed, bed {hidden.bed_label}" in seen
    assert "Hidden" not in seen
    assert seen.index("Away: not in the building") < seen.index("Absent")
    assert "No name given (red coat)" in seen


def test_a_caller_is_held_a_bed_and_matched_on_the_hubs_page(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    told = {"site": HUB, "description": "tall man, red coat", "minutes": "30"}
    assert submit(client, "/callers", told, page=PAGE).headers["Location"] == PAGE
    ident = re.findall(r"/placements/(\d+)/who", client.get(PAGE).get_data(as_text=True))[0]
    with app.app_context(), transaction():
        known = a_person(given_name="Sorrel").ref
    path = f"/placements/{ident}/who"
    assert "Nobody of that name is known." in main(client, look_up(client, path, "nobody"))
    assert known in main(client, look_up(client, path, "sorrel"))
    assert (
        submit(client, f"/placements/{ident}/match", {"person": known}, page=path).status_code
        == 303
    )
    assert "Sorrel" in main(client)
    assert "They have a name already." in main(client, path)


def test_a_form_of_a_caller_says_what_is_missing(signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    wrong = submit(client, "/callers", {"site": HUB}, page=PAGE)
    assert wrong.status_code == 422
    assert "Write how the door will know them." in wrong.get_data(as_text=True)
    manager = signed_in(Role.MANAGER)
    assert "You are none of these just now." in main(manager, "/callers/new")


def test_staff_of_another_site_find_none_of_it(app: Flask, signed_in: Ask, door: Act) -> None:
    inside = resident(app, door)
    with app.app_context(), transaction():
        held = callers.hold_unnamed(door, description="red coat", site=HUB)
    client = signed_in(Role.HUB_LEAD, "st-giles")
    for path in (PAGE, f"{PAGE}/roll"):
        assert client.get(path).status_code == 404
    for placement in (inside, held):
        for page in ("no-show", "away", "depart", "who"):
            assert client.get(f"/placements/{placement.id}/{page}").status_code == 404
        for verb in (
            "no-show",
            "away",
            "back",
            "stay",
            "undo",
            "cancel",
            "match",
            "name",
            "depart",
        ):
            told = {
                "where": "hospital",
                "authorised": "yes",
                "reason": "x",
                "name": "Fern",
                "person": inside.person.ref,
                "destination": "street",
            }
            path = f"/placements/{placement.id}/{verb}"
            assert submit(client, path, told, page="/help").status_code == 404, verb


def test_a_page_that_looks_again_is_told_when_nothing_changed(
    app: Flask, signed_in: Ask, door: Act
) -> None:
    inside = resident(app, door)
    client = signed_in(Role.HUB, HUB)
    first = client.get(PAGE, headers={"X-Poll": "yes"})
    same = {"X-Poll": "yes", "If-None-Match": first.headers["ETag"]}
    assert client.get(PAGE, headers=same).status_code == 304
    with app.app_context(), transaction():
        actions.away(door, inside.id, reason="Hospital")
    assert client.get(PAGE, headers=same).status_code == 200
