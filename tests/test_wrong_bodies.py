"""Bodies that no call takes are refused in words, and nothing of them is saved."""

import http.client
import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from pathway.config import MAX_BODY_BYTES
from pathway.staff.doing import Role
from tests import walk
from tests.conftest import Ask, submit
from tests.serving import run, served

JSON = "application/json"


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


WRONG: list[Any] = [
    None,
    7,
    -1,
    10**30,
    2**63,
    1.5,
    math.nan,
    math.inf,
    True,
    "",
    "Fern",
    "x" * 100_000,
    [],
    ["Fern"],
    [None],
    {},
    {"a": 1},
    [[], {}],
    nested(200),
]

NOT_OURS = re.compile(
    r"Not a valid|Missing data|may not be|[Mm]ust be|Unknown|Invalid|[Ll]onger than|[Ss]horter than"
    r"|does not match|Length|greater|Field"
)
"""Words of the library, which tell nobody what to do."""


def assert_plain(sentence: str) -> None:
    assert not NOT_OURS.search(sentence), sentence
    assert re.search(r"[.!?]$", sentence), sentence
    assert sentence[0].isupper() or sentence[0] == "“", sentence


def refused(answer: TestResponse, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert told["status"] == answer.status_code
    assert_plain(told["detail"])
    for sentences in told.get("errors", {}).values():
        for sentence in sentences:
            assert_plain(sentence)
    return told


def writing(app: Flask) -> Iterator[walk.Call]:
    """Yield every call that takes a body."""
    yield from (call for call in walk.calls(walk.document_of(app)) if call.method != "get")


def test_a_value_of_the_wrong_kind_is_refused_by_its_fields_name(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_token(world)
    tried = 0
    for call in writing(app):
        path, body = world.path(call.route), walk.body_of(world, call)
        before = walk.dump(app)
        for name, schema in call.properties.items():
            fits = Draft202012Validator(schema)
            for value in WRONG:
                if fits.is_valid(value):
                    continue
                answer = client.post(path, data=json.dumps(body | {name: value}), content_type=JSON)
                told = refused(answer, 422)
                assert name in told["errors"], (call.name, name, value)
                tried += 1
        assert walk.dump(app) == before, call.name
    assert tried > 200


def test_a_field_that_is_not_there_is_refused_by_name(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_token(world)
    for call in writing(app):
        path, body = world.path(call.route), walk.body_of(world, call)
        before = walk.dump(app)
        for name in ("surprise", "id", "staff_id", "created_at", "csrf_token", "", "é", "a.b"):
            told = refused(client.post(path, json=body | {name: 1}), 422)
            assert list(told["errors"]) == [name], call.name
        assert walk.dump(app) == before, call.name


def test_what_is_needed_and_missing_is_named(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_token(world)
    for call in writing(app):
        if call.required:
            told = refused(client.post(world.path(call.route), json={}), 422)
            assert set(call.required) <= set(told["errors"]), call.name


BROKEN: list[tuple[bytes, str, tuple[int, ...]]] = [
    (b"[]", JSON, (422,)),
    (b'["given_name"]', JSON, (422,)),
    (b'"Fern"', JSON, (422,)),
    (b"7", JSON, (422,)),
    (b"null", JSON, (422,)),
    (b"true", JSON, (422,)),
    (b"NaN", JSON, (400, 422)),
    (b"{", JSON, (400,)),
    (b'{"given_name": "Fe', JSON, (400,)),
    (b'{"given_name": "Fern",}', JSON, (400,)),
    (b"{'given_name': 'Fern'}", JSON, (400,)),
    (b'{"given_name": "Fern"} {}', JSON, (400,)),
    (b'{"given_name": "\xff\xfe"}', JSON, (400,)),
    (b"\xff\xfe{\x00}\x00", JSON, (400,)),
    (b"\xef\xbb\xbf{}", JSON, (400,)),
    (b"[" * 200_000, JSON, (400,)),
    (b'{"a":' * 100_000, JSON, (400,)),
    (b'{"minutes": ' + b"9" * 5000 + b"}", JSON, (400,)),
    (b"\x00", JSON, (400,)),
    (b"given_name=Fern", "application/x-www-form-urlencoded", (415,)),
    (b"{}", "text/plain", (415,)),
    (b"{}", "application/xml", (415,)),
    (b"{}", "", (415,)),
    (b"--x", "multipart/form-data; boundary=x", (415,)),
    (b'{"reason": "' + b"x" * (9 * 1024 * 1024) + b'"}', JSON, (413,)),
    (b'{"given_name": "' + b"x" * 10_000_000 + b'"}', JSON, (413,)),
]


def test_a_body_that_is_broken_is_refused_whole(app: Flask) -> None:
    world = walk.a_world(app)
    client = walk.with_token(world)
    for call in writing(app):
        path = world.path(call.route)
        before = walk.dump(app)
        for data, kind, statuses in BROKEN:
            answer = client.post(path, data=data, content_type=kind)
            assert answer.status_code in statuses, (call.name, data[:40], kind, answer.status_code)
            refused(answer, *statuses)
        assert walk.dump(app) == before, call.name


def test_no_body_where_one_is_needed_is_refused(as_role: Ask, app: Flask) -> None:
    client = as_role()
    for more in ({}, {"content_type": JSON}, {"data": b"", "content_type": "text/plain"}):
        before = walk.dump(app)
        assert "body" in refused(client.post("/api/v1/people", **more), 422)["errors"]
        assert walk.dump(app) == before


@pytest.mark.parametrize(
    ("route", "fields", "told"),
    [
        ("/placements", {"site": "165-hub"}, "This is missing. Fill it in."),
        ("/placements", {"person": "x" * 41, "site": "165-hub"}, "Write 1 to 40 characters."),
        ("/placements/{ident}/extend", {"minutes": "many"}, "Write a whole number."),
        ("/placements/{ident}/extend", {"minutes": "1441"}, "Write a number from 1 to 1440."),
        ("/placements/{ident}/depart", {}, "Choose where they go."),
        ("/placements/{ident}/depart", {"reason": "x" * 201}, "Write 1 to 200 characters."),
        ("/sites/{code}/confirm", {"free": "1.5"}, "Write a whole number."),
        ("/sites/{code}/confirm", {"free": "1000"}, "Write a number from 0 to 999."),
        ("/people/new", {"gender": "female"}, "Choose one of these: woman, man"),
        ("/people/new", {"name": "x" * 201}, "Write at most 200 characters."),
        ("/people/new", {"sure": "perhaps"}, "Say yes or no"),
    ],
)
def test_a_form_that_is_refused_says_what_to_do(
    app: Flask, route: str, fields: dict[str, str], told: str
) -> None:
    world = walk.a_world(app, Role.HUB_LEAD)
    client = walk.with_browser(world)
    path = world.path(route)
    before = walk.dump(app)
    answer = submit(client, path, fields, page="/beds")
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert told in shown
    assert not re.search(r"Not a valid|Missing data|Must be|Longer than", shown)
    assert walk.dump(app) == before


def in_chunks(size: int) -> Iterator[bytes]:
    """Yield a JSON body of about this many bytes, piece by piece."""
    yield b'{"given_name": "'
    for _ in range(size // 65_536):
        yield b"x" * 65_536
    yield b'"}'


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_body_without_a_length_ends_where_a_long_one_does(
    database_url: str, tmp_path: Path
) -> None:
    """Through the real server: its beginning must not pass for the whole."""
    add = ("staff", "add", "w@example.org", "--name", "W", "--role", "outreach")
    run(database_url, *add, "--organisation", "rts")
    token = run(database_url, "token", "w@example.org")
    head = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
    with served(database_url, tmp_path / "log") as address:
        where = urlsplit(address).netloc
        assert asked(where, head, in_chunks(9 * MAX_BODY_BYTES // 8), chunked=True) == 413
        long = b"".join(in_chunks(9 * MAX_BODY_BYTES // 8))
        assert asked(where, head, long) == 413
        assert asked(where, head, in_chunks(65_536), chunked=True) == 422
        assert asked(where, head, iter([b'{"given_name": "Fern"}']), chunked=True) == 201
        chunked = head | {"Transfer-Encoding": "chunked"}
        for broken in (b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"-1\r\n{}\r\n"):
            assert asked(where, chunked, broken) in {400, None}, broken
        assert asked(where, head, b"{}") == 201
    assert "Traceback" not in (tmp_path / "log").read_text()


def asked(
    where: str, head: dict[str, str], body: bytes | Iterator[bytes], *, chunked: bool = False
) -> int | None:
    """Add a person with this body; return the status, or None when the line was cut."""
    line = http.client.HTTPConnection(where, timeout=20)
    with suppress(OSError):  # the server may answer before it has read all
        line.request("POST", "/api/v1/people", body, head, encode_chunked=chunked)
    try:
        return line.getresponse().status
    except (http.client.HTTPException, OSError):
        return None
    finally:
        line.close()
