"""What is older than it may be kept goes: who has such records, and taking them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from pathway import audit
from pathway.acts import Act
from pathway.assessments.models import Assessment, Concern, Note
from pathway.beds.models import IS_LIVE, Placement, PlacementEvent, TurnAway, Waiting
from pathway.db import db
from pathway.nights import london
from pathway.outreach.models import Contact
from pathway.people.consent_models import PersonConsent
from pathway.people.models import Person, PersonApart, PersonExclusion, PersonWarning
from pathway.people.rules import ERASED
from pathway.privacy import erasing, going, holding, recency
from pathway.privacy.columns import KEPT, Fate
from pathway.privacy.ledger import Ledger
from pathway.privacy.models import PrivacyRequest
from pathway.privacy.retention import Kind
from pathway.privacy.rules import Why

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Old:
    """One table's rows that are older than they may be kept; they go or are emptied."""

    table: Table
    which: Condition

    @property
    def goes(self) -> bool:
        """Return whether such rows are removed, rather than emptied."""
        return KEPT[self.table.name].fate is Fate.GO or self.table.name in _REMOVED

    @property
    def due(self) -> Condition:
        """Return the condition that something is still there to go.

        A row about two people stays while a legal hold on the second stands; that on the
        first is asked where it is asked of every row.
        """
        still = [self.which] if self.goes else [self.which, going.full(self.table)]
        if "other_id" in self.table.c:
            still.append(~holding.held(self.table.c.other_id))
        return and_(*still)


_REMOVED = {TurnAway.__tablename__, PrivacyRequest.__tablename__}
"""Emptied when somebody is erased, so that they still count; gone when they are old."""


def _old(model: Any, *conditions: Condition) -> Old:
    return Old(model.__table__, and_(*conditions))


def old(kind: Kind, before: datetime) -> tuple[Old, ...]:
    """Return what of one kind is from before a moment, by table; of people nothing."""
    day = london(before).date()
    newer = aliased(Assessment)
    newest = ~exists().where(newer.person_id == Assessment.person_id, newer.at > Assessment.at)
    found: Mapping[Kind, tuple[Old, ...]] = {
        Kind.PEOPLE: (),
        Kind.CONTACTS: (_old(Contact, Contact.at < before),),
        Kind.PLACEMENTS: (
            _old(Placement, _over(before)),
            _old(PlacementEvent, PlacementEvent.placement_id.in_(_stays(before))),
        ),
        Kind.ASSESSMENTS: (_old(Assessment, Assessment.at < before, ~newest),),
        Kind.NOTES: (_old(Note, Note.at < before),),
        Kind.WARNINGS: (
            _old(PersonWarning, _ended(PersonWarning.expires_on, PersonWarning, before)),
            _old(PersonExclusion, _ended(PersonExclusion.until_on, PersonExclusion, before)),
            _old(PersonApart, _ended(PersonApart.expires_on, PersonApart, before)),
        ),
        Kind.CONSENTS: (_old(PersonConsent, PersonConsent.withdrawn_at < before),),
        Kind.WAITING: (_old(Waiting, Waiting.ended_at < before),),
        Kind.TURN_AWAYS: (_old(TurnAway, TurnAway.night < day),),
        Kind.REQUESTS: (_old(PrivacyRequest, PrivacyRequest.decided_at < before),),
    }
    return found[kind]


def _over(before: datetime) -> Condition:
    ended = func.coalesce(Placement.departed_at, Placement.ended_at)
    return and_(~IS_LIVE, ended < before)


def _stays(before: datetime) -> Any:
    return select(Placement.id).where(_over(before))


def _ended(last_day: Any, model: Any, before: datetime) -> Condition:
    """Return the condition that something was taken back, or had its last day, before a moment."""
    condition: Condition = or_(model.ended_at < before, last_day < london(before).date())
    return condition


def people_due(before: datetime) -> Condition:
    """Return the condition that a person's record is older than it may be kept."""
    placed = exists().where(Placement.person_id == Person.id, IS_LIVE)
    concern = exists().where(Concern.person_id == Person.id, Concern.closed_at.is_(None))
    here = and_(Person.merged_into_id.is_(None), ~Person.ref.startswith(ERASED))
    return and_(here, recency.old(before), ~placed, ~concern, ~holding.held(Person.id))


def whose(kind: Kind, before: datetime) -> Sequence[int]:
    """Return the ids of those of whom something of a kind is to go, without those under a hold."""
    if kind is Kind.PEOPLE:
        return db.session.scalars(select(Person.id).where(people_due(before))).all()
    found: set[int] = set()
    for one in old(kind, before):
        person = _person_of(one.table)
        query = select(person).where(one.due, ~holding.held(person)).distinct()
        found |= {ident for ident in db.session.scalars(query) if ident is not None}
    return sorted(found)


def count(kind: Kind, before: datetime) -> int:
    """Return how many records of a kind are to go; what legal holds keep is left out."""
    if kind is Kind.PEOPLE:
        return _how_many(Person.__table__, people_due(before))
    return sum(
        _how_many(one.table, and_(one.due, ~holding.held(_person_of(one.table))))
        for one in old(kind, before)
    )


def _how_many(table: Any, which: Condition) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(which)) or 0


def _person_of(table: Table) -> Any:
    """Return whom a row is about: a column, or the placement's."""
    if "person_id" in table.c:
        return table.c.person_id
    placed = select(Placement.person_id).where(Placement.id == table.c.placement_id)
    return placed.correlate(table).scalar_subquery()


def let_go(act: Act, kind: Kind, before: datetime, person_id: int, ledger: Ledger) -> None:
    """Take away what is too old of one person, judged anew; a legal hold keeps it.

    Locked first and asked then: what waits for a lock does not see what it waited for.
    """
    _lock(person_id)
    mine = select(Person.ref).where(Person.id == person_id, ~holding.held(Person.id))
    if kind is Kind.PEOPLE:
        mine = mine.where(people_due(before))
    ref = db.session.scalar(mine)
    if ref is None:
        return
    if kind is Kind.PEOPLE:
        erasing.erase(act, ref, ledger, why=Why.RETENTION)
        return
    for one in old(kind, before):
        _take(one, person_id)
    audit.record(act, "keep no longer", f"person:{ref}", {"kind": kind.value})


def _lock(person_id: int) -> None:
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def _take(one: Old, person_id: int) -> None:
    theirs = and_(one.due, going.about(one.table, [person_id]))
    if one.goes:
        going.remove(one.table, theirs)
    else:
        going.empty(one.table, theirs)
