"""The shape of what is typed about shifts and mornings."""

from marshmallow import Schema, fields

from pathway.fields import Day, Ident, text
from pathway.outreach.rules import LONGEST_ROUTE, LONGEST_WORDS
from pathway.outreach.shift_rules import LONGEST_TEAM


def _time(missing: str) -> fields.Time:
    return fields.Time(format="%H:%M", required=True, error_messages={"required": missing})


class ShiftForm(Schema):
    """The form that plans a shift."""

    name = text(
        LONGEST_TEAM,
        required=True,
        least=1,
        error_messages={"required": "Write what the team is called."},
    )
    night = Day(required=True, error_messages={"required": "Choose the night."})
    begins = _time("Say when it begins.")
    ends = _time("Say when it ends.")
    staff = fields.List(Ident(), load_default=list)
    spots = fields.List(Ident(), load_default=list)
    routes = fields.List(text(LONGEST_ROUTE), load_default=list)


class HandoverForm(Schema):
    """What a team tells the next in its own words."""

    words = text(
        LONGEST_WORDS,
        required=True,
        least=1,
        error_messages={"required": "Write what the next team has to know, or “Nothing”."},
    )


class NightAsked(Schema):
    """Which night a list is of."""

    night = Day(load_default=None)
