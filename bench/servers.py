"""The servers under load: ours as it is deployed, and the bare one, as processes of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.place import SECRET, Place, Prepared

PATHWAY = Path(sys.executable).parent / "pathway"
START_SECONDS = 20.0
STOP_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes connections on a port of this machine."""

    port: int
    pid: int
    log: Path

    def memory(self) -> float:
        """Return the resident memory of the largest serving process, in MB."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii")
        return max(_resident(int(child)) for child in children.split())


@contextmanager
def pathway(place: Place, database: Prepared, *, texts_to: int | None = None) -> Iterator[Server]:
    """Serve the service with one worker process; texts go to a port of this machine, or nowhere."""
    environment = {"PATHWAY_DATABASE_URL": database.url, "PATHWAY_SECRET_KEY": SECRET}
    if texts_to is not None:
        environment |= {
            "PATHWAY_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "PATHWAY_TWILIO_AUTH_TOKEN": SECRET,
            "PATHWAY_TWILIO_FROM": "+447700900999",
            "PATHWAY_TWILIO_API": f"http://127.0.0.1:{texts_to}",
        }
    port = _free_port()
    command = [str(PATHWAY), "serve", "--port", str(port), "--workers", "1"]
    with _serving(place, command, port, environment) as server:
        yield server


@contextmanager
def provider(place: Place) -> Iterator[Server]:
    """Serve a provider of texts that takes everything."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.provider", str(port)]
    with _serving(place, command, port, {}) as server:
        yield server


@contextmanager
def bare(place: Place, view: str, argument: str) -> Iterator[Server]:
    """Serve one bare view with the same settings."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.bare", str(port), view, argument]
    with _serving(place, command, port, {}) as server:
        yield server


@contextmanager
def _serving(
    place: Place, command: list[str], port: int, environment: dict[str, str]
) -> Iterator[Server]:
    log = place.folder / f"{port}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATHWAY_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=kept | environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        _wait_for(process, port, log)
        yield Server(port, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    last = time.monotonic() + START_SECONDS
    while time.monotonic() < last and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = f"the server did not start: {log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
