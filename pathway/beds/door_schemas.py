"""The forms of what a hub does at the door."""

from marshmallow import Schema, fields, validate

from pathway.beds.rules import Welfare
from pathway.beds.timing import LONGEST_HOLD
from pathway.beds.words import AWAY
from pathway.fields import Day, Instant, text
from pathway.people.rules import NAME_LENGTH
from pathway.sites.rules import Gender


class BookForm(Schema):
    """When somebody is expected."""

    expected_at = Instant(required=True, error_messages={"required": "Write when they come."})


class TurnedAwayForm(Schema):
    """At whose door there was no bed for somebody, if at one."""

    site = text(40)


class StrikeForm(Schema):
    """Why a placement should never have been recorded."""

    reason = text(200, least=1, required=True, error_messages={"required": "Write why."})


class NoShowForm(Schema):
    """That somebody rang, and what is done for who did not come."""

    welfare = fields.Enum(Welfare, by_value=True)


class AwayForm(Schema):
    """Where somebody is, and when they are expected back."""

    where = fields.String(
        required=True,
        validate=validate.OneOf(AWAY),
        error_messages={"required": "Choose where they are."},
    )
    place = text(150)
    expected_on = Day()


class StayForm(Schema):
    """What a lead decides about somebody who stays past the limit."""

    authorised = fields.Boolean(required=True)
    reason = text(200, least=1, required=True, error_messages={"required": "Write why."})


class CallerForm(Schema):
    """Somebody rang without a name."""

    description = text(
        NAME_LENGTH,
        least=1,
        required=True,
        error_messages={"required": "Write how the door will know them."},
    )
    site = text(40, least=1, required=True, error_messages={"required": "Choose a site."})
    minutes = fields.Integer(validate=validate.Range(1, LONGEST_HOLD))
    gender = fields.Enum(Gender, by_value=True)


class MatchForm(Schema):
    """Whom an unnamed person turns out to be."""

    person = text(40, least=1, required=True)


class NameForm(Schema):
    """The name that somebody gives at the door."""

    name = text(
        NAME_LENGTH,
        least=1,
        required=True,
        error_messages={"required": "Write the name that they give."},
    )
