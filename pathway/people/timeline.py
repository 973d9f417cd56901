"""One line of time of a person: what an entry says, and where a page of it begins.

Every package that knows something of a person gives its own entries, already
narrowed to what the reader may see. Nothing is read first and hidden after: a
page is as long for everybody, and what is kept back leaves no gap.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from itertools import groupby
from typing import Any

from pathway.acts import Act
from pathway.nights import night_of
from pathway.people.rules import PersonFacts


class Kind(StrEnum):
    """What an entry is about, as one filters by it."""

    CONTACT = "contact"
    PLACEMENT = "placement"
    ASSESSMENT = "assessment"
    NOTE = "note"
    WARNING = "warning"
    CONCERN = "concern"
    PROMISE = "promise"
    RECORD = "record"

    @property
    def words(self) -> str:
        """Return the kind as people say it."""
        return {
            "contact": "Contacts",
            "placement": "Beds",
            "assessment": "Assessments",
            "note": "Notes",
            "warning": "Warnings",
            "concern": "Safeguarding",
            "promise": "Promises",
            "record": "The record",
        }[self.value]


class Source(IntEnum):
    """Where an entry comes from; at one moment the lower number is shown first."""

    CONTACT = 1
    PLACEMENT = 2
    ASSESSMENT = 3
    NOTE = 4
    WARNING = 5
    CONCERN = 6
    PROMISE = 7
    MERGE = 8
    NOT_HERE = 9
    DEATH = 10
    APART = 11
    EXCLUSION = 12
    WAIT = 13
    CONSENT = 14

    @property
    def kind(self) -> Kind:
        """What it is about."""
        if self is Source.WAIT:
            return Kind.PLACEMENT
        return Kind[self.name] if self.name in Kind.__members__ else Kind.RECORD


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, in words that the reader may see.

    ``opens`` is the id of what can be opened: a contact, a placement. ``struck``
    is that it was recorded in error or taken back. ``by`` is None where nobody
    did it, or where the reader is not to know who.
    """

    at: datetime
    source: Source
    id: int
    words: str
    detail: str = ""
    by: str | None = None
    struck: bool = False
    opens: int | None = None
    all_day: bool = False

    @property
    def night(self) -> date:
        """The night that it belongs to."""
        return night_of(self.at)

    @property
    def order(self) -> tuple[float, int, int]:
        """What entries are sorted by: the newest first."""
        return (-self.at.timestamp(), self.source, -self.id)


LARGEST = 2**31 - 1
"""The largest id that both databases keep."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WRITTEN = re.compile(r"([0-9]{1,16})-([0-9]{1,2})-([0-9]{1,10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mark:
    """The place between two entries where the next page begins: after this one."""

    at: datetime
    source: int
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.source}-{self.id}"


END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)
NEWEST = Mark(END_OF_TIME, 0, 0)
"""Before everything."""


def mark(text: str) -> Mark | None:
    """Return the place that a page named, or None where no page did.

    >>> str(mark("1767996000000000-2-15"))
    '1767996000000000-2-15'
    >>> mark("yesterday")
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    moment, source, ident = map(int, found.groups())
    at = _EPOCH + timedelta(microseconds=moment)
    return Mark(at, source, ident) if ident <= LARGEST and at < END_OF_TIME else None


def mark_of(entry: Entry) -> Mark:
    """Return the place right after an entry."""
    return Mark(entry.at, entry.source, entry.id)


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at whose time, from where on, and at how much.

    ``unnamed`` are the members of staff who are not named to the reader.
    """

    act: Act
    person: PersonFacts
    after: Mark
    most: int
    unnamed: frozenset[int]

    def values(self, source: Source) -> dict[str, Any]:
        """Return the values with which the entries of one source are asked."""
        ids = LARGEST if source > self.after.source else 0
        return {
            "person": self.person.id,
            "before": self.after.at,
            "before_id": self.after.id if source == self.after.source else ids,
            "most": self.most,
        }

    def has(self, entry: Entry) -> bool:
        """Return whether an entry comes after the place where the page begins."""
        after = (-self.after.at.timestamp(), self.after.source, -self.after.id)
        return entry.order > after

    def author(self, staff_id: int | None, *names: str | None) -> str | None:
        """Return who did it: their name and whose staff they are, if the reader may know."""
        return None if staff_id in self.unnamed else ", ".join(filter(None, names)) or None


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries newest first."""
    return sorted(entries, key=lambda one: one.order)


def by_night(entries: Iterable[Entry]) -> list[tuple[date, list[Entry]]]:
    """Return entries that are in order, night by night."""
    return [(night, list(them)) for night, them in groupby(entries, key=lambda one: one.night)]
