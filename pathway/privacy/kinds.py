"""What a column may hold of a person, and what may become of a table's rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Holds(StrEnum):
    """What a column holds."""

    THEIRS = "a fact about the person: it is in what they are given"
    WORDS = "words about the person that may tell of others: given once somebody has read them"
    OTHERS = "somebody else, or told in confidence: not given, for a reason"
    STAFF = "a member of staff"
    NOTHING = "nothing personal"


class Fate(StrEnum):
    """What becomes of a table's rows about somebody who is erased."""

    GO = "they are removed"
    EMPTY = "what is about the person is emptied; the row still counts"
    STAY = "they stay, for a reason"


@dataclass(frozen=True, slots=True)
class Kept:
    """One table: its columns, how its rows lead to a person, and their fate.

    ``leads`` are the columns that lead to a person: the foreign keys themselves, one to
    a table that leads on, a person's id or their reference. A row is given where it leads
    to them by a column that is not somebody else's. ``why`` gives the reason for what is
    not given or does not go, by column, and under ``fate`` for the rows. ``hides`` are
    columns that are somebody else's on rows where another column has a certain value.
    """

    columns: Mapping[str, Holds]
    leads: tuple[str, ...] = ()
    fate: Fate = Fate.STAY
    why: Mapping[str, str] = field(default_factory=dict)
    hides: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, *holds: Holds) -> Iterator[str]:
        """Yield the columns that hold one of these."""
        return (name for name, held in self.columns.items() if held in holds)


def kept(
    *,
    leads: str = "",
    fate: Fate = Fate.STAY,
    because: str = "",
    why: Mapping[str, str] | None = None,
    hides: Mapping[str, tuple[str, str]] | None = None,
    **columns: str,
) -> Kept:
    """Return what a table holds, its columns named by what they hold, with spaces between.

    ``because`` is the reason for every column that is somebody else's and has none of its own.

    >>> kept(theirs="alias", nothing="id person_id", leads="person_id").columns["alias"].name
    'THEIRS'
    """
    held = {
        name: Holds[holds.upper()] for holds, names in columns.items() for name in names.split()
    }
    reasons = dict.fromkeys(columns.get("others", "").split(), because) if because else {}
    return Kept(held, tuple(leads.split()), fate, reasons | dict(why or {}), hides or {})
