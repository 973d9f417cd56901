"""Numbers under which the records of others know a person, CHAIN's first of all."""

from collections.abc import Collection

from sqlalchemy import delete, select

from pathway import audit
from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.errors import Invalid, Kept, Telling
from pathway.people import marks, queries
from pathway.people.finding import readable
from pathway.people.models import Person, PersonNumber
from pathway.people.rules import CHAIN, PersonFacts, scheme_words, squeezed

Numbers = tuple[tuple[str, str], ...]
"""Schemes and numbers."""


def set_number(act: Act, ref: str, *, scheme: str, number: str) -> PersonFacts:
    """Record a person's number of one scheme; it replaces the one that was there.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: one of the two is empty.
        Kept: the number belongs to somebody else, whose record may be closed.
        Telling: it belongs to somebody else whose record is open to whoever acts.
    """
    person = marks.locked(act, ref)
    scheme, number = squeezed(scheme).lower(), squeezed(number).upper()
    for field, value in (("scheme", scheme), ("number", number)):
        if not value:
            raise Invalid({field: ["This is missing. Fill it in."]})
    if (scheme, number) in of(act, [person.id]).get(person.id, ()):
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    row = {"person_id": person.id, "scheme": scheme, "number": number}
    if insert_or_skip(PersonNumber, row | {"at": act.at, "by": act.staff_id}) is None:
        raise _taken(act, scheme, number)
    mine = PersonNumber.person_id == person.id, PersonNumber.scheme == scheme
    db.session.execute(
        delete(PersonNumber).where(*mine, PersonNumber.number != number, readable(act))
    )
    audit.record(act, "set number", f"person:{person.ref}", {"scheme": scheme})
    return person


def remove_number(act: Act, ref: str, *, scheme: str, number: str) -> PersonFacts:
    """Take a number off a person's record; where there is none nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    person = marks.locked(act, ref)
    scheme, number = squeezed(scheme).lower(), squeezed(number).upper()
    if (scheme, number) not in of(act, [person.id]).get(person.id, ()):
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    meant = PersonNumber.scheme == scheme, PersonNumber.number == number
    db.session.execute(delete(PersonNumber).where(PersonNumber.person_id == person.id, *meant))
    audit.record(act, "remove number", f"person:{person.ref}", {"scheme": scheme})
    return person


def of(act: Act, person_ids: Collection[int]) -> dict[int, Numbers]:
    """Return the numbers of people that one may read, by id; CHAIN's come first."""
    query = select(PersonNumber.person_id, PersonNumber.scheme, PersonNumber.number)
    mine = query.where(PersonNumber.person_id.in_(person_ids), readable(act))
    first = (PersonNumber.scheme != CHAIN, PersonNumber.scheme, PersonNumber.id)
    found: dict[int, Numbers] = {}
    for ident, scheme, number in db.session.execute(mine.order_by(*first)):
        found[ident] = (*found.get(ident, ()), (scheme, number))
    return found


def in_words(numbers: Numbers) -> str:
    """Return numbers in one line: ``CHAIN 12345``."""
    return ", ".join(f"{scheme_words(scheme)} {number}" for scheme, number in numbers)


def _taken(act: Act, scheme: str, number: str) -> Kept | Telling:
    """Return the refusal of a number that somebody has, naming them where that is no secret."""
    told = (
        f"This {scheme_words(scheme)} number is recorded already. "
        "If it is the same person, ask a lead to merge."
    )
    whose = (
        select(Person.ref)
        .join(PersonNumber, PersonNumber.person_id == Person.id)
        .where(PersonNumber.scheme == scheme, PersonNumber.number == number)
    )
    ref = db.session.scalar(whose)
    other = queries.whole_person(act, ref) if ref else None
    if other is None:
        return Kept(told)
    return Telling(f"{told} It is the number of {other.name}, {other.ref}.", person=other.ref)
