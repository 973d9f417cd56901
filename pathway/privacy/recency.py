"""When anything was last written of somebody, read from the schema: nothing is forgotten."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Date, Table, and_, exists, or_, select

from pathway.db import Base, UtcDateTime, db
from pathway.nights import london
from pathway.people.models import Person

_PERSON: Any = Person.__table__

Newer = Callable[[Column[Any]], ColumnElement[bool] | None]
"""Whether a column tells of something newer; None where it does not say when.

What is not known is not newer: of NULL nothing would follow, not even the opposite.
"""

_TO_COME = {"until", "expires_at", "expected_at"}
"""Moments that were told beforehand: they do not say when somebody wrote."""

_NOT_WHEN = {"date_of_birth", "device_at"}


def written_since(people: Collection[int], at: datetime) -> bool:
    """Return whether anything of these people was written after a moment."""

    def newer(column: Column[Any]) -> ColumnElement[bool] | None:
        if not isinstance(column.type, UtcDateTime) or column.name in _TO_COME | _NOT_WHEN:
            return None
        return and_(column.is_not(None), column > at)

    recent = select(Person.id).where(Person.id.in_(people), _anything(newer)).limit(1)
    return db.session.scalar(recent) is not None


def old(at: datetime) -> ColumnElement[bool]:
    """Return the condition that everything of a person is from before a moment.

    Days count as well as moments, those to come, too: while something awaits
    somebody their record is not old.
    """

    def newer(column: Column[Any]) -> ColumnElement[bool] | None:
        if column.name in _NOT_WHEN:
            return None
        if isinstance(column.type, Date):
            return and_(column.is_not(None), column >= london(at).date())
        is_moment = isinstance(column.type, UtcDateTime)
        return and_(column.is_not(None), column >= at) if is_moment else None

    return ~_anything(newer)


def _anything(newer: Newer) -> ColumnElement[bool]:
    return or_(*_told(_PERSON, newer), *_elsewhere(newer))


def _elsewhere(newer: Newer) -> Iterator[ColumnElement[bool]]:
    """Yield, for every column that refers to a person, whether its table has something newer."""
    for table in Base.metadata.sorted_tables:
        told = list(_told(table, newer))
        for column in table.c if told and table is not _PERSON else ():
            if any(key.column is _PERSON.c.id for key in column.foreign_keys):
                yield exists().where(column == _PERSON.c.id, or_(*told))


def _told(table: Table, newer: Newer) -> Iterator[ColumnElement[bool]]:
    return (found for column in table.c if (found := newer(column)) is not None)
