"""The shape of what is typed about the rota."""

from typing import Any

from marshmallow import Schema, fields, validate

from pathway.duty.rules import STEPS
from pathway.duty.walking import LEAST_MINUTES, MOST_MINUTES
from pathway.fields import Ident, Instant, text


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


def _minutes(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(LEAST_MINUTES, MOST_MINUTES), **options)


class WalkForm(Schema):
    """The choice of somebody who walks a person to where they are placed."""

    minutes = _minutes(required=True)


class LongerForm(Schema):
    """The button for more minutes."""

    minutes = _minutes(required=True)


class WalkAsked(Schema):
    """Where one walks somebody to, and how long that takes."""

    site = text(40, required=True, metadata={"description": "The site's code."})
    minutes = _minutes(strict=True)


class LongerAsked(Schema):
    """How many more minutes."""

    minutes = _minutes(strict=True, required=True)


class NoBody(Schema):
    """A request without a body, or with an empty one."""


class WalkShown(Schema):
    """One's walk: under way, or over. Empty for somebody who never set out."""

    site = fields.String()
    started_at = Instant()
    due_at = Instant()
    ended_at = Instant(allow_none=True)
    alarmed_at = Instant(allow_none=True)
