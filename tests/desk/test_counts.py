"""A street count on its pages, from the first area to the figure that stands."""

import re

from flask import Flask
from flask.testing import FlaskClient

from pathway.acts import now
from pathway.db import transaction
from pathway.nights import night_of
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import Ask, submit


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def areas_of(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="(/counts/\d+/areas/\d+)"', page)))


def test_a_count_is_opened_walked_decided_and_signed_off(app: Flask, signed_in: Ask) -> None:
    street, lead = signed_in(), signed_in(Role.SWEP_COORDINATOR)
    with app.app_context(), transaction():
        fern = factories.a_person()
    earlier = {"name": "June 2023", "night": "2023-06-15", "counted": "64", "source": "AR"}
    assert submit(lead, "/counts", earlier).status_code == 303
    hours = {"starts": "12:00", "ends": "11:59", "areas": "Euston: Ann and Ben\nSoho"}
    night = night_of(now()).isoformat()
    opened = submit(street, "/counts/new", {"name": "Now", "night": night, **hours})
    count = opened.headers["Location"]
    euston, soho = areas_of(text_of(street, count))
    bedded = {"kind": "bedded_down", "place": "Arch"}
    for area, who in (
        (euston, {"person": fern.ref}),
        (soho, {"person": fern.ref}),
        (euston, {"description": "red sleeping bag"}),
        (soho, {"description": "man, red bag"}),
    ):
        shown = submit(street, area, bedded | who).headers["Location"]
        assert "Arch" not in shown
        assert 'name="place" type="text" value="Arch"' in street.get(shown).text
    page = text_of(street, count)
    assert "<strong>3 people</strong>" in page
    assert page.count("Same person") == 1
    one, other = re.findall(r'name="(?:one|other)" value="([^"]+)"', page)[:2]
    pair = {"one": one, "other": other}
    assert submit(street, f"{count}/apart", pair, page=count).status_code == 303
    page = text_of(street, count)
    assert ("Same person after all" in page, "Not the same" in page) == (True, False)
    assert submit(street, f"{count}/same", pair, page=count).status_code == 303
    refused = submit(lead, f"{count}/sign", {}, page=count)
    assert refused.status_code == 409
    assert "not finished: Euston, Soho." in refused.get_data(as_text=True)
    for area in (euston, soho):
        assert submit(street, f"{area}/finish", {}, page=count).status_code == 303
    assert submit(lead, f"{count}/sign", {}, page=count).status_code == 303
    submit(street, soho, bedded | {"description": "blue coat"})
    page = text_of(street, count)
    assert "<strong>2 people</strong>" in page
    assert "With what was entered or changed since it would be 3." in page
    assert "62 fewer than June 2023" in text_of(street, "/counts")


def test_a_form_that_is_not_filled_in_says_what_is_missing(app: Flask, signed_in: Ask) -> None:
    lead = signed_in(Role.SWEP_COORDINATOR)
    for path, told in (("/counts", "Write where the figure"), ("/counts/new", "Choose the night")):
        answer = submit(lead, path, {})
        assert answer.status_code == 422
        assert told in answer.get_data(as_text=True)
    with app.app_context(), transaction():
        count = factories.a_count(factories.an_act(at=now()))
    [area, _] = areas_of(text_of(lead, f"/counts/{count}"))
    answer = submit(lead, area, {"place": "Arch"})
    assert "Tap how you found them." in answer.get_data(as_text=True)
    both = {"kind": "bedded_down", "person": "P-222222", "description": "red coat"}
    assert submit(lead, area, both).status_code == 422
