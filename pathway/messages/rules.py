"""What a text may be, when it is sent, and what its states mean.

Source: Twilio's OpenAPI document for the thirteen states; the rest is ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
"""How the provider names a text. Source: its OpenAPI document."""


class TextState(StrEnum):
    """Where a text stands: ours until the provider has it, then the provider's.

    ``CALLING`` is from the claim until the provider's answer is written down.
    ``UNKNOWN`` is after a call whose answer nobody saw.
    """

    WAITING = "waiting"
    CALLING = "calling"
    UNKNOWN = "unknown"
    ON_SCREEN = "on_screen"

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECEIVING = "receiving"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    READ = "read"
    PARTIALLY_DELIVERED = "partially_delivered"
    CANCELED = "canceled"


class Purpose(StrEnum):
    """What a text is for."""

    REPLY = "reply"
    NOTICE = "notice"
    ALARM = "alarm"
    CODE = "code"


class Audience(StrEnum):
    """Whom a notice is for."""

    STAFF = "staff"
    SITE = "site"
    WATCH = "watch"


class Kind(StrEnum):
    """What a notice tells."""

    HOLD_LAPSED = "hold_lapsed"
    SOMEONE_COMING = "someone_coming"
    REFERRAL_WAITS = "referral_waits"
    ALARM = "alarm"
    BOOKING_LATE = "booking_late"
    MET = "met"
    BED_OFFERED = "bed_offered"
    CONCERN = "concern"
    DEATH = "death"
    APART = "apart"


GOOD_FOR: Mapping[Purpose, timedelta] = {
    Purpose.REPLY: timedelta(minutes=15),
    Purpose.NOTICE: timedelta(hours=2),
    Purpose.ALARM: timedelta(hours=12),
    Purpose.CODE: timedelta(minutes=15),
}
"""How long a text is worth sending; one that comes later only confuses (ours)."""

LONGEST_TEXT = 480
"""The most characters of a text's body: three texts' worth on the wire (ours)."""

LONGEST_NOTICE = 200
"""The most characters of what a notice says: a site's name alone may be as long (ours)."""


BATCH = 10
"""How many texts are claimed and recorded together (ours)."""

CALLS_AT_ONCE = 2
"""How many calls to the provider run side by side (ours)."""

PAUSE_SECONDS = 0.2
"""How long the sender rests after a batch, so that a flood leaves room for holds (ours)."""

CALL_SECONDS = 10
"""How long one call to the provider may take, in seconds (ours)."""

CALL_WITHIN = 20
"""How many seconds after its claim a text may still be called in; later it is left (ours)."""

STUCK_AFTER = timedelta(seconds=60)
"""How long after its claim a text without an answer is unknown (ours).

More than ``CALL_WITHIN`` and ``CALL_SECONDS`` together: no call of it can
still be on its way.
"""

ASK_GAPS = (timedelta(0), timedelta(minutes=2))
"""How long before the provider is asked about an unknown text, each time (ours).

Only when it has been asked as often as this and never knew of it, the text was
not taken and may go out again.
"""

TRY_GAPS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
"""How long a text waits after each try that was not taken; then it has failed (ours)."""

SILENT_AFTER = timedelta(minutes=30)
"""How long without a word the provider is asked what became of a text (ours)."""

CURIOUS_FOR = timedelta(hours=24)
"""How long after it was written down a text is still asked about (ours)."""

CLOCKS_APART = timedelta(minutes=10)
"""How far our clock and the provider's may differ (ours)."""

STOPPED = 21610
"""The provider's code for a number that answered STOP."""

WORTH_ANOTHER = frozenset({30001, 30003})
"""Codes of texts that surely did not arrive and may do so later: queue full, handset off."""

ANSWERS = frozenset({Purpose.CODE, Purpose.REPLY})
"""What somebody has just asked for: later it is wrong, and it is theirs alone to read."""

MOST_AGAIN = 3
"""How many texts in all one cause makes when handsets are off (ours)."""

