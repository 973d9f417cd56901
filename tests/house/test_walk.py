"""Over every route: what is not there, what may not be changed, what every answer carries."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pathway.config import ROOT
from pathway.db import db, transaction
from pathway.staff.acting import SIGNED
from pathway.staff.doing import Role
from pathway.web import HEADERS, create_app
from tests import walk
from tests.conftest import settings
from tests.factories import a_person
from tests.house.source import tracked

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")

AT_ONCE = 15
"""After so many routes it is seen whether anything changed."""

CHANGED_BY_LOOKING: set[str] = set()
"""The routes that change more than the audit trail when they are only looked at: none."""


READ_AS_A_REFERENCE = {
    "/people/likely": "/people/<ref>",
    "/api/v1/people/likely": "/api/v1/people/<ref>",
}
"""What is posted to alone: asked for otherwise the last part of it is read as a reference."""


def test_a_method_that_is_not_there_is_405_and_names_those_that_are(app: Flask) -> None:
    world = walk.a_world(app)
    client, browser = walk.with_token(world), walk.with_browser(world)
    there: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        there.setdefault(rule.rule, set()).update(rule.methods or set())
    for route, own in there.items():
        path = walk.PARAMETER.sub("1", route)
        methods = own | there.get(READ_AS_A_REFERENCE.get(route, ""), set())
        for method in set(METHODS) - methods:
            asking = client if route.startswith("/api/") else browser
            answer = asking.open(path, method=method)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) == methods, (method, path)
            assert_protected(answer, path)


def test_an_address_with_two_slashes_is_nowhere_and_leads_nowhere(app: Flask) -> None:
    for path in ("/people//new", "/api/v1//people", "/%2F/example.org", "/beds//"):
        assert app.test_client().get(path).status_code == 404, path


def assert_protected(answer: TestResponse, path: str) -> None:
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (path, name)
    assert "Cache-Control" in answer.headers, path
    assert "Server" not in answer.headers, path


def every_answer(app: Flask, world: walk.World) -> Iterator[tuple[str, TestResponse]]:
    """Yield an answer of every route: found, absent, refused and not signed in."""
    signed_in = (walk.with_browser(world), walk.with_token(world))
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS"}:
            for client in (*signed_in, app.test_client()):
                for there in (True, False):
                    path = world.path(rule.rule, there=there)
                    yield f"{method} {path}", client.open(path, method=method, buffered=True)


def test_every_answer_carries_the_security_headers(app: Flask) -> None:
    seen = set()
    for path, answer in every_answer(app, walk.a_world(app)):
        seen.add(answer.status_code)
        assert answer.status_code < 500, path
        assert_protected(answer, path)
    assert {200, 303, 400, 401, 404, 422} <= seen


@pytest.mark.own_app
def test_an_unexpected_error_carries_the_security_headers_too(app: Flask) -> None:
    app.testing = False
    paths = ("/forgotten", "/api/v1/forgotten")
    for path in paths:
        app.add_url_rule(path, path, lambda: "names no permission")
    for path in paths:
        answer = app.test_client().get(path)
        assert answer.status_code == 500
        assert_protected(answer, path)


def test_the_policy_allows_nothing_unsafe_and_no_other_host() -> None:
    policy = HEADERS["Content-Security-Policy"]
    told = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert told["default-src"] == "'none'"
    assert {"base-uri", "form-action", "frame-ancestors"} <= set(told)
    assert {source for sources in told.values() for source in sources.split()} <= {
        "'self'",
        "'none'",
    }


NAMESPACE = "http://www.w3.org/2000/svg"
"""The name of a language, never fetched."""


def test_nothing_that_a_browser_gets_names_another_host() -> None:
    folders = (ROOT / "templates", ROOT / "pathway" / "static")
    served = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "pathway.css" for path in served), "make setup builds the style sheet"
    for path in {*served, *tracked(".scss")}:
        text = path.read_bytes().decode("utf-8", "replace").replace(NAMESPACE, "")
        assert not re.search(r"""(?:https?:)?//[a-z0-9-]+\.[a-z]""", _without_comments(text)), path


def _without_comments(text: str) -> str:
    """Return a text without lines that are comments alone."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_cookies_travel_over_https_alone_when_the_service_does(database_url: str) -> None:
    for address, secure in (("https://pathway.example.org", True), ("http://127.0.0.1", False)):
        app = create_app(replace(settings(database_url), public_url=address))
        cookie = app.test_client().get("/sign-in").headers["Set-Cookie"]
        assert ("Secure" in cookie) == secure
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        with app.app_context():
            db.engine.dispose()


@pytest.mark.parametrize("role", Role)
def test_looking_changes_nothing_but_the_audit_trail(app: Flask, role: Role) -> None:
    world = walk.a_world(app, role)
    clients = walk.with_browser(world), walk.with_token(world)
    looked = 0
    rules = [rule for rule in walk.routes(app, "GET") if rule.endpoint not in CHANGED_BY_LOOKING]
    for some in in_batches(rules):
        paths = [world.path(rule.rule, there=there) for rule in some for there in (True, False)]
        before = walk.dump(app)
        looked += look_at(clients, paths)
        assert walk.dump(app) == before, paths
    assert looked > 10


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_page_that_changes_something_is_found(app: Flask) -> None:
    """The negative control: a change by one look of many shows in what is compared."""
    world = walk.a_world(app, Role.MANAGER)
    clients = walk.with_browser(world), walk.with_token(world)
    before = walk.dump(app)
    look_at(clients, ["/people"])
    assert walk.dump(app) == before
    with app.app_context(), transaction():
        a_person()
    assert walk.dump(app) != before


def in_batches(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Yield routes a few at a time: reading every table after each would take minutes."""
    left = list(rules)
    while left:
        yield left[:AT_ONCE]
        left = left[AT_ONCE:]


def look_at(clients: tuple[FlaskClient, FlaskClient], paths: Iterable[str]) -> int:
    """Look at each address in every way, and return how often it was there."""
    browser, program = clients
    found = 0
    for path in paths:
        client = program if path.startswith("/api/") else browser
        for method in ("GET", "HEAD", "OPTIONS"):
            found += client.open(path, method=method, buffered=True).status_code == 200
    return found


def test_no_form_changes_anything_without_its_token(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_browser(world)
    forms = [rule for rule in walk.routes(app, "POST") if not rule.rule.startswith("/api/")]
    fields = {name: str(world.value(name) or "x") for name in FILLED}
    for some in in_batches(forms):
        paths = [world.path(rule.rule) for rule in some]
        before = walk.dump(app)
        for path in paths:
            refusal = 403 if path.startswith(SIGNED) else 400
            for forged in ({}, *({"csrf_token": said} for said in ("", "x", _of_other(app)))):
                answer = client.post(path, data=fields | forged)
                assert answer.status_code == refusal, path
        assert walk.dump(app) == before, paths


def test_a_token_in_a_cookie_is_none_for_the_api(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_browser(world)
    paths = [world.path(rule.rule) for rule in walk.routes(app, "POST")]
    before = walk.dump(app)
    for path in paths:
        if path.startswith("/api/"):
            assert client.post(path, json={}).status_code in {401, 429}
    assert walk.dump(app) == before


FILLED = ("person", "site", "minutes", "destination", "reason", "free", "email", "password", "name")


def _of_other(app: Flask) -> str:
    """Return the token of somebody else's page."""
    client: FlaskClient = app.test_client()
    html = client.get("/sign-in").get_data(as_text=True)
    return html.split('name="csrf_token" value="')[1].split('"')[0]
