"""The board of any past moment, from what happened rather than from what is so now.

A placement stood then as the newest of its events says that had happened by
then and was never undone; what was recorded in error is left out. Beds are
those of that night, out of use or being made ready as their own events say. Who
may see which counts is judged as of today.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from pathway.beds.board import VEILED, Board, SiteTonight
from pathway.beds.models import Bed, BedEvent, Confirmation, Placement, PlacementEvent
from pathway.beds.queries import in_force
from pathway.beds.rules import (
    BedFacts,
    BedHappened,
    Claim,
    Happened,
    PlacementStatus,
    count,
    has_lapsed,
    seated,
)
from pathway.db import AnyRow, db
from pathway.errors import Invalid
from pathway.nights import night_of
from pathway.sites.models import Site
from pathway.sites.queries import SITE_COLUMNS, site_facts
from pathway.staff.rules import Scope

_BECAME = {
    Happened.HELD: PlacementStatus.HELD,
    Happened.EXTENDED: PlacementStatus.HELD,
    Happened.BOOKED: PlacementStatus.BOOKED,
    Happened.CHECKED_IN: PlacementStatus.IN,
    Happened.WALKED_IN: PlacementStatus.IN,
    Happened.MOVED_IN: PlacementStatus.IN,
}
"""What a placement was after each event; after any other that ends it, nothing."""

_CHANGES_NOTHING = {Happened.AWAY, Happened.BACK, Happened.STAY_DECIDED, Happened.UNDONE}
"""Somebody away still has their bed."""

_OUT = (BedHappened.VOID.value, BedHappened.REINSTATED.value)
_UNREADY = tuple(
    one.value for one in (BedHappened.TURNAROUND, BedHappened.READY, BedHappened.TURNAROUND_UNDONE)
)


@dataclass(slots=True)
class _Then:
    """Who had which bed at a moment, and how many were in at each site without one on record."""

    claims: dict[int, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    unplaced: Counter[int] = field(default_factory=Counter)


def past(at: datetime, now: datetime) -> datetime:
    """Return a moment of the past.

    Raises:
        Invalid: it has not come yet.
    """
    if at > now:
        raise Invalid({"at": ["That time has not come yet. Beds tonight are on their own page."]})
    return at


def board_at(moment: datetime, scope: Scope) -> Board:
    """Return the board of a moment as one scope may see it today; empty sites are left out."""
    then = _then(moment)
    beds: dict[int, list[tuple[BedFacts, int]]] = {site: [] for site in then.unplaced}
    for bed in _beds_at(moment, then.claims):
        here, claims = beds.setdefault(bed.site_id, []), then.claims.get(bed.id, [])
        here.append((replace(bed, claim=next(iter(claims), None)), 1))
        here += [(replace(bed, extra=True, claim=claim), 1) for claim in claims[1:]]
    rows = [row for row in _sites_at(moment) if row[0] in beds]
    sites = (_site_at(row, beds[row[0]], then.unplaced[row[0]], moment, scope) for row in rows)
    return Board(night_of(moment), moment, tuple(sites))


def _site_at(
    row: AnyRow,
    beds: Iterable[tuple[BedFacts, int]],
    unplaced: int,
    moment: datetime,
    scope: Scope,
) -> SiteTonight:
    site = site_facts(row)
    if not scope.covers(site):
        return SiteTonight(replace(site, **VEILED), None, None, None)
    changed = max((at for at in row[-3:-1] if at is not None), default=None)
    return SiteTonight(site, seated(count(beds, moment), unplaced), changed, row[-1])


def _then(moment: datetime) -> _Then:
    """Return who had a bed at a moment, or was on the way to one."""
    then = _Then()
    events: dict[int, tuple[int, list[Any]]] = {}
    for ident, site_id, bed_id, *event in db.session.execute(_standing(moment)):
        if bed_id is None:
            then.unplaced[site_id] += 1
        else:
            events.setdefault(ident, (bed_id, []))[1].append(event)
    for bed_id, told in events.values():
        claim = _claim(told, moment)
        if claim and not has_lapsed(claim.status, claim.expires_at, moment):
            then.claims[bed_id].append(claim)
    return then


def _claim(events: list[Any], moment: datetime) -> Claim | None:
    """Return what a placement's events make of it at a moment; they come in their order."""
    undone = {undoes for *_, undoes in events}
    claim = None
    for ident, what, at, expires_at, _ in events:
        if ident is None or ident in undone or at > moment or what in _CHANGES_NOTHING:
            continue
        status = _BECAME.get(Happened(what))
        claim = Claim(status, expires_at) if status else None
    return claim


