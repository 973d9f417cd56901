"""The shape of what is typed about the rota."""

from marshmallow import Schema, fields, validate

from pathway.duty.rules import STEPS
from pathway.fields import Ident, Instant


def _instant(missing: str) -> Instant:
    return Instant(required=True, error_messages={"required": missing})


class TurnForm(Schema):
    """The form that adds a turn."""

    staff = Ident(required=True, error_messages={"required": "Choose somebody from the list."})
    step = fields.Integer(
        required=True,
        validate=validate.OneOf(STEPS, error="Choose first, second or third on call."),
        error_messages={"required": "Choose first, second or third on call."},
    )
    starts_at = _instant("Say when it begins.")
    ends_at = _instant("Say when it ends.")


class TakeOverForm(Schema):
    """The form of somebody who is duty manager from now on."""

    until = _instant("Say until when.")
