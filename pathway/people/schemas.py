"""The shape of a person outside the service."""

from datetime import date

from marshmallow import Schema, ValidationError, fields, validate

from pathway.fields import Day, Digits, Ident, TrueOrFalse, Version, YesNoNotKnown, text
from pathway.people.rules import (
    LONGEST_LANGUAGE,
    NAME_LENGTH,
    NUMBER_LENGTH,
    SCHEME_LENGTH,
    Need,
    Recourse,
    Verdict,
    WarningKind,
)
from pathway.people.warned import LONGEST_DETAIL, LONGEST_SOURCE
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff.doing import Role

VULNERABLE = "Ask before giving up on them when they do not arrive."

EARLIEST_BIRTH = date(1900, 1, 1)

OLDEST = 110
"""The greatest age that somebody is taken to be of (ours)."""


def _could_be_born(value: date) -> None:
    if value < EARLIEST_BIRTH:
        msg = "That is too long ago for a date of birth. Check the year."
        raise ValidationError(msg)


_MONTH = validate.Range(1, 12, error="Write a month from 1 to 12.")


class PersonAsked(Schema):
    """A person to add. Everything may be left out."""

    given_name = text(NAME_LENGTH, allow_none=True)
    family_name = text(NAME_LENGTH, allow_none=True)
    aliases = fields.List(text(NAME_LENGTH, least=1), validate=validate.Length(max=20))
    date_of_birth = Day(allow_none=True, validate=_could_be_born)
    birth_year = fields.Integer(
        strict=True, allow_none=True, metadata={"description": "Where the date is not known."}
    )
    birth_month = fields.Integer(strict=True, allow_none=True, validate=_MONTH)
    birth_guessed: fields.Boolean = TrueOrFalse(
        allow_none=True, metadata={"description": "Somebody took them to be about so old."}
    )
    dog_name = text(NAME_LENGTH, allow_none=True)
    gender = fields.Enum(Gender, by_value=True)
    nationality = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"^[A-Za-z]{2}\Z", error="Write two letters, like PL."),
    )
    recourse = fields.Enum(Recourse, by_value=True)
    local_connection = text(60, allow_none=True)
    support_level = fields.Enum(SupportLevel, by_value=True, allow_none=True)
    needs = fields.List(fields.Enum(Need, by_value=True))
    needs_step_free: fields.Boolean = TrueOrFalse(allow_none=True)
    has_dog: fields.Boolean = TrueOrFalse(allow_none=True)
    with_partner: fields.Boolean = TrueOrFalse(allow_none=True)
    vulnerable: fields.Boolean = TrueOrFalse(allow_none=True, metadata={"description": VULNERABLE})


class PersonForm(PersonAsked):
    """The form of a whole person; ``version`` is the one that it was made from."""

    version = Version(required=True)
    birth_year = Digits(load_default=None)
    birth_month = Digits(load_default=None, validate=_MONTH)
    birth_guessed = YesNoNotKnown()
    needs_step_free = YesNoNotKnown()
    has_dog = YesNoNotKnown()
    with_partner = YesNoNotKnown()
    vulnerable = YesNoNotKnown()
    at_risk = YesNoNotKnown()
    language = text(LONGEST_LANGUAGE, load_default=None)
    interpreter = YesNoNotKnown()


class Nothing(Schema):
    """A request without a body, or with an empty one."""


class WarningForm(Schema):
    """A warning of a person."""

    kind = fields.Enum(
        WarningKind, by_value=True, required=True, error_messages={"required": "Choose one."}
    )
    detail = text(LONGEST_DETAIL, load_default="")
    source = text(LONGEST_SOURCE, load_default="")
    readers = fields.List(fields.Enum(Role, by_value=True), load_default=list)
    expires_on = Day(load_default=None)
    sites = fields.List(text(40), load_default=list)


class WarningEnded(Schema):
    """Which warning is taken back."""

    warning: fields.String = Ident(required=True)


class WarningRenewed(WarningEnded):
    """Until when a warning stands now."""

    expires_on = Day(load_default=None)


class NotHereAsked(Schema):
    """Which site is not for somebody, or is again."""

    site = text(40, required=True, least=1)


class RestrictAsked(Schema):
    """Why a record is closed, if anybody wants to say."""

    reason = text(500, allow_none=True)


class GlassAsked(Schema):
    """Why a closed record has to be opened."""

    reason = text(
        500, required=True, least=10, error_messages={"required": "Write what the danger is."}
    )


class MergeAsked(Schema):
    """Which record this one becomes."""

    into = text(40, required=True, least=1)


class MergeForm(MergeAsked):
    """The merge form of a page; ``other`` is the second of two records to choose from."""

    other = text(40, load_default="")


class SameForm(Schema):
    """What is said of two records; nothing takes back what was said."""

    verdict = fields.Enum(Verdict, by_value=True, load_default=None)


