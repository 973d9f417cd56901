"""Reads of contacts, of which the measures of rough sleeping are counted.

The database picks who was seen and when before: a year of all London is a few
statements over one index of the nights that count.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, select, true
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.assessments.models import Leaving
from pathway.db import db
from pathway.outreach.classify import (
    LONG_TERM_OF,
    group,
    month_ends,
    months,
    months_before,
    year_of,
)
from pathway.outreach.models import Contact
from pathway.outreach.rules import ContactKind
from pathway.outreach.sight import at_a_place_seen
from pathway.people.models import Person
from pathway.reports.framework import Month, told
from pathway.reports.rules import Period, nights_by
from pathway.reports.sleeping import Sleeper, Sleeping
from pathway.sites.rules import Gender
from pathway.staff.rules import Scope

_BEDDED_DOWN: BindParameter[str] = bindparam(
    None, ContactKind.BEDDED_DOWN.value, literal_execute=True
)
"""Written into the statement: SQLite takes the index of what counts for nothing less."""

_Seen = aliased(Contact)


def sleeping(period: Period, now: datetime, reach: Scope) -> Sleeping:
    """Return who slept rough in a period, as far as its nights had come by a moment."""
    judged = nights_by(period, now)
    found: dict[int, Sleeper] = {}
    for part in _years(judged):
        for one in _sleepers(part, reach):
            found.setdefault(one.person_id, one)
    return Sleeping(tuple(found.values()), _hidden(judged, reach))


def framework(period: Period, now: datetime) -> list[Month]:
    """Return the months that a period touches, as far as their nights had come."""
    judged = nights_by(Period(period.first.replace(day=1), month_ends(period.last)), now)
    left = _leavings(judged)
    found = told(judged, _nights(judged), left)
    return found + [Month(month) for month in months(period.first, period.last)][len(found) :]


def seen_of(act: Act, period: Period, *, hidden: bool = False) -> set[int]:
    """Return who was seen bedded down, or hidden, as far as whoever acts may see the contacts.

    A number counts everybody; a list of people tells of nobody whom the reader
    does not see met: it would say that they were met where they are not to know.
    """
    counted = _met_hidden() if hidden else _counts()
    query = select(Contact.person_id).where(counted, _within(period), at_a_place_seen(act))
    return set(db.session.scalars(query.distinct()))


def _counts(contact: type[Contact] = Contact) -> ColumnElement[bool]:
    return and_(contact.kind == _BEDDED_DOWN, contact.struck_at.is_(None))


def _met_hidden() -> ColumnElement[bool]:
    told = Contact.hidden.is_not(None)
    return and_(Contact.kind != _BEDDED_DOWN, told, Contact.struck_at.is_(None))


def _within(period: Period, contact: type[Contact] = Contact) -> ColumnElement[bool]:
    return contact.night.between(period.first, period.last)


def _met_by(reach: Scope) -> ColumnElement[bool]:
    """Return which contacts a scope counts: all, or what its own team did on the street."""
    if reach.everywhere:
        return true()
    return and_(Contact.organisation_id == (reach.team_of or 0), Contact.site_id.is_(None))


def _years(period: Period) -> Iterator[Period]:
    """Yield the part of a period that lies in each year."""
    first = period.first
    while first <= period.last:
        begins = year_of(first)
        ends = begins.replace(year=begins.year + 1) - timedelta(days=1)
        yield Period(first, min(ends, period.last))
        first = ends + timedelta(days=1)


def _sleepers(period: Period, reach: Scope) -> Iterator[Sleeper]:
    """Yield who was seen in a part of one year; everybody's records say when before."""
    year = year_of(period.first)
    seen = select(Contact.person_id).where(_counts(), _within(period), _met_by(reach)).distinct()
    before = (
        select(func.max(_Seen.night))
        .where(_Seen.person_id == Person.id, _counts(_Seen), _Seen.night < year)
        .scalar_subquery()
    )
    columns = (Person.id, Person.gender, Person.nationality, Person.unnamed, before)
    rows = db.session.execute(select(*columns).where(Person.id.in_(seen)))
    genders = {one.value: one for one in Gender}
    for ident, gender, nationality, unnamed, last in rows:
        yield Sleeper(ident, group(year, last), genders[gender], nationality, unnamed)


def _hidden(period: Period, reach: Scope) -> frozenset[int]:
    """Return who was met hidden and was not seen bedded down by anybody."""
    bedded = exists().where(
        _Seen.person_id == Contact.person_id, _counts(_Seen), _within(period, _Seen)
    )
    query = select(Contact.person_id).where(
        _met_hidden(),
        _within(period),
        _met_by(reach),
        ~bedded,
    )
    return frozenset(db.session.scalars(query))


def _nights(period: Period) -> dict[int, Sequence[date]]:
    """Return the nights of everybody seen in a period: all that its months' rules look at.

    That is those since the first of the twelve months that the first month
    looks back on, and the last one before them.
    """
    begins = months_before(period.first.replace(day=1), LONG_TERM_OF - 1)
    seen = select(_Seen.person_id).where(_counts(_Seen), _within(period, _Seen))
    mine = and_(_counts(), Contact.person_id.in_(seen))
    found: dict[int, list[date]] = defaultdict(list)
    earlier = select(Contact.person_id, func.max(Contact.night)).where(mine, Contact.night < begins)
    for person_id, night in db.session.execute(earlier.group_by(Contact.person_id)):
        found[person_id].append(night)
    rows = db.session.execute(
        select(Contact.person_id, Contact.night)
        .where(mine, Contact.night.between(begins, period.last))
        .distinct()
        .order_by(Contact.person_id, Contact.night)
    )
    for person_id, night in rows:
        found[person_id].append(night)
    return dict(found)


def _leavings(period: Period) -> dict[int, list[date]]:
    """Return when people left an institution, until the end of a period."""
    rows = db.session.execute(
        select(Leaving.person_id, Leaving.left_on).where(Leaving.left_on <= period.last)
    )
    found: dict[int, list[date]] = defaultdict(list)
    for person_id, left_on in rows:
        found[person_id].append(left_on)
    return dict(found)
