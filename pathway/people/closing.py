"""Closing a person's record to others, and who may open it all the same.

Any worker closes a record in one tap. From then on it answers as if it were
not there, except to whoever closed it, to the site that has the person in its
care, and to whoever breaks the glass with a reason. Source: DOMAIN.md section 8.
"""

from datetime import datetime

from sqlalchemy import insert, or_, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Forbidden
from pathway.messages import notices
from pathway.messages.rules import Kind
from pathway.people import queries
from pathway.people.models import Person, PersonOpening
from pathway.people.rules import GLASS_LASTS, PersonFacts
from pathway.people.sight import ASKED, CARE, GLASS, RESTRICTED_BY, closed_by
from pathway.staff.doing import Doing
from pathway.staff.rules import may

_BROKEN = "A closed record was opened in an emergency. See Closed records."


def restrict(act: Act, ref: str, reason: str | None = None) -> PersonFacts:
    """Close a record to others; of one that is closed already, say so once more.

    That somebody asks for it too is written down, so that parting two merged
    records does not open it. It gives whoever asks nothing: a record opened for
    a shift must not become theirs to keep open, or to lift.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    queries.lock_people(act, ref)
    person = _open(act, ref)
    if person.restricted and closed_by(act, person):
        return _viewed(act, person)
    if person.restricted:
        let_open(act, person.id, ASKED, reason=reason)
    else:
        _set(person, act.at)
        let_open(act, person.id, RESTRICTED_BY, staff_id=act.staff_id, reason=reason)
    audit.record(act, "restrict person", f"person:{person.ref}")
    return _open(act, person.ref)


def lift(act: Act, ref: str) -> PersonFacts:
    """Open a closed record to everybody again; an open one stays so.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Forbidden: it is neither a lead's doing nor theirs who closed it.
    """
    queries.lock_people(act, ref)
    person = _open(act, ref)
    if not person.restricted:
        return _viewed(act, person)
    if not (may(act.roles, Doing.LIFT) or closed_by(act, person)):
        raise Forbidden("A hub lead, a manager or whoever closed this record can open it again.")
    _set(person, None)
    merged = update(Person).where(Person.merged_into_id == person.id).values(restricted_at=None)
    db.session.execute(merged)
    mine = PersonOpening.person_id == person.id
    _end_openings(act, mine)
    audit.record(act, "lift restriction", f"person:{person.ref}")
    return _open(act, person.ref)


def break_glass(act: Act, ref: str, reason: str) -> PersonFacts:
    """Open a closed record to whoever acts for one shift, because a life may depend on it.

    Those who watch over closed records are told in the same transaction.

    Raises:
        Absent: there is no such record. Asking is on the audit trail all the same.
    """
    person = queries.closed_person(ref)
    if person is None:
        raise Absent
    if queries.person(act, ref) is not None:
        return _viewed(act, _open(act, person.ref))
    until = act.at + GLASS_LASTS
    let_open(act, person.id, GLASS, staff_id=act.staff_id, until=until, reason=reason)
    audit.record(act, "break glass", f"person:{person.ref}")
    notices.notify(act, Kind.ALARM, _BROKEN, useful_until=until, link="/watch")
    return _open(act, person.ref)


def see_again(act: Act, ref: str) -> None:
    """Let an answer that was kept be given again, if its record is still open.

    Raises:
        Absent: the record has been closed to whoever acts.
    """
    _viewed(act, _open(act, ref))


def let_open(
    act: Act,
    person_id: int,
    kind: str,
    *,
    staff_id: int | None = None,
    site_id: int | None = None,
    until: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Let a member of staff, or those named for a site, open a closed record."""
    db.session.execute(
        insert(PersonOpening).values(
            person_id=person_id,
            kind=kind,
            staff_id=staff_id,
            site_id=site_id,
            at=act.at,
            until=until,
            reason=reason,
        )
    )


def end_care(act: Act, person_id: int) -> None:
    """Let a closed record be open to no site any more."""
    _end_openings(act, (PersonOpening.person_id == person_id) & (PersonOpening.kind == CARE))


def _end_openings(act: Act, which: object) -> None:
    still = or_(PersonOpening.until.is_(None), PersonOpening.until > act.at)
    db.session.execute(
        update(PersonOpening).where(which, still).values(until=act.at)  # type: ignore[arg-type]
    )


def _open(act: Act, ref: str) -> PersonFacts:
    person = queries.whole_person(act, ref)
    if person is None:
        raise Absent
    return person


def _set(person: PersonFacts, at: datetime | None) -> None:
    db.session.execute(update(Person).where(Person.id == person.id).values(restricted_at=at))


def _viewed(act: Act, person: PersonFacts) -> PersonFacts:
    """Record that somebody was shown where nothing had to be done."""
    audit.record(act, "view person", f"person:{person.ref}")
    return person
