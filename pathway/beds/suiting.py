"""What :func:`pathway.beds.fit.fitting` says, asked of the database.

A claim takes one bed under a lock, so the choice has to stand in its question:
the same beds, in the same order.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, or_

from pathway.beds.models import Bed
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender


@dataclass(frozen=True, slots=True)
class Suits:
    """What a person's facts ask of a bed; there are few, so that their questions are kept."""

    step_free: bool = False
    womens_first: bool = False
    womens: bool = True


ANY = Suits()
"""A bed for nobody in particular: whoever takes it was judged before."""


def suits(person: PersonFacts, *, decided: bool = False) -> Suits:
    """Return what a person's facts ask of a bed; ``decided`` is that a lead admits them."""
    woman = person.gender is Gender.WOMAN
    unsure = person.gender in {Gender.NOT_KNOWN, Gender.OTHER}
    return Suits(person.needs_step_free is True, woman, woman or (decided and unsure))


def only(asked: Suits) -> list[Any]:
    """Return the conditions that a bed is for this person."""
    conditions = []
    if asked.step_free:
        conditions.append(or_(Bed.step_free.is_(None), Bed.step_free.is_(True)))
    if not asked.womens:
        conditions.append(or_(Bed.womens.is_(None), Bed.womens.is_(False)))
    return conditions


def order(asked: Suits) -> list[Any]:
    """Return by what beds are put in order, the one to choose first."""
    step_free = (0, 1) if asked.step_free else (1, 0)
    womens = (0, 1) if asked.womens_first else (1, 0)
    return [_rank(Bed.step_free, *step_free), _rank(Bed.womens, *womens), Bed.position]


def _rank(column: Any, if_so: int, otherwise: int) -> Any:
    return case((column.is_(True), if_so), else_=otherwise)
