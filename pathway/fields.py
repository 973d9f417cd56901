"""Fields that the schemas of several packages share, and what they say when something is wrong."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from pathway.errors import Invalid
from pathway.nights import parse_instant

_WORDS: Mapping[type[fields.Field[Any]], Mapping[str, str]] = {
    fields.Field: {
        "required": "This is missing. Fill it in.",
        "null": "This is empty (null). Give it a value.",
        "validator_failed": "This cannot be taken. Check it.",
    },
    fields.Nested: {"type": "Send an object with named values here."},
    fields.Mapping: {"invalid": "Send an object with named values here."},
    fields.List: {"invalid": "Send a list here, in square brackets."},
    fields.String: {
        "invalid": "Write text here.",
        "invalid_utf8": "Write text here, encoded as UTF-8.",
    },
    fields.Number: {"invalid": "Write a number.", "too_large": "Write a smaller number."},
    fields.Integer: {"invalid": "Write a whole number."},
    fields.Float: {"special": "Write an ordinary number."},
    fields.Decimal: {"special": "Write an ordinary number."},
    fields.Boolean: {"invalid": "Say yes or no: true or false."},
    fields.DateTime: {"invalid": "Write a date and time that exist, like 2026-01-09T22:15."},
    fields.Date: {"invalid": "Write a date that exists, like 2026-01-09."},
    fields.Time: {"invalid": "Write a time that exists, like 22:15."},
    fields.Enum: {"unknown": "Choose one of these: {choices}."},
}
"""What is said instead of the library's own words, which tell nobody what to do."""


def _speak_plainly() -> None:
    """Give every field and validator its words, whichever schema it stands in."""
    for kind, words in _WORDS.items():
        kind.default_error_messages = {**kind.default_error_messages, **words}
    Schema.error_messages = {
        "type": "Send one object with named values.",
        "unknown": "There is no such field. Check its name, or leave it out.",
    }
    validate.Range.message_min = "Write {{min}} or more."
    validate.Range.message_max = "Write {{max}} or less."
    validate.Range.message_all = "Write a number from {{min}} to {{max}}."
    validate.Length.message_min = "This is too short. Give at least {min}."
    validate.Length.message_max = "This is too long. Give at most {max}."
    validate.Length.message_all = "Give at least {min} and at most {max}."
    validate.Length.message_equal = "Give exactly {equal}."
    validate.OneOf.default_message = "Choose one of these: {choices}."
    validate.Regexp.default_message = "This is not written as it should be. Check it."


_speak_plainly()

ANY_SIGN_BUT_NUL = validate.Regexp(
    r"^[^\x00]*\Z", error="There is a sign in it that cannot be kept (NUL). Take it out."
)


def text(longest: int, *, least: int = 0, **options: Any) -> fields.String:
    """Return a field of text, kept as it was sent."""
    wanted = f"Write {least} to" if least else "Write at most"
    length = validate.Length(min=least, max=longest, error=f"{wanted} {longest} characters.")
    return fields.String(validate=[length, ANY_SIGN_BUT_NUL, _whole_signs], **options)


def _whole_signs(value: str) -> None:
    """Refuse half a surrogate pair, which no database can keep."""
    try:
        value.encode()
    except UnicodeEncodeError:
        msg = "There is half a sign in it. Type it again."
        raise ValidationError(msg) from None


class TrueOrFalse(fields.Boolean):
    """Exactly true or false: 1 and "yes" are something else in JSON."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise self.make_error("invalid", input=value)


class YesNoNotKnown(fields.Boolean):
    """What a form says of something that may not be known: yes, no or not_known."""

    SAID: Mapping[str, bool | None] = {"yes": True, "no": False, "not_known": None, "": None}

    def __init__(self, **options: Any) -> None:
        super().__init__(load_default=None, allow_none=True, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, str) and value in self.SAID:
            return self.SAID[value]
        msg = "Choose yes, no or not known."
        raise ValidationError(msg)


def as_chosen(value: bool | None) -> str:
    """Return which choice of :class:`YesNoNotKnown` a value is."""
    return {True: "yes", False: "no", None: "not_known"}[value]


class Digits(fields.Integer):
    """A whole number in an address, written as text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
            return int(value)
        raise self.make_error("invalid", input=value)


class Day(fields.Date):
    """A date written ``2026-01-09`` and in no other way."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return super()._deserialize(value, *rest, **more)
        raise self.make_error("invalid", input=value, obj_type="date")


class Instant(fields.DateTime):
    """An ISO 8601 time; without an offset it is London time. Shown in UTC."""

    WRITTEN = (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
        r"(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$"
    )
    """How it may be sent; the API's document says so too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": self.WRITTEN}, **options)

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        if not isinstance(value, str) or not re.fullmatch(self.WRITTEN, value):
            msg = "Write a date and time like 2026-01-09T22:15, or 2026-01-09T22:15:00Z."
            raise ValidationError(msg)
        try:
            return parse_instant(value)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


LARGEST_ID = 2**31 - 1
"""The largest id that both databases can hold."""


def ident_of(text: str) -> int | None:
    """Return the id that is written here, or None: anybody may have written it."""
    if not re.fullmatch(Ident.WRITTEN, text):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


class Ident(fields.String):
    """An id: opaque text outside, a number inside."""

    WRITTEN = r"^[0-9]{1,10}$"

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": self.WRITTEN}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        number = ident_of(value) if isinstance(value, str) else None
        if number is not None:
            return number
        msg = "This is not an id. Take it from the list that shows it."
        raise ValidationError(msg)


class Version(fields.Integer):
    """The version of a record that a form was made from; one beyond the database is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Range(0, LARGEST_ID), **options)


def sentences(told: Any) -> list[str]:
    """Return a schema's messages of one field as plain sentences, however deep they lie."""
    if isinstance(told, dict):
        return [one for value in told.values() for one in sentences(value)]
    if isinstance(told, list):
        return [one for value in told for one in sentences(value)]
    return [str(told)]


def filled(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, without spaces around it; an empty field was not filled in."""
    return {name: value.strip() for name, value in typed.items() if value.strip()}


def loaded(form: type[Schema], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a page's form; what the form does not know is passed over.

    Raises:
        Invalid: a value is wrong, told by field.
    """
    try:
        return dict(form(unknown=EXCLUDE).load(typed))
    except ValidationError as fault:
        told = {str(name): sentences(said) for name, said in fault.messages_dict.items()}
        raise Invalid(told) from None
