"""What is sent when something happens between a hold and a departure."""

from marshmallow import Schema, fields

from pathway.beds.rules import Welfare
from pathway.fields import Day, Instant, TrueOrFalse, text


class BookAsked(Schema):
    """When they are expected, if not when the hold would lapse."""

    expected_at = Instant()


class NoShowAsked(Schema):
    """That somebody rang them, and what is done for somebody vulnerable."""

    called = TrueOrFalse()
    welfare = fields.Enum(
        Welfare,
        by_value=True,
        metadata={"description": "Needed for somebody who is marked vulnerable."},
    )


class AwayAsked(Schema):
    """Why they are away, and when they are expected back, if anybody knows."""

    reason = text(200, required=True, least=1)
    expected_on = Day(allow_none=True)


class StayAsked(Schema):
    """Whether they may stay past the limit, and why."""

    authorised = TrueOrFalse(required=True)
    reason = text(200, required=True, least=1)


class StrikeAsked(Schema):
    """Why the placement should never have been recorded."""

    reason = text(200, required=True, least=1)
