"""The API's document, OpenAPI 3.1, with errors as problem details."""

import copy
from typing import Any

from flask import abort
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser

PROBLEM = "application/problem+json"

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Any text of up to 200 characters. The same key with the same body answers the same "
        "for 24 hours and is done once; with another body it is refused."
    ),
    "schema": {"type": "string", "maxLength": 200},
}


class Problem(Schema):
    """Why something was refused (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "A sentence for a person."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "With 422: sentences by field."},
    )
    placement = fields.String(
        metadata={"description": "The placement that stands in the way, for who may open it."},
    )
    alternatives = fields.List(
        fields.Dict(),
        metadata={"description": "With a refused hold: sites that fit and have beds free."},
    )


class JsonParser(FlaskParser):
    """Reads bodies; one that no machine can hold is malformed like any other."""

    def load_json(self, req: Any, schema: Any) -> Any:
        """Return the body, or refuse it as malformed."""
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError):
            abort(400)


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint of the API."""

    ARGUMENTS_PARSER = JsonParser()


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest, answering errors as :mod:`pathway.problems` does."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave errors to :mod:`pathway.problems`."""

    def _register_responses(self) -> None:
        """Tell the truth about the content type of errors."""
        ordinary: str = Api.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = ordinary


def document(api: ProblemApi) -> dict[str, Any]:
    """Return the whole document; every POST takes an idempotency key."""
    told: dict[str, Any] = copy.deepcopy(api.spec.to_dict())
    for operations in told["paths"].values():
        if "post" in operations:
            operations["post"].setdefault("parameters", []).append(KEY_PARAMETER)
    return told
