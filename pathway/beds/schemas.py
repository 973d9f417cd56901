"""The shape of beds and placements outside the service."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pathway.beds.rules import BedStatus, PlacementStatus
from pathway.beds.timing import LONGEST_HOLD
from pathway.fields import LARGEST_ID, Ident, Instant, TrueOrFalse, text
from pathway.sites.rules import Gender, SupportLevel

ONE_OF_TWO = "Name a site or a bed, and not both."


def _sheet() -> fields.String:
    return text(40, least=1, metadata={"description": "The number of the paper sheet."})


class PlacementAsked(Schema):
    """A bed to hold or to book, or somebody at the door to place."""

    person = text(40, required=True, least=1)
    site = text(40, least=1)
    bed = Ident()
    minutes = fields.Integer(strict=True, validate=validate.Range(1, LONGEST_HOLD))
    expected_at = Instant()
    walk_in = TrueOrFalse()
    override = text(200, least=1, metadata={"description": "The lead's reason to admit."})
    over = text(200, least=1, metadata={"description": "The lead's reason to go over capacity."})
    at = Instant()
    sheet = _sheet()

    @validates_schema
    def _one_of_two(self, asked: dict[str, Any], **_: Any) -> None:
        if ("site" in asked) == ("bed" in asked):
            raise ValidationError(ONE_OF_TWO, "site")
        if asked.get("walk_in") and "minutes" in asked:
            raise ValidationError("Somebody who walks in needs no minutes.", "minutes")
        for name in ("at", "sheet"):
            if name in asked and not asked.get("walk_in"):
                raise ValidationError("Only who walked in can have come earlier.", name)
        if "expected_at" in asked and (asked.get("walk_in") or "minutes" in asked):
            raise ValidationError("A booking has no minutes and is no walk-in.", "expected_at")


class ExtendAsked(Schema):
    """How many more minutes."""

    minutes = fields.Integer(strict=True, required=True, validate=validate.Range(1, LONGEST_HOLD))


class CheckInAsked(Schema):
    """When they arrived, if not now."""

    at = Instant()
    sheet = _sheet()


class DepartAsked(Schema):
    """Why they left, where they went, and when, if not now."""

    reason = text(200, required=True, least=1)
    destination = text(40, required=True, least=1)
    at = Instant()
    sheet = _sheet()


class VoidAsked(Schema):
    """Why a bed is out of use, and until when, if that is known."""

    reason = text(200, required=True, least=1)
    until = Instant(allow_none=True)


class ConfirmAsked(Schema):
    """How many beds the hub sees free."""

    free = fields.Integer(
        strict=True, required=True, validate=validate.Range(-LARGEST_ID, LARGEST_ID)
    )


class ConfirmShown(Schema):
    """What the records say, and the difference."""

    free = fields.Integer(required=True)
    discrepancy = fields.Integer(required=True)
    confirmed_at = Instant(required=True)


class EventShown(Schema):
    """One thing that happened to a placement."""

    at = Instant(required=True)
    by = fields.String(required=True)
    what = fields.String(required=True)
    recorded_at = Instant()
    device_at = Instant(allow_none=True)
    expires_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True)
    destination = fields.String(allow_none=True)
    override = fields.String(allow_none=True)
    over = fields.String(allow_none=True)
    expected_at = fields.String()
    expected_on = fields.String(allow_none=True)
    late = fields.Boolean()
    called = fields.Boolean()
    welfare = fields.String()
    authorised = fields.Boolean()
    sheet = fields.String(allow_none=True)
    undone = fields.String(metadata={"description": "What was taken back."})


class PlacementShown(Schema):
    """A placement as of now."""

    id = fields.String(required=True)
    status = fields.Enum(PlacementStatus, by_value=True, required=True)
    person = fields.String(required=True)
    site = fields.String(required=True)
    bed = fields.String(required=True, allow_none=True)
    bed_label = fields.String(allow_none=True)
    expires_at = Instant(required=True, allow_none=True)
    made_at = Instant()
    checked_in_at = Instant(allow_none=True)
    departed_at = Instant(allow_none=True)
    departure_reason = fields.String(allow_none=True)
    destination = fields.String(allow_none=True)
    expected_at = Instant(allow_none=True)
    late = fields.Boolean(
        metadata={"description": "Cancelled after, or not come by, the expected time."}
    )
    planned = fields.Boolean()
    transfer_from = fields.String(allow_none=True)
    away_at = Instant(allow_none=True)
    away_reason = fields.String(allow_none=True)
    away_until = fields.Date(allow_none=True)
    overstaying = fields.Boolean()
    stay_authorised = fields.Boolean(allow_none=True)
    stay_reason = fields.String(allow_none=True)


class PlacementWithEvents(PlacementShown):
    """A placement with everything that happened to it."""

    events = fields.List(fields.Nested(EventShown), required=True)


class BedShown(Schema):
    """One bed as of now."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    status = fields.Enum(BedStatus, by_value=True, required=True)
    until = Instant(allow_none=True, required=True)
    void_pending = fields.Boolean(
        metadata={"description": "It goes out of use when whoever is in it leaves."}
    )
    step_free = fields.Boolean(allow_none=True)
    womens = fields.Boolean(allow_none=True, metadata={"description": "In a women's room."})
    shared = fields.Boolean(allow_none=True, metadata={"description": "The room is shared."})


