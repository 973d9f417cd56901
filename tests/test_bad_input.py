"""Whatever is sent is kept unchanged or refused in words; nothing breaks and no script runs.

The first field that a parser judges is given every string of the list; each
further field that is heard to have the same parser gets every fiftieth,
and the next such field begins one string later. A parser that differs from one
that has met them all in its lengths alone, or in where its text is looked up,
gets every tenth. A field that no schema judges has no parser to share and is
given all of them. What a parser refuses never reaches a database, so that on
PostgreSQL it gets every fiftieth: SQLite's run gives it all.
"""

import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields, validate
from sqlalchemy import delete
from werkzeug.test import TestResponse

from pathway.db import transaction
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


EVERY = 50
"""One string in so many is given to a field whose parser another field has met with them all."""

SOME = 10
"""One string in so many is given to a parser of a family, one of which has met them all."""

LENGTHS = re.compile(r"<Length\(.*?\)>")

HARMLESS = "Fern, as it was told at the door"


@dataclass(frozen=True)
class Kind:
    """What fields have in common that one parser judges."""

    parsers: tuple[str, ...]
    taken: bool
    looked_up: str

    @property
    def family(self) -> Hashable:
        """The same, whatever its lengths are and wherever its text is looked up."""
        told = tuple(LENGTHS.sub("", one) for one in self.parsers)
        return (told, self.taken, bool(self.looked_up))

    @property
    def reaches(self) -> bool:
        """Whether the database ever sees such a text."""
        return self.taken or bool(self.looked_up)


@dataclass
class Turns:
    """Which strings each field gets: the first of its kind all, every other one a few."""

    strings: list[str]
    only_what_reaches: bool = False
    taken: Counter[Hashable] = field(default_factory=Counter)

    def next(self, kind: Hashable) -> Sequence[str]:
        """Return the strings of the next field of this kind."""
        before = self.taken[kind]
        self.taken[kind] += 1
        if before:
            return self.strings[(before - 1) % EVERY :: EVERY]
        if not isinstance(kind, Kind):
            return self.strings
        if self.only_what_reaches and not kind.reaches:
            return self.strings[::EVERY]
        met = self.taken[kind.family]
        self.taken[kind.family] += 1
        return self.strings[(met - 1) % SOME :: SOME] if met else self.strings


@contextmanager
def listening() -> Iterator[list[str]]:
    """Hear which parsers are given the harmless text while requests are answered."""
    heard: list[str] = []
    judge = fields.Field.deserialize

    def listen(self: fields.Field[Any], value: Any, *rest: Any, **more: Any) -> Any:
        if value in (HARMLESS, [HARMLESS]):
            heard.append(parser_of(self))
        return judge(self, value, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields.Field, "deserialize", listen)
        yield heard


def parser_of(judge: fields.Field[Any]) -> str:
    """Return what tells one parser of texts from another: its class, validators and lengths."""
    names = [type(judge).__qualname__]
    for one in judge.validators:
        told = isinstance(one, validate.Length | validate.Regexp)
        names.append(repr(one) if told else getattr(one, "__qualname__", type(one).__qualname__))
    return " ".join(names)


def kind_of(heard: list[str], name: str, alone: Hashable, *, taken: bool) -> Hashable:
    """Return what fields have in common that one parser judges; ``alone`` if none was heard.

    A text that its parser lets through is looked up by what its field is
    called: a site is not found where a person is.
    """
    if not heard:
        return alone
    looked_up = heard[-1].startswith("String") and not taken
    return Kind(tuple(heard), taken, name if looked_up else "")


class Inert(HTMLParser):
    """A page in which nothing runs but our own file, and nothing leads elsewhere."""

    BANNED = frozenset(
        {"iframe", "img", "svg", "object", "embed", "video", "audio", "style", "math"}
    )
    PICTURES = frozenset({"segno", "pw-picture"})
    ADDRESSES = ("/", "#", "tel:", "mailto:")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        picture = tag == "svg" and dict(attrs).get("class") in self.PICTURES
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
    "/api/v1/contacts": ("/api/v1/contacts/{id}", "/contacts/{id}"),
    "/api/v1/placements/{ident}/depart": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/away": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/stay": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/void": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/check-in": ("/api/v1/placements/{id}", "/placements/{id}"),
    "/api/v1/placements/{ident}/transfer": ("/api/v1/placements/{id}", "/placements/{id}"),
}
"""Where what a call keeps is read again, by program and on a page.

These are walked first and in this order, so that the field which is given all
strings is one in which they are read again.
"""

