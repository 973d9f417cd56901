"""The shape of what is said of two people, and of an exclusion."""

from marshmallow import Schema, fields

from pathway.fields import Day, Ident, text
from pathway.people.rules import REF_LENGTH
from pathway.people.warned import LONGEST_DETAIL
from pathway.staff.doing import Role

_WHOM = {"required": "Choose the other person, or write their reference."}


class TogetherForm(Schema):
    """With whom somebody wants to stay."""

    other = text(REF_LENGTH, required=True, least=1, error_messages=_WHOM)


class ApartForm(TogetherForm):
    """Whom somebody must never meet, why, who may read that, and until when."""

    why = text(LONGEST_DETAIL, load_default="")
    readers = fields.List(fields.Enum(Role, by_value=True), load_default=list)
    until = Day(load_default=None)


class TieEnded(Schema):
    """Which of these is ended."""

    tie: fields.String = Ident(required=True)


class ExclusionForm(Schema):
    """Which site takes somebody no more, why, and until when."""

    site = text(40, required=True, least=1, error_messages={"required": "Choose a site."})
    reason = text(LONGEST_DETAIL, load_default="")
    until_on = Day(load_default=None)
