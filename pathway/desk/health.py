"""Whether the service is alive and ready."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pathway import acts, audit, runs, schema, seals
from pathway.db import reachable
from pathway.staff.acting import public
from pathway.timetable import trouble

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
    return jsonify(status="ready", trouble=_trouble_with_jobs())


def _trouble_with_jobs() -> list[str]:
    return trouble(
        acts.now(),
        began=audit.began(),
        beat_at=runs.leader().beat_at,
        unsealed_since=seals.unsealed_since(),
        last=runs.last_runs(),
    )
