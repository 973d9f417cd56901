"""A sender that is killed at a chosen step: run as a program, told steps line by line.

It forks once for each line, so that a round costs no start of Python. Nothing
but the line "ready" and the child's process id is printed.
"""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from pathway import acts, config
from pathway.acts import by_service
from pathway.db import bare_app
from pathway.messages import sender
from pathway.messages.twilio import Provider
from tests.provider import ACCOUNT, NUMBER, TOKEN

STEPS = {
    "claimed, not committed": (sender, "claim", "after"),
    "claimed": (sender, "call", "before"),
    "answered": (sender, "call", "after"),
    "about to write": (sender, "write_down", "before"),
    "written, not committed": (sender, "write_down", "after"),
    "one of several written": (sender, "_taken", "after"),
    "about to be asked about": (Provider, "find", "before"),
    "asked about": (Provider, "find", "after"),
    "taken back, not committed": (sender, "_go_by", "after"),
}
"""Where the process dies: before or after which function."""

CALLING = "during the call"
"""Here it is the parent that kills, once the provider has the text."""

SWEEPS = {"about to be asked about", "asked about", "taken back, not committed"}


def die_at(step: str) -> None:
    """Have this process kill itself at a step."""
    where, name, when = STEPS[step]
    real: Callable[..., Any] = getattr(where, name)

    def fatal(*told: Any, **more: Any) -> Any:
        if when == "after":
            real(*told, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(where, name, fatal)


def work(url: str, api: str, step: str) -> None:
    """Do one round of the sender, or of the sweeper, and die in the middle."""
    if step != CALLING:
        die_at(step)
    told = config.Twilio(ACCOUNT, TOKEN, NUMBER, api)
    provider = Provider(told, "https://pathway.example.org")
    app = bare_app(config.Settings(database_url=url, secret_key=None))
    with app.app_context(), ThreadPoolExecutor(2) as calls:
        if step in SWEEPS:
            act = by_service(acts.now() + timedelta(minutes=5))
            sender.sweep(act, lambda: None, provider)
        else:
            sender.send_batch(by_service(acts.now()), lambda: None, provider, calls)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fork for each line; say which process it is, then whether it was killed."""
    url, api = sys.argv[1:]
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(url, api, line.strip())
            os._exit(0)
        say(str(child))
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else "lived")


if __name__ == "__main__":
    main()
