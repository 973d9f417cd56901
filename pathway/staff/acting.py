"""Who makes this request, and whether their role may make it.

Every route names what it does with :func:`permits` or says that it is
:func:`public`. The guard refuses a route that names neither, so a forgotten
permission is an error page and never an open door.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session

from pathway import audit
from pathway.acts import Act, now
from pathway.db import transaction
from pathway.errors import Absent, Forbidden, NotJson, Unauthorised
from pathway.idempotency import Asked, asked
from pathway.staff import queries
from pathway.staff.actions import secret_hash
from pathway.staff.rules import Doing, may

View = TypeVar("View", bound=Callable[..., Any])

SESSION_SECRET = "sign_in"  # noqa: S105 - the name of the cookie's field, not a secret


def permits(doing: Doing) -> Callable[[View], View]:
    """Mark a route with the one thing it does."""

    def mark(view: View) -> View:
        view.doing = doing  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a route that needs nobody to be signed in."""
    view.doing = None  # type: ignore[attr-defined]
    return view


def guard(app: Flask) -> None:
    """Judge every request before its view runs."""
    app.before_request(_judge)


def this_act() -> Act:
    """Return who makes this request, now.

    Raises:
        Unauthorised: nobody is signed in.
    """
    act: Act | None = g.get("act")
    if act is None:
        raise Unauthorised
    return act


def who() -> Act | None:
    """Return who is signed in, if anybody; for templates and error pages."""
    act: Act | None = g.get("act")
    return act


def this_request(body: dict[str, Any]) -> Asked | None:
    """Return what an API request asks for, by its ``Idempotency-Key``."""
    return asked(request.headers.get("Idempotency-Key"), request.method, request.path, body)


def this_form() -> Asked | None:
    """Return what a form asks for, by the key that the page carried."""
    fields = {name: request.form.getlist(name) for name in request.form}
    key = fields.pop("idempotency_key", [""])[0]
    fields.pop("csrf_token", None)
    return asked(key, request.method, request.path, fields)


def _judge() -> None:
    """Find out who asks, and refuse what their role may not do."""
    if request.endpoint is None or request.endpoint == "static":
        return
    if "\x00" in request.path:
        raise Absent
    view: Any = current_app.view_functions[request.endpoint]
    doing: Doing | None = view.doing
    g.act = _identify()
    if request.path.startswith("/api/") and not request.is_json and _has_body():
        raise NotJson
    if doing is None:
        return
    act = this_act()
    if not may(act.roles, doing):
        deny(act, doing)
        raise Forbidden


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def deny(act: Act, doing: Doing) -> None:
    """Record a denial, in a transaction of its own."""
    with transaction():
        audit.record(act, "denied", f"route:{request.endpoint}", {"doing": doing.name.lower()})


def _identify() -> Act | None:
    at = now()
    member = None
    if request.path.startswith("/api/"):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            member = queries.by_token(secret_hash(token.strip()))
    elif SESSION_SECRET in session:
        member = queries.by_sign_in(secret_hash(session[SESSION_SECRET]), at)
    if member is None:
        return None
    return Act(at, member.id, member.name, member.roles, member.site_ids)
