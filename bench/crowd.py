"""Whether SQLite bears a crowd: 32 clients that hold, release and look without a pause.

SQLite has one writer at a time. What matters is that nobody is turned away and
nobody starves behind the others.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import servers
from bench.client import Answer, Connection, request
from bench.figures import Figure, percentile
from bench.night import CREATED, OK, hold_request, new_people, post
from bench.place import Place, a_database

CLIENTS = 32
SECONDS = 10.0
FAULT = 500
LONGEST = 1.0


def figures(place: Place) -> Iterator[Figure]:
    """Measure a crowd on SQLite."""
    with (
        a_database(place, "sqlite", "crowd") as database,
        servers.pathway(place, database) as server,
    ):
        refs = new_people(CLIENTS)
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as threads:
            parts = threads.map(lambda ref: _busy(server.port, ref, database.bearer), refs)
            answers = [answer for part in parts for answer in part]
        seconds = time.perf_counter() - begun
        memory = server.memory()
        locked = server.log.read_text(errors="replace").lower().count("database is locked")
    yield from _told(answers, seconds)
    yield Figure("SQLite crowd, “database is locked” in the log", locked, most=0)
    yield Figure("Memory of the worker after the SQLite crowd", memory, "MB", most=150)


def _told(answers: list[Answer], seconds: float) -> Iterator[Figure]:
    taken = [answer.seconds for answer in answers]
    status = Counter(answer.status for answer in answers)
    faults = sum(number for code, number in status.items() if code >= FAULT)
    others = len(answers) - status[OK] - status[CREATED] - faults
    yield Figure("SQLite crowd, requests a second", len(answers) / seconds)
    yield Figure("SQLite crowd, holds a second", status[CREATED] / seconds)
    yield Figure("SQLite crowd, 95th percentile", percentile(taken, 95), "s")
    yield Figure("SQLite crowd, longest", max(taken), "s", most=LONGEST)
    yield Figure("SQLite crowd, server errors", faults, f"of {len(answers)}", most=0)
    yield Figure("SQLite crowd, refusals", others, f"of {len(answers)}", most=0)


def _busy(port: int, ref: str, bearer: dict[str, str]) -> list[Answer]:
    """Hold a bed, give it back and look at the board, until the time is over."""
    connection = Connection(port)
    look = request("GET", "/api/v1/beds/tonight", bearer)
    answers = []
    last = time.monotonic() + SECONDS
    while time.monotonic() < last:
        held = connection.ask(hold_request(ref, bearer))
        answers.append(held)
        if held.status == CREATED:
            path = f"/api/v1/placements/{json.loads(held.body)['id']}/release"
            answers.append(connection.ask(post(path, bearer, {})))
        answers.append(connection.ask(look))
    connection.close()
    return answers
