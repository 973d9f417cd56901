"""What texts are called on a page: states, purposes, the provider's codes, trouble."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pathway.messages.rules import STOPPED, Purpose, TextState
from pathway.nights import clock

STATE_WORDS: Mapping[TextState, str] = {
    TextState.WAITING: "waiting to be sent",
    TextState.CALLING: "being sent",
    TextState.UNKNOWN: "not known whether it was sent; the provider is being asked",
    TextState.ON_SCREEN: "shown here only",
    TextState.QUEUED: "with the provider",
    TextState.ACCEPTED: "with the provider",
    TextState.SCHEDULED: "with the provider",
    TextState.SENDING: "with the provider",
    TextState.SENT: "sent",
    TextState.PARTIALLY_DELIVERED: "arrived in part",
    TextState.DELIVERED: "arrived",
    TextState.READ: "read",
    TextState.UNDELIVERED: "did not arrive",
    TextState.FAILED: "failed",
    TextState.CANCELED: "not sent, it was too late or no longer needed",
    TextState.RECEIVING: "coming in",
    TextState.RECEIVED: "came in",
}
"""What each state is called on a page."""

PURPOSE_WORDS: Mapping[Purpose, str] = {
    Purpose.REPLY: "Reply",
    Purpose.NOTICE: "Notice",
    Purpose.ALARM: "Alarm",
    Purpose.CODE: "Code that proves a number",
}
"""What a text is for, as a page calls it."""

ERROR_WORDS: Mapping[int, str] = {
    20003: "the account's credentials are wrong",
    20429: "too many at once",
    21211: "not a telephone number",
    21408: "the account may not text that country",
    STOPPED: "the number answered STOP",
    21612: "the number cannot be reached from ours",
    21614: "not a mobile number",
    30001: "the provider's queue was full",
    30002: "the account is suspended",
    30003: "the phone was off or out of reach",
    30004: "blocked",
    30005: "no such number",
    30006: "a landline, or a network that takes no texts",
    30007: "filtered out by the network",
    30008: "the network gave no reason",
    30009: "a part of it got lost",
    30010: "it cost more than the account allows",
}
"""What the provider's codes mean. Source: Twilio's published codes."""

WAITING_LONG = timedelta(minutes=5)
"""How long a text that is due may wait before it is trouble (ours)."""

UNKNOWN_LONG = timedelta(minutes=15)
"""How long nobody may know what became of a text before it is trouble (ours)."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not well with texts: since when some wait, how many are unknown, how many failed."""

    due_since: datetime | None = None
    unknown: int = 0
    failed: int = 0


def trouble(backlog: Backlog, now: datetime, *, reports_reach_us: bool) -> list[str]:
    """Return what is wrong with texts, a sentence for each, without any number or word of one."""
    found = []
    if backlog.due_since is not None and now - backlog.due_since > WAITING_LONG:
        found.append(f"texts have waited to be sent since {clock(backlog.due_since)}")
    if backlog.unknown:
        found.append(f"nobody knows whether {_texts(backlog.unknown)} went out: ask the provider")
    if backlog.failed:
        found.append(f"{_texts(backlog.failed)} failed in the last 24 hours: see the page of texts")
    if not reports_reach_us:
        found.append("the provider cannot report: PATHWAY_PUBLIC_URL does not begin https://")
    return found


def _texts(number: int) -> str:
    return "1 text" if number == 1 else f"{number} texts"
