"""Legal holds: while one stands, nothing kept of somebody goes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent
from pathway.people import queries
from pathway.people.rules import PersonFacts
from pathway.privacy.models import LegalHold
from pathway.staff.models import Staff

STANDS = "A legal hold stands for this person. Nothing of theirs may go until it is lifted."

IS_STANDING = LegalHold.lifted_at.is_(None)


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """One legal hold: why, since when and by whom, and until when it stood."""

    reason: str
    at: datetime
    by: str | None
    lifted_at: datetime | None


def put_on(act: Act, ref: str, *, reason: str) -> PersonFacts:
    """Put a legal hold on somebody's records; where one stands already nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    person = _locked(act, ref)
    if stands([person.id]):
        return _viewed(act, person)
    row = {"person_id": person.id, "reason": reason, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(LegalHold).values(**row))
    audit.record(act, "put on legal hold", f"person:{person.ref}")
    return person


def lift(act: Act, ref: str) -> PersonFacts:
    """Lift what legal holds stand for somebody; where none does nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    person = _locked(act, ref)
    theirs = update(LegalHold).where(LegalHold.person_id == person.id, IS_STANDING)
    ended = theirs.values(lifted_at=act.at, lifted_by=act.staff_id).returning(LegalHold.id)
    if not db.session.execute(ended).all():
        return _viewed(act, person)
    audit.record(act, "lift legal hold", f"person:{person.ref}")
    return person


def stands(people: Collection[int], since: datetime | None = None) -> bool:
    """Return whether a hold stands for any of these, or one that was put on after a moment."""
    query = select(LegalHold.id).where(LegalHold.person_id.in_(people), IS_STANDING)
    if since is not None:
        query = query.where(LegalHold.at > since)
    return db.session.scalar(query.limit(1)) is not None


def held(person_id: Any) -> ColumnElement[bool]:
    """Return the condition that a legal hold stands for a person."""
    return select(LegalHold.id).where(LegalHold.person_id == person_id, IS_STANDING).exists()


def of(person_id: int) -> list[HoldFacts]:
    """Return somebody's legal holds, the newest first."""
    columns = (LegalHold.reason, LegalHold.at, Staff.name, LegalHold.lifted_at)
    rows = db.session.execute(
        select(*columns)
        .outerjoin(Staff, Staff.id == LegalHold.by)
        .where(LegalHold.person_id == person_id)
        .order_by(LegalHold.id.desc())
    )
    return [HoldFacts(*row) for row in rows]


def _locked(act: Act, ref: str) -> PersonFacts:
    queries.lock_people(act, ref)
    person = queries.person(act, ref)
    if person is None:
        raise Absent
    return person


def _viewed(act: Act, person: PersonFacts) -> PersonFacts:
    audit.record(act, "view what is kept", f"person:{person.ref}")
    return person
