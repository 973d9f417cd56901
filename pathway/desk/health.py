"""Whether the service is alive and ready."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pathway import schema
from pathway.db import reachable
from pathway.staff.acting import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Answer while the process lives."""
    return jsonify(status="alive")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Answer 503 when the database is unreachable or its schema is not the newest."""
    if not reachable():
        return jsonify(status="unavailable", trouble=["the database cannot be reached"]), 503
    found, wanted = schema.current(), schema.newest()
    if found != wanted:
        trouble = f"the schema is {found or 'empty'}, wanted {wanted}: run “pathway upgrade”"
        return jsonify(status="unavailable", trouble=[trouble]), 503
    return jsonify(status="ready", trouble=[])
