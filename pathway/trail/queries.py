"""Reads of the audit trail, as far as one reader may see.

Lines about placements, beds and waits at a site that is closed to the reader are
left out, and lines by its staff or about it name nobody: see docs/decisions/0008.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, func, literal_column, or_, select

from pathway.audit import DENIED, AuditEntry, AuditMention
from pathway.beds.models import Bed, Placement, Waiting
from pathway.db import AnyRow, db
from pathway.people.consent_rules import ConsentKind
from pathway.people.models import Person, PersonMerge
from pathway.sites.rules import SiteFacts
from pathway.staff.models import StaffSite
from pathway.trail.rules import (
    BED_ROUTES,
    BY_ROLE,
    CONSENTS,
    HOLDS,
    MARKS,
    NOT_SHOWN,
    NUMBERS,
    OF_ONE,
    PLACEMENT_ROUTES,
    SERVICE,
    Asked,
    Line,
    detail_in_words,
    in_words,
)

KINDS_AMONG = 5_000
"""Among how many of the newest lines we look for kinds to offer (ours)."""

LONGEST_NUMBER = 18
"""The most digits that surely fit into 64 bits."""

_DENIED = AuditEntry.what == literal_column(f"'{DENIED}'")
"""Written out, so that the index over denials is used."""


def _named(kind: str, routes: Collection[str]) -> Any:
    """Return the id that a line's subject, or the address of a denial, names; null for none."""
    after = func.substr(AuditEntry.subject, len(kind) + 1)
    denied = AuditEntry.detail["ident"].as_string()
    return case(
        (and_(AuditEntry.subject.like(f"{kind}_%"), *_is_number(after)), cast(after, BigInteger)),
        (
            and_(_DENIED, AuditEntry.subject.in_(sorted(routes)), *_is_number(denied)),
            cast(denied, BigInteger),
        ),
    )


def _is_number(text: Any) -> Iterator[Any]:
    yield func.ltrim(text, "0123456789") == ""
    yield func.length(text).between(1, LONGEST_NUMBER)


_PLACEMENT_ID = _named("placement:", PLACEMENT_ROUTES)
_BED_ID = _named("bed:", BED_ROUTES)
_WAIT_ID = _named("waiting:", ())


