"""Secrets of people who sign in: how good they must be, and how often they may be guessed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from pathway.staff.doing import Role

PASSWORD_LENGTH = (12, 200)
"""The fewest and most characters of a password (ours; ASVS 5.0 asks 8 or more)."""


def password_fault(password: str) -> str | None:
    """Return the sentence that refuses a password, or None."""
    shortest, longest = PASSWORD_LENGTH
    if len(password) < shortest:
        return f"Use at least {shortest} characters. Three or four words are easy to remember."
    if len(password) > longest:
        return f"Use at most {longest} characters."
    if len(set(password)) < shortest // 3:
        return "Use more different characters."
    return None


PIN_LENGTH = 6
"""How many digits a PIN has (ours)."""


def pin_fault(pin: str) -> str | None:
    """Return the sentence that refuses a PIN, or None.

    >>> pin_fault("123456")
    'Not digits in a row, and not all the same.'
    """
    if len(pin) != PIN_LENGTH or not pin.isascii() or not pin.isdigit():
        return f"A PIN has {PIN_LENGTH} digits."
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        return "Not digits in a row, and not all the same."
    return None


class Step(StrEnum):
    """What is still asked for once a password was right."""

    CODE = "code"
    SET_UP = "set_up"


NEEDS_SECOND_FACTOR = frozenset({Role.TREATMENT, Role.MANAGER, Role.ADMIN})
"""The roles that never sign in with a password alone: health, the whole picture, the keys."""


def must_have_second_factor(roles: Collection[str], *, everybody: bool, demo: bool) -> bool:
    """Return whether a member of staff needs a second factor.

    Accounts of the demonstration have passwords that everybody knows, so a
    second factor would guard nothing; they may set one up to try it.
    """
    return not demo and (everybody or bool(NEEDS_SECOND_FACTOR & set(roles)))


VOUCHING = frozenset({"mfa", "otp", "hwk", "swk", "sc"})
"""What a provider says of a sign-in that took more than a password. Source: RFC 8176.

Not text messages, which can be led astray, and nothing of face or finger alone.
"""


def vouched_for(methods: Collection[str]) -> bool:
    """Return whether a provider asked for a second factor, by the methods it names.

    >>> vouched_for(["pwd", "otp"])
    True
    """
    return bool(VOUCHING & set(methods))


def next_step(*, must: bool, has: bool) -> Step | None:
    """Return what is asked for after a right password: who set up a factor shows it always."""
    if has:
        return Step.CODE
    return Step.SET_UP if must else None


class Guess(StrEnum):
    """What can be guessed at; each is counted for itself."""

    PASSWORD = "password for one address from one place"  # noqa: S105 - words, not a secret
    PLACE = "passwords from one place"
    ACCOUNT = "passwords for one address"
    CODE = "second factor"
    PIN = "PIN on a shared screen"
    AGAIN = "one's own password, asked for again"
    LINK = "password links from one place"
    TOKEN = "tokens from one place"  # noqa: S105 - words, not a secret
    BARE = "calls without a token from one place"
    PHONE = "code for a mobile number"
    PHONE_ASKED = "codes asked for by one member of staff"
    PHONE_SENT = "codes sent to one number"
    TEXT = "texts from one member of staff"
    STRANGER = "texts from one number of nobody's"
    STRANGERS = "texts from all numbers of nobody's"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries within so long."""

    most: int
    within: timedelta


_QUARTER = timedelta(minutes=15)

LIMITS: Mapping[Guess, Limit] = {
    Guess.PASSWORD: Limit(5, _QUARTER),
    Guess.PLACE: Limit(30, _QUARTER),
    Guess.ACCOUNT: Limit(200, timedelta(hours=1)),
    Guess.CODE: Limit(5, _QUARTER),
    Guess.PIN: Limit(5, _QUARTER),
    Guess.AGAIN: Limit(5, _QUARTER),
    Guess.LINK: Limit(20, _QUARTER),
    Guess.TOKEN: Limit(20, _QUARTER),
    Guess.BARE: Limit(60, _QUARTER),
    Guess.PHONE: Limit(5, _QUARTER),
    Guess.PHONE_ASKED: Limit(5, timedelta(hours=1)),
    Guess.PHONE_SENT: Limit(5, timedelta(hours=1)),
    Guess.TEXT: Limit(30, _QUARTER),
    Guess.STRANGER: Limit(3, timedelta(days=1)),
    Guess.STRANGERS: Limit(100, timedelta(hours=1)),
}
"""How often is too often (ours).

The limit on one address from anywhere is wide: a narrow one would let a
stranger lock a worker out at night.
"""
