"""Who makes this request, and whether their role may make it.

Every route names what it does with :func:`permits` or says that it is
:func:`public`. The guard refuses a route that names neither, so a forgotten
permission is an error page and never an open door.
"""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session

from pathway import audit
from pathway.acts import Act, now
from pathway.db import transaction
from pathway.errors import Absent, Forbidden, NotJson, Refused, Telling, Unauthorised
from pathway.idempotency import Asked, asked
from pathway.nights import device_time
from pathway.staff import queries, tries
from pathway.staff.actions import secret_hash
from pathway.staff.doing import Doing
from pathway.staff.queries import Member
from pathway.staff.rules import may
from pathway.staff.secrecy import Guess

View = TypeVar("View", bound=Callable[..., Any])

SESSION_SECRET = "sign_in"  # noqa: S105 - the name of the cookie's field, not a secret


DEVICE_FIELD, DEVICE_HEADER = "device_at", "X-Device-Time"
"""Where a page and a program say what their own clock shows."""

SIGNED = "/twilio/"
"""Where the provider of texts calls: its signature counts there, and no cookie."""


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
    for apart in ("csrf_token", DEVICE_FIELD):
        fields.pop(apart, None)
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
    if not may(this_act().roles, doing):
        raise Forbidden


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def note_denial(refusal: Refused) -> None:
    """Record that somebody was kept from something, in a transaction of its own.

    What is not there and what is out of scope leave the same line. A refusal
    that tells where somebody is counts as a view of them.
    """
    act = who()
    if act is None:
        return
    named = request.view_args or {}
    person = getattr(refusal, "person", None) or named.get("ref")
    about = {name: str(value)[:40] for name, value in named.items() if name != "secret"}
    with transaction():
        detail = {"status": refusal.status, **about}
        whom = person and person[:40]
        what = "told of person" if isinstance(refusal, Telling) else audit.DENIED
        audit.record(act, what, f"route:{request.endpoint}", detail, person=whom)


HOME = 64
"""How many bits of an IPv6 address name one household or office: it owns all beyond them."""


def place() -> str:
    """Return where a request comes from, as far as the proxies before us say."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "nowhere"
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), HOME), strict=False))


def _identify() -> Act | None:
    at = now()
    member = None
    if request.path.startswith("/api/"):
        member = _by_token(at)
    elif request.path.startswith(SIGNED):
        return None
    elif SESSION_SECRET in session:
        member = queries.by_sign_in(secret_hash(session[SESSION_SECRET]), at)
    if member is None:
        return None
    g.screen_id = member.screen_id
    return Act(
        at,
        member.id,
        member.name,
        member.roles,
        member.site_ids,
        _device_time(),
        member.organisation_id,
    )


def _device_time() -> datetime | None:
    """Return what the caller's own clock shows; without an offset, or as nonsense, nothing."""
    if request.method != "POST":
        return None
    api = request.path.startswith("/api/")
    said = request.headers.get(DEVICE_HEADER) if api else request.form.get(DEVICE_FIELD)
    return device_time(said) if said else None


def _by_token(at: datetime) -> Member | None:
    """Return whose token a call carries; calls with none or a wrong one are counted."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = scheme.lower() == "bearer" and bool(token.strip())
    member = queries.by_token(secret_hash(token.strip())) if given else None
    if member is None and _is_guarded():
        guess = Guess.TOKEN if given else Guess.BARE
        tries.refuse_if_spent(at, guess, place())
        with transaction():
            tries.count_try(at, guess, place())
    return member


def _is_guarded() -> bool:
    return getattr(current_app.view_functions[request.endpoint or ""], "doing", None) is not None


def on_shared_screen() -> bool:
    """Return whether whoever is signed in sits at a shared screen."""
    return g.get("screen_id") is not None
