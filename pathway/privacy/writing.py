"""Writing down what somebody is given: for a machine as JSON, to read as text."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from pathway.nights import london
from pathway.privacy.given import Answer, Fact
from pathway.privacy.plain import label, plain, title

WIDTH = 78
"""The most characters of a line to read (ours)."""

_ABOUT = (
    "This is what Pathway keeps of you. Times are London times. Staff are told by their role "
    "and organisation. What is not in here, and why, stands at the end."
)

_ALIKE = (
    "This list is the same for everybody. It does not say that there is anything of the kind "
    "about you."
)

_RIGHTS = (
    "You may ask for anything here to be put right or erased, and you may object to its being "
    "kept. If you are not content with the answer you may complain to the Information "
    "Commissioner's Office: ico.org.uk, 0303 123 1113."
)


def as_json(answer: Answer) -> str:
    """Return everything that somebody is given, for a machine."""
    told = {
        "person": answer.ref,
        "also_recorded_as": list(answer.other_refs),
        "written_at": london(answer.at).isoformat(timespec="seconds"),
        "records": {name: _rows(rows) for name, rows in answer.parts.items()},
        "looked_at": [{"at": london(one.at).isoformat(), "by": one.who} for one in answer.looked],
        "not_in_here": [{"what": what, "why": why} for what, why in answer.left_out],
    }
    return json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n"


def _rows(rows: Sequence[Sequence[Fact]]) -> list[dict[str, Any]]:
    return [{fact.column: fact.value for fact in facts} for facts in rows if facts]


def as_text(answer: Answer) -> str:
    """Return everything that somebody is given, to read or to print."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    yield from _heading(f"What Pathway keeps of {answer.ref}", "=")
    yield f"Written on {plain(answer.at)}"
    if answer.other_refs:
        yield from _wrapped(f"Also recorded as: {', '.join(answer.other_refs)}")
    yield from ("", *_wrapped(_ABOUT))
    for name, rows in answer.parts.items():
        yield from _part(title(name), [facts for facts in rows if facts])
    yield from _heading(title("audit_entry"))
    yield from (f"  {plain(one.at)}: {one.who}" for one in answer.looked)
    yield from _heading("What is not in here, and why")
    yield from (*_wrapped(_ALIKE), "")
    for what, why in answer.left_out:
        yield from (*_wrapped(what), *_wrapped(why, "    "))
    yield from _heading("What you may do")
    yield from _wrapped(_RIGHTS)


def _part(name: str, rows: Sequence[Sequence[Fact]]) -> Iterator[str]:
    yield from _heading(name)
    for number, facts in enumerate(rows, 1):
        if len(rows) > 1:
            yield f"{number}."
        for fact in facts:
            yield from _wrapped(f"{label(fact.column)}: {fact.said}", "  ")


def _heading(words: str, line: str = "-") -> tuple[str, ...]:
    return ("", words, line * len(words))


def _wrapped(words: str, indent: str = "") -> list[str]:
    """Return words on lines of their own; what was typed on several lines stays so."""
    return [
        line
        for part in map(_printable, words.splitlines() or [""])
        for line in textwrap.wrap(
            part,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent and f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _printable(words: str) -> str:
    """Return words in which nothing can command a terminal or a printer."""
    return "".join(sign if sign.isprintable() else " " for sign in words)
