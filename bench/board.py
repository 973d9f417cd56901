"""What the board costs, beside a bare view that returns the very same bytes.

A worker signs in as a browser does and looks at the board: the whole page, and
the answer that nothing has changed, which is what a board left open gets.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench import servers
from bench.client import Answer, Clients, Connection, request
from bench.figures import Figure, turn_by_turn
from bench.night import OK, hold_request, new_people
from bench.place import EMAIL, Place, Prepared, a_database
from tests.factories import PASSWORD

CLIENTS = 2
ROUNDS = 15
OURS, BARE = 60, 240
"""Requests in a turn; the bare view gets more, so that its turn is no blink."""

HELD = 40
UNCHANGED = 304
SEE_OTHER = 303
OF_THE_SERVER = {"date", "server", "connection", "content-length", "set-cookie"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def figures(place: Place) -> Iterator[Figure]:
    """Measure the page and the 304 on PostgreSQL."""
    with (
        a_database(place, "postgresql", "board") as database,
        servers.pathway(place, database) as ours,
    ):
        cookie, page = _look(ours.port, database)
        with (
            servers.bare(place, "page", str(_keep(place, page))) as other,
            Clients(ours.port, CLIENTS) as our_clients,
            Clients(other.port, CLIENTS) as bare_clients,
        ):
            both = (our_clients, bare_clients)
            yield from _beside(both, "Board", "/page", cookie, OK, least=0.08)
            known = cookie | {"If-None-Match": page.header("ETag") or ""}
            yield from _beside(both, "Board, 304", "/unchanged", known, UNCHANGED, least=0.12)
        memory = ours.memory()
        yield Figure("Memory of the worker after the board", memory, "MB", most=150)


def _beside(
    both: tuple[Clients, Clients],
    what: str,
    bare_path: str,
    headers: dict[str, str],
    status: int,
    *,
    least: float,
) -> Iterator[Figure]:
    """Measure one answer of the board beside the bare one."""
    ours, other = both
    asked, bare_asked = request("GET", "/beds", headers), request("GET", bare_path, headers)
    seconds, bare_seconds = turn_by_turn(
        lambda: _round(ours, [asked] * OURS, status),
        lambda: _round(other, [bare_asked] * BARE, status),
        ROUNDS,
    )
    yield Figure(f"{what}, a second", 1 / seconds)
    yield Figure(f"{what}, a second, bare", 1 / bare_seconds)
    yield Figure(f"{what}, beside bare", bare_seconds / seconds, least=least)


def _round(clients: Clients, asked: list[bytes], status: int) -> float:
    answers, seconds = clients.share(asked)
    for answer in answers:
        _expect(answer, status)
    return seconds


def _look(port: int, database: Prepared) -> tuple[dict[str, str], Answer]:
    """Hold some beds, sign in through the form and look; return the cookie and the page."""
    connection = Connection(port)
    for ref in new_people(HELD):
        connection.ask(hold_request(ref, database.bearer))
    form = connection.ask(request("GET", "/sign-in"))
    token = form.body.partition(b'name="csrf_token" value="')[2].partition(b'"')[0]
    fields = {"csrf_token": token.decode(), "email": EMAIL, "password": PASSWORD}
    headers = FORM | _cookie(form, {})
    signed_in = connection.ask(request("POST", "/sign-in", headers, urlencode(fields).encode()))
    _expect(signed_in, SEE_OTHER)
    cookie = _cookie(signed_in, {})
    cookie = _cookie(connection.ask(request("GET", "/beds", cookie)), cookie)
    page = connection.ask(request("GET", "/beds", cookie))
    _expect(page, OK)
    connection.close()
    return cookie, page


def _cookie(answer: Answer, before: dict[str, str]) -> dict[str, str]:
    """Return the cookie to send from now on."""
    given = answer.header("Set-Cookie")
    return {"Cookie": given.partition(";")[0]} if given else before


def _keep(place: Place, page: Answer) -> Path:
    """Write a page down for the bare view; return the folder."""
    folder = place.folder / "page"
    folder.mkdir()
    lines = [line.partition(":") for line in page.head.decode("latin-1").split("\r\n")[1:]]
    headers = {name: value.strip() for name, _, value in lines if name.lower() not in OF_THE_SERVER}
    (folder / "headers").write_text(json.dumps(headers), encoding="utf-8")
    (folder / "body").write_bytes(page.body)
    return folder


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        msg = f"the answer was {answer.status} instead of {status}"
        raise RuntimeError(msg)
