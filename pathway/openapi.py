"""The API's document, OpenAPI 3.1, with errors as problem details."""

import copy
from collections.abc import Callable
from typing import Any

from flask import abort
from flask_smorest import Api, Blueprint
from marshmallow import RAISE, Schema, fields, missing
from webargs.flaskparser import FlaskParser
from werkzeug.routing import Map, UnicodeConverter

from pathway.errors import Invalid

PROBLEM = "application/problem+json"

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Any text of up to 200 characters. The same key with the same body is done once and "
        "answers the same: for 24 hours, on contacts and assessments for good. With another "
        "body it is refused."
    ),
    "schema": {"type": "string", "maxLength": 200},
}

TAG_PARAMETER = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer at hand: 304 when it still holds.",
    "schema": {"type": "string"},
}

METHODS = {"get", "post", "put", "patch", "delete"}

REFUSALS = {
    "400": "It could not be read.",
    "401": "There is no valid token.",
    "403": "The role may not do this.",
    "404": "There is none, or it is out of scope.",
    "409": "A rule refuses; ``detail`` is a sentence for a person.",
    "413": "It is larger than 8 MiB.",
    "415": "It is not JSON.",
    "422": "Values are not valid: ``errors`` by field.",
    "429": "Too many tries without a valid token.",
    "503": "The records cannot be reached, or many save at once. Nothing was changed.",
}
"""What a call may answer besides what it is for."""

REQUIRED = {"401": ("WWW-Authenticate",)}
"""The headers that such an answer always has."""


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
    """Reads bodies; one that no machine can hold is malformed like any other.

    What is in an address and means nothing is refused by name, as in a body:
    a filter that is misspelt must not answer as if it had been applied.
    """

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as webargs has it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def __init__(self) -> None:
        super().__init__()
        self.needed: set[Schema] = set()

    def load_json(self, req: Any, schema: Any) -> Any:
        """Return the body, or refuse it as malformed or as missing."""
        try:
            body = super().load_json(req, schema)
        except (RecursionError, ValueError):
            abort(400)
        if body is missing and schema in self.needed:
            raise Invalid({"body": ["Send one object with named values, as JSON."]})
        return body


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint of the API."""

    ARGUMENTS_PARSER = JsonParser()

    def arguments(
        self, schema: type[Schema], *, location: str = "json", required: bool = True, **more: Any
    ) -> Callable[[Any], Any]:
        """Say what a call takes; a body that is required is missed when it is missing."""
        shape = schema()
        if location == "json" and required:
            self.ARGUMENTS_PARSER.needed.add(shape)
        mark: Callable[[Any], Any] = super().arguments(
            shape, location=location, required=required, **more
        )
        return mark


class PersonRef(UnicodeConverter):
    """A person's reference in an address: no word that is a call by itself.

    Else the call would tell of methods that are those of a person of that name.
    """

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = rf"(?!likely\Z){self.regex}"


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
    """Return the whole document: what every call takes and everything it may answer."""
    told: dict[str, Any] = copy.deepcopy(api.spec.to_dict())
    told["components"]["responses"] = {
        status: _problem(status, means) for status, means in REFUSALS.items()
    }
    for path, operations in told["paths"].items():
        for method in METHODS & operations.keys():
            _tell(operations[method], path, method)
    for name in _sent(told):
        for part in told["components"]["schemas"][name].get("properties", {}).values():
            if part.get("format") == "date-time":
                part.pop("format")
                part["description"] = "ISO 8601; without an offset it is London time."
    _in_the_documents_dialect(told)
    return told


def _problem(status: str, means: str) -> dict[str, Any]:
    headers = {
        name: {"required": True, "schema": {"type": "string"}} for name in REQUIRED.get(status, ())
    }
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": means, "content": content} | ({"headers": headers} if headers else {})


def _tell(operation: dict[str, Any], path: str, method: str) -> None:
    """Add what flask-smorest does not know of one call."""
    parameters = operation.setdefault("parameters", [])
    writes = method != "get"
    apart = set() if "{" in path else {"404"}
    if not writes:
        apart |= {"409"} if any(one["in"] == "query" for one in parameters) else {"409", "422"}
    answers = operation["responses"]
    answers.pop("default", None)
    for status in REFUSALS.keys() - apart:
        answers[status] = {"$ref": f"#/components/responses/{status}"}
    if writes:
        parameters.append(KEY_PARAMETER)
    if "304" in answers:
        parameters.append(TAG_PARAMETER)
        for status in ("200", "304"):
            answers[status]["headers"] = {"ETag": {"required": True, "schema": {"type": "string"}}}


def _sent(told: dict[str, Any]) -> set[str]:
    """Return the schemas of what is sent, as against what is answered."""
    schemas = told["components"]["schemas"]
    found: set[str] = set()
    fresh = _named(
        [
            operation.get("requestBody")
            for operations in told["paths"].values()
            for operation in operations.values()
            if isinstance(operation, dict)
        ]
    )
    while fresh:
        found |= fresh
        fresh = _named([schemas[name] for name in fresh]) - found
    return found


def _named(part: Any) -> set[str]:
    """Return the schemas that a part of the document points to."""
    if isinstance(part, list):
        return {name for one in part for name in _named(one)}
    if not isinstance(part, dict):
        return set()
    here = {part["$ref"].rsplit("/", 1)[-1]} if isinstance(part.get("$ref"), str) else set()
    return here | _named(list(part.values()))


def _in_the_documents_dialect(part: Any) -> None:
    r"""Write patterns as ECMAScript does, where the end is ``$`` and never ``\Z``."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            part["pattern"] = part["pattern"].replace(r"\Z", "$")
        for one in part.values():
            _in_the_documents_dialect(one)
    elif isinstance(part, list):
        for one in part:
            _in_the_documents_dialect(one)
