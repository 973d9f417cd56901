"""An import that is killed at a chosen step: run as a program, told steps line by line.

It forks once for each line, so that a round costs no start of Python.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pathway import acts, config
from pathway.beds import importing, settling
from pathway.db import bare_app
from pathway.outreach import importing as contacts
from pathway.people import staging
from pathway.people.staging import Staging

KINDS: Mapping[str, Any] = {"placements": importing, "contacts": contacts}
"""What is imported in this way, and where."""


def steps_of(kind: str) -> dict[str, tuple[Any, str, str]]:
    """Return where the process dies: before or after which function."""
    let_in = {"let in, not committed": (settling, "let_in", "after")}
    return {
        "swept": (Staging, "begin", "after"),
        "compared": (KINDS[kind], "leave_known", "after"),
        "one batch staged": (time, "sleep", "before"),
        "staged": (Staging, "stage", "after"),
        "real, not committed": (KINDS[kind], "_make_real", "after"),
        **(let_in if kind == "placements" else {}),
        "written, not committed": (KINDS[kind], "write", "after"),
        "committed": (Staging, "clear", "before"),
    }


def die_at(kind: str, step: str) -> None:
    """Have this process kill itself at a step."""
    where, name, when = steps_of(kind)[step]
    real: Callable[..., Any] = getattr(where, name)

    def fatal(*told: Any, **more: Any) -> Any:
        if when == "after":
            real(*told, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(where, name, fatal)


def work(kind: str, url: str, path: str, step: str) -> None:
    """Import a file in small batches, and die in the middle."""
    staging.BATCH = 2
    die_at(kind, step)
    with bare_app(config.Settings(database_url=url, secret_key=None)).app_context():
        KINDS[kind].take(acts.by_service(acts.now()), Path(path))


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fork for each line; say whether the import was killed."""
    kind, url, path = sys.argv[1:]
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(kind, url, path, line.strip())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "lived")


if __name__ == "__main__":
    main()
