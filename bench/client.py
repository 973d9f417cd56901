"""A lean HTTP client: kept connections, requests made beforehand, threads that share them.

It reads no more of an answer than its status, a header that is asked for and
its body, because whatever the client costs is taken from the server that
shares the machine with it.
"""

import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

WAIT_SECONDS = 30.0
"""How long an answer may take before the benchmark gives up."""

_END = b"\r\n\r\n"
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and how long it took in seconds."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    def header(self, name: str) -> str | None:
        """Return the last header of this name."""
        found = None
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                found = value.strip()
        return found


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return a request as it travels."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One kept connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, asked: bytes) -> Answer:
        """Send a request and wait for the whole answer."""
        begun = time.perf_counter()
        self._socket.sendall(asked)
        got = b""
        while _END not in got:
            got += self._more()
        head, _, body = got.partition(_END)
        wanted = _length(head)
        while len(body) < wanted:
            body += self._more()
        return Answer(int(head[9:12]), head, body, time.perf_counter() - begun)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> bytes:
        part = self._socket.recv(_CHUNK)
        if not part:
            msg = "the server hung up in the middle of an answer"
            raise ConnectionError(msg)
        return part


class Clients:
    """Some clients, each with one kept connection, that share the work."""

    def __init__(self, port: int, number: int) -> None:
        self._connections = [Connection(port) for _ in range(number)]
        self._threads = ThreadPoolExecutor(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def share(self, requests: Sequence[bytes]) -> tuple[list[Answer], float]:
        """Return the answers, and how many seconds one took on average."""
        left = deque(requests)
        begun = time.perf_counter()
        parts = list(self._threads.map(lambda one: _take_turns(one, left), self._connections))
        seconds = time.perf_counter() - begun
        return [answer for part in parts for answer in part], seconds / len(requests)


def _take_turns(connection: Connection, left: deque[bytes]) -> list[Answer]:
    answers: list[Answer] = []
    while True:
        try:
            asked = left.popleft()
        except IndexError:
            return answers
        answers.append(connection.ask(asked))


def _length(head: bytes) -> int:
    """Return how many bytes follow; an answer of ours always says so."""
    if head[9:12] in {b"204", b"304"}:
        return 0
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        msg = "an answer came without its length"
        raise ConnectionError(msg)
    return int(rest.partition(b"\r\n")[0])
