"""Answers as programs and browsers get them, sent again only when they have changed."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, make_response, request

from pathway import __version__


def fresh(seen: Any, render: Callable[[], Any]) -> Response:
    """Return 304 when the caller has this already, else what ``render`` makes.

    ``seen`` is everything the answer shows, except the time it was made; it
    has to name whoever looks when two callers may see different things.
    """
    tag = hashlib.sha256(json.dumps([__version__, seen], default=str).encode()).hexdigest()[:32]
    if request.if_none_match.contains(tag):
        answer = Response(status=304)
    else:
        answer = make_response(render())
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer


def done(answer: dict[str, Any], status: int = 200) -> Response:
    """Return an answer that is in its outer shape already."""
    return make_response(jsonify(answer), status)
