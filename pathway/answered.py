"""Each request leaves one line of the log and counts once, by the name of its route.

Never by its address: that holds references, and what was searched for.
"""

import logging
import secrets
from time import perf_counter

from flask import Flask, Response, g, request

from pathway import metrics

REQUEST_ID = "X-Request-Id"

_log = logging.getLogger("pathway.requests")


def install(app: Flask) -> None:
    """Note every request of an application; called before anything else looks at requests."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    """Name the request ourselves: a name that the caller chose could say anything."""
    g.request_id = secrets.token_hex(8)
    g.begun = perf_counter()


def _end(answer: Response) -> Response:
    seconds = perf_counter() - g.begun
    answer.headers[REQUEST_ID] = g.request_id
    metrics.count_answer(answer.status_code, seconds)
    if _log.isEnabledFor(logging.INFO):
        act = g.get("act")
        told = {
            "method": request.method if request.method in METHODS else "other",
            "endpoint": request.endpoint,
            "status": answer.status_code,
            "ms": round(seconds * 1000, 1),
            "staff": act.staff_id if act else None,
            "request": g.request_id,
        }
        _log.info("request", extra={"told": told})
    return answer


METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
"""What a method may be called: it is the caller's word, too."""
