"""What a text may be, when it is sent, and what its states mean.

Source: Twilio's OpenAPI document for the thirteen states; the rest is ours.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


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


GOOD_FOR: Mapping[Purpose, timedelta] = {
    Purpose.REPLY: timedelta(minutes=15),
    Purpose.NOTICE: timedelta(hours=2),
    Purpose.ALARM: timedelta(hours=12),
    Purpose.CODE: timedelta(minutes=15),
}
"""How long a text is worth sending; one that comes later only confuses (ours)."""

LONGEST_TEXT = 480
"""The most characters of a text's body: three texts' worth on the wire (ours)."""
