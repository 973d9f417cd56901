"""What is known of one record only, and is known of the record it becomes as well.

Only what was not known there is carried over, so that no word is lost and none is
written over. Names stay where they are: a search finds both. What was carried over
is in the journal of the merge, and goes back with it unless it was changed meanwhile.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select, update

from pathway.db import db
from pathway.people.actions import UNKNOWN
from pathway.people.models import Person, PersonMerge
from pathway.people.rules import WHICH_BED

BIRTH = ("date_of_birth", "birth_year", "birth_month", "birth_guessed")
"""What is known of a birth is one thing: half of each of two makes a third."""

FACTS = (
    "gender",
    "nationality",
    "recourse",
    "local_connection",
    "support_level",
    "needs",
    *WHICH_BED,
    "at_risk",
    "language",
    "interpreter",
    "dog_name",
    "died_on",
)
"""What is carried over where it is not known of the record that stays."""

Moved = Mapping[str, Collection[int]]
"""What a merge moved, by column: the ids of the rows."""

_NOTHING = (None, *UNKNOWN.values())


def carry(gone_id: int, kept_id: int) -> dict[str, list[int]]:
    """Tell one record what only another knew; return for the journal what that was."""
    gone, kept = _known(gone_id), _known(kept_id)
    names = [name for name in FACTS if kept[name] in _NOTHING and gone[name] not in _NOTHING]
    if all(kept[name] is None for name in BIRTH):
        names += [name for name in BIRTH if gone[name] is not None]
    if gone["unnamed"] and "gender" in names:
        names.remove("gender")
    if names:
        told = {name: gone[name] for name in names}
        db.session.execute(update(Person).where(Person.id == kept_id).values(**told))
    return {_journalled(name): [kept_id] for name in names}


def give_back(moved: Moved, gone: Person, kept: Person) -> None:
    """Let what was carried over be known of the record that it came from alone."""
    for name in (*FACTS, *BIRTH):
        came = kept.id in moved.get(_journalled(name), ())
        if came and getattr(kept, name) == getattr(gone, name):
            setattr(kept, name, UNKNOWN.get(name))


def carry_again(kept_id: int) -> None:
    """Tell a record once more what those know that are still part of it, oldest merge first.

    What two of them knew came with the first: it must not leave with it.
    """
    standing = select(PersonMerge).where(
        PersonMerge.into_id == kept_id, PersonMerge.undone_at.is_(None)
    )
    for merge in db.session.scalars(standing.order_by(PersonMerge.id)):
        merge.moved = {**merge.moved, **carry(merge.person_id, kept_id)}
    db.session.flush()


def _known(person_id: int) -> Mapping[str, Any]:
    columns = [getattr(Person, name) for name in ("unnamed", *FACTS, *BIRTH)]
    return dict(db.session.execute(select(*columns).where(Person.id == person_id)).mappings().one())


def _journalled(name: str) -> str:
    return f"{Person.__tablename__}.{name}"
