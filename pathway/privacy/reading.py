"""The list of what somebody must read before it is given: written, marked, and read back."""

from collections.abc import Iterable
from pathlib import Path

from pathway.csvexport import written
from pathway.csvfile import open_file
from pathway.privacy.given import Words

COLUMNS = ("id", "where", "text", "give")

_LONGEST = 100_000
"""The most characters of a cell that is read back (ours)."""


def listed(words: Iterable[Words]) -> str:
    """Return the list as CSV: whoever reads it writes yes or no under ``give``."""
    return written(COLUMNS, [(one.id, one.where, one.text, "") for one in words])


def marked(path: Path) -> dict[str, str]:
    """Return what was marked to be given, by its id; what is marked twice in two ways is not.

    Raises:
        FileFault: it is not such a list, or a mark is neither yes nor no.
    """
    reader = open_file(path, ("id", "text", "give"), ("where",))
    given: dict[str, str] = {}
    refused = set()
    for row in reader:
        ident = row.read("id", lambda cell: cell.needed(_LONGEST))
        text = row.read("text", lambda cell: cell.words(_LONGEST)) or ""
        if row.read("give", lambda cell: cell.yes_or_no()):
            given[ident] = text
        else:
            refused.add(ident)
    reader.check()
    return {ident: text for ident, text in given.items() if ident not in refused}
