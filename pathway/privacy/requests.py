"""Requests about what is kept of a person: listed, recorded and decided."""

from datetime import date

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import AnyRow, AnySelect, db
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.nights import london
from pathway.people import queries as people
from pathway.privacy.asking import (
    Decision,
    RequestFacts,
    bad_day,
    bad_decision,
    due_on,
    in_order,
)
from pathway.privacy.models import PrivacyRequest
from pathway.privacy.rules import AskedFor

LONGEST_LIST = 200
"""The most decided requests of the list (ours); those that wait are all there."""

_COLUMNS = (
    *(PrivacyRequest.id, PrivacyRequest.kind, PrivacyRequest.person_id, PrivacyRequest.asked_by),
    *(PrivacyRequest.received_on, PrivacyRequest.due_on, PrivacyRequest.decision),
    *(PrivacyRequest.reason, PrivacyRequest.decided_at),
)

_WAITING = PrivacyRequest.decision.is_(None)


def listed() -> list[RequestFacts]:
    """Return every request that waits, what is overdue first, then the newest decided."""
    done = select(*_COLUMNS).where(~_WAITING).order_by(PrivacyRequest.id.desc())
    return in_order([*_found(select(*_COLUMNS).where(_WAITING)), *_found(done.limit(LONGEST_LIST))])


def request(ident: int) -> RequestFacts:
    """Return one request.

    Raises:
        Absent: there is none.
    """
    for one in _found(select(*_COLUMNS).where(PrivacyRequest.id == ident)):
        return one
    raise Absent


def record(
    act: Act, *, kind: AskedFor, asked_by: str, received_on: date, person: str | None = None
) -> int:
    """Write down that somebody asked; return the request's id.

    Raises:
        Invalid: it came on no possible day.
        Unknown: there is no such person, or their record is closed to whoever acts.
    """
    fault = bad_day(received_on, london(act.at).date())
    if fault:
        raise Invalid({"received_on": [fault]})
    if person:
        people.lock_people(act, person)
    whom = people.person(act, person) if person else None
    if person and whom is None:
        raise Unknown({"person": ["There is no person with this reference."]}, person=person)
    adding = insert(PrivacyRequest).values(
        kind=kind.value,
        asked_by=asked_by,
        person_id=whom.id if whom else None,
        received_on=received_on,
        due_on=due_on(received_on),
        at=act.at,
        by=act.staff_id,
    )
    ident = int(db.session.execute(adding.returning(PrivacyRequest.id)).scalar_one())
    audit.record(act, "record request", _subject(ident), person=whom.ref if whom else None)
    return ident


def decide(act: Act, ident: int, *, decision: Decision, reason: str | None = None) -> RequestFacts:
    """Write down how a request was decided; the same again changes nothing.

    Raises:
        Absent: there is none.
        Invalid: it may not be decided so, or no reason is given.
        Refused: it was decided otherwise already.
    """
    faults = bad_decision(request(ident).kind, decision, reason)
    if faults:
        raise Invalid(faults)
    deciding = update(PrivacyRequest).where(PrivacyRequest.id == ident, _WAITING)
    said = {"decision": decision.value, "reason": reason, "decided_at": act.at}
    done = db.session.execute(
        deciding.values(**said, decided_by=act.staff_id).returning(PrivacyRequest.id)
    ).first()
    now = request(ident)
    if (now.decision, now.reason) != (decision, reason):
        raise Refused("This was decided otherwise already. Record a new request if that changes.")
    if done:
        audit.record(act, "decide request", _subject(ident), {"decision": decision.value})
    return now


def _subject(ident: int) -> str:
    return f"request:{ident}"


def _found(query: AnySelect) -> list[RequestFacts]:
    return [_facts(row) for row in db.session.execute(query)]


def _facts(row: AnyRow) -> RequestFacts:
    ident, kind, person_id, asked_by, received, due, decision, reason, decided_at = row
    decided = Decision(decision) if decision else None
    asked = (ident, AskedFor(kind), person_id, asked_by)
    return RequestFacts(*asked, received, due, decided, reason, decided_at)
