"""What a text that came in asks for: words in, a verb out.

Case, spaces and a full stop do not matter; what is not understood asks for help.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a text can ask for."""

    BEDS = "beds"
    HOLD = "hold"
    RELEASE = "release"
    OK = "ok"
    SAFE = "safe"
    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Said:
    """One verb and what it is about. ``site`` and ``code`` are as they were typed, in small."""

    verb: Verb
    site: str | None = None
    code: str | None = None
    number: int | None = None


STOPS = frozenset(
    ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
)
STARTS = frozenset({"start", "yes", "unstop"})
"""The words upon which the provider itself stops and starts. Source: Twilio's documentation."""

LARGEST_ALARM = 2**31 - 1

_ENDS = " .,;:!?'\"()<>“”‘’"
_SITE_AND_CODE = 2
_DIGITS = re.compile(r"[0-9]{1,10}")


def read(body: str, opted: str = "") -> Said:
    """Return what a text asks for; ``opted`` is what the provider took it for already.

    >>> read(" Hold 165-HUB 7k3m. ")
    Said(verb=<Verb.HOLD: 'hold'>, site='165-hub', code='7k3m', number=None)
    """
    words = [bare for word in body.casefold().split() if (bare := word.strip(_ENDS))]
    wish = _wish(words, opted)
    if wish is not None:
        return Said(wish)
    first, *rest = words or [""]
    if first in {"beds", "bed"}:
        return Said(Verb.BEDS)
    if first == Verb.HOLD and len(rest) >= _SITE_AND_CODE:
        return Said(Verb.HOLD, *_site_and_code(rest))
    if first == Verb.RELEASE and len(rest) != 1:
        return Said(Verb.RELEASE, *_site_and_code(rest))
    if first == Verb.OK:
        return _ok(rest)
    return Said(Verb.HELP)


def _wish(words: list[str], opted: str) -> Verb | None:
    """Return what is asked for by one word alone: no texts, texts again, or “I am safe”."""
    alone = words[0] if len(words) == 1 else ""
    if opted == "STOP" or alone in STOPS:
        return Verb.STOP
    if alone == Verb.SAFE:
        return Verb.SAFE
    return Verb.START if opted == "START" or alone in STARTS else None


def _site_and_code(words: list[str]) -> tuple[str | None, str | None]:
    """Return a site's code and a short code; “165 hub” is “165-hub”."""
    return ("-".join(words[:-1]), words[-1]) if words else (None, None)


def _ok(words: list[str]) -> Said:
    """Return an acknowledgement: of an alarm by its number, or of the only one there is."""
    if not words:
        return Said(Verb.OK)
    if len(words) > 1 or not _DIGITS.fullmatch(words[0]) or int(words[0]) > LARGEST_ALARM:
        return Said(Verb.HELP)
    return Said(Verb.OK, number=int(words[0]))
