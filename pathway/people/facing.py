"""What fit is judged by beside a person's own facts: their word, warnings, exclusions and ties.

It is read with a person where a bed is claimed, and shown nowhere.
"""

from dataclasses import replace
from datetime import date

from sqlalchemy import Date, String, and_, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.db import AnyRow, run
from pathway.nights import london
from pathway.people.models import (
    Person,
    PersonApart,
    PersonExclusion,
    PersonNotHere,
    PersonTogether,
    PersonWarning,
    WarningSite,
)
from pathway.people.rules import PersonFacts, WarningKind

_TODAY = bindparam("warned_on", type_=Date())

STANDS = and_(
    PersonWarning.ended_at.is_(None),
    or_(PersonWarning.expires_on.is_(None), PersonWarning.expires_on >= _TODAY),
)
"""The condition that a warning stands on a day; :func:`today` says which."""

APART_STANDS = and_(
    PersonApart.ended_at.is_(None),
    or_(PersonApart.expires_on.is_(None), PersonApart.expires_on >= _TODAY),
)
"""The same of two people who must never meet."""

EXCLUSION_STANDS = and_(PersonExclusion.ended_at.is_(None), PersonExclusion.until_on >= _TODAY)
"""The same of an exclusion from a site."""

_NOT_HERE = (
    select(func.aggregate_strings(cast(PersonNotHere.site_id, String), ","))
    .where(PersonNotHere.person_id == Person.id)
    .scalar_subquery()
)
_WARNED_OF = (
    select(func.aggregate_strings(PersonWarning.kind, ","))
    .where(PersonWarning.person_id == Person.id, STANDS)
    .scalar_subquery()
)
_KEPT_FROM = (
    select(func.aggregate_strings(cast(WarningSite.site_id, String), ","))
    .join(PersonWarning, PersonWarning.id == WarningSite.warning_id)
    .where(PersonWarning.person_id == Person.id, STANDS)
    .scalar_subquery()
)
_EXCLUDED_FROM = (
    select(func.aggregate_strings(cast(PersonExclusion.site_id, String), ","))
    .where(PersonExclusion.person_id == Person.id, EXCLUSION_STANDS)
    .scalar_subquery()
)
_OTHER = case(
    (PersonApart.person_id == Person.id, PersonApart.other_id), else_=PersonApart.person_id
)
_APART_FROM = (
    select(func.aggregate_strings(cast(_OTHER, String), ","))
    .where(or_(PersonApart.person_id == Person.id, PersonApart.other_id == Person.id), APART_STANDS)
    .scalar_subquery()
)
_MINE, _THEIRS = aliased(PersonTogether), aliased(PersonTogether)
_SAID_TOO = exists().where(
    _THEIRS.person_id == _MINE.other_id,
    _THEIRS.other_id == _MINE.person_id,
    or_(_THEIRS.withdrawn_at.is_(None), _THEIRS.withdrawn_at >= _MINE.at),
)
"""That the other said the same while this wish stood.

Whether they have taken it back since is not asked: nothing that is told to one of
two may change because the other withdrew.
"""
_partner = aliased(Person)
_LIVES = exists().where(_partner.id == _MINE.other_id, _partner.died_on.is_(None))
"""Whoever is left is no couple: a site that takes none is not closed to them."""

_PARTNERS = (
    select(func.aggregate_strings(cast(_MINE.other_id, String), ","))
    .where(
        _MINE.person_id == Person.id,
        _MINE.other_id != _MINE.person_id,
        _MINE.withdrawn_at.is_(None),
        _SAID_TOO,
        _LIVES,
    )
    .scalar_subquery()
)
JUDGED_BY = (_NOT_HERE, _WARNED_OF, _KEPT_FROM, _EXCLUDED_FROM, _APART_FROM, _PARTNERS)
"""What stands last in a row that :func:`facing` reads."""

_BY_ID = select(*JUDGED_BY).where(Person.id == bindparam("of"))


def judged(act: Act, person: PersonFacts) -> PersonFacts:
    """Return the same person with what fit is judged by.

    For who was read with a placement: somebody whose record is closed to
    whoever acts is judged like anybody else.
    """
    return facing(person, run(_BY_ID, of=person.id, **today(act)).one())


def facing(person: PersonFacts, row: AnyRow) -> PersonFacts:
    """Return a person with what a row says that ends with ``JUDGED_BY``."""
    not_here, warned_of, kept_from, excluded_from, apart_from, partners = row[-len(JUDGED_BY) :]
    apart = _idents(apart_from) - {person.id}
    return replace(
        person,
        not_here=_idents(not_here),
        warned_of=frozenset(WarningKind(kind) for kind in (warned_of or "").split(",") if kind),
        kept_from=_idents(kept_from),
        excluded_from=_idents(excluded_from),
        apart_from=apart,
        partners=_idents(partners) - apart,
    )


def _idents(joined: str | None) -> frozenset[int]:
    return frozenset(int(ident) for ident in (joined or "").split(",") if ident)


def today(act: Act) -> dict[str, date]:
    """Return the London day by which all of it is judged: the last one counts to its end."""
    return {"warned_on": london(act.at).date()}
