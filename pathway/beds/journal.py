"""Writing down what happens to a placement: the row, its event, the audit entry, the notice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update

from pathway import audit, metrics
from pathway.acts import Act
from pathway.beds import queries, rules, timing
from pathway.beds.models import Placement, PlacementEvent
from pathway.beds.openings import keep_open
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.telling import tell
from pathway.beds.turn import CAME_IN
from pathway.beds.waited import ARRIVED, end
from pathway.db import db, once_kept, run

_ADD = insert(PlacementEvent.__table__).inline()  # type: ignore[arg-type]


def move(
    act: Act,
    placement: PlacementFacts,
    what: Happened,
    values: Mapping[str, Any],
    *,
    at: datetime | None = None,
    detail: Mapping[str, Any] | None = None,
    sheet: str | None = None,
    undoes: int | None = None,
) -> PlacementFacts:
    """Change a placement's row and write down what happened, and what the row said before."""
    before = {name: _written(getattr(placement, name)) for name in values}
    db.session.execute(update(Placement).where(Placement.id == placement.id).values(**values))
    changed = queries.placement(placement.id)
    assert changed is not None  # noqa: S101 - rows are never deleted
    about = Entry(detail, sheet, before, undoes)
    note(act, changed, what, at=at, about=about)
    return changed


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands beside an event: details, the sheet, what was before, what it undoes."""

    detail: Mapping[str, Any] | None = None
    sheet: str | None = None
    before: Mapping[str, Any] | None = None
    undoes: int | None = None


PLAIN = Entry()


def note(
    act: Act,
    placement: PlacementFacts,
    what: Happened,
    *,
    at: datetime | None = None,
    about: Entry = PLAIN,
) -> None:
    """Append the event and the audit entry, and tell whom it concerns."""
    told = _told(placement, what) | dict(about.detail or {})
    run(
        _ADD,
        placement_id=placement.id,
        site_id=placement.site.id,
        bed_id=placement.bed_id,
        what=what.value,
        at=at or act.at,
        recorded_at=act.at,
        by=None if what is Happened.EXPIRED else act.staff_id,
        expires_at=placement.expires_at,
        detail=told or None,
        before=dict(about.before) if about.before else None,
        undoes=about.undoes,
        sheet=about.sheet,
        device_at=None if what is Happened.EXPIRED else timing.odd_clock(act.device_at, act.at),
    )
    if what is Happened.HELD:
        once_kept(metrics.HOLDS.inc)
    if what in ARRIVED:
        end(act, placement.person.id, CAME_IN, site_id=placement.site.id)
    if placement.person.restricted:
        keep_open(act, placement)
    subject = f"placement:{placement.id}"
    audit.record(act, what.value.replace("_", " "), subject, person=placement.person.ref)
    tell(act, placement, what)


def _told(placement: PlacementFacts, what: Happened) -> dict[str, Any]:
    """Return what an event says of itself, whoever wrote it down."""
    if what is Happened.DEPARTED:
        return {"destination": placement.destination, "reason": placement.departure_reason}
    if what is Happened.BOOKED:
        return {"expected_at": _written(placement.expected_at)}
    return {}


def _written(value: Any) -> Any:
    """Return a value as JSON can keep it."""
    return value.isoformat() if isinstance(value, date) else value


def mark_lapsed(act: Act, idents: Iterable[int | None]) -> None:
    """Write down that these holds are over, where they are.

    In the order of their ids, so that two claims never wait for each other.
    """
    for ident in sorted({ident for ident in idents if ident is not None}):
        placement = queries.placement(ident, lock=True)
        if placement and rules.has_lapsed(placement.status, placement.expires_at, act.at):
            over = {"status": PlacementStatus.EXPIRED.value, "ended_at": placement.expires_at}
            move(act, placement, Happened.EXPIRED, over, at=placement.expires_at)
