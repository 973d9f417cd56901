"""Many clients at once, over HTTP, against one address."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import make_server


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
    start = threading.Barrier(len(bodies))
    answers: list[Answer | None] = [None] * len(bodies)

    def run(place: int, body: dict[str, Any]) -> None:
        start.wait()
        answers[place] = ask(address, "/api/v1/placements", token, body, key)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


@contextmanager
def in_process(app: Flask) -> Iterator[str]:
    """Serve an application from threads of this process, so that a guard can be removed."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
