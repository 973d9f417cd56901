"""Refusals: each is a sentence that tells a tired person what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any


class Refused(Exception):
    """A rule refused. Nothing was changed.

    ``detail`` is a sentence for a person; ``extra`` goes into the answer as it
    is (for instance the next-best free beds).
    """

    status = 409
    title = "Not possible"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: Mapping[str, Any] = extra


class Absent(Refused):
    """There is none, or it is out of scope: the two answer alike."""

    status = 404
    title = "Not found"

    def __init__(self, detail: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(detail)


class Forbidden(Refused):
    """The role may not do this."""

    status = 403
    title = "Not allowed"

    def __init__(self, detail: str = "Your role may not do this.") -> None:
        super().__init__(detail)


class Unauthorised(Refused):
    """Nobody is signed in."""

    status = 401
    title = "Sign in first"

    def __init__(self, detail: str = "Sign in, or send a valid token.") -> None:
        super().__init__(detail)


class Invalid(Refused):
    """A value is wrong. ``errors`` maps a field's name to its sentences."""

    status = 422
    title = "Check what was sent"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("Some values are not valid.", errors=dict(errors))
        self.errors = errors


class NotJson(Refused):
    """A program sent something else than JSON."""

    status = 415
    title = "Wrong kind of content"

    def __init__(self) -> None:
        super().__init__("Send JSON, with the header Content-Type: application/json.")


class Busy(Refused):
    """Somebody else is writing, or the database cannot be reached."""

    status = 503
    title = "Try again in a moment"
