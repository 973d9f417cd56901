"""What people say of two records: that they may be one person, or that they are two.

Saying so changes neither record; whoever may merge decides. What was said last
of a pair counts, whichever record it was said from.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused
from pathway.people import queries
from pathway.people.likeness import likeness, told_of
from pathway.people.models import Person, PersonSame
from pathway.people.queries import PERSON_COLUMNS, open_people, with_aliases
from pathway.people.rules import PersonFacts, Verdict
from pathway.staff.models import Staff
from pathway.staff.naming import name_for


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a pair, when, and by whom as far as whoever reads may know."""

    verdict: Verdict
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person's, what was said of them, and how alike they are."""

    one: PersonFacts
    other: PersonFacts
    said: Said
    reasons: tuple[str, ...]


TWO_PEOPLE = "Somebody said that these are two people. If that is wrong, take it back first."
"""What refuses a merge of two who were said not to be the same."""

MOST_READ = 200
"""How many pairs are looked through for one page (ours)."""


def say(act: Act, ref: str, other: str, verdict: Verdict) -> None:
    """Keep what whoever acts says of two records; what stands already stays as it is.

    Raises:
        Absent: one of the two is not there, or is closed to whoever acts.
        Invalid: the two are one already.
    """
    one, two = _both(act, ref, other)
    standing = said_of(act, one, two)
    if standing is not None and standing.verdict is verdict:
        audit.record(act, "view person", f"person:{one.ref}", people=[two.ref])
        return
    _end(act, one, two)
    row = {"person_id": one.id, "other_id": two.id, "verdict": verdict.value}
    db.session.execute(insert(PersonSame).values(**row, at=act.at, by=act.staff_id))
    audit.record(act, verdict.words, f"person:{one.ref}", people=[two.ref])


def take_back(act: Act, ref: str, other: str) -> None:
    """Let nothing be said of two records any more.

    Raises as :func:`say`.
    """
    one, two = _both(act, ref, other)
    gone = _end(act, one, two)
    what = "take back what was said" if gone else "view person"
    audit.record(act, what, f"person:{one.ref}", people=[two.ref])


def refuse_two_people(one: PersonFacts, other: PersonFacts) -> None:
    """Refuse to make one of two who were said not to be the same.

    Raises:
        Refused: that was said last, and nobody took it back.
    """
    last = select(PersonSame.verdict).where(_of(one.id, other.id), _STANDS, _LAST)
    if db.session.scalar(last) == Verdict.TWO:
        raise Refused(TWO_PEOPLE)


def said_of(act: Act, one: PersonFacts, other: PersonFacts) -> Said | None:
    """Return what was said last of two records and was not taken back."""
    row = db.session.execute(
        select(PersonSame.verdict, PersonSame.at, name_for(act))
        .outerjoin(Staff, Staff.id == PersonSame.by)
        .where(_of(one.id, other.id), _STANDS, _LAST)
    ).first()
    return Said(Verdict(row[0]), row[1], row[2]) if row else None


def not_the_same(person_id: int) -> set[int]:
    """Return who was said not to be this person, by id: a father is not proposed as his son."""
    mine = or_(PersonSame.person_id == person_id, PersonSame.other_id == person_id)
    query = select(PersonSame.person_id, PersonSame.other_id).where(mine, _STANDS, _LAST)
    rows = db.session.execute(query.where(PersonSame.verdict == Verdict.TWO.value))
    return {ident for row in rows for ident in row if ident != person_id}


def two_people(act: Act, person: PersonFacts) -> list[PersonFacts]:
    """Return who was said not to be this person, as far as their records are open."""
    return list(_open(act, not_the_same(person.id)).values())


def pairs(act: Act, limit: int) -> list[Pair]:
    """Return who may be one person, newest word first: pairs of records that are open both."""
    rows = db.session.execute(
        select(PersonSame.person_id, PersonSame.other_id, PersonSame.at, name_for(act))
        .outerjoin(Staff, Staff.id == PersonSame.by)
        .where(PersonSame.verdict == Verdict.PERHAPS.value, _STANDS, _LAST, _IS_PAIR)
        .order_by(PersonSame.id.desc())
        .limit(MOST_READ)
    ).all()
    known = _open(act, {ident for row in rows for ident in row[:2]})
    seen = [row for row in rows if row[0] in known and row[1] in known]
    return [
        _pair(known[one], known[other], Said(Verdict.PERHAPS, at, by))
        for one, other, at, by in seen[:limit]
    ]


def _pair(one: PersonFacts, other: PersonFacts, said: Said) -> Pair:
    _, reasons = likeness(told_of(one), told_of(other))
    return Pair(one, other, said, reasons)


def _open(act: Act, idents: Collection[int]) -> dict[int, PersonFacts]:
    query = select(*PERSON_COLUMNS).where(Person.id.in_(idents))
    return {one.id: one for one in with_aliases(open_people(act, query))}


def _both(act: Act, ref: str, other: str) -> tuple[PersonFacts, PersonFacts]:
    """Return two people, locked, so that what is said of them is said once."""
    queries.lock_people(act, ref, other)
    one, two = queries.person(act, ref), queries.person(act, other)
    if one is None or two is None:
        raise Absent
    if one.id == two.id:
        raise Invalid({"other": ["These are one person already."]})
    return one, two


def _end(act: Act, one: PersonFacts, other: PersonFacts) -> bool:
    """Take back what stands of two records; return whether anything did."""
    standing = update(PersonSame).where(_of(one.id, other.id), _STANDS)
    ended = db.session.execute(standing.values(ended_at=act.at).returning(PersonSame.id))
    return ended.first() is not None


def _of(one: int, other: int) -> ColumnElement[bool]:
    here = and_(PersonSame.person_id == one, PersonSame.other_id == other)
    return or_(here, and_(PersonSame.person_id == other, PersonSame.other_id == one))


_STANDS = PersonSame.ended_at.is_(None)
_IS_PAIR = PersonSame.person_id != PersonSame.other_id

_later = aliased(PersonSame)
_LAST = ~exists().where(
    _later.ended_at.is_(None),
    _later.id > PersonSame.id,
    or_(
        and_(_later.person_id == PersonSame.person_id, _later.other_id == PersonSame.other_id),
        and_(_later.person_id == PersonSame.other_id, _later.other_id == PersonSame.person_id),
    ),
)
"""That nothing was said later of the same pair: a merge brings together what was said of others."""
