"""The shape of a line of time outside the service."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from pathway.fields import Digits, Instant
from pathway.people.timeline import NEWEST, Kind, Mark, mark

FROM_THE_START = "0"
"""The cursor of the first page, as in every list of the API."""


class Following(fields.Field[Mark]):
    """The place where a page begins, as the page before it said."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Mark:
        if value in {"", FROM_THE_START}:
            return NEWEST
        found = mark(str(value))
        if found is None:
            raise ValidationError("Send “next” of the page before, or nothing.")
        return found


class LineAsked(Schema):
    """Which kinds of entries, and from where on; both may be left out."""

    kinds = fields.List(fields.Enum(Kind, by_value=True), data_key="kind", load_default=list)
    after = Following(load_default=NEWEST)


class LineCall(Schema):
    """Which entries of a line of time a call asks for."""

    kinds = fields.List(fields.Enum(Kind, by_value=True), data_key="kind", load_default=list)
    limit = Digits(load_default=50, validate=validate.Range(1, 200))
    cursor = Following(load_default=NEWEST)


class EntryShown(Schema):
    """One thing that happened. ``by`` is null where the reader is not to know who did it."""

    kind = fields.Enum(Kind, by_value=True, required=True)
    at = Instant(required=True)
    night = fields.Date(required=True)
    all_day = fields.Boolean(required=True)
    words = fields.String(required=True)
    detail = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    struck = fields.Boolean(required=True)


class LineShown(Schema):
    """A page of a line of time, newest first."""

    items = fields.List(fields.Nested(EntryShown), required=True)
    next = fields.String(required=True, allow_none=True)