class BedsShown(Schema):
    """The beds of one site."""

    items = fields.List(fields.Nested(BedShown), required=True)
    next = fields.String(allow_none=True, required=True)


class Accepts(Schema):
    """Whom a site accepts."""

    admits = fields.List(fields.Enum(Gender, by_value=True), required=True)
    max_support_level = fields.Enum(SupportLevel, by_value=True, allow_none=True)
    nrpf = fields.Boolean(required=True)
    dogs = fields.Boolean(allow_none=True)
    couples = fields.Boolean(allow_none=True)
    intake_from = fields.Time("%H:%M", allow_none=True)
    intake_to = fields.Time("%H:%M", allow_none=True)
    step_free = fields.Integer(
        allow_none=True, metadata={"description": "How many of the free beds are step-free."}
    )
    words = fields.String(required=True)


def _count() -> fields.Integer:
    return fields.Integer(required=True, allow_none=True)


class SiteTonightShown(Schema):
    """One site tonight. Counts are null for roles that may not see them."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    capacity = _count()
    occupied = _count()
    booked = _count()
    held = _count()
    void = _count()
    turnaround = _count()
    free = _count()
    over = _count()
    accepts = fields.Nested(Accepts, required=True)
    phone = fields.String(required=True, allow_none=True)
    pickup_point = fields.String(allow_none=True)
    confirmed_at = Instant(required=True, allow_none=True)
    changed_at = Instant(allow_none=True)
    swep = fields.Boolean(required=True)


class BoardShown(Schema):
    """Tonight's board."""

    night = fields.Date(required=True)
    as_of = Instant(required=True)
    sites = fields.List(fields.Nested(SiteTonightShown), required=True)


class ThenAsked(Schema):
    """Which moment of the past."""

    at = Instant(required=True)


class HoldForm(Schema):
    """The hold button of a page."""

    person = text(40, required=True, least=1)
    site = text(40, required=True, least=1)
    walk_in = fields.Boolean(load_default=False)
    override = text(200)
    over = text(200)


class ExtendForm(Schema):
    """The extend button of a page."""

    minutes = fields.Integer(required=True, validate=validate.Range(1, LONGEST_HOLD))


class ArrivalForm(Schema):
    """The check-in button, or the form for an arrival some time ago."""

    at = Instant()
    sheet = text(40, least=1)


class DepartForm(Schema):
    """The check-out form."""

    reason = text(
        200, least=1, required=True, error_messages={"required": "Write why they are leaving."}
    )
    destination = text(40, required=True, error_messages={"required": "Choose where they go."})
    at = Instant()
    sheet = text(40, least=1)


class VoidForm(Schema):
    """The form that takes a bed out of use."""

    bed = Ident(required=True, error_messages={"required": "Choose a bed."})
    reason = text(
        200, least=1, required=True, error_messages={"required": "Write why it is out of use."}
    )
    until = Instant()


class ConfirmForm(Schema):
    """The count a hub types in."""

    free = fields.Integer(
        required=True,
        validate=validate.Range(0, 999),
    )
