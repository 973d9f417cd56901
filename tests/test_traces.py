"""Promise 61: whoever is typed in leaves no trace in logs, addresses, errors and figures."""

import io
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask, redirect
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.test import TestResponse

from pathway.audit import AuditEntry
from pathway.config import MAX_BODY_BYTES
from pathway.db import db
from pathway.server import Server
from pathway.staff.acting import public
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of, settings
from tests.factories import HUB
from tests.test_logs import lines

__all__ = ["lines"]

NAME, ALIAS, DOG, BORN = "Quillfeather", "Zanderbeak", "Growlibald", "1931-02-03"
MARKS = (NAME, ALIAS, DOG, BORN, "February 1931", "sealedword")

ADDRESS = re.compile(r'(?:href|action|src|data-likely)="([^"]*)"')


@dataclass
class Watch:
    """Everything that a browser or a program is told, and where a mark was found in it."""

    lines: io.StringIO
    found: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def look(self, kind: str, text: str, where: str) -> None:
        """Note the marks of a text, however they are written in it."""
        plain = unquote_plus(unescape(text)).casefold()
        self.found += [f"{kind}: {where}" for mark in MARKS if mark.casefold() in plain]

    def read(self, answer: TestResponse) -> TestResponse:
        """Look through an answer: its addresses, and all of it if it is an error."""
        asked, text = answer.request.full_path, answer.get_data(as_text=True)
        self.statuses.add(answer.status_code)
        if not asked.startswith("/api/v1/people?q="):
            self.look("address", asked, asked)
        told = [answer.headers.get("Location", ""), *ADDRESS.findall(text)]
        for address in told:
            self.look("address", address, asked)
        if answer.status_code >= 400 and "data-likely" not in text:
            self.look("error", text, asked)
        return answer


@dataclass
class Hand:
    """Somebody who types, in a browser or as a program, while all is watched."""

    client: FlaskClient
    watch: Watch
    token: str = ""

    def get(self, path: str, **query: str) -> TestResponse:
        return self.watch.read(self.client.get(path, query_string=query or None))

    def form(self, path: str, **typed: Any) -> TestResponse:
        self.token = self.token or csrf_of(self.client, "/help")
        sent = {"csrf_token": self.token, **typed}
        return self.watch.read(self.client.post(path, data=sent))

    def send(self, path: str, **body: Any) -> TestResponse:
        return self.watch.read(self.client.post(f"/api/v1{path}", json=body))


@pytest.fixture
def watch(lines: io.StringIO) -> Watch:
    """Watch all that is told; at the end also what is logged, counted and on the trail."""
    return Watch(lines)


def at_the_end(app: Flask, watch: Watch) -> list[str]:
    """Return where a mark was found."""
    watch.look("log", watch.lines.getvalue(), "lines")
    watch.look("figures", app.test_client().get("/metrics").get_data(as_text=True), "/metrics")
    with app.app_context():
        for entry in db.session.scalars(select(AuditEntry)):
            watch.look("trail", f"{entry.what} {entry.subject} {entry.detail}", entry.what)
    return watch.found


def breaking(app: Flask) -> None:
    """Add pages that break, and tell of somebody in the error."""

    @public
    def broken() -> ResponseReturnValue:
        msg = f"{NAME} {ALIAS}, born {BORN}"
        raise RuntimeError(msg)

    for path in ("/broken", "/api/v1/broken"):
        app.add_url_rule(path, path.replace("/", "_"), broken, methods=["GET", "POST"])


