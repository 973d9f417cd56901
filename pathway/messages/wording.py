"""What notices say, on a screen and in a text that several of them share.

Nobody is named. A confidential site is “your site”: whoever reads a text over
somebody's shoulder learns nothing of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pathway.messages.rules import Kind
from pathway.messages.septets import first_fitting, plain
from pathway.nights import clock

YOUR_SITE = "your site"
"""What a confidential site is called in whatever leaves the service or may be overheard."""


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """One notice as one member of staff has it.

    ``site`` and ``code`` are of the site it is about, if it is for a site.
    """

    id: int
    at: datetime
    kind: Kind
    words: str
    link: str | None
    useful_until: datetime
    over_at: datetime | None = None
    read: bool = False
    site: str | None = None
    code: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it is of no use any more: said to be so, or by the clock."""
        return self.over_at is not None or self.useful_until <= now


CHOICES: Mapping[Kind, str] = {
    Kind.SOMEONE_COMING: "Someone is coming to my site",
    Kind.BOOKING_LATE: "Nobody has come to a bed that is booked at my site",
    Kind.BED_OFFERED: "A bed is held for somebody I put on a list",
    Kind.HOLD_LAPSED: "A hold of mine lapsed",
    Kind.MET: "Somebody I look out for was met",
    Kind.REFERRAL_WAITS: "A referral waits (from when referrals are recorded here)",
}
"""The kinds that go by text to whoever chose so, in the order in which a text tells them.

Alarms go to whoever is on duty, by a way of their own.
"""


def one_text(notices: Iterable[NoticeFacts], url: str) -> str:
    """Return one text that tells all of these, or as many as it holds and how many more."""
    told = _phrases(notices)
    total, tail = sum(count for count, _ in told), f"Open {url}/notices"
    return first_fitting(
        (" ".join([*_beginning(told[:shown], total), tail]) for shown in range(len(told), -1, -1)),
        " ".join(_beginning([], total)),
    )


def _beginning(told: Sequence[tuple[int, str]], total: int) -> list[str]:
    """Return the phrases that are told, and how many notices are left untold."""
    rest = total - sum(count for count, _ in told)
    if not told:
        return [f"{total} new {'notice' if total == 1 else 'notices'} in Pathway."]
    return [*(phrase for _, phrase in told), *([f"And {rest} more."] if rest else [])]


def _phrases(notices: Iterable[NoticeFacts]) -> list[tuple[int, str]]:
    """Return a phrase for each kind and site, with how many notices it tells."""
    order = list(CHOICES)
    known = sorted(
        (one for one in notices if one.kind in CHOICES),
        key=lambda one: (order.index(one.kind), one.code or "", one.id),
    )
    many = Counter((one.kind, one.code) for one in known)
    first = {(one.kind, one.code): one for one in reversed(known)}
    return [(count, plain(_phrase(first[which], count))) for which, count in many.items()]


_SEVERAL: Mapping[Kind, str] = {
    Kind.BED_OFFERED: "beds are held for people you put on a list.",
    Kind.HOLD_LAPSED: "holds of yours ended.",
    Kind.MET: "people you look out for were met. Ring duty.",
}
"""What a text says of more than one, after how many; of one it says the notice's own words."""


def _phrase(one: NoticeFacts, count: int) -> str:
    """Return what a text says of so many notices like this one."""
    if one.kind is Kind.SOMEONE_COMING:
        place = one.code or YOUR_SITE
        if count == 1:
            return f"Someone is coming to {place} by {clock(one.useful_until)}."
        return f"{count} people are coming to {place}."
    if one.kind is Kind.BOOKING_LATE:
        beds = "a booked bed" if count == 1 else f"{count} booked beds"
        return f"Nobody has come to {beds} at {one.code or YOUR_SITE}."
    if one.kind in _SEVERAL:
        return one.words if count == 1 else f"{count} {_SEVERAL[one.kind]}"
    return "A referral waits." if count == 1 else f"{count} referrals wait."
