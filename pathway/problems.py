"""Error answers: problem details for programs, a page with someone to ring for people.

Source: RFC 9457.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, json, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from pathway.engines import is_outage
from pathway.errors import Busy, Collided, InVain, Invalid, Refused, Telling, TooMany, Unauthorised
from pathway.fields import sentences
from pathway.logs import told_of
from pathway.metrics import DATABASE_ERRORS
from pathway.sites.queries import public_lines

TITLES = {
    400: "That could not be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Not possible",
    413: "Too large",
    415: "Wrong kind of content",
    422: "Check what was sent",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Try again in a moment",
}

TROUBLE = 500
"""From this status on it is the service that failed: its records are not asked for a number."""

SENTENCES = {
    400: "The request could not be read. Go back, load the page again and try once more.",
    403: "Your role may not do this.",
    404: "There is nothing here, or it is not yours to see.",
    405: "This address does not take that kind of request.",
    413: "What was sent is too large. Send less at once.",
    429: "There were too many tries. Wait a few minutes.",
    500: "It is our fault, not yours. Nothing was saved. Try again; if it stays, ring someone.",
    503: "The service cannot reach its records just now. Ring someone below meanwhile.",
}


def install(
    app: Flask, denied: Callable[[Refused], None], turned_away: Callable[[InVain], None]
) -> None:
    """Give an application its answers to everything that goes wrong.

    ``denied`` writes down who was kept from something, or told of somebody by
    a refusal, before they are told; ``turned_away`` for whom there was no bed.
    """

    def refused(refusal: Refused) -> ResponseReturnValue:
        try:
            if refusal.denial or isinstance(refusal, Telling):
                denied(refusal)
            if refusal.in_vain is not None:
                turned_away(refusal.in_vain)
        except Busy as busy:
            return _refused(busy)
        return _refused(refusal)

    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def for_programs() -> bool:
    """Return whether a program asks, rather than a browser."""
    return request.path.startswith(("/api/", "/twilio/", "/healthz", "/readyz", "/metrics"))


def answer(status: int, detail: str, extra: dict[str, Any] | None = None) -> Response:
    """Return one error as the caller can read it."""
    title = TITLES.get(status, TITLES[500])
    if for_programs():
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return Response(
            json.dumps(body | (extra or {})), status, content_type="application/problem+json"
        )
    page = render_template(
        "error.html",
        title=title,
        detail=detail,
        lines=public_lines(),
        ring_duty=status < TROUBLE,
        **(extra or {}),
    )
    return Response(page, status)


def _refused(refusal: Refused) -> ResponseReturnValue:
    if isinstance(refusal, Unauthorised) and not for_programs():
        wanted = request.path if request.method == "GET" else None
        return Response(status=303, headers={"Location": url_for("staff.sign_in", next=wanted)})
    made = answer(refusal.status, refusal.detail, dict(refusal.extra))
    if isinstance(refusal, Unauthorised):
        made.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, Busy):
        DATABASE_ERRORS.labels("collided" if isinstance(refusal, Collided) else "away").inc()
        made.headers["Retry-After"] = "2"
    if isinstance(refusal, TooMany):
        made.headers["Retry-After"] = str(refusal.seconds)
    return made


def _stale_form(_problem: CSRFError) -> ResponseReturnValue:
    return answer(400, "This page is out of date. Load it again and try once more.")


def _database(problem: DBAPIError) -> ResponseReturnValue:
    """Answer without words of the database: they may hold a name."""
    if is_outage(problem):
        return _refused(Busy(SENTENCES[503]))
    DATABASE_ERRORS.labels("misused").inc()
    return _unexpected(problem)


def _http(problem: HTTPException) -> ResponseReturnValue:
    status = problem.code or 500
    told = getattr(problem, "data", None) or {}
    if "messages" in told and status == Invalid.status:
        return _refused(Invalid(_by_field(told["messages"])))
    made = answer(status, SENTENCES.get(status, SENTENCES[400]))
    allowed = getattr(problem, "valid_methods", None)
    if allowed:
        made.headers["Allow"] = ", ".join(sorted(allowed))
    return made


def _unexpected(problem: Exception) -> ResponseReturnValue:
    """Log where it happened, never what was in it."""
    told = told_of(problem)
    where = " < ".join(told["places"])
    told |= {"event": "unexpected", "request": g.get("request_id")}
    current_app.logger.error("%s at %s", told["error"], where, extra={"told": told})
    if current_app.testing:
        raise problem
    return answer(500, SENTENCES[500])


def _by_field(messages: Any) -> dict[str, list[str]]:
    """Return marshmallow's messages as sentences by field, without the location."""
    errors: dict[str, list[str]] = {}
    for place in messages.values():
        fields = place if isinstance(place, dict) else {"body": place}
        for name, told in fields.items():
            errors[str(name)] = sentences(told)
    return errors
