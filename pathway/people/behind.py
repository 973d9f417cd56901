"""The people behind a number: whose records are open is listed, the others are counted."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from pathway.acts import Act
from pathway.db import run
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, open_people
from pathway.people.rules import PersonFacts
from pathway.people.sight import OPEN, looking


def told(act: Act, idents: Sequence[int]) -> list[int]:
    """Return which of these people may be listed, in the same order."""
    closed = set(run(select(Person.id).where(~OPEN), **looking(act)).scalars())
    return [ident for ident in idents if ident not in closed]


def listed(act: Act, idents: Collection[int]) -> list[PersonFacts]:
    """Return those of these people whose records are open, oldest record first."""
    query = select(*PERSON_COLUMNS).where(Person.id.in_(idents)).order_by(Person.id)
    return open_people(act, query)
