"""Reads of the audit trail, as far as one reader may see.

Lines about placements at a site that is closed to the reader are left out, and
lines by its staff or about it name nobody: see docs/decisions/0008.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, func, or_, select

from pathway.audit import AuditEntry, AuditMention
from pathway.beds.models import Placement
from pathway.db import AnyRow, db
from pathway.sites.rules import SiteFacts
from pathway.staff.models import StaffSite
from pathway.trail.rules import NOT_SHOWN, SERVICE, Asked, Line, detail_in_words, in_words

KINDS_AMONG = 5_000
"""Among how many of the newest lines we look for kinds to offer (ours)."""

LONGEST_NUMBER = 18
"""The most digits that surely fit into 64 bits."""

_AFTER_KIND = func.substr(AuditEntry.subject, len("placement:") + 1)

_PLACEMENT_ID = case(
    (
        and_(
            AuditEntry.subject.like("placement:_%"),
            func.ltrim(_AFTER_KIND, "0123456789") == "",
            func.length(_AFTER_KIND) <= LONGEST_NUMBER,
        ),
        cast(_AFTER_KIND, BigInteger),
    )
)
"""The placement that a line's subject names, on both engines; null where it names none."""


def lines(
    asked: Asked, closed: Collection[SiteFacts], names: Mapping[int, str], *, limit: int
) -> list[Line]:
    """Return the newest lines that answer, with sites that are closed to the reader."""
    veiled = _veiled(closed)
    shown = or_(Placement.id.is_(None), Placement.site_id.not_in([site.id for site in closed]))
    query = (
        select(*AuditEntry.__table__.columns, veiled.label("veiled"))
        .outerjoin(Placement, Placement.id == _PLACEMENT_ID)
        .where(shown, *_conditions(asked, veiled))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [_line(row, names) for row in db.session.execute(query)]


def kinds() -> list[str]:
    """Return what was done lately, by name."""
    newest = select(AuditEntry.what).order_by(AuditEntry.id.desc()).limit(KINDS_AMONG).subquery()
    return sorted(db.session.scalars(select(newest.c.what).distinct()))


def _veiled(closed: Collection[SiteFacts]) -> Any:
    """Return the condition that naming somebody would give a closed site away."""
    theirs = select(StaffSite.staff_id).where(StaffSite.site_id.in_([site.id for site in closed]))
    about = AuditEntry.subject.in_([f"site:{site.code}" for site in closed])
    return or_(about, and_(AuditEntry.staff_id.is_not(None), AuditEntry.staff_id.in_(theirs)))


def _conditions(asked: Asked, veiled: Any) -> Iterator[Any]:
    if asked.person is not None:
        refs = {asked.person, asked.person.upper()}
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


def _line(row: AnyRow, names: Mapping[int, str]) -> Line:
    who = "Pathway" if row.staff_id is None else names.get(row.staff_id, f"staff {row.staff_id}")
    on, people, detail = in_words(row.subject, names), _people(row), detail_in_words(row.detail)
    if row.veiled:
        on = NOT_SHOWN if row.subject.startswith("person:") else on
        people, detail = ((NOT_SHOWN,) if people else ()), ""
    return Line(row.id, row.at, who, row.what, on, people, detail)


def _people(row: AnyRow) -> tuple[str, ...]:
    """Return the references that a line names, and its subject does not."""
    refs = [row.person] if row.person and row.subject != f"person:{row.person}" else []
    listed = (row.detail or {}).get("refs", [])
    return tuple(dict.fromkeys([*refs, *map(str, listed if isinstance(listed, list) else [])]))
