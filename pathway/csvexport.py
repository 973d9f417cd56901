"""Writing CSV that a spreadsheet opens without running anything in it."""

import csv
import io
from collections.abc import Iterable, Sequence

_COMMANDS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet may take for a formula."""


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a file of these rows. What is stored stays as it is."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(name) for name in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


def neutral(cell: object) -> object:
    """Return a cell that is never a formula: text that begins like one gets an apostrophe.

    >>> neutral("=1+1"), neutral("Fern"), neutral(-5)
    ("'=1+1", 'Fern', -5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_COMMANDS) else cell
