"""What a search finds people by: the beginning of a word of a name, or a number."""

from sqlalchemy import ColumnElement, select

from pathway.people.models import Person, PersonKey, PersonNumber
from pathway.people.rules import NAME_LENGTH, squeezed


def begins_with(word: str) -> ColumnElement[bool]:
    """Return the condition that a folded word of somebody's name begins with this."""
    key = PersonKey.key.startswith(word[:NAME_LENGTH], autoescape=True)
    return Person.id.in_(select(PersonKey.person_id).where(key))


def numbered(text: str) -> ColumnElement[bool]:
    """Return the condition that others know somebody under this number."""
    number = PersonNumber.number == squeezed(text).upper()
    return Person.id.in_(select(PersonNumber.person_id).where(number))
