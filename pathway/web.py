"""The web application: blueprints, headers, the API's documentation."""

import hashlib
import uuid
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from pathway import __version__, acts, answered, db, nights, problems
from pathway.config import MAX_BODY_BYTES, ROOT, Settings, SettingsError
from pathway.desk import inbound, turned_away
from pathway.desk.pages import POLL
from pathway.duty import pages as duty
from pathway.duty.banner import walking
from pathway.messages import inbox
from pathway.openapi import PersonRef, ProblemApi, document
from pathway.outreach.banner import drug_alerts as alerts_of_today
from pathway.staff import acting
from pathway.staff.acting import public, who
from pathway.staff.doing import Doing
from pathway.staff.factor import Vault
from pathway.staff.phones import spoken
from pathway.staff.provider import Provider
from pathway.staff.rules import may
from pathway.views import API, SIGNED, STAFF_PAGES, VIEWS

STATIC_LASTS = timedelta(days=365)
"""How long a browser keeps an asset: its address changes with its content."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}


def create_app(settings: Settings) -> Flask:
    """Return the application, ready to serve.

    Raises:
        SettingsError: there is no secret key to sign cookies with.
    """
    if not settings.secret_key:
        msg = "PATHWAY_SECRET_KEY is missing: set it to a long random text."
        raise SettingsError(msg)
    app = Flask(
        "pathway",
        root_path=str(ROOT / "pathway"),
        template_folder=str(ROOT / "templates"),
        instance_path=str(ROOT / "instance"),
    )
    app.url_map.merge_slashes = False
    app.config.update(_config(settings))
    db.connect(app, settings)
    answered.install(app)
    app.before_request(_whole_body)
    CSRFProtect(app)
    app.extensions["vault"] = Vault(settings.secret_key)
    if settings.oidc:
        app.extensions["provider"] = Provider(settings.oidc, settings.public_url)
    problems.install(app, acting.note_denial, turned_away.note)
    _register(app)
    acting.guard(app)
    _templates(app)
    app.after_request(_headers)
    if settings.proxies:
        believed = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=believed, x_proto=believed)  # type: ignore[method-assign]
    return app


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "DEMO": settings.demo,
        "METRICS_TOKEN": settings.metrics_token,
        "PUBLIC_URL": settings.public_url,
        "SECOND_FACTOR_FOR_ALL": settings.second_factor_for_all,
        "TWILIO": settings.twilio,
        "ORGANISATION_SIGN_IN": settings.oidc.name if settings.oidc else None,
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY_BYTES,
        "SESSION_COOKIE_NAME": "__Host-pathway" if settings.secure_cookies else "pathway",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "SEND_FILE_MAX_AGE_DEFAULT": STATIC_LASTS,
        "API_TITLE": "Pathway",
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
    }


def _register(app: Flask) -> None:
    app.url_map.converters["person"] = PersonRef
    for blueprint in (*STAFF_PAGES, *VIEWS):
        app.register_blueprint(blueprint)
    api = ProblemApi(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"token": []}]
    for blueprint in SIGNED:
        app.register_blueprint(blueprint)
        app.extensions["csrf"].exempt(blueprint)
    for blueprint in API:
        api.register_blueprint(blueprint)
        app.extensions["csrf"].exempt(blueprint)

    @app.get("/api/v1/openapi.json")
    @public
    def openapi() -> Response:
        """Return the API's document."""
        return jsonify(document(api))


def _templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        clock=nights.clock, day=nights.day, when=nights.when, london=nights.london, spoken=spoken
    )
    app.jinja_env.globals.update(
        asset=_asset,
        csrf=generate_csrf,
        fresh_key=lambda: uuid.uuid4().hex,
        minutes_left=nights.minutes_left,
        present=acts.now,
        on_call=duty.on_call,
        short_codes=inbound.short_codes,
        signed_in=who,
        on_shared_screen=acting.on_shared_screen,
        unread_notices=_unread_notices,
        walking=walking,
        drug_alerts=alerts_of_today,
        allowed=lambda name: (act := who()) is not None and may(act.roles, Doing[name]),
        demo=app.config["DEMO"],
    )


def _unread_notices() -> int:
    """Return how many notices wait for whoever is signed in; where nobody reads it, none.

    A page that looks again by itself takes nothing from the new one but its list.
    """
    act = who()
    return 0 if act is None or POLL in request.headers else inbox.unread(act)


def _whole_body() -> None:
    """Refuse a body of unsaid length that is too large, lest its beginning pass for all of it."""
    if "Transfer-Encoding" not in request.headers:
        return
    try:
        request.get_data(cache=True)
        request.stream.read(1)
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001 - every server has an error of its own for broken chunks
        abort(400)


def _headers(answer: Response) -> Response:
    """Add the security headers; nothing personal is kept by a browser or a proxy.

    A shared screen keeps no page at all: the way back shows nothing once it is hidden.
    """
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if request.endpoint != "static" or answer.status_code >= HTTPStatus.BAD_REQUEST:
        answer.headers.setdefault("Cache-Control", "no-store")
    if acting.on_shared_screen():
        answer.headers["Cache-Control"] = "no-store"
    return answer


@cache
def _asset(name: str) -> str:
    """Return the address of a file of ours, which changes with its content."""
    path = ROOT / "pathway" / "static" / name
    tag = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "none"
    return f"/static/{name}?v={tag}"
