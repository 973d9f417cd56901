"""Fields that the schemas of several packages share."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from pathway.nights import parse_instant

ANY_SIGN_BUT_NUL = validate.Regexp(
    r"^[^\x00]*\Z", error="There is a sign in it that cannot be kept (NUL)."
)


def text(longest: int, *, least: int = 0, **options: Any) -> fields.String:
    """Return a field of text, kept as it was sent."""
    return fields.String(
        validate=[validate.Length(min=least, max=longest), ANY_SIGN_BUT_NUL, _whole_signs],
        **options,
    )


def _whole_signs(value: str) -> None:
    """Refuse half a surrogate pair, which no database can keep."""
    try:
        value.encode()
    except UnicodeEncodeError:
        msg = "There is half a sign in it. Type it again."
        raise ValidationError(msg) from None


class Instant(fields.DateTime):
    """An ISO 8601 time; without an offset it is London time. Shown in UTC."""

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        if not isinstance(value, str):
            msg = "Write a date and time like 2026-01-09T22:15:00Z."
            raise ValidationError(msg)
        try:
            return parse_instant(value)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


LARGEST_ID = 2**31 - 1
"""The largest id that both databases can hold."""


class Ident(fields.Integer):
    """An id: opaque text outside, a number inside."""

    def __init__(self, **options: Any) -> None:
        super().__init__(as_string=True, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
            number = int(value)
            if number <= LARGEST_ID:
                return number
        msg = "This is not an id."
        raise ValidationError(msg)
