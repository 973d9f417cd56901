"""What every column holds: what of it somebody is given who asks, and what goes with them.

A column that is not here fails the build, so that nobody adds one without deciding.
"""

from collections.abc import Mapping
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

    ``leads`` are the columns that lead to a person: the foreign keys themselves, or
    one to a table that leads on. ``why`` gives the reason for what is not given or
    does not go, by column, and under ``fate`` for the rows.
    """

    columns: Mapping[str, Holds]
    leads: tuple[str, ...] = ()
    fate: Fate = Fate.STAY
    why: Mapping[str, str] = field(default_factory=dict)


KEPT: Mapping[str, Kept] = {}
"""Every table of the schema."""
