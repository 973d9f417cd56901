"""Whatever is sent is kept unchanged or refused in words; nothing breaks and no script runs."""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from pathway.db import transaction
from pathway.people.rules import WHICH_BED
from pathway.sites.rules import SETTINGS
from pathway.staff.models import Tries
from tests import walk
from tests.conftest import csrf_of
from tests.shared import SHARED
from tests.walk import Call, World

pytestmark = pytest.mark.shared


@pytest.fixture(scope="session")
def naughty() -> list[str]:
    """The big list of naughty strings."""
    path = SHARED / "specs" / "bad-input" / "blns.json"
    if not path.exists():
        pytest.skip(f"{path} is not here: set PATHWAY_SHARED")
    strings: list[str] = json.loads(path.read_text(encoding="utf-8"))
    assert len(strings) > 500
    return strings


class Inert(HTMLParser):
    """A page in which nothing runs but our own file, and nothing leads elsewhere."""

    BANNED = frozenset(
        {"iframe", "img", "svg", "object", "embed", "video", "audio", "style", "math"}
    )
    ADDRESSES = ("/", "#", "tel:", "mailto:")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        picture = tag == "svg" and dict(attrs).get("class") == "segno"
        assert picture or tag not in self.BANNED, (tag, attrs)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, attrs)
            assert name != "style", (tag, attrs)
            if name in {"href", "src", "action", "formaction"}:
                assert str(value).startswith(self.ADDRESSES), (tag, attrs)
                assert not str(value).startswith("//"), (tag, attrs)
        if tag == "script":
            assert str(dict(attrs).get("src")).startswith("/static/"), attrs


def sound(answer: TestResponse, what: object) -> TestResponse:
    """Return an answer of the API that is in its own words."""
    assert answer.status_code < 500, what
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json", what
        assert answer.get_json()["status"] == answer.status_code, what
    return answer


def text_fields(call: Call) -> dict[str, Callable[[str], Any]]:
    """Return the fields of a body that hold text, and how a text is put into each."""
    found: dict[str, Callable[[str], Any]] = {}
    for name, schema in call.properties.items():
        if "enum" in schema or "string" in schema.get("type", ()):
            found[name] = str
        elif "array" in schema.get("type", ()):
            found[name] = _in_a_list
    return found


def _in_a_list(text: str) -> list[str]:
    return [text]


def strings_of(shown: Any) -> Iterator[str]:
    """Yield every text in a JSON answer."""
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, dict | list):
        for one in shown.values() if isinstance(shown, dict) else shown:
            yield from strings_of(one)


READ_AT: Mapping[str, tuple[str, str]] = {
    "/api/v1/people": ("/api/v1/people/{ref}", "/people/{ref}"),
    "/api/v1/placements": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/depart": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/away": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/stay": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/void": ("/api/v1/placements/{id}", "/placements/{id}"),
}
"""Where what a call keeps is read again, by program and on a page."""

KEPT_AS: Mapping[str, Callable[[str], str]] = {"local_connection": str.lower}
"""The text that is kept otherwise than it was sent. Source: CONTRACT.md, the CSV of people."""

UNKEPT = {"/api/v1/people/{ref}/break-glass"}
"""Calls that keep their reason only where it was needed: these records are open."""

READ_NOWHERE = {"/api/v1/people/{ref}/restrict", "/api/v1/beds/{ident}/void"}
"""Reasons that no call tells: they are looked up where they are kept."""

HARMLESS = "Fern, as it was told at the door"

NEEDLESS = {"override", "over", "sheet"}
"""The text that is kept only where it decides, or beside a time that is over.

A lead's reason to admit who is admitted anyway, or to go over a capacity that
is not reached; the number of a paper sheet.
"""

SHOWN_AS: Mapping[str, Callable[[str], str]] = {
    "local_connection": lambda text: text.lower().capitalize()
}
"""The text that a page shows otherwise than it was sent."""


