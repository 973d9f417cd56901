"""The shape of what is typed about safeguarding concerns and about a death."""

from marshmallow import Schema, fields, validate

from pathway.assessments.concerns import BY_PEOPLE
from pathway.assessments.rules import LONGEST_WORDS, ConcernKind
from pathway.fields import Day, text

LONGEST_DETAIL = 500
"""The most characters of who acknowledged a concern, or of a reason (ours)."""


class ConcernForm(Schema):
    """The form that raises a concern."""

    kind = fields.Enum(
        ConcernKind,
        by_value=True,
        required=True,
        error_messages={
            "required": "Choose whether it is about a child or an adult.",
            "unknown": "Choose whether it is about a child or an adult.",
        },
    )
    words = text(
        LONGEST_WORDS,
        least=1,
        required=True,
        error_messages={"required": "Write what worries you."},
    )
    sent = fields.Boolean(load_default=False)


class StepForm(Schema):
    """The form that writes down what happened to a concern."""

    what = fields.String(
        required=True,
        validate=validate.OneOf(
            [one.value for one in BY_PEOPLE], error="Choose a step from the list."
        ),
        error_messages={"required": "Choose a step from the list."},
    )
    detail = text(LONGEST_DETAIL, load_default="")


class ReasonForm(Schema):
    """A reason to take a mark back."""

    reason = text(
        LONGEST_DETAIL, least=3, required=True, error_messages={"required": "Write how you know."}
    )


class DeathForm(Schema):
    """The day on which somebody died, and that it was looked at twice."""

    died_on = Day(required=True, error_messages={"required": "Give the date."})
    sure = fields.Boolean(load_default=False)
