"""The shape of what is typed about promises."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from pathway.fields import Day, Ident, text
from pathway.outreach.shift_rules import LONGEST_PROMISE

SETTLED: Mapping[str, bool | None] = {"yes": True, "no": False, "not_known": None}
"""What a button says of a promise."""


class PromiseForm(Schema):
    """What somebody is promised, and by when."""

    words = text(
        LONGEST_PROMISE,
        required=True,
        least=1,
        error_messages={"required": "Write what was promised."},
    )
    due_on = Day(required=True, error_messages={"required": "Say by which day."})
    contact = Ident(load_default=None)


class SettleForm(Schema):
    """Whether a promise was kept; “not_known” opens it again."""

    kept = fields.String(
        required=True,
        validate=validate.OneOf(list(SETTLED)),
        error_messages={"required": "Say whether it was kept."},
    )

    @post_load
    def said(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return yes, no or neither as a value."""
        return {"kept": SETTLED[values["kept"]]}
