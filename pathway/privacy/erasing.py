"""Erasing somebody everywhere, and again after a restore.

What counts stays, of nobody: bed nights and contacts point to a row that says
nothing and is closed. The reference is written into the ledger on disk as the
last thing before the commit (see :mod:`pathway.privacy.ledger`).
"""

import secrets
from collections.abc import Collection

from sqlalchemy import func, or_, select, update

from pathway import audit
from pathway.acts import Act
from pathway.assessments.models import Concern
from pathway.beds import care
from pathway.beds import queries as beds
from pathway.beds.journal import mark_lapsed
from pathway.db import db, insert_or_skip, once_kept, scrub
from pathway.errors import Absent, Refused
from pathway.people import queries
from pathway.people.models import Person
from pathway.people.rules import ERASED, PersonFacts
from pathway.privacy import going, holding, mentions
from pathway.privacy.ledger import Ledger
from pathway.privacy.models import Erased
from pathway.privacy.rules import Why

NOT_NOW = "They cannot be erased just now. Ring the duty manager."
"""What refuses whoever has a bed, or is to have one: where may be no manager's to know."""

CONCERN = (
    "A safeguarding concern about them is open. Close it first, or say that it need not stop this."
)


def erase(
    act: Act, ref: str, ledger: Ledger, *, why: Why, despite_concern: bool = False
) -> list[str]:
    """Erase somebody, with every record that was merged into theirs; return the references.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Refused: a legal hold stands, they have a bed, or a concern about them is open.
    """
    person = _meant(act, ref)
    people = _one(person)
    _refuse(act, person, people, despite_concern=despite_concern)
    return _erase(act, people, ledger, why)


def erase_again(act: Act, ref: str, ledger: Ledger) -> None:
    """Erase somebody whom a restore brought back; no rule refuses what was done already.

    Whoever had a bed when the backup was made keeps it as nobody until they are
    checked out. A record that was parted before it was erased is parted again,
    so that the other stays.

    Raises:
        Refused: the other has been merged further.
    """
    found = queries.closed_person(ref)
    if found is None:
        return
    gone = {line.ref for line in ledger.lines()}
    if found.ref != ref and found.ref not in gone:
        care.unmerge(act, ref)
        found = queries.closed_person(ref) or found
    _erase(act, _one(found), ledger, Why.RESTORED)


def has_open_concern(people: Collection[int]) -> bool:
    """Return whether a safeguarding concern about any of these is open."""
    theirs = select(Concern.id).where(Concern.person_id.in_(people), Concern.closed_at.is_(None))
    return db.session.scalar(theirs.limit(1)) is not None


def _refuse(
    act: Act, person: PersonFacts, people: Collection[int], *, despite_concern: bool
) -> None:
    standing = beds.live_placement_of(person.id)
    mark_lapsed(act, [standing.id if standing else None])
    if holding.stands(people):
        raise Refused(holding.STANDS)
    if any(beds.live_placement_of(one) for one in people):
        raise Refused(NOT_NOW)
    if not despite_concern and has_open_concern(people):
        raise Refused(CONCERN)


def _meant(act: Act, ref: str) -> PersonFacts:
    """Return who is meant, locked; the service itself opens every record."""
    queries.lock_people(act, ref)
    person = queries.person(act, ref) if act.staff_id else queries.closed_person(ref)
    if person is None or person.ref.startswith(ERASED):
        raise Absent("There is no such record, or it is closed to you. Check the reference.")
    return person


def _one(person: PersonFacts) -> list[int]:
    """Return the records that are one person, locked."""
    mine = or_(Person.id == person.id, Person.merged_into_id == person.id)
    query = select(Person.id).where(mine).order_by(Person.id).with_for_update()
    return list(db.session.scalars(query))


def _erase(act: Act, people: list[int], ledger: Ledger, why: Why) -> list[str]:
    query = select(Person.id, Person.ref).where(Person.id.in_(people)).order_by(Person.id)
    refs: dict[int, str] = dict(db.session.execute(query).all())
    mentions.forget_answers(refs.values())
    mentions.forget_links(people, refs.values())
    going.go(people)
    for ident in people:
        _close(act, ident)
    mentions.reword(refs.values())
    for ref in refs.values():
        insert_or_skip(Erased, {"ref": ref, "at": act.at, "by": act.staff_id})
        audit.record(act, "erase person", f"person:{ref}", {"why": why.value})
    once_kept(scrub)
    db.session.flush()
    if why is not Why.RESTORED:
        ledger.add(refs.values(), act.at)
    return list(refs.values())


def _close(act: Act, ident: int) -> None:
    """Give an emptied record a reference of its own, and close it to everybody."""
    told = {"ref": ERASED + secrets.token_hex(8), "restricted_at": act.at}
    again = {"version": Person.version + 1}
    db.session.execute(update(Person).where(Person.id == ident).values(**told, **again))


def how_many() -> int:
    """Return how many references were ever erased here."""
    return db.session.scalar(select(func.count()).select_from(Erased)) or 0
