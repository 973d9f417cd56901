"""Reads of what people agreed to share, as far as whoever looks may see it.

Treatment staff see every answer. Everybody else sees none about NDTMS, and of the sharing
with outreach only one that was given and stands: a refusal, one that was withdrawn and one
that nobody asked for look alike, so that none of them says that somebody is in treatment.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select, true
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.db import AnySelect, db, run
from pathway.people.consent_models import ConsentWording, PersonConsent
from pathway.people.consent_rules import ConsentFacts, ConsentKind, Wording
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from pathway.staff.naming import name_for, unnamed_to

_newer = aliased(PersonConsent)

NEWEST = ~exists().where(
    _newer.person_id == PersonConsent.person_id,
    _newer.kind == PersonConsent.kind,
    or_(
        _newer.at > PersonConsent.at,
        and_(_newer.at == PersonConsent.at, _newer.id > PersonConsent.id),
    ),
)
"""The condition that somebody has given no answer to the same question since."""

STANDS = and_(PersonConsent.given, PersonConsent.withdrawn_at.is_(None), NEWEST)
"""The condition that somebody agreed and has not changed their mind."""


def visible(*, treats: bool) -> ColumnElement[bool]:
    """Return the condition that an answer may be seen, by treatment staff or by others."""
    if treats:
        return true()
    told = and_(PersonConsent.kind == ConsentKind.OUTREACH.value, STANDS)
    return or_(told, PersonConsent.kind == ConsentKind.DUTY_TO_REFER.value)


def of(act: Act, person_id: int) -> list[ConsentFacts]:
    """Return somebody's answers that whoever acts may see, newest first."""
    one, withdrawer = PersonConsent, aliased(Staff)
    query = (
        select(one, ConsentWording.version, ConsentWording.words, name_for(act), withdrawer.name)
        .join(ConsentWording, ConsentWording.id == one.wording_id)
        .outerjoin(Staff, Staff.id == one.by)
        .outerjoin(withdrawer, withdrawer.id == one.withdrawn_by)
        .where(one.person_id == person_id, visible(treats=Role.TREATMENT in act.roles))
        .order_by(one.at.desc(), one.id.desc())
    )
    hidden = unnamed_to(act)
    return [
        ConsentFacts(
            id=row.id,
            kind=ConsentKind(row.kind),
            given=row.given,
            at=row.at,
            by_name=by_name,
            version=version,
            words=words,
            withdrawn_at=row.withdrawn_at,
            withdrawn_by_name=None if row.withdrawn_by in hidden else withdrawn_by,
        )
        for row, version, words, by_name, withdrawn_by in db.session.execute(query)
    ]


@cache
def _agrees(kind: ConsentKind) -> AnySelect:
    mine = PersonConsent.person_id == bindparam("of")
    return select(PersonConsent.id).where(mine, PersonConsent.kind == kind.value, STANDS)


def agrees(person_id: int, kind: ConsentKind) -> bool:
    """Return whether it stands that somebody agreed to one kind of sharing."""
    return run(_agrees(kind), of=person_id).first() is not None


def wordings() -> list[Wording]:
    """Return all wordings, kind by kind, the newest first; the first of a kind is read out."""
    one = ConsentWording
    rows = db.session.execute(
        select(one.kind, one.version, one.words, one.from_on).order_by(one.version.desc())
    )
    found = [Wording(ConsentKind(kind), *told) for kind, *told in map(tuple[Any, ...], rows)]
    order = list(ConsentKind)
    return sorted(found, key=lambda wording: order.index(wording.kind))
