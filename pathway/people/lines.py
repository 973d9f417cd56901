"""The entries of a line of time that people hold: warnings, merges, sites, death."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, literal, or_, select

from pathway.db import AnySelect, UtcDateTime, run
from pathway.nights import day, london, night_span
from pathway.people import tied
from pathway.people.agreed import visible
from pathway.people.consent_models import PersonConsent
from pathway.people.consent_rules import ConsentKind
from pathway.people.models import Person, PersonMerge, PersonNotHere, PersonWarning
from pathway.people.rules import WarningKind
from pathway.people.timeline import Entry, Look, Source
from pathway.sites.models import Organisation, Site
from pathway.staff.doing import Doing, Role
from pathway.staff.models import Staff
from pathway.staff.rules import may

PERSON = bindparam("person", type_=Integer())
_BEFORE = bindparam("before", type_=UtcDateTime())
_BEFORE_ID = bindparam("before_id", type_=Integer())
_MOST = bindparam("most", type_=Integer())

AUTHOR = (Staff.id, Staff.name, Organisation.name)
"""What :meth:`Look.author` takes; :func:`signed` joins it."""


def signed(query: AnySelect, by: Any) -> AnySelect:
    """Return a query with the name of who did it, and whose staff they are."""
    joined = query.outerjoin(Staff, Staff.id == by)
    return joined.outerjoin(Organisation, Organisation.id == Staff.organisation_id)


def page(query: AnySelect, at: Any, ident: Any) -> AnySelect:
    """Return a query of one source as one page of it, newest first."""
    later = and_(at <= _BEFORE, or_(at < _BEFORE, ident < _BEFORE_ID))
    return query.where(later).order_by(at.desc(), ident.desc()).limit(_MOST)


def warnings(look: Look) -> list[Entry]:
    """Return the warnings that the reader's roles may read."""
    rows = run(_warnings(look.act.roles), **look.values(Source.WARNING))
    return [
        Entry(
            at,
            Source.WARNING,
            ident,
            f"Warning: {WarningKind(kind).words.lower()}",
            _sentences(detail, f"From {source}", _until(expires_on), "Ended" if ended_at else ""),
            look.author(*author),
        )
        for ident, at, kind, detail, source, expires_on, ended_at, *author in rows
    ]


@cache
def _warnings(roles: frozenset[str]) -> AnySelect:
    one = PersonWarning
    query = select(one.id, one.at, one.kind, one.detail, one.source, one.expires_on, one.ended_at)
    mine = signed(query.add_columns(*AUTHOR), one.by).where(one.person_id == PERSON, _reads(roles))
    return page(mine, one.at, one.id)


def _reads(roles: frozenset[str]) -> ColumnElement[bool]:
    readers = literal(";").concat(PersonWarning.readers).concat(";")
    return or_(*(readers.contains(f";{role};") for role in sorted(roles)))


def _until(expires_on: Any) -> str:
    return f"Until {day(expires_on)}" if expires_on else ""


def _sentences(*parts: str) -> str:
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


_MERGES = page(
    signed(
        select(PersonMerge.id, PersonMerge.at, Person.ref, PersonMerge.undone_at, *AUTHOR)
        .join_from(PersonMerge, Person, Person.id == PersonMerge.person_id)
        .where(PersonMerge.into_id == PERSON),
        PersonMerge.by,
    ),
    PersonMerge.at,
    PersonMerge.id,
)


def merges(look: Look) -> list[Entry]:
    """Return which records became this one."""
    return [
        Entry(
            at,
            Source.MERGE,
            ident,
            f"Record {ref} became part of this one",
            "Parted again" if undone_at else "",
            look.author(*author),
            struck=undone_at is not None,
        )
        for ident, at, ref, undone_at, *author in run(_MERGES, **look.values(Source.MERGE))
    ]


_NOT_HERE = page(
    select(PersonNotHere.id, PersonNotHere.at, Site.name)
    .join_from(PersonNotHere, Site, Site.id == PersonNotHere.site_id)
    .where(PersonNotHere.person_id == PERSON),
    PersonNotHere.at,
    PersonNotHere.id,
)


def not_here(look: Look) -> list[Entry]:
    """Return which sites are not for somebody, to those who may take that back."""
    if not may(look.act.roles, Doing.HERE_AGAIN):
        return []
    rows = run(_NOT_HERE, **look.values(Source.NOT_HERE))
    return [
        Entry(at, Source.NOT_HERE, ident, f"{name} is not for them") for ident, at, name in rows
    ]


@cache
def _consents(*, treats: bool) -> AnySelect:
    one = PersonConsent
    query = select(one.id, one.at, one.kind, one.given, one.withdrawn_at, *AUTHOR)
    mine = signed(query, one.by).where(one.person_id == PERSON, visible(treats=treats))
    return page(mine, one.at, one.id)


def consents(look: Look) -> list[Entry]:
    """Return what somebody answered when they were asked what may be shared."""
    told = _consents(treats=Role.TREATMENT in look.act.roles)
    return [
        Entry(
            at,
            Source.CONSENT,
            ident,
            f"{ConsentKind(kind).words}: {'yes' if given else 'no'}",
            f"Taken back on {day(london(withdrawn_at).date())}" if withdrawn_at else "",
            look.author(*author),
            struck=withdrawn_at is not None,
        )
        for ident, at, kind, given, withdrawn_at, *author in run(
            told, **look.values(Source.CONSENT)
        )
    ]


def death(look: Look) -> list[Entry]:
    """Return that somebody died, on the day itself."""
    died_on = look.person.died_on
    if died_on is None:
        return []
    entry = Entry(night_span(died_on)[0], Source.DEATH, look.person.id, "Died", all_day=True)
    return [entry] if look.has(entry) else []


def apart(look: Look) -> list[Entry]:
    """Return from whom somebody is kept apart, to those who may know of it."""
    return _page_of(
        look,
        (
            Entry(
                one.at,
                Source.APART,
                one.id,
                f"Kept apart from {one.whom}",
                _sentences(one.why, _until(one.expires_on), "Ended" if one.ended_at else ""),
                one.by_name,
            )
            for one in tied.apart_of(look.act, look.person)
        ),
    )


def exclusions(look: Look) -> list[Entry]:
    """Return which sites take somebody no more, to those who see the placements there."""
    return _page_of(
        look,
        (
            Entry(
                one.at,
                Source.EXCLUSION,
                one.id,
                f"Excluded from {one.site}",
                _sentences(one.reason, _until(one.until_on), "Ended" if one.ended_at else ""),
                one.by_name,
            )
            for one in tied.exclusions_of(look.act, look.person)
        ),
    )


def _page_of(look: Look, entries: Iterable[Entry]) -> list[Entry]:
    return [one for one in entries if look.has(one)][: look.most]
