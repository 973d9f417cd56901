"""How alike two people are, and why: what is shown while somebody is being written down.

Nothing here says that two are one: a person decides.
"""

from dataclasses import dataclass
from datetime import date

from pathway.people.rules import PersonFacts, possible_duplicate, words_of


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of somebody who may be recorded already; all of it may be missing.

    ``names`` are a given name, a family name and whatever else they are called.
    ``seen`` are the places where they were seen lately, as they were typed.
    """

    names: tuple[str, ...] = ()
    born: date | None = None
    birth_year: int | None = None
    birth_month: int | None = None
    birth_guessed: bool = False
    dog_name: str | None = None
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who may be the same person: how alike, 0 to 100, and the reasons in words."""

    person: PersonFacts
    score: int
    reasons: tuple[str, ...]


def told_of(person: PersonFacts, seen: tuple[str, ...] = ()) -> Told:
    """Return what is recorded of somebody, as it is compared."""
    names = (person.given_name, person.family_name, *person.aliases)
    return Told(
        names=tuple(name for name in names if name),
        born=person.date_of_birth,
        birth_year=person.birth_year,
        birth_month=person.birth_month,
        birth_guessed=person.birth_guessed is True,
        dog_name=person.dog_name,
        seen=seen,
    )


def likeness(one: Told, other: Told) -> tuple[int, tuple[str, ...]]:
    """Return how alike two people are, 0 to 100, and why."""
    score, reasons = possible_duplicate(
        words_of(one.names), one.born, words_of(other.names), other.born
    )
    return score, tuple(reasons)
