"""The shape of what is typed about a site."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from pathway.fields import Ident, Version, YesNoNotKnown, text
from pathway.sites.rules import DETAILS, HOLD_MINUTES, SETTINGS, USUAL, SupportLevel


class PlaceForm(Schema):
    """What a lead types of a site; ``version`` is the one that the form was made from.

    What is left empty is not known; of a number it is the usual one.
    """

    version = Version(required=True)
    phone = text(DETAILS["phone"], load_default="")
    pickup_point = text(DETAILS["pickup_point"], load_default="")
    address = text(DETAILS["address"], load_default="")
    nominations = text(DETAILS["nominations"], load_default="")
    intake_from = fields.Time("%H:%M", load_default=None)
    intake_to = fields.Time("%H:%M", load_default=None)
    dogs = YesNoNotKnown()
    couples = YesNoNotKnown()
    max_support_level = fields.Enum(SupportLevel, by_value=True, load_default=None)
    turnaround = fields.Boolean(load_default=False)
    hold_minutes = fields.Integer(load_default=HOLD_MINUTES)


SiteForm = PlaceForm.from_dict(
    {name: fields.Integer(load_default=getattr(USUAL, name)) for name in SETTINGS}, name="SiteForm"
)
"""The same with every number that is a setting of the site."""


class RoomsForm(Schema):
    """What a lead says of each bed: the lists have one value for each, in one order."""

    version = Version(required=True)
    bed = fields.List(Ident())
    step_free = fields.List(YesNoNotKnown())
    womens = fields.List(YesNoNotKnown())
    shared = fields.List(YesNoNotKnown())

    @validates_schema
    def _each_of_every_bed(self, said: dict[str, Any], **_: Any) -> None:
        lists = (said.get(name, ()) for name in ("bed", "step_free", "womens", "shared"))
        if len({len(one) for one in lists}) > 1:
            raise ValidationError("Say something of every bed. Open the page again.", "bed")