class Alike(Schema):
    """Somebody who may be the same person."""

    ref = fields.String(required=True)
    score = fields.Integer(required=True, metadata={"description": "0 to 100"})
    reasons = fields.List(fields.String(), required=True)


class PersonShown(Schema):
    """A person as recorded."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    given_name = fields.String(allow_none=True)
    family_name = fields.String(allow_none=True)
    aliases = fields.List(fields.String())
    date_of_birth = fields.Date(allow_none=True)
    birth_year = fields.Integer(allow_none=True)
    birth_month = fields.Integer(allow_none=True)
    birth_guessed = fields.Boolean(allow_none=True)
    dog_name = fields.String(allow_none=True)
    gender = fields.Enum(Gender, by_value=True)
    nationality = fields.String(allow_none=True)
    recourse = fields.Enum(Recourse, by_value=True)
    local_connection = fields.String(allow_none=True)
    support_level = fields.Enum(SupportLevel, by_value=True, allow_none=True)
    needs = fields.List(fields.Enum(Need, by_value=True))
    needs_step_free = fields.Boolean(allow_none=True)
    has_dog = fields.Boolean(allow_none=True)
    with_partner = fields.Boolean(allow_none=True)
    vulnerable = fields.Boolean(allow_none=True, metadata={"description": VULNERABLE})
    restricted = fields.Boolean(metadata={"description": "Closed to others."})


class NumberForm(Schema):
    """A number under which others know a person, and whose it is."""

    scheme = text(
        SCHEME_LENGTH,
        required=True,
        least=1,
        error_messages={"required": "Say whose number it is, for instance CHAIN."},
    )
    number = text(
        NUMBER_LENGTH,
        required=True,
        least=1,
        error_messages={"required": "Write the number."},
    )


class NumberShown(Schema):
    """A number under which others know a person; ``chain`` is CHAIN's scheme."""

    scheme = fields.String(required=True)
    number = fields.String(required=True)


class PersonWhole(PersonShown):
    """A person as recorded, with the numbers that others know them under."""

    numbers = fields.List(fields.Nested(NumberShown), required=True)


class LikelyAsked(Schema):
    """What is known of somebody who may be recorded already; all of it may be left out."""

    given_name = text(NAME_LENGTH, allow_none=True)
    family_name = text(NAME_LENGTH, allow_none=True)
    aliases = fields.List(text(NAME_LENGTH, least=1), validate=validate.Length(max=20))
    date_of_birth = Day(allow_none=True, validate=_could_be_born)
    birth_year = fields.Integer(
        strict=True, allow_none=True, validate=validate.Range(EARLIEST_BIRTH.year, 9999)
    )
    birth_month = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, 12))
    birth_guessed: fields.Boolean = TrueOrFalse(allow_none=True)
    dog_name = text(NAME_LENGTH, allow_none=True)
    seen = text(
        NAME_LENGTH, allow_none=True, metadata={"description": "Where they were seen last."}
    )


class LikelyOne(Alike):
    """Somebody who may be meant."""

    name = fields.String(required=True)


class LikelyFound(Schema):
    """Who may be meant, most alike first."""

    items = fields.List(fields.Nested(LikelyOne), required=True)


class PersonAdded(PersonShown):
    """A person just added, and who they may be already."""

    possible_duplicates = fields.List(fields.Nested(Alike), required=True)


class PeopleAsked(Schema):
    """A search."""

    q = text(NAME_LENGTH, required=True, least=1)
    limit = Digits(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(
        load_default="0",
        validate=validate.Regexp(
            r"^[0-9]{1,9}\Z", error="Send “next” of the page before, or nothing."
        ),
    )


class PeopleFound(Schema):
    """A page of people."""

    items = fields.List(fields.Nested(PersonShown), required=True)
    next = fields.String(allow_none=True, required=True)


class QuickAdd(Schema):
    """The form with two fields, and what decides on beds."""

    name = text(NAME_LENGTH, load_default="")
    gender = fields.Enum(Gender, by_value=True, load_default=Gender.NOT_KNOWN)
    site = fields.String(load_default="")
    sure = fields.Boolean(load_default=False, metadata={"description": "None of those alike."})
    look = fields.Boolean(load_default=False, metadata={"description": "Look, add nobody."})
    aliases = text(20 * NAME_LENGTH, load_default="")
    date_of_birth = Day(load_default=None, validate=_could_be_born)
    birth_year = Digits(load_default=None, validate=validate.Range(EARLIEST_BIRTH.year, 9999))
    age = Digits(load_default=None, validate=validate.Range(0, OLDEST))
    dog_name = text(NAME_LENGTH, load_default=None)
    seen = text(NAME_LENGTH, load_default="")
    needs_step_free = YesNoNotKnown()
    has_dog = YesNoNotKnown()
    with_partner = YesNoNotKnown()
    vulnerable = YesNoNotKnown()
