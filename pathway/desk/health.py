"""Whether the service is alive and ready."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from pathway import acts, audit, runs, schema, seals
from pathway.config import Twilio
from pathway.db import reachable
from pathway.messages import outbox, words
from pathway.staff.acting import public
from pathway.trouble import trouble

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Answer while the process lives."""
    return jsonify(status="alive")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Answer 503 when nobody can be served, and name what else is wrong."""
    if not reachable():
        return jsonify(status="unavailable", trouble=["the database cannot be reached"]), 503
    found, wanted = schema.current(), schema.newest()
    if found != wanted:
        old = f"the schema is {found or 'empty'}, wanted {wanted}: run “pathway upgrade”"
        return jsonify(status="unavailable", trouble=[old]), 503
    return jsonify(status="ready", trouble=[*_trouble_with_jobs(), *_trouble_with_texts()])


def _trouble_with_texts() -> list[str]:
    now = acts.now()
    twilio: Twilio | None = current_app.config["TWILIO"]
    public: str = current_app.config["PUBLIC_URL"]
    reach = twilio is None or twilio.api is not None or public.startswith("https://")
    return words.trouble(outbox.backlog(now), now, reports_reach_us=reach)


def _trouble_with_jobs() -> list[str]:
    return trouble(
        acts.now(),
        began=audit.began(),
        beat_at=runs.leader().beat_at,
        unsealed_since=seals.unsealed_since(),
        last=runs.last_runs(),
    )