def lines(
    asked: Asked,
    closed: Collection[SiteFacts],
    names: Mapping[int, str],
    *,
    limit: int,
    treats: bool = False,
) -> list[Line]:
    """Return the newest lines that answer, with sites that are closed to the reader.

    ``treats`` is that facts of treatment are theirs to read.
    """
    veiled = _veiled(closed)
    query = (
        select(*AuditEntry.__table__.columns, veiled.label("veiled"))
        .outerjoin(Placement, Placement.id == _PLACEMENT_ID)
        .outerjoin(Bed, Bed.id == _BED_ID)
        .outerjoin(Waiting, Waiting.id == _WAIT_ID)
        .where(*_shown(closed, treats=treats), *_conditions(asked, closed, veiled))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [_line(row, names, treats=treats) for row in db.session.execute(query)]


def kinds() -> list[str]:
    """Return what was done lately, by name."""
    newest = select(AuditEntry.what).order_by(AuditEntry.id.desc()).limit(KINDS_AMONG).subquery()
    return sorted(db.session.scalars(select(newest.c.what).distinct()))


def kept_out(since: datetime) -> list[tuple[int, datetime]]:
    """Return who was kept from a person or a placement since a moment, and when.

    An address of a site that was mistyped is no search for somebody, and a page
    that a role does not have is a wrong turn.
    """
    rows = db.session.execute(
        select(AuditEntry.staff_id, AuditEntry.at)
        .where(_DENIED, AuditEntry.at >= since, AuditEntry.staff_id.is_not(None))
        .where(
            or_(AuditEntry.person.is_not(None), AuditEntry.subject.in_(sorted(PLACEMENT_ROUTES)))
        )
        .where(AuditEntry.detail["status"].as_integer() != BY_ROLE)
        # By the index of denials: in the order of ids SQLite reads the whole trail instead.
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [(row.staff_id, row.at) for row in rows]


def _shown(closed: Collection[SiteFacts], *, treats: bool) -> Iterator[Any]:
    """Yield what a line must be, so that it is not left out.

    A wait for a bed names somebody, and not the site: of one that is not kept any more
    nobody knows whether it was for a closed one.
    """
    sites = [site.id for site in closed]
    yield or_(Placement.id.is_(None), Placement.site_id.not_in(sites))
    yield or_(Bed.id.is_(None), Bed.site_id.not_in(sites))
    if closed:
        open_wait = and_(Waiting.id.is_not(None), Waiting.site_id.not_in(sites))
        yield or_(AuditEntry.subject.not_like("waiting:%"), open_wait)
    if not treats:
        kind = AuditEntry.detail["kind"].as_string()
        yield or_(AuditEntry.what.not_in(CONSENTS), kind != ConsentKind.NDTMS.value)


def _staff_of(closed: Collection[SiteFacts]) -> Any:
    return select(StaffSite.staff_id).where(StaffSite.site_id.in_([site.id for site in closed]))


def _veiled(closed: Collection[SiteFacts]) -> Any:
    """Return the condition that naming somebody would give a closed site away.

    A list of holds tells who has one: whoever is on it and has no placement that
    the reader sees is at a closed site.
    """
    holds = [HOLDS] if closed else []
    codes = [site.code for site in closed]
    about = AuditEntry.subject.in_([*holds, *(f"site:{code}" for code in codes)])
    marked = and_(AuditEntry.what.in_(MARKS), AuditEntry.detail["site"].as_string().in_(codes))
    asked_there = AuditEntry.detail["code"].as_string().in_(codes)
    refused = and_(AuditEntry.subject.like("route:%"), asked_there)
    by_theirs = AuditEntry.staff_id.in_(_staff_of(closed))
    return or_(about, marked, refused, and_(AuditEntry.staff_id.is_not(None), by_theirs))


def _conditions(asked: Asked, closed: Collection[SiteFacts], veiled: Any) -> Iterator[Any]:
    if asked.person is not None:
        refs = _references(asked.person, closed)
        named = select(AuditMention.entry_id).where(AuditMention.ref.in_(refs))
        yield or_(AuditEntry.person.in_(refs), AuditEntry.id.in_(named))
        yield ~veiled
    if asked.staff == SERVICE:
        yield AuditEntry.staff_id.is_(None)
    elif asked.staff is not None:
        yield AuditEntry.staff_id == asked.staff
    if asked.what is not None:
        yield AuditEntry.what == asked.what
    if asked.since is not None:
        yield AuditEntry.at >= asked.since
    if asked.until is not None:
        yield AuditEntry.at < asked.until
    if asked.before is not None:
        yield AuditEntry.id < asked.before


def _references(ref: str, closed: Collection[SiteFacts]) -> set[str]:
    """Return every reference of one person: what was merged into it and what it became.

    A merge by staff of a closed site is not followed: its line names nobody, and
    what it brought together must not either.
    """
    typed = {ref, ref.upper()}
    ids = set(db.session.scalars(select(Person.id).where(Person.ref.in_(typed))))
    standing = select(PersonMerge.person_id, PersonMerge.into_id).where(
        PersonMerge.undone_at.is_(None),
        or_(PersonMerge.by.is_(None), PersonMerge.by.not_in(_staff_of(closed))),
    )
    found = ids
    while found:
        near = or_(PersonMerge.person_id.in_(found), PersonMerge.into_id.in_(found))
        pairs = db.session.execute(standing.where(near)).all()
        found = {ident for pair in pairs for ident in pair} - ids
        ids |= found
    return typed | set(db.session.scalars(select(Person.ref).where(Person.id.in_(ids))))


def _line(row: AnyRow, names: Mapping[int, str], *, treats: bool) -> Line:
    who = "Pathway" if row.staff_id is None else names.get(row.staff_id, f"staff {row.staff_id}")
    on, people, detail = in_words(row.subject, names), _people(row), detail_in_words(row.detail)
    if row.what in (*CONSENTS, *NUMBERS) and not treats:
        detail = ""
    if row.veiled:
        on = NOT_SHOWN if row.subject.startswith(OF_ONE) else on
        people = (NOT_SHOWN,) if people and row.subject != HOLDS else ()
        detail = ""
    return Line(row.id, row.at, who, row.what, on, people, detail)


def _people(row: AnyRow) -> tuple[str, ...]:
    """Return the references that a line names, and its subject does not."""
    refs = [row.person] if row.person and row.subject != f"person:{row.person}" else []
    listed = (row.detail or {}).get("refs", [])
    return tuple(dict.fromkeys([*refs, *map(str, listed if isinstance(listed, list) else [])]))