KEPT_AS: Mapping[str, Callable[[str], str]] = {"local_connection": str.lower}
"""The text that is kept otherwise than it was sent. Source: CONTRACT.md, the CSV of people."""

UNKEPT = {"/api/v1/people/{ref}/break-glass"}
"""Calls that keep their reason only where it was needed: these records are open."""

ASKED = {"/api/v1/people/likely"}
"""Calls that answer with what was asked for and keep none of it."""

READ_NOWHERE = {
    "/api/v1/people/{ref}/restrict",
    "/api/v1/beds/{ident}/void",
    "/api/v1/assessments",
}
"""What no call tells by its id: it is looked up where it is kept."""

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
        if call.route in UNKEPT | ASKED:
            return
        if call.route in READ_NOWHERE:
            for name in sent if text.strip() else ():
                kept = KEPT_AS.get(name, str)(text)
                assert walk.holds(self.world.app, kept), (call.name, name, text)
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
    caller: Caller, naughty: list[str], engine: str
) -> None:
    kept: dict[str, list[str]] = {}
    turns = Turns(naughty, only_what_reaches=engine == "postgresql")
    order = list(READ_AT)
    calls = walk.calls(walk.document_of(caller.world.app))
    for call in sorted(calls, key=lambda one: (*order, one.route).index(one.route)):
        puts = text_fields(call)
        free: dict[str, Sequence[str]] = {}
        bound: dict[str, Sequence[str]] = {}
        for name, put in puts.items():
            with listening() as heard:
                taken = caller.send(call, **{name: put(HARMLESS)}).status_code < 300
            kind = kind_of(heard, name, (call.name, name), taken=taken)
            (free if taken else bound)[name] = turns.next(kind)
        kept[call.name] = sorted(free)
        for text, names in _by_text(free):
            caller.keeps(call, text, {name: puts[name] for name in names})
        if not bound:
            continue
        path, body = caller.world.path(call.route), walk.body_of(caller.world, call)
        before = walk.dump(caller.world.app)
        for name, texts in bound.items():
            for text in texts:
                answer = caller.program.post(path, json=body | {name: puts[name](text)})
                assert sound(answer, (call.name, name, text)).status_code in {409, 422}, text
        assert walk.dump(caller.world.app) == before, call.name
    assert kept["POST /api/v1/people"] == [
        "aliases",
        "dog_name",
        "family_name",
        "given_name",
        "local_connection",
    ]
    assert "reason" in kept["POST /api/v1/placements/{ident}/depart"]


UNFIT_KEY = "Use at most 200 printable characters."
"""What is said of a key that is none; one that was used for another call is refused as well."""


def _by_text(texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, set[str]]]:
    """Yield each text with the fields that it is for."""
    fields_of: dict[str, set[str]] = defaultdict(set)
    for name, given in texts.items():
        for text in given:
            fields_of[text].add(name)
    yield from fields_of.items()


def test_every_text_in_every_address_and_key_of_every_call_is_answered(
    caller: Caller, naughty: list[str]
) -> None:
    """Keys are judged before any call, and an id by the route: the first call meets all strings."""
    walked = 0
    turns = Turns(naughty)
    unfit: dict[str, set[str]] = defaultdict(set)
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
            first = not turns.taken[place, name]
            for text in turns.next((place, name) if place != "query" else (call.name, name)):
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
                if place == "header":
                    wrong = UNFIT_KEY in answer.get_data(as_text=True)
                    if first and wrong:
                        unfit[name].add(text)
                    assert wrong == (text in unfit[name]), (call.name, name, text)
                walked += 1
            assert place == "header" or walk.dump(caller.world.app) == before, (call.name, name)
    assert walked > 10 * len(naughty)
    assert unfit["Idempotency-Key"]


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
            for method, action, inputs in Forms(page.get_data(as_text=True)).found:
                endpoint, _ = router.match(urlsplit(action).path, method=method)
                fresh = {(endpoint, name) for name in inputs} - known
                known |= fresh
                if fresh:
                    yield client, method, endpoint, action, inputs, {name for _, name in fresh}


