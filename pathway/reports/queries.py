"""Reads of what measures are counted from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import or_, select

from pathway.beds.models import Bed, BedEvent, Capacity, Placement
from pathway.beds.rules import BedHappened, PlacementStatus
from pathway.db import db
from pathway.reports.occupancy import Counting
from pathway.reports.rules import (
    BedSpan,
    Outage,
    Period,
    Records,
    SiteNights,
    Stay,
    judged_at,
)
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.rules import Scope

_IN = (PlacementStatus.IN.value, PlacementStatus.DEPARTED.value)

_KINDS = (
    (True, BedHappened.VOID.value, (BedHappened.REINSTATED.value,)),
    (
        False,
        BedHappened.TURNAROUND.value,
        (BedHappened.READY.value, BedHappened.TURNAROUND_UNDONE.value),
    ),
)
"""What begins and what ends being out of use, and being made ready."""


def occupancy(period: Period, now: datetime, reach: Scope) -> list[SiteNights]:
    """Return how full the sites were that a scope covers, on the nights that are over."""
    judged = period.up_to(now)
    seen = [site for site in sites.sites() if reach.covers(site)]
    if judged.last < judged.first or not seen:
        return []
    return Counting(judged, _records(judged, seen)).result()


def _records(period: Period, seen: list[SiteFacts]) -> Records:
    idents = [site.id for site in seen]
    first, last = judged_at(period.first), judged_at(period.last)
    return Records(
        sites=seen,
        stays=_stays(idents, first, last),
        outages=list(outages(idents, last)),
        beds=_beds(idents),
        capacities=_capacities(idents),
    )


def _stays(site_ids: list[int], first: datetime, last: datetime) -> Iterator[Stay]:
    rows = db.session.execute(
        select(
            Placement.person_id,
            Placement.site_id,
            Placement.bed_id,
            Placement.checked_in_at,
            Placement.departed_at,
        ).where(
            Placement.site_id.in_(site_ids),
            Placement.status.in_(_IN),
            Placement.checked_in_at <= last,
            or_(Placement.departed_at.is_(None), Placement.departed_at > first),
        )
    )
    for person_id, site_id, bed_id, since, until in rows:
        if since is not None:
            yield Stay(person_id, site_id, bed_id, since, until)


def outages(site_ids: list[int], last: datetime) -> Iterator[Outage]:
    """Yield how long beds were out of use or unready: each event until the next of its kind."""
    for void, begins, ends in _KINDS:
        rows = db.session.execute(
            select(BedEvent.bed_id, BedEvent.what, BedEvent.at, BedEvent.until)
            .where(BedEvent.site_id.in_(site_ids), BedEvent.at <= last)
            .where(BedEvent.what.in_((begins, *ends)))
            .order_by(BedEvent.bed_id, BedEvent.at, BedEvent.id)
        )
        for bed_id, events in groupby(rows, key=itemgetter(0)):
            told = [(what, at, until) for _, what, at, until in events]
            for (what, at, until), then in zip(told, [*told[1:], None], strict=True):
                over = min((one for one in (until, then and then[1]) if one), default=None)
                if what == begins:
                    yield Outage(bed_id, void, at, over)


def _beds(site_ids: Iterable[int]) -> list[BedSpan]:
    columns = (Bed.id, Bed.site_id, Bed.extra, Bed.first_night, Bed.last_night)
    rows = db.session.execute(select(*columns).where(Bed.site_id.in_(site_ids)))
    return [BedSpan(*row) for row in rows]


def _capacities(site_ids: Iterable[int]) -> dict[int, dict[date, int]]:
    found: dict[int, dict[date, int]] = defaultdict(dict)
    query = select(Capacity.site_id, Capacity.from_night, Capacity.beds)
    for site_id, first, beds in db.session.execute(query.where(Capacity.site_id.in_(site_ids))):
        found[site_id][first] = beds
    return found