def _standing(moment: datetime) -> Any:
    """Return the query for placements that may have stood at a moment, with their events.

    The row alone leaves out all that surely ended before or began later.
    """
    status = Placement.status
    ended = case(
        (status == PlacementStatus.IN.value, None),
        (status == PlacementStatus.DEPARTED.value, Placement.departed_at),
        else_=Placement.ended_at,
    )
    begun = or_(
        Placement.checked_in_at <= moment,
        and_(Placement.bed_id.is_not(None), Placement.made_at <= moment),
    )
    event = PlacementEvent
    return (
        select(Placement.id, Placement.site_id, Placement.bed_id)
        .add_columns(event.id, event.what, event.at, event.expires_at, event.undoes)
        .outerjoin(event, event.placement_id == Placement.id)
        .where(status != PlacementStatus.VOIDED.value, begun, or_(ended.is_(None), ended > moment))
        .order_by(event.id)
    )


def _beds_at(moment: datetime, taken: Collection[int]) -> list[BedFacts]:
    """Return the beds of a night and those gone that were taken, as their own events say."""
    here = in_force(night_of(moment))
    out, unready = aliased(BedEvent), aliased(BedEvent)
    query = (
        select(Bed.id, Bed.site_id, Bed.label, or_(Bed.extra, ~here))
        .add_columns(out.what, out.at, out.until, unready.what, unready.at)
        .select_from(Bed)
        .outerjoin(out, out.id == _newest(_OUT, moment))
        .outerjoin(unready, unready.id == _newest(_UNREADY, moment))
        .where(or_(here, Bed.id.in_(taken)))
    )
    return [_bed(*row) for row in db.session.execute(query)]


def _newest(kinds: Collection[str], moment: datetime) -> Any:
    """Return the id of what happened last to a bed, of these kinds, up to a moment."""
    event = aliased(BedEvent)
    return (
        select(event.id)
        .where(event.bed_id == Bed.id, event.at <= moment, event.what.in_(kinds))
        .order_by(event.at.desc(), event.id.desc())
        .limit(1)
        .correlate(Bed)
        .scalar_subquery()
    )


def _bed(ident: int, site_id: int, label: str, extra: Any, *told: Any) -> BedFacts:
    what, at, until, unready, since = told
    out = what == BedHappened.VOID
    return BedFacts(
        id=ident,
        site_id=site_id,
        label=label,
        extra=bool(extra),
        void_from=at if out else None,
        void_until=until if out else None,
        turnaround_since=since if unready == BedHappened.TURNAROUND else None,
    )


def _sites_at(moment: datetime) -> Iterable[AnyRow]:
    """Return every site, when it last changed by then, and when it last confirmed its count."""
    placed = select(func.max(PlacementEvent.recorded_at)).where(
        PlacementEvent.site_id == Site.id, PlacementEvent.recorded_at <= moment
    )
    kept = select(func.max(BedEvent.recorded_at)).where(
        BedEvent.site_id == Site.id, BedEvent.recorded_at <= moment
    )
    said = select(func.max(Confirmation.at)).where(
        Confirmation.site_id == Site.id, Confirmation.at <= moment
    )
    words = [one.scalar_subquery() for one in (placed, kept, said)]
    return db.session.execute(select(*SITE_COLUMNS, *words).order_by(Site.name))
