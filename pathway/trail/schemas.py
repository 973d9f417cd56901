"""The shape of a question to the audit trail."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from pathway.csvfile import Cell
from pathway.fields import Ident, text
from pathway.trail.rules import Asked

YEARS = range(1900, 2200)
"""The years that a day may be in (ours)."""


class Day(fields.Field[date]):
    """A day, as ``2026-01-31`` or ``31/01/2026``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        try:
            found = Cell(str(value)).day()
        except ValueError as problem:
            msg = f"The day {problem}."
            raise ValidationError(msg) from None
        if found is None or found.year not in YEARS:
            raise ValidationError("That day is too far away.")
        return found


class TrailAsked(Schema):
    """By whom, about whom, of what kind and when; all of it may be left out."""

    person = text(40)
    staff = Ident()
    what = fields.String(
        validate=validate.Regexp(
            r"^[A-Za-z0-9 ,_-]{1,60}\Z", error="Choose what was done from the list."
        )
    )
    first = Day(data_key="from")
    last = Day(data_key="to")
    before = Ident()

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that ends before it begins."""
        if "first" in data and "last" in data and data["last"] < data["first"]:
            raise ValidationError("The last day is before the first.", "to")

    @post_load
    def asked(self, data: dict[str, Any], **_: Any) -> Asked:
        """Return the question."""
        return Asked(**data)