@dataclass
class Caller:
    """Somebody who sends texts to one application, by program, and looks at its pages."""

    world: World
    program: FlaskClient
    browser: FlaskClient
    looks: bool

    def send(self, call: Call, **more: Any) -> TestResponse:
        body = walk.body_of(self.world, call) | more
        path = self.world.path(call.route)
        return sound(self.program.open(path, method=call.method, json=body), (call.name, more))

    def keeps(self, call: Call, text: str, fields: Mapping[str, Callable[[str], Any]]) -> None:
        """Send a text in all these fields: it comes back unchanged, or is refused by field."""
        body = walk.body_of(self.world, call)
        path = self.world.path(call.route)
        sent = {name: put(text) for name, put in fields.items()}
        before = walk.counts(self.world.app)
        answer = sound(self.program.post(path, json=body | sent), (call.name, text))
        if answer.status_code == 422:
            assert walk.counts(self.world.app) == before, (call.name, text)
            refused = set(answer.get_json()["errors"])
            assert refused <= set(sent), (call.name, text)
            for name in refused:
                sent.pop(name)
            answer = sound(self.program.post(path, json=body | sent), (call.name, text))
        assert answer.status_code < 300, (call.name, text, answer.text)
        self.reads(call, text, sent, answer.get_json())

    def reads(self, call: Call, text: str, sent: Mapping[str, Any], answer: Any) -> None:
        """Read again what was kept, by program and on the page."""
        if call.route in UNKEPT:
            return
        if call.route in READ_NOWHERE:
            asked = sent and text.strip()
            assert not asked or walk.holds(self.world.app, text), (call.name, text)
            return
        if call.route not in READ_AT:
            pytest.fail(f"{call.name} keeps {set(sent)}: READ_AT does not say where it is read")
        again, page = (place.format(**answer) for place in READ_AT[call.route])
        shown = self.program.get(again).get_json()
        seen = self.shows(page)
        for name in sent.keys() - NEEDLESS if text else ():
            kept = KEPT_AS.get(name, str)(text)
            there = shown.get(name, list(strings_of(shown)))
            assert kept in (there if isinstance(there, list) else [there]), (call.name, name, text)
            if seen is not None:
                assert SHOWN_AS.get(name, str)(text) in html.unescape(seen), (call.name, name, text)

    def shows(self, page: str) -> str | None:
        """Return what a page shows; once is enough, for pages do not depend on the engine."""
        if not self.looks:
            return None
        seen = self.browser.get(page).get_data(as_text=True)
        Inert(seen)
        return seen


@pytest.fixture
def caller(app: Flask, engine: str) -> Caller:
    world = walk.a_world(app)
    looks = engine == "sqlite"
    return Caller(world, walk.with_token(world), walk.with_browser(world), looks)


def test_every_text_in_every_field_of_every_call_is_kept_or_refused(
    caller: Caller, naughty: list[str]
) -> None:
    kept: dict[str, list[str]] = {}
    for call in walk.calls(walk.document_of(caller.world.app)):
        fields = text_fields(call)
        free = {
            name: put
            for name, put in fields.items()
            if caller.send(call, **{name: put(HARMLESS)}).status_code < 300
        }
        kept[call.name] = sorted(free)
        for text in naughty if free else ():
            caller.keeps(call, text, free)
        path, body = caller.world.path(call.route), walk.body_of(caller.world, call)
        before = walk.dump(caller.world.app)
        for name in fields.keys() - free.keys():
            for text in naughty:
                answer = caller.program.post(path, json=body | {name: fields[name](text)})
                assert sound(answer, (call.name, name, text)).status_code in {409, 422}, text
        assert walk.dump(caller.world.app) == before, call.name
    assert kept["POST /api/v1/people"] == [
        "aliases",
        "family_name",
        "given_name",
        "local_connection",
    ]
    assert "reason" in kept["POST /api/v1/placements/{ident}/depart"]


def test_every_text_in_every_address_and_key_of_every_call_is_answered(
    caller: Caller, naughty: list[str]
) -> None:
    walked = 0
    for call in walk.calls(walk.document_of(caller.world.app)):
        body = walk.body_of(caller.world, call) if call.method != "get" else None
        needed = {
            one["name"]: caller.world.value(one["name"])
            for one in call.parameters
            if one["in"] == "query" and one["required"]
        }
        for one in call.parameters:
            place, name = one["in"], one["name"]
            path = caller.world.path(call.route)
            before = walk.dump(caller.world.app)
            for text in naughty:
                if place == "path" and text.isdecimal():
                    continue  # it may be the id of something
                asked: dict[str, Any] = {"method": call.method, "json": body}
                if place == "path":
                    path = caller.world.path(call.route, given={name: quote(text, safe="")})
                elif place == "query":
                    asked["query_string"] = needed | {name: text}
                elif _fits_a_header(text):
                    asked["headers"] = {name: text}
                answer = sound(caller.program.open(path, **asked), (call.name, name, text))
                assert place != "path" or answer.status_code >= 400, (call.name, name, text)
                walked += 1
            assert place == "header" or walk.dump(caller.world.app) == before, (call.name, name)
    assert walked > 15 * len(naughty)


def _fits_a_header(text: str) -> bool:
    """Return whether HTTP lets a text stand in a header."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return not re.search(r"[\x00-\x1f\x7f]", text)


class Forms(HTMLParser):
    """The forms of a page: their address, method and fields as they would be sent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("method", "get"), given["action"], {}))
        elif tag in {"input", "select", "textarea"} and given.get("name") and self.found:
            self.found[-1][2].setdefault(given["name"], given.get("value", ""))


