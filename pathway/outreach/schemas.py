"""The shape of contacts and spots outside the service."""

from marshmallow import Schema, fields, validate

from pathway.fields import Day, Ident, Instant, TrueOrFalse, text
from pathway.outreach.rules import (
    LONGEST_PLACE,
    LONGEST_PRESENT,
    LONGEST_ROUTE,
    LONGEST_WORDS,
    ContactKind,
    Hidden,
    Naloxone,
    Offer,
)
from pathway.people.rules import NAME_LENGTH, REF_LENGTH
from pathway.sites.rules import Gender

ROUNDED = "Degrees, kept to three decimals, which is about 100 metres."


class _Said(Schema):
    """What a contact says, from a program or a page."""

    description = text(NAME_LENGTH, least=1)
    gender = fields.Enum(Gender, by_value=True)
    kind = fields.Enum(
        ContactKind, by_value=True, required=True, error_messages={"required": "Choose one."}
    )
    place = text(LONGEST_PLACE)
    spot = Ident()
    lat = fields.Float(metadata={"description": ROUNDED})
    lon = fields.Float(metadata={"description": ROUNDED})
    present = text(LONGEST_PRESENT, metadata={"description": "Who else was there."})
    offered = fields.List(
        fields.Enum(Offer, by_value=True), validate=validate.Length(max=len(Offer))
    )
    naloxone = fields.Enum(Naloxone, by_value=True)
    overdose: fields.Boolean = TrueOrFalse(metadata={"description": "Somebody overdosed."})
    moved_on: fields.Boolean = TrueOrFalse(metadata={"description": "Moved on by enforcement."})
    hidden = fields.Enum(Hidden, by_value=True)
    notes = text(LONGEST_WORDS)


class ContactAsked(_Said):
    """Somebody met: a person by reference, or a description of somebody who gave no name."""

    person = text(REF_LENGTH, least=1)
    at = Instant()


class ContactForm(_Said):
    """The page that records a contact; without a date and a time it is now."""

    overdose = fields.Boolean()
    moved_on = fields.Boolean()
    on = Day()
    time = fields.Time()
    which = fields.String(validate=validate.OneOf(["first", "second"]))


class ContactDone(Schema):
    """A contact just recorded."""

    id = fields.String(required=True)
    person = fields.String(required=True, metadata={"description": "The person's reference."})
    late = fields.Boolean(required=True, metadata={"description": "Recorded over 12 hours after."})
    ring_duty = fields.Boolean(
        required=True, metadata={"description": "Somebody waits for them: ring duty tonight."}
    )


class ContactShown(Schema):
    """A contact as recorded. ``at`` is when it happened; one that is struck counts nowhere."""

    id = fields.String(required=True)
    person = fields.String(required=True, attribute="person_ref")
    kind = fields.Enum(ContactKind, by_value=True, required=True)
    at = Instant(required=True)
    night = fields.Date(required=True)
    recorded_at = Instant(required=True)
    late = fields.Boolean(required=True)
    by = fields.String(required=True, allow_none=True, attribute="by_name")
    organisation = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    spot = fields.String(required=True, allow_none=True, attribute="spot_name")
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    present = fields.String(required=True, allow_none=True)
    offered = fields.List(fields.Enum(Offer, by_value=True), required=True)
    naloxone = fields.Enum(Naloxone, by_value=True, required=True, allow_none=True)
    overdose = fields.Boolean(required=True)
    moved_on = fields.Boolean(required=True)
    hidden = fields.Enum(Hidden, by_value=True, required=True, allow_none=True)
    notes = fields.String(required=True, allow_none=True)
    struck_at = Instant(required=True, allow_none=True)


class SpotForm(Schema):
    """A spot to save."""

    name = text(
        LONGEST_PLACE,
        least=1,
        required=True,
        error_messages={"required": "Give the spot a name that others will know it by."},
    )
    route = text(LONGEST_ROUTE)
    lat = fields.Float()
    lon = fields.Float()
