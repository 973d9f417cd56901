"""Many clients at once, over HTTP, against one address."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import make_server

Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one client got."""

    status: int
    body: dict[str, Any]


def ask(
    address: str, path: str, token: str, body: dict[str, Any], key: str | None = None
) -> Answer:
    """Post once and return the answer."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    answer = Answer(response.status, json.loads(response.read()))
    connection.close()
    return answer


def race(
    address: str, token: str, bodies: Sequence[dict[str, Any]], key: str | None = None
) -> list[Answer]:
    """Send all of these at the same moment; return the answers in their order."""
    return at_once(
        [partial(ask, address, "/api/v1/placements", token, body, key) for body in bodies]
    )


def at_once(deeds: Sequence[Callable[[], Got]]) -> list[Got]:
    """Do all of these at the same moment; return what came of them in their order."""
    start = threading.Barrier(len(deeds))
    answers: dict[int, Got] = {}

    def run(place: int, deed: Callable[[], Got]) -> None:
        start.wait()
        answers[place] = deed()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in sorted(answers)]


@contextmanager
def in_process(app: Flask) -> Iterator[str]:
    """Serve an application from threads of this process, so that a guard can be removed."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
