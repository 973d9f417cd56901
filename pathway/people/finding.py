"""What a search finds people by: the beginning of a word of a name, or a number."""

from sqlalchemy import ColumnElement, or_, select

from pathway.acts import Act
from pathway.people.models import Person, PersonKey, PersonNumber
from pathway.people.rules import CHAIN, NAME_LENGTH, squeezed
from pathway.staff.naming import unnamed


def begins_with(word: str) -> ColumnElement[bool]:
    """Return the condition that a folded word of somebody's name begins with this."""
    key = PersonKey.key.startswith(word[:NAME_LENGTH], autoescape=True)
    return Person.id.in_(select(PersonKey.person_id).where(key))


def numbered(act: Act, text: str) -> ColumnElement[bool]:
    """Return the condition that others know somebody under this number, as one may know."""
    number = PersonNumber.number == squeezed(text).upper()
    return Person.id.in_(select(PersonNumber.person_id).where(number, readable(act)))


def readable(act: Act) -> ColumnElement[bool]:
    """Return the condition that whoever acts may read a number: CHAIN's is everybody's.

    Another service's number says that somebody is known there. So it is read where its
    writer is named: one that treatment staff wrote down by treatment staff alone.
    """
    by = PersonNumber.by
    return or_(PersonNumber.scheme == CHAIN, by.is_(None), by.not_in(unnamed(act)))