def forms_of(world: World, clients: list[FlaskClient]) -> Iterator[tuple[Any, ...]]:
    """Yield client, method, route, address, fields, and which fields are new."""
    known: set[tuple[str, str]] = set()
    router = world.app.url_map.bind("localhost")
    for rule in walk.routes(world.app, "GET"):
        if rule.rule.startswith(("/api/", "/static/")):
            continue
        for client in clients:
            page = client.get(world.path(rule.rule))
            if page.mimetype != "text/html":
                continue
            for method, action, fields in Forms(page.get_data(as_text=True)).found:
                endpoint, _ = router.match(urlsplit(action).path, method=method)
                fresh = {(endpoint, name) for name in fields} - known
                known |= fresh
                if fresh:
                    yield client, method, endpoint, action, fields, {name for _, name in fresh}


EVERYWHERE = {"csrf_token", "idempotency_key", "device_at"}
"""The fields that all forms carry and that are judged before any form: tried in one of them."""


JUDGED_ALIKE: Mapping[str, str] = {
    **dict.fromkeys((*SETTINGS, "hold_minutes"), "a number of a site"),
    **dict.fromkeys((*WHICH_BED, "dogs", "couples", "turnaround"), "yes or no"),
    **dict.fromkeys(("step_free", "womens", "shared"), "of a bed"),
    **dict.fromkeys(("intake_from", "intake_to"), "an hour"),
    **dict.fromkeys(("at", "departed_at", "expected_at", "starts_at", "ends_at"), "a time"),
    "sheet": "a sheet",
    **dict.fromkeys(("support_level", "max_support_level"), "a level"),
    **dict.fromkeys(("pickup_point", "nominations"), "words of a site"),
}
"""The fields that one field of a schema judges and one macro shows: tried in one of them."""


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_text_in_every_field_of_every_form_is_answered_and_inert(
    caller: Caller, naughty: list[str]
) -> None:
    app = caller.world.app
    stranger = app.test_client()
    forms = list(forms_of(caller.world, [caller.browser, stranger]))
    walked: dict[str, set[str]] = {}
    tried: set[str] = set()
    for client, method, endpoint, action, fields, fresh in forms:
        filled = {
            name: value or str(caller.world.value(name) or "Fern") for name, value in fields.items()
        }
        walked.setdefault(endpoint, set()).update(fields)
        for name in fresh - (tried & EVERYWHERE) if endpoint != "staff.sign_out" else ():
            if JUDGED_ALIKE.get(name) in tried:
                continue
            tried |= {name, JUDGED_ALIKE.get(name, name)}
            for text in naughty:
                sent = filled | {name: text}
                if name != "idempotency_key":
                    sent.pop("idempotency_key", None)
                if client is stranger:
                    _forgive(app)
                answer = (
                    client.get(action, query_string=sent)
                    if method == "get"
                    else client.post(action, data=sent)
                )
                assert answer.status_code < 500, (endpoint, name, text)
                Inert(answer.get_data(as_text=True))
                leads = answer.headers.get("Location", "/")
                assert leads.startswith("/"), (endpoint, name, text)
                assert not leads.startswith(("//", "/\\")), (endpoint, name, text)
    assert walked["staff.do_sign_in"] >= {"email", "password", "next", "csrf_token"}
    assert walked["people.add"] >= {"name", "gender", "site"}
    assert {"desk.find", "beds.depart", "beds.confirm", "staff.do_set_password"} <= set(walked)


def _forgive(app: Flask) -> None:
    """Forget all guesses, so that every text is judged by the form itself."""
    with app.app_context(), transaction() as session:
        session.execute(delete(Tries))


def test_what_is_typed_into_a_form_is_shown_again(caller: Caller, naughty: list[str]) -> None:
    """A name of several words is kept as two; the spaces between those two are not."""
    token = csrf_of(caller.browser, "/people/new")
    for text in naughty:
        sent = {"name": text, "csrf_token": token, "gender": "woman", "sure": "yes"}
        answer = caller.browser.post("/people/new", data=sent, follow_redirects=True)
        shown = html.unescape(answer.get_data(as_text=True))
        assert answer.status_code in {200, 422}, text
        if any(sign.isalnum() for sign in text):
            assert " ".join(text.split()) in " ".join(shown.split()), text


def test_the_reason_of_a_check_out_is_shown_again(caller: Caller, naughty: list[str]) -> None:
    token = csrf_of(caller.browser, "/people/new")
    for text in naughty:
        ident = caller.world.placement("depart")
        sent = {"reason": text, "destination": "prs", "csrf_token": token}
        answer = caller.browser.post(f"/placements/{ident}/depart", data=sent)
        assert answer.status_code in {303, 422}, text
        if answer.status_code == 422:
            assert not text.strip() or len(text.strip()) > 200, text
        shown = html.unescape(caller.browser.get(f"/placements/{ident}").get_data(as_text=True))
        assert (text.strip() in shown) == (answer.status_code == 303 or not text.strip()), text
