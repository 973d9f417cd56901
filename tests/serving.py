"""A real server on the loopback, as people run it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

PATHWAY = [sys.executable, "-c", "from pathway.commands import main; main()"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(url: str, **more: str) -> dict[str, str]:
    return os.environ | {
        "PATHWAY_DATABASE_URL": url,
        "PATHWAY_SECRET_KEY": "a secret for tests",
        **more,
    }


def run(url: str, *arguments: str, **more: str) -> str:
    """Run one command and return what it printed."""
    done = subprocess.run(
        [*PATHWAY, *arguments],
        env=environment(url, **more),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@contextmanager
def served(url: str, log: Path, workers: int = 1, **more: str) -> Iterator[str]:
    """Serve until the block ends; yield the address."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*PATHWAY, "serve", "--port", str(port), "--workers", str(workers)],
            env=environment(url, **more),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(150):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    msg = f"the server did not come up: {log.read_text(errors='replace')}"
    raise RuntimeError(msg)


def chromium() -> str | None:
    """Return where Debian's Chromium is, if it is installed."""
    return shutil.which("chromium")
