"""The shape of what is typed about legal holds, erasure and retention."""

from marshmallow import Schema, fields, validate

from pathway.fields import Digits, text
from pathway.privacy.rules import BY_PEOPLE, LONGEST_REASON


class HoldForm(Schema):
    """Why nothing of somebody may go."""

    reason = text(
        LONGEST_REASON,
        least=3,
        required=True,
        error_messages={"required": "Write who asks for it, and what for."},
    )


class ErasureForm(Schema):
    """Why somebody is erased, and their reference once more."""

    why = fields.String(
        required=True,
        validate=validate.OneOf(
            [one.value for one in BY_PEOPLE], error="Choose a reason from the list."
        ),
        error_messages={"required": "Choose a reason from the list."},
    )
    again = text(40, required=True, error_messages={"required": "Type the reference again."})
    despite_concern = fields.Boolean(load_default=False)


class LimitForm(Schema):
    """For how long one kind of record is kept, and why."""

    days = Digits(required=True, error_messages={"required": "Give a number of days."})
    basis = text(
        LONGEST_REASON,
        least=10,
        required=True,
        error_messages={"required": "Write the legal basis."},
    )
