"""Reads of safeguarding concerns, as far as whoever looks may read them.

Outreach, treatment and those who lead read what is raised of a person they may
open; hub staff what they or their organisation raised, and what is of their
residents. What staff write who are not named to the reader might tell who is at
their site, or in treatment: the words are for those to whom they are named. The
rule is the same for every site: a concern without words tells of none.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from pathway.acts import Act
from pathway.assessments.concerns import ConcernEventFacts, ConcernFacts, overdue
from pathway.assessments.models import Concern, ConcernEvent
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.db import AnyRow, db
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.people.sight import OPEN, looking
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from pathway.staff.naming import unnamed, unnamed_to
from pathway.staff.rules import LEADING

READING = LEADING | {Role.OUTREACH, Role.TREATMENT}
"""Who reads every concern of a person whom they open; who leads follows up everybody's."""

LONGEST_LIST = 200
"""The most concerns of one list (ours)."""

Residents = Collection[int]
"""The ids of those who have a bed at a site that whoever looks is named for."""


_Event = tuple[int | None, ConcernEventFacts]
"""One step of a concern, and the id of who took it."""


def of_person(act: Act, person_id: int, residents: Residents = ()) -> list[ConcernFacts]:
    """Return somebody's concerns, the open ones first, then the newest."""
    mine = reach(act, residents, everything=READING)
    found = _concerns(act, and_(mine, Concern.person_id == person_id))
    return sorted(found, key=lambda one: (one.closed_at is not None, -one.id))


def open_ones(act: Act, residents: Residents = ()) -> list[ConcernFacts]:
    """Return the open concerns that whoever looks follows up: the longest unanswered first."""
    mine = reach(act, residents, everything=LEADING)
    found = _concerns(act, and_(mine, Concern.closed_at.is_(None)))
    return sorted(found, key=lambda one: (not one.unanswered, one.sent_at or one.raised_at, one.id))


def concern(act: Act, ident: int, residents: Residents = ()) -> ConcernFacts | None:
    """Return one concern that whoever looks may read, or None."""
    mine = reach(act, residents, everything=READING)
    return next(iter(_concerns(act, and_(mine, Concern.id == ident))), None)


def newest(person_id: int, kind: ConcernKind) -> tuple[int, bool] | None:
    """Return the id of somebody's newest concern of a kind, and whether it is open."""
    query = select(Concern.id, Concern.closed_at).where(
        Concern.person_id == person_id, Concern.kind == kind.value
    )
    row = db.session.execute(query.order_by(Concern.id.desc()).limit(1)).first()
    return (row.id, row.closed_at is None) if row else None


def to_tell_of(now: datetime) -> list[int]:
    """Return the concerns that wait too long and of which the leads were not told so, oldest first.

    That they were told is an event of the concern: a notice is forgotten.
    """
    open_now = (Concern.acknowledged_at.is_(None), Concern.closed_at.is_(None))
    rows = db.session.execute(
        select(Concern.id, Concern.raised_at, Concern.sent_at)
        .where(*open_now)
        .order_by(Concern.raised_at, Concern.id)
    ).all()
    late = {ident: what for ident, raised, sent in rows if (what := overdue(raised, sent, now))}
    told = _told(late)
    return [ident for ident, what in late.items() if (ident, what.value) not in told]


def _told(late: Mapping[int, ConcernStep]) -> set[tuple[int, str]]:
    if not late:
        return set()
    events = select(ConcernEvent.concern_id, ConcernEvent.what)
    return {
        (ident, what)
        for ident, what in db.session.execute(events.where(ConcernEvent.concern_id.in_(late)))
    }


def reach(act: Act, residents: Residents, *, everything: frozenset[Role]) -> ColumnElement[bool]:
    """Return the condition that a concern is one that whoever looks has to do with."""
    if act.roles & everything:
        return true()
    raised = select(Staff.id).where(Staff.organisation_id == (act.organisation_id or 0))
    ours = and_(Concern.raised_by.in_(raised), Concern.raised_by.not_in(unnamed(act)))
    return or_(
        Concern.raised_by == (act.staff_id or 0), ours, Concern.person_id.in_(list(residents))
    )


def _concerns(act: Act, which: Any) -> list[ConcernFacts]:
    query = (
        select(Concern, Staff.name, *PERSON_COLUMNS)
        .join(Person, Person.id == Concern.person_id)
        .outerjoin(Staff, Staff.id == Concern.raised_by)
        .where(which, OPEN)
        .order_by(Concern.closed_at.is_not(None), Concern.raised_at, Concern.id)
        .limit(LONGEST_LIST)
    )
    rows = db.session.execute(query, looking(act)).all()
    told, veiled = _events([row[0].id for row in rows]), unnamed_to(act)
    return [_facts(row, told, veiled) for row in rows]


def _facts(row: AnyRow, told: Mapping[int, list[_Event]], veiled: Collection[int]) -> ConcernFacts:
    found, by, *columns = row
    person = person_facts(tuple(columns))
    readable = found.raised_by not in veiled
    return ConcernFacts(
        id=found.id,
        person_id=person.id,
        person_ref=person.ref,
        person_name=person.name,
        kind=ConcernKind(found.kind),
        raised_at=found.raised_at,
        words=found.words if readable else None,
        by=(by or "Pathway") if readable else None,
        sent_at=found.sent_at,
        acknowledged_at=found.acknowledged_at,
        chased_at=found.chased_at,
        closed_at=found.closed_at,
        events=tuple(
            one if readable and staff_id not in veiled else _bare(one)
            for staff_id, one in told.get(found.id, [])
        ),
    )


def _bare(event: ConcernEventFacts) -> ConcernEventFacts:
    return ConcernEventFacts(event.what, event.at, None, None)


def _events(idents: list[int]) -> dict[int, list[_Event]]:
    found: dict[int, list[_Event]] = {ident: [] for ident in idents}
    if idents:
        query = (
            select(ConcernEvent, Staff.name)
            .outerjoin(Staff, Staff.id == ConcernEvent.by)
            .where(ConcernEvent.concern_id.in_(idents))
            .order_by(ConcernEvent.id)
        )
        for event, name in db.session.execute(query):
            step = ConcernStep(event.what)
            told = ConcernEventFacts(step, event.at, name or "Pathway", event.detail)
            found[event.concern_id].append((event.by, told))
    return found
