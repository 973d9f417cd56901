"""Refusals: each is a sentence that tells a tired person what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InVain:
    """That somebody asked for a bed and there was none for them: it is written down.

    ``person`` is their reference, ``needed`` what such a bed would have had to be.
    """

    person: str
    site_id: int
    needed: Mapping[str, Any]


class Refused(Exception):
    """A rule refused. Nothing was changed.

    ``detail`` is a sentence for a person; ``extra`` goes into the answer as it
    is (for instance the next-best free beds).
    """

    status = 409
    title = "Not possible"
    denial = False
    """Whether it kept somebody from what is not theirs, or is not there: the two look alike."""
    in_vain: InVain | None = None
    """For whom there was no bed, where that is why."""

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: Mapping[str, Any] = extra


class Absent(Refused):
    """There is none, or it is out of scope: the two answer alike."""

    status = 404
    title = "Not found"
    denial = True

    def __init__(
        self, detail: str = "There is nothing here, or it is not yours to see.", **extra: Any
    ) -> None:
        super().__init__(detail, **extra)


class Telling(Refused):
    """A rule refused, and the sentence tells where somebody is: that is a view of them."""

    def __init__(self, detail: str, person: str, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.person = person


class Unfit(Refused):
    """A site does not take somebody, and the sentence tells why: a fact about them."""


class Kept(Refused):
    """A rule refused for a reason that is not the caller's to know."""

    denial = True


class Forbidden(Refused):
    """The role may not do this."""

    status = 403
    title = "Not allowed"
    denial = True

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


class Unknown(Invalid):
    """A body names something that is not there, or that is not the caller's to know."""

    denial = True

    def __init__(self, errors: Mapping[str, Sequence[str]], *, person: str | None = None) -> None:
        super().__init__(errors)
        self.person = person


class NotJson(Refused):
    """A program sent something else than JSON."""

    status = 415
    title = "Wrong kind of content"

    def __init__(self) -> None:
        super().__init__("Send JSON, with the header Content-Type: application/json.")


class TooMany(Refused):
    """Somebody guesses too often. ``seconds`` is how long until the next try."""

    status = 429
    title = "Too many tries"

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        wait = f"Wait {minutes} minutes" if minutes > 1 else "Wait a minute"
        super().__init__(f"There were too many tries. {wait}, or ring someone below.")
        self.seconds = seconds


class Busy(Refused):
    """Somebody else is writing, or the database cannot be reached."""

    status = 503
    title = "Try again in a moment"


class Collided(Busy):
    """Two transactions waited for each other and the database gave up this one.

    Nothing was changed; done again it meets no one.
    """
