"""What the service says of itself: one JSON line for each event, with nobody's name in it.

A line holds what we put there by name (``extra={"told": ...}``) and the
constant words of a message. What others fill a message with is left out unless
it is a number, and of an error only its kind and its places are told: either
may hold a name, a reference or a telephone number.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer

QUIET = (
    *("alembic", "apscheduler", "gunicorn", "sqlalchemy"),
    *("twilio", "twilio.http_client", "urllib3"),
)
"""Loggers that tell of every call or statement unless they are held back."""

MOST_PLACES = 6
"""How many places of an error are told, from where it happened outwards (ours)."""

_VALUE = re.compile(r"%(\(\w+\))?[-#0 +]*[\d*]*(\.\d+)?[diouxXeEfFgGcrsa]|\{[^{}]*\}")


def configure(stream: TextIO | None = None) -> None:
    """Let everything that is logged in this process leave as such lines."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(Line(readable=out.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    hold_back()
    sys.excepthook = _crashed
    threading.excepthook = _crashed_thread


def hold_back() -> None:
    """Hold the loggers of others at warnings."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class Line(logging.Formatter):
    """Write a record as one line: JSON, or for somebody who watches a terminal."""

    def __init__(self, *, readable: bool = False) -> None:
        super().__init__()
        self._render: Any = (
            ConsoleRenderer() if readable else JSONRenderer(default=_kind, ensure_ascii=False)
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "event": _said(record),
            "level": record.levelname.lower(),
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= told_of(record.exc_info[1])
        told: Mapping[str, Any] = getattr(record, "told", {})
        return str(self._render(None, record.levelname, {**line, **told}))


def told_of(problem: BaseException) -> dict[str, Any]:
    """Return what may be told of an error: its kind, and where it happened."""
    return {"error": type(problem).__name__, "places": places(problem.__traceback__)}


def in_short(problem: BaseException) -> str:
    """Return an error's kind and where it happened, without its words."""
    return f"{type(problem).__name__} at {' < '.join(places(problem.__traceback__)[:1])}"


def places(step: TracebackType | None) -> list[str]:
    """Return where an error came through, innermost first."""
    where = []
    while step is not None:
        where.append(f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}")
        step = step.tb_next
    return where[: -MOST_PLACES - 1 : -1]


def _said(record: logging.LogRecord) -> str:
    """Return a message without what it was filled with, unless that is numbers alone.

    Of words that were put together beforehand nobody knows what is in them,
    so that only the place is told. Our own modules know what they say; the
    logger that is called ``pathway`` alone is Flask's, and is believed no more
    than others.
    """
    if not isinstance(record.msg, str):
        return _place(record)
    if record.name.startswith("pathway."):
        return record.getMessage()
    given = record.args.values() if isinstance(record.args, Mapping) else record.args
    if given:
        whole = all(isinstance(one, int | float) for one in given)
        return record.getMessage() if whole else _VALUE.sub("…", record.msg)
    return _place(record)


def _place(record: logging.LogRecord) -> str:
    return f"told at {record.module}:{record.lineno}"


def _kind(value: object) -> str:
    return type(value).__name__


def _crashed(
    _kind: type[BaseException], problem: BaseException, _step: TracebackType | None
) -> None:
    """Tell of an error that ends the process without its words."""
    logging.getLogger("pathway.logs").critical("crashed", extra={"told": told_of(problem)})


def _crashed_thread(crash: threading.ExceptHookArgs) -> None:
    """Tell of an error that ends a thread without its words."""
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        _crashed(crash.exc_type, crash.exc_value, crash.exc_traceback)
