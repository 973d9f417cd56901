"""What somebody is given of themselves: pure, from the rows that lead to them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pathway.csvexport import neutral
from pathway.nights import london
from pathway.people.rules import squeezed
from pathway.privacy.columns import KEPT
from pathway.privacy.kinds import Holds, Kept
from pathway.privacy.plain import label, plain, title

UNREAD = "Withheld until somebody has read it: it may tell of other people."

NOT_GIVEN = "Withheld: it tells of other people, or nobody has read it."

SOMEBODY = "a member of staff"

NOBODY = "the service itself"

_LOOKS = ("break", "export", "list", "look", "report", "search", "show", "view")
"""How a line of the trail begins that says that somebody looked."""

_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Known:
    """How those are told whom rows lead to: staff by their standing, the rest by name."""

    staff: Mapping[int, str] = field(default_factory=dict)
    named: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is told: its column, the value for a machine, and for a reader."""

    column: str
    value: Any
    said: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words that somebody must read before they are given; ``id`` changes with each sign."""

    id: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """That somebody looked, and who they are: as what, and from where."""

    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that somebody is given, what is not in it and why, and what to read first."""

    ref: str
    other_refs: Sequence[str]
    at: datetime
    parts: Mapping[str, Sequence[Sequence[Fact]]]
    looked: Sequence[Looked]
    left_out: Sequence[tuple[str, str]]
    to_read: Sequence[Words]
    given: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Which words are given: those marked so and unchanged; none while nobody has read any.

    ``give`` is by the id of the words what stood there when they were marked.
    """

    ref: str
    give: Mapping[str, str] | None = None

    def said_of(self, words: Words) -> str | None:
        """Return why these words are not given, or None where they are."""
        if self.give is None:
            return UNREAD
        read = self.give.get(words.id)
        same = read is not None and squeezed(read) in {squeezed(words.text), *_in_a_cell(words)}
        return None if same else NOT_GIVEN


def _in_a_cell(words: Words) -> set[str]:
    """Return words as they stand in a spreadsheet, where none is taken for a formula."""
    return {squeezed(str(neutral(words.text)))}


def is_look(what: str) -> bool:
    """Return whether a line of the trail says that somebody looked.

    >>> is_look("view person"), is_look("break glass"), is_look("raise concern")
    (True, True, False)
    """
    return what.split(" ", 1)[0] in _LOOKS


def words_of(ref: str, table: str, column: str, text: str) -> Words:
    """Return words with the name that they have in one person's reading list."""
    whole = "\n".join([ref, table, column, squeezed(text)])
    ident = hashlib.sha256(whole.encode()).hexdigest()[:_ID_LENGTH]
    return Words(ident, f"{title(table)}: {label(column)}", text)


class Teller:
    """Tells rows as facts, and gathers the words that somebody must read."""

    def __init__(
        self, known: Known, reading: Reading, leads_to: Callable[[str, str], str | None]
    ) -> None:
        self.words: dict[str, Words] = {}
        self.reading = reading
        self._known, self._leads_to = known, leads_to

    def row(self, table: str, row: Mapping[str, Any]) -> list[Fact]:
        """Return what is told of one row."""
        kept = KEPT[table]
        return [fact for name in _told_columns(kept, row) for fact in self._fact(table, name, row)]

    def looked(self, at: datetime, staff_id: int | None) -> Looked:
        """Return that somebody looked."""
        return Looked(at, NOBODY if staff_id is None else self._known.staff.get(staff_id, SOMEBODY))

    def _fact(self, table: str, column: str, row: Mapping[str, Any]) -> Iterator[Fact]:
        value, holds = row[column], KEPT[table].columns[column]
        if value is None or value == "":
            return
        if holds is Holds.STAFF:
            told = self._known.staff.get(value, SOMEBODY) if isinstance(value, int) else SOMEBODY
            yield Fact(column, told, told)
            return
        target = self._leads_to(table, column)
        if target:
            value = self._known.named[target].get(value, value)
        yield self._worded(table, column, value) if holds is Holds.WORDS else _plain(column, value)

    def _worded(self, table: str, column: str, value: Any) -> Fact:
        words = words_of(self.reading.ref, table, column, plain(value))
        self.words[words.id] = words
        why = self.reading.said_of(words)
        return Fact(column, {"withheld": why}, why) if why else _plain(column, value)


def _told_columns(kept: Kept, row: Mapping[str, Any]) -> Iterator[str]:
    for name in kept.of(Holds.THEIRS, Holds.WORDS, Holds.STAFF):
        on, hidden = kept.hides.get(name, ("", ""))
        if not on or row[on] != hidden:
            yield name


def _plain(column: str, value: Any) -> Fact:
    return Fact(column, _for_machines(value), plain(value))


def _for_machines(value: Any) -> Any:
    if isinstance(value, datetime):
        return london(value).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def left_out() -> list[tuple[str, str]]:
    """Return what nobody is given, and why: the same list for everybody.

    It does not tell whether there is anything of the kind about whoever asks.
    """
    told: dict[tuple[str, str], list[str]] = {}
    for table, kept in KEPT.items():
        for column in [*kept.of(Holds.OTHERS), *kept.hides]:
            told.setdefault((table, kept.why[column]), []).append(label(column).lower())
    return [(_named(table, columns), why) for (table, why), columns in told.items()]


def _named(table: str, columns: Iterable[str]) -> str:
    """Return what is left out of a table: some columns, or all of it."""
    some = any(KEPT[table].of(Holds.THEIRS, Holds.WORDS)) or not KEPT[table].leads
    return f"{title(table)}: {', '.join(columns)}" if some else f"{title(table)}: all of it"


def answer(
    ref: str,
    at: datetime,
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    looks: Iterable[tuple[datetime, int | None]],
    teller: Teller,
    other_refs: Iterable[str] = (),
) -> Answer:
    """Return what somebody is given, made of the rows that lead to them."""
    parts = {name: [teller.row(name, row) for row in found] for name, found in rows.items()}
    words = list(teller.words.values())
    waiting = [one for one in words if teller.reading.said_of(one)]
    return Answer(
        ref=ref,
        other_refs=sorted(other_refs),
        at=at,
        parts={name: told for name, told in parts.items() if any(told)},
        looked=[teller.looked(*look) for look in looks],
        left_out=left_out(),
        to_read=waiting,
        given=len(words) - len(waiting),
    )
