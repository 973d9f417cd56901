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


def _open(staff_id: Any, site_ids: Any, at: Any) -> ColumnElement[bool]:
    let_in = or_(PersonOpening.staff_id == staff_id, PersonOpening.site_id.in_(site_ids))
    still = or_(PersonOpening.until.is_(None), PersonOpening.until > at)
    opening = exists().where(PersonOpening.person_id == Person.id, let_in, still)
    return or_(Person.restricted_at.is_(None), opening)


OPEN = _open(
    bindparam("looking", type_=Integer()),
    bindparam("looking_at", expanding=True, type_=Integer()),
    bindparam("looked_at", type_=UtcDateTime()),
)
"""The condition that a person's record is open; :func:`looking` says to whom."""


def looking(act: Act) -> dict[str, Any]:
    """Return the values with which :data:`OPEN` is asked."""
    return {
        "looking": act.staff_id or _NOBODY,
        "looking_at": sorted(act.site_ids) or [_NOBODY],
        "looked_at": act.at,
    }


def open_to(act: Act) -> ColumnElement[bool]:
    """Return the condition that a person's record is open to one act, its values in it."""
    return _open(*looking(act).values())


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
