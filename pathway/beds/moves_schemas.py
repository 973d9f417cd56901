"""The shape of moves, paper sheets and statements of capacity outside the service."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pathway.beds.rules import MOST_BEDS
from pathway.beds.schemas import ONE_OF_TWO
from pathway.fields import Day, Ident, Instant, TrueOrFalse, text


class TransferAsked(Schema):
    """Where somebody moves to: a site or one bed, at once or as planned."""

    site = text(40, least=1)
    bed = Ident()
    planned = TrueOrFalse()
    override = text(200, least=1, metadata={"description": "The lead's reason to admit."})

    @validates_schema
    def _one_of_two(self, asked: dict[str, Any], **_: Any) -> None:
        if ("site" in asked) == ("bed" in asked):
            raise ValidationError(ONE_OF_TWO, "site")


class ReadyAsked(Schema):
    """When a bed was made ready, if not now."""

    at = Instant()


class TransferForm(Schema):
    """The page that moves somebody."""

    site = text(40, least=1)
    bed = Ident()
    planned = fields.Boolean(load_default=False)

    @validates_schema
    def _one_of_two(self, asked: dict[str, Any], **_: Any) -> None:
        if ("site" in asked) == ("bed" in asked):
            raise ValidationError("Choose a site, or a bed of this one.", "site")


class PaperForm(Schema):
    """One row of a paper sheet."""

    sheet = text(40, least=1, required=True, error_messages={"required": "Write its number."})
    person = text(
        200, least=1, required=True, error_messages={"required": "Write a reference or a name."}
    )
    bed = Ident()
    at = Instant(required=True, error_messages={"required": "Write when they came."})
    departed_at = Instant()
    reason = text(200, least=1)
    destination = text(40, least=1)


class CapacityForm(Schema):
    """How many beds a site has from a night on; with a reason it closes."""

    beds = fields.Integer(validate=validate.Range(0, MOST_BEDS))
    from_night = Day(required=True, error_messages={"required": "Choose a night."})
    reason = text(200, least=1)

    @validates_schema
    def _one_of_two(self, asked: dict[str, Any], **_: Any) -> None:
        if "beds" not in asked and "reason" not in asked:
            raise ValidationError("Write how many beds there are.", "beds")
