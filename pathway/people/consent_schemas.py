"""The shape of consent outside the service."""

from marshmallow import Schema, fields, validate

from pathway.fields import Instant, TrueOrFalse, text
from pathway.people.consent_rules import ConsentKind
from pathway.people.rules import LONGEST_WORDING


class ConsentMeant(Schema):
    """Which kind of sharing is meant."""

    kind = fields.Enum(
        ConsentKind, by_value=True, required=True, error_messages={"required": "Choose one."}
    )


class ConsentAsked(ConsentMeant):
    """What somebody answered, after they were read the newest words."""

    given = TrueOrFalse(required=True)


class ConsentForm(ConsentMeant):
    """The form of an answer; ``version`` is which words the page showed."""

    given = fields.String(
        required=True,
        validate=validate.OneOf(["yes", "no"]),
        error_messages={"required": "Choose one."},
    )
    version = fields.Integer(required=True)


class ConsentTaken(Schema):
    """That an answer was written down."""

    kind = fields.Enum(ConsentKind, by_value=True, required=True)
    given = fields.Boolean(required=True)


class ConsentWithdrawn(Schema):
    """That nothing of a kind stands any more."""

    kind = fields.Enum(ConsentKind, by_value=True, required=True)
    stands = fields.Boolean(required=True)


class ConsentShown(Schema):
    """One answer. ``by`` is null where the reader is not to know who took it."""

    kind = fields.Enum(ConsentKind, by_value=True, required=True)
    given = fields.Boolean(required=True)
    at = Instant(required=True)
    by = fields.String(attribute="by_name", required=True, allow_none=True)
    version = fields.Integer(required=True)
    words = fields.String(required=True)
    withdrawn_at = Instant(required=True, allow_none=True)
    withdrawn_by = fields.String(attribute="withdrawn_by_name", required=True, allow_none=True)


class ConsentsShown(Schema):
    """The answers that you may see, newest first, and what stands of them."""

    items = fields.List(fields.Nested(ConsentShown), required=True)
    standing = fields.List(fields.Enum(ConsentKind, by_value=True), required=True)


class WordingForm(Schema):
    """New words to be read out."""

    kind = fields.Enum(
        ConsentKind, by_value=True, required=True, error_messages={"required": "Choose one."}
    )
    words = text(LONGEST_WORDING, load_default="")
