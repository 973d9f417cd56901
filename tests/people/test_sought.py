"""Promise 61: what somebody looks for stands in no address."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask

from pathway.acts import now
from pathway.db import transaction
from pathway.people import sought
from pathway.people.sought import LASTS
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import Ask, look_up
from tests.factories import HUB

NAME = "Quillfeather Ó Néill"

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])


@ONE_ENGINE
def test_a_search_leads_to_an_address_that_tells_nothing(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    for page in ("/people", "/street"):
        led = look_up(client, page, NAME)
        assert led.startswith(f"{page}?sought=")
        assert "quill" not in led.lower()
        shown = client.get(led).get_data(as_text=True)
        assert NAME in shown
        links = re.findall(r'(?:href|action)="([^"]*)"', shown)
        assert any("sought=" in link for link in links)
        assert not [link for link in links if "Quill" in link or quote(NAME) in link]


@ONE_ENGINE
def test_the_words_go_along_to_the_page_that_adds_somebody(signed_in: Ask) -> None:
    client = signed_in()
    led = look_up(client, "/people", NAME).replace("/people?", "/people/new?")
    assert f'value="{NAME}"' in client.get(led).get_data(as_text=True)


@ONE_ENGINE
def test_an_address_of_somebody_else_finds_the_empty_page(signed_in: Ask) -> None:
    led = look_up(signed_in(), "/people", NAME)
    answer = signed_in(Role.HUB, HUB).get(led)
    assert answer.status_code == 200
    assert NAME not in answer.get_data(as_text=True)


@ONE_ENGINE
@pytest.mark.parametrize("given", ["", "nonsense", "é", "gAAAAA" * 20, "%00", "a=b&sought=c"])
def test_a_made_up_address_finds_the_empty_page(signed_in: Ask, given: str) -> None:
    answer = signed_in().get(f"/people?sought={quote(given)}")
    assert answer.status_code == 200
    assert "found for" not in answer.get_data(as_text=True)


@ONE_ENGINE
@pytest.mark.parametrize(("late", "found"), [(-1, NAME), (0, NAME), (1, "")])
def test_words_are_forgotten_after_half_an_hour(app: Flask, late: int, found: str) -> None:
    with app.app_context(), transaction():
        act = replace(factories.an_act(), at=now().replace(microsecond=0))
    with app.app_context():
        kept = sought.sealed(act, NAME)
    then = replace(act, at=act.at + LASTS + timedelta(seconds=late))
    with app.test_request_context(query_string={"sought": kept}):
        assert sought.sought(then) == found
