"""Whose records are open to whom: a restricted person's only to a few.

A record that is closed answers exactly as one that is not there, so the rule
stands in the question itself: both take the same statements.
Source: DOMAIN.md section 8.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, exists, or_

from pathway.acts import Act
from pathway.db import UtcDateTime
from pathway.people.models import Person, PersonOpening

_NOBODY = 0

OPEN: ColumnElement[bool] = or_(
    Person.restricted_at.is_(None),
    exists().where(
        PersonOpening.person_id == Person.id,
        or_(
            PersonOpening.staff_id == bindparam("looking", type_=Integer()),
            PersonOpening.site_id.in_(bindparam("looking_at", expanding=True, type_=Integer())),
        ),
        or_(
            PersonOpening.until.is_(None),
            PersonOpening.until > bindparam("looked_at", type_=UtcDateTime()),
        ),
    ),
)
"""The condition that a person's record is open; :func:`looking` says to whom."""


def looking(act: Act) -> dict[str, Any]:
    """Return the values with which :data:`OPEN` is asked."""
    return {
        "looking": act.staff_id or _NOBODY,
        "looking_at": sorted(act.site_ids) or [_NOBODY],
        "looked_at": act.at,
    }
