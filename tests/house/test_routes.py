"""Every route names what it does, and fails closed."""

import re

import pytest
from flask import Flask

from pathway.staff.doing import Doing, Role
from pathway.staff.may import MAY
from tests.conftest import Ask
from tests.house.who_may import PUBLIC


def test_every_route_names_what_it_does(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        assert hasattr(view, "doing"), f"{rule.endpoint} names no permission"
        assert (view.doing is None) == (rule.endpoint in PUBLIC), rule.endpoint


@pytest.mark.own_app
def test_a_route_that_names_nothing_is_never_served(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    app.testing = False
    assert app.test_client().get("/forgotten").status_code == 500


def test_every_role_has_a_row_in_the_table() -> None:
    assert set(MAY) == set(Role)


def test_everything_that_can_be_done_is_granted_to_somebody() -> None:
    assert {doing for row in MAY.values() for doing in row} == set(Doing)


def test_a_page_without_its_token_changes_nothing(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or rule.rule.startswith(("/api/", "/twilio/")):
            continue
        path = rule.rule.replace("<code>", "165-hub").replace("<secret>", "x")
        path = re.sub(r"<int\(max=[0-9]+\):[a-z]+>", "1", path)
        assert client.post(path).status_code == 400, path


def test_no_view_reads_and_writes_at_one_address(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert len(methods) == 1, rule.endpoint
