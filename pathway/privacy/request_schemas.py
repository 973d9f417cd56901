"""The shape of what is typed about requests."""

from marshmallow import Schema, fields

from pathway.fields import Day, text
from pathway.people.rules import REF_LENGTH
from pathway.privacy.asking import Decision
from pathway.privacy.rules import LONGEST_REASON, AskedFor


class RequestForm(Schema):
    """The form that records a request."""

    kind = fields.Enum(
        AskedFor,
        by_value=True,
        required=True,
        error_messages={"required": "Choose what is asked for."},
    )
    person = text(REF_LENGTH, load_default=None)
    asked_by = text(
        LONGEST_REASON,
        least=2,
        required=True,
        error_messages={"required": "Write who asks, and how to answer them."},
    )
    received_on = Day(required=True, error_messages={"required": "Give the day on which it came."})


class DecisionForm(Schema):
    """The form that decides a request."""

    decision = fields.Enum(
        Decision,
        by_value=True,
        required=True,
        error_messages={"required": "Choose how it is decided."},
    )
    reason = text(LONGEST_REASON, load_default=None)
