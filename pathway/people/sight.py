"""Whose records are open to whom: a restricted person's only to a few.

A record that is closed answers exactly as one that is not there, so the rule
stands in the question itself: both take the same statements.
Source: DOMAIN.md section 8.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, exists, or_, select

from pathway.acts import Act
from pathway.db import UtcDateTime, db
from pathway.people.models import Person, PersonOpening
from pathway.people.rules import PersonFacts

RESTRICTED_BY = "restricted"
GLASS = "glass"
ASKED = "asked"
CARE = "care"
PARTED = "parted"
"""Why a closed record is open to somebody; ``ASKED`` opens it to nobody."""

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


def closed_by(act: Act, person: PersonFacts) -> bool:
    """Return whether it was whoever acts who closed a record."""
    mine = select(PersonOpening.id).where(
        PersonOpening.person_id == person.id,
        PersonOpening.kind == RESTRICTED_BY,
        PersonOpening.staff_id == act.staff_id,
        PersonOpening.until.is_(None),
    )
    return db.session.scalar(mine) is not None


def closed_since(person_id: int, at: datetime) -> bool:
    """Return whether anybody asked for a record to be closed after a moment, and still does."""
    asked = select(PersonOpening.id).where(
        PersonOpening.person_id == person_id,
        PersonOpening.kind.in_((RESTRICTED_BY, ASKED)),
        PersonOpening.at > at,
        PersonOpening.until.is_(None),
    )
    return db.session.scalar(asked.limit(1)) is not None