@pytest.mark.own_app
@pytest.mark.parametrize("engine", ["sqlite"])
def test_whoever_is_typed_in_leaves_no_trace(
    app: Flask, signed_in: Ask, as_role: Ask, watch: Watch
) -> None:
    breaking(app)
    app.testing = False
    street, lead = Hand(signed_in(), watch), Hand(signed_in(Role.HUB_LEAD, HUB), watch)
    told = {"name": f"{NAME} {ALIAS}", "aliases": ALIAS, "date_of_birth": BORN, "dog_name": DOG}
    first = street.form("/people/new", **told).location.split("/")[2]
    street.form("/people/likely", **told)
    street.form("/people/new", **told)
    street.form("/people/new", **told, look="yes")
    second = street.form("/people/new", **told, sure="yes").location.split("/")[2]
    street.form("/people/new", **told, gender=NAME)
    looked = ("/people", "/street", f"/people/{first}/same", f"/people/{first}/apart/look")
    for page in looked:
        shown = street.get(street.form(page, q=f"{NAME} nobody sealedword").location)
        assert "sealedword" in shown.text
        street.get(street.form(page, q=NAME).location)
    street.get("/people/new", sought=street.form("/people", q=NAME).location.split("=")[1])
    street.get(f"/people/{first}/same/{second}")
    lead.form(f"/people/{first}/same/{second}", verdict="perhaps")
    lead.get("/people/same")
    lead.form(f"/people/{first}/merge", into=NAME)
    lead.form(f"/people/{first}/merge", into=second, other=second)
    lead.form(f"/people/{first}/unmerge")
    lead.form(f"/people/{first}/edit", given_name=NAME, date_of_birth=BORN, version="x")
    lead.form(f"/people/{first}/same/{second}", verdict="two")
    street.form("/placements", person=NAME, site=HUB)
    street.form("/broken", **told)
    street.form("/people/new", name=NAME * (MAX_BODY_BYTES // len(NAME) + 1))
    street.watch.read(street.client.post("/people", data={"q": NAME}))
    street.watch.read(street.client.delete("/people", data={"q": NAME}))
    by_program(Hand(as_role(), watch), Hand(as_role(Role.MANAGER), watch), first, second)
    assert {200, 201, 303, 400, 403, 404, 405, 409, 413, 422, 500} <= watch.statuses
    assert at_the_end(app, watch) == []


def by_program(program: Hand, manager: Hand, first: str, second: str) -> None:
    """Do the same over JSON."""
    who = {"given_name": NAME, "family_name": ALIAS, "date_of_birth": BORN}
    program.send("/people", **who, aliases=[ALIAS])
    program.send("/people/likely", **who, dog_name=DOG)
    program.get("/api/v1/people", q=NAME)
    program.get("/api/v1/people", q=NAME * 40)
    program.send("/people", given_name=[NAME], date_of_birth=f"{BORN}x")
    program.send("/people/likely", birth_year=BORN)
    program.send(f"/people/{first}/merge", into=NAME)
    manager.send(f"/people/{first}/merge", into=NAME)
    manager.send(f"/people/{first}/merge", into=second)
    program.send("/placements", person=NAME, site=HUB)
    program.send("/placements", person=first, site=HUB)
    program.send("/people/P-222222/restrict", reason=NAME)
    program.send("/broken", **who)
    program.send("/people", given_name=NAME * (MAX_BODY_BYTES // len(NAME) + 1))
    program.watch.read(program.client.post("/api/v1/people", data=NAME))


@pytest.mark.own_app
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_trace_in_a_log_an_address_or_an_error_is_found(app: Flask, watch: Watch) -> None:
    """The negative control: pages that do tell fail the same search."""

    @public
    def tells() -> ResponseReturnValue:
        app.logger.getChild("own").error("told", extra={"told": {"q": NAME}})
        return redirect(f"/people?q={NAME.lower()}+x")

    @public
    def names() -> ResponseReturnValue:
        return f"{ALIAS} is not here", 404

    app.add_url_rule("/tells", "tells", tells)
    app.add_url_rule("/names", "names", names)
    stranger = Hand(app.test_client(), watch)
    stranger.get("/tells")
    stranger.get("/names")
    kinds = [one.split(":")[0] for one in at_the_end(app, watch)]
    assert sorted(set(kinds)) == ["address", "error", "log"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_server_keeps_no_list_of_addresses(app: Flask) -> None:
    server = Server(app, settings("sqlite://"), bind="127.0.0.1:0", workers=1)
    assert server.cfg.accesslog is None