@dataclass
class Form:
    """A form that is filled in, and whoever sends it."""

    app: Flask
    client: FlaskClient
    method: str
    action: str
    filled: Mapping[str, str]

    def judged(self, texts: Mapping[str, str]) -> Iterator[TestResponse]:
        """Send texts in several fields at once, then again without those that are refused by name.

        A refusal that names none of them may hide what the others meet, so
        that each is then sent alone.
        """
        left = dict(texts)
        while left:
            answer = self.sent(left)
            yield answer
            if answer.status_code < 400 or len(left) == 1:
                return
            page = answer.get_data(as_text=True)
            named = {name for name in left if ERROR.format(name) in page}
            if not named:
                yield from (self.sent({name: text}) for name, text in left.items())
                return
            left = {name: text for name, text in left.items() if name not in named}

    def sent(self, texts: Mapping[str, str]) -> TestResponse:
        """Send the form with texts in these fields; guesses are forgotten where they stop it."""
        answer = self._sent(texts)
        if answer.status_code == 429:
            _forgive(self.app)
            answer = self._sent(texts)
        return answer

    def _sent(self, texts: Mapping[str, str]) -> TestResponse:
        sent = {**self.filled, **texts}
        if "idempotency_key" not in texts:
            sent.pop("idempotency_key", None)
        if self.method == "get":
            return self.client.get(self.action, query_string=sent)
        return self.client.post(self.action, data=sent)


ERROR = 'id="{}-error"'
"""What a page holds where it tells what is wrong with a field."""


def together(texts: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield what is sent at once: other strings in each field, until each has had its own."""
    turned = {
        name: [*given[place:], *given[:place]]
        for place, (name, given) in enumerate(sorted(texts.items()))
    }
    for turn in range(max(map(len, texts.values()), default=0)):
        yield {name: given[turn] for name, given in turned.items() if turn < len(given)}


EVERYWHERE = {"csrf_token", "idempotency_key", "device_at"}
"""The fields that all forms carry and that are judged before any form: tried in one of them.

Not in those of an account, which ask for a password first.
"""


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_text_in_every_field_of_every_form_is_answered_and_inert(
    caller: Caller, naughty: list[str]
) -> None:
    """A field gets all strings, or a few where another has its parser; most are sent together.

    A form that is refused for one field's sake lets through what the others
    hold: they count as of one kind with the fields that are taken.
    """
    app = caller.world.app
    stranger = app.test_client()
    forms = list(forms_of(caller.world, [caller.browser, stranger]))
    walked: dict[str, set[str]] = {}
    turns = Turns(naughty)
    for client, method, endpoint, action, given, fresh in forms:
        filled = {
            name: value or str(caller.world.value(name) or "Fern") for name, value in given.items()
        }
        walked.setdefault(endpoint, set()).update(given)
        form = Form(app, client, method, action, filled)
        texts: dict[str, Sequence[str]] = {}
        for name in sorted(fresh) if endpoint != "staff.sign_out" else ():
            if name in EVERYWHERE and (turns.taken[name] or endpoint.startswith("account.")):
                continue
            with listening() as heard:
                answer = form.sent({name: HARMLESS})
            alone = name if name in EVERYWHERE | {"current_password"} else (endpoint, name)
            taken = lets_through(answer, name)
            texts[name] = turns.next(kind_of(heard, name, alone, taken=taken))
        before = [{name: texts.pop(name)} for name in EVERYWHERE & texts.keys()]
        for given_at_once in (*before, texts):
            for sent in together(given_at_once):
                for answer in form.judged(sent):
                    inert(answer, (endpoint, sent))
    assert walked["staff.do_sign_in"] >= {"email", "password", "next", "csrf_token"}
    assert walked["people.add"] >= {"name", "gender", "site"}
    assert {"desk.look", "beds.depart", "beds.confirm", "staff.do_set_password"} <= set(walked)


def lets_through(answer: TestResponse, name: str) -> bool:
    """Return whether a form takes what a field holds, or is refused for another field's sake."""
    page = answer.get_data(as_text=True)
    return answer.status_code < 400 or ('-error"' in page and ERROR.format(name) not in page)


def inert(answer: TestResponse, what: object) -> None:
    """Check that a form was answered with a page in which nothing runs, or leads to ours."""
    assert answer.status_code < 500, what
    Inert(answer.get_data(as_text=True))
    leads = answer.headers.get("Location", "/")
    assert leads.startswith("/"), what
    assert not leads.startswith(("//", "/\\")), what


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
