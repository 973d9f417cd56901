"""An import that is killed at a chosen step: run as a program, told steps line by line.

It forks once for each line, so that a round costs no start of Python.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pathway import acts, config
from pathway.beds import importing, settling
from pathway.db import bare_app

STEPS = {
    "swept": (importing, "begin", "after"),
    "compared": (importing, "leave_known", "after"),
    "one batch staged": (time, "sleep", "before"),
    "staged": (importing, "stage", "after"),
    "real, not committed": (importing, "_make_real", "after"),
    "let in, not committed": (settling, "let_in", "after"),
    "written, not committed": (importing, "write", "after"),
    "committed": (importing, "clear", "before"),
}
"""Where the process dies: before or after which function."""


def die_at(step: str) -> None:
    """Have this process kill itself at a step."""
    where, name, when = STEPS[step]
    real: Callable[..., Any] = getattr(where, name)

    def fatal(*told: Any, **more: Any) -> Any:
        if when == "after":
            real(*told, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(where, name, fatal)


def work(url: str, path: str, step: str) -> None:
    """Import a file in small batches, and die in the middle."""
    importing.BATCH = 2
    die_at(step)
    with bare_app(config.Settings(database_url=url, secret_key=None)).app_context():
        importing.take(acts.by_service(acts.now()), Path(path))


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fork for each line; say whether the import was killed."""
    url, path = sys.argv[1:]
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(url, path, line.strip())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "lived")


if __name__ == "__main__":
    main()
