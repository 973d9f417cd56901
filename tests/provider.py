"""A provider of our own on the loopback, which keeps to the shape of the real one.

It takes what the Twilio library sends, remembers each message that it
accepted, and can be told to misbehave in the ways that matter: to fail after
it accepted, to answer too late or never, to refuse.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT = "AC" + "0" * 32
TOKEN = "a token for tests"
NUMBER = "+447700900999"


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    form: dict[str, list[str]]
    query: dict[str, list[str]]


@dataclass
class Standin:
    """What the provider was asked, what it holds, and how it is to behave."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Refusals to give next, instead of taking the message."""
    breaks: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """What to answer next after the message was taken all the same."""
    state: str = "queued"
    seconds: float = 0.0
    """How long every answer takes."""
    hangs: threading.Event | None = None
    """When set up: a message is taken, and the answer waits for this."""
    heard: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent_to(self, number: str) -> list[str]:
        return [one["body"] for one in self.messages if one["to"] == number]

    def take(self, form: dict[str, list[str]]) -> dict[str, Any]:
        """Accept a message and return it as the provider shows it."""
        sid = "SM" + uuid.uuid4().hex
        now = formatdate(usegmt=True).replace("GMT", "+0000")
        made = {
            "sid": sid,
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": form["Body"][0],
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": form.get("From", [None])[0],
            "messaging_service_sid": form.get("MessagingServiceSid", [None])[0],
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "status": "accepted" if "MessagingServiceSid" in form else self.state,
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media"},
            "to": form["To"][0],
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }
        with self.lock:
            self.messages.append(made)
        return made


_PAGES = (("PageSize", 50), ("Page", 0))


class Handler(BaseHTTPRequestHandler):
    """One connection to the provider."""

    standin: Standin
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        self._note("POST", form)
        with self.standin.lock:
            refusal = self.standin.answers.pop(0) if self.standin.answers else None
        if refusal is not None:
            self._say(*refusal)
            return
        made = self.standin.take(form)
        self.standin.heard.set()
        if self.standin.hangs is not None:
            self.standin.hangs.wait(30)
        threading.Event().wait(self.standin.seconds)
        with self.standin.lock:
            broken = self.standin.breaks.pop(0) if self.standin.breaks else None
        self._say(*(broken or (201, made)))

    def do_GET(self) -> None:
        self._note("GET", {})
        path = urlsplit(self.path)
        if path.path.endswith("/Messages.json"):
            self._say(200, self._page(path.path, parse_qs(path.query)))
            return
        sid = path.path.rsplit("/", 1)[1].removesuffix(".json")
        one = next((one for one in self.standin.messages if one["sid"] == sid), None)
        self._say(200, one) if one else self._say(404, {"code": 20404, "message": "none"})

    def _page(self, path: str, asked: dict[str, list[str]]) -> dict[str, Any]:
        to = asked.get("To", [""])[0]
        size, page = (int(asked.get(name, [str(usual)])[0]) for name, usual in _PAGES)
        found = [one for one in reversed(self.standin.messages) if one["to"] == to]
        start, end = page * size, (page + 1) * size
        told = {"To": to, "PageSize": size, "Page": page + 1}
        more = f"{path}?{urlencode(told)}" if found[end:] else None
        return {
            "messages": found[start:end],
            "end": min(end, len(found)),
            "first_page_uri": self.path,
            "next_page_uri": more,
            "page": page,
            "page_size": size,
            "previous_page_uri": None,
            "start": start,
            "uri": self.path,
        }

    def _note(self, method: str, form: dict[str, list[str]]) -> None:
        path = urlsplit(self.path)
        with self.standin.lock:
            self.standin.asked.append(Asked(method, path.path, form, parse_qs(path.query)))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        told = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
        except OSError:
            self.close_connection = True


@contextmanager
def standing_in() -> Iterator[Standin]:
    """Serve a provider until the block ends."""
    standin = Standin()
    handler = type("Bound", (Handler,), {"standin": standin})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    standin.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield standin
    finally:
        if standin.hangs is not None:
            standin.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()