_ON_THE_WAY = (
    TextState.SCHEDULED,
    TextState.ACCEPTED,
    TextState.QUEUED,
    TextState.SENDING,
    TextState.SENT,
    TextState.PARTIALLY_DELIVERED,
)
"""The provider's states in the order in which a text goes through them."""

FINAL = frozenset(
    {
        TextState.DELIVERED,
        TextState.UNDELIVERED,
        TextState.FAILED,
        TextState.CANCELED,
        TextState.READ,
    }
)
"""States that a text never leaves, except that a delivered one may be read."""

LOST = frozenset({TextState.FAILED, TextState.UNDELIVERED, TextState.CANCELED})
"""States of a text that did not arrive."""

PROVIDERS = frozenset(TextState) - {
    TextState.WAITING,
    TextState.CALLING,
    TextState.UNKNOWN,
    TextState.ON_SCREEN,
}
"""The provider's thirteen states."""

SILENT = frozenset(_ON_THE_WAY)
"""States after which more is to be heard."""

OUTWARD = SILENT | FINAL
"""The provider's states of a text that goes out."""

LARGEST_ERROR = 999_999
"""The largest code of an error. Source: the provider's codes have five digits."""


def after(stands: TextState, reported: TextState, *, known: bool) -> TextState:
    """Return what a text's state is once the provider has reported one.

    Reports come late, twice and in any order: a text only moves forward.
    ``known`` is whether the provider had this text before; until then what
    stands is ours, and its word counts for more.

    >>> after(TextState.DELIVERED, TextState.SENT, known=True).value
    'delivered'
    """
    if reported not in OUTWARD:
        return stands
    if not known:
        return reported
    if stands in FINAL:
        read = stands is TextState.DELIVERED and reported is TextState.READ
        return reported if read else stands
    return max(stands, reported, key=_progress)


def _progress(state: TextState) -> int:
    return len(_ON_THE_WAY) if state in FINAL else _ON_THE_WAY.index(state)


class Verdict(StrEnum):
    """What an error of the provider says about a text."""

    NOT_TAKEN = "not taken; safe to try again"
    NEVER = "not taken, and never will be"
    UNSURE = "nobody knows whether it was taken"


class NotSent(Exception):
    """A call came to nothing; ``verdict`` says what that means for the text."""

    def __init__(self, verdict: Verdict, code: int | None = None) -> None:
        super().__init__(verdict.value)
        self.verdict = verdict
        self.code = code


_SAFE = {401, 429}
"""Wrong credentials, which somebody mends while texts wait, and too many at once."""

_REFUSALS = range(400, 500)

_SLOW = 408


def verdict(status: int) -> Verdict:
    """Return what an HTTP error status of the provider says.

    Its own faults leave open whether the text was taken before they happened.
    """
    if status not in _REFUSALS or status == _SLOW:
        return Verdict.UNSURE
    return Verdict.NOT_TAKEN if status in _SAFE else Verdict.NEVER


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says of one text."""

    sid: str
    state: TextState
    error: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text that is claimed and about to be called in."""

    id: int
    to: str
    body: str
    tries: int
    claimed_at: datetime
    good_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of calling one text in: a report, or an error."""

    text: Outgoing
    report: Report | None = None
    verdict: Verdict | None = None
    error: int | None = None


def next_try(tries: int, now: datetime, good_until: datetime) -> datetime | None:
    """Return when a text that was not taken is tried again, or None when it has failed."""
    if tries > len(TRY_GAPS):
        return None
    due = now + TRY_GAPS[tries - 1]
    return due if due < good_until else None


def validity(good_until: datetime, now: datetime) -> int:
    """Return for how many seconds the provider may keep a text: its own bounds are kept."""
    return max(60, min(14_400, int((good_until - now).total_seconds())))


def worth_another(state: TextState, error: int | None, good_until: datetime, now: datetime) -> bool:
    """Return whether a text that did not arrive may be sent once more as another text."""
    return state in LOST and error in WORTH_ANOTHER and now + TRY_GAPS[1] < good_until
