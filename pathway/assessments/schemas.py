"""The shape of an assessment and of a note outside the service."""

from marshmallow import Schema, fields, validate

from pathway.assessments.rules import LONGEST_WORDS, Institution, Known
from pathway.fields import Day, Digits, Ident, Instant, TrueOrFalse, Version, YesNoNotKnown, text
from pathway.people.rules import LONGEST_LANGUAGE, Recourse
from pathway.sites.rules import Gender, SupportLevel

LEFT_OUT = "Left out it is as it was; not_known, or null, makes it unknown."


class _Found(Schema):
    """What was found out. What is left out is as it was."""

    alcohol = fields.Enum(Known, by_value=True)
    drugs = fields.Enum(Known, by_value=True)
    mental_health = fields.Enum(Known, by_value=True)
    physical_health = fields.Enum(Known, by_value=True)
    recourse = fields.Enum(Recourse, by_value=True)
    local_connection = text(60, allow_none=True)
    gender = fields.Enum(Gender, by_value=True)
    support_level = fields.Enum(SupportLevel, by_value=True, allow_none=True)
    language = text(LONGEST_LANGUAGE, allow_none=True)
    interpreter: fields.Boolean = TrueOrFalse(allow_none=True)
    at_risk: fields.Boolean = TrueOrFalse(allow_none=True)
    vulnerable: fields.Boolean = TrueOrFalse(allow_none=True)
    needs_step_free: fields.Boolean = TrueOrFalse(allow_none=True)
    has_dog: fields.Boolean = TrueOrFalse(allow_none=True)
    with_partner: fields.Boolean = TrueOrFalse(allow_none=True)
    wants = text(LONGEST_WORDS, allow_none=True, metadata={"description": LEFT_OUT})
    last_institution = fields.Enum(Institution, by_value=True, allow_none=True)
    left_on = Day(allow_none=True)


class AssessmentAsked(_Found):
    """An assessment of a person."""

    person = text(40, required=True, least=1)
    at = Instant(allow_none=True)


class AssessmentForm(_Found):
    """The whole form; ``seen`` is the version of the record that it was made from."""

    at = Instant(load_default=None)
    seen = Version(load_default=None)
    interpreter = YesNoNotKnown()
    at_risk = YesNoNotKnown()
    vulnerable = YesNoNotKnown()
    needs_step_free = YesNoNotKnown()
    has_dog = YesNoNotKnown()
    with_partner = YesNoNotKnown()
    local_connection = text(60, load_default=None)
    language = text(LONGEST_LANGUAGE, load_default=None)
    wants = text(LONGEST_WORDS, load_default=None)
    support_level = fields.Enum(SupportLevel, by_value=True, load_default=None)


class AssessmentMade(Schema):
    """What was written down. An entry older than the newest decides nothing."""

    id = fields.String(required=True)
    decides = fields.Boolean(required=True)


class AssessmentsAsked(Schema):
    """Which part of the list."""

    limit = Digits(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(
        load_default="0",
        validate=validate.Regexp(
            r"^[0-9]{1,9}\Z", error="Send “next” of the page before, or nothing."
        ),
    )


class AssessmentShown(Schema):
    """One version. The one that decides is the newest by ``at``."""

    id = fields.String(required=True)
    at = Instant(required=True)
    recorded_at = Instant(required=True)
    by = fields.String(required=True, allow_none=True, attribute="by_name")
    decides = fields.Boolean(required=True)
    late = fields.Boolean(required=True)
    alcohol = fields.Enum(Known, by_value=True, attribute="found.alcohol")
    drugs = fields.Enum(Known, by_value=True, attribute="found.drugs")
    mental_health = fields.Enum(Known, by_value=True, attribute="found.mental_health")
    physical_health = fields.Enum(Known, by_value=True, attribute="found.physical_health")
    recourse = fields.Enum(Recourse, by_value=True, attribute="found.recourse")
    local_connection = fields.String(allow_none=True, attribute="found.local_connection")
    gender = fields.Enum(Gender, by_value=True, attribute="found.gender")
    support_level = fields.Enum(
        SupportLevel, by_value=True, allow_none=True, attribute="found.support_level"
    )
    language = fields.String(allow_none=True, attribute="found.language")
    interpreter = fields.Boolean(allow_none=True, attribute="found.interpreter")
    at_risk = fields.Boolean(allow_none=True, attribute="found.at_risk")
    vulnerable = fields.Boolean(allow_none=True, attribute="found.vulnerable")
    needs_step_free = fields.Boolean(allow_none=True, attribute="found.needs_step_free")
    has_dog = fields.Boolean(allow_none=True, attribute="found.has_dog")
    with_partner = fields.Boolean(allow_none=True, attribute="found.with_partner")
    wants = fields.String(allow_none=True, attribute="found.wants")


class AssessmentsShown(Schema):
    """A page of versions, newest first."""

    items = fields.List(fields.Nested(AssessmentShown), required=True)
    next = fields.String(allow_none=True, required=True)


class NoteForm(Schema):
    """A note, and for whom it is."""

    words = text(LONGEST_WORDS, load_default="")
    readers = fields.String(
        required=True,
        validate=validate.OneOf(("shared", "team"), error="Choose who may read it."),
    )
    role = fields.String(load_default=None)


class NoteStruck(Schema):
    """Which note is taken back."""

    note: fields.String = Ident(required=True)
