"""Reads of who was turned away, and of the beds that were free after it.

A handful of statements, however many were turned away: what happened to every bed
in the stretch of time is read once and reckoned in :mod:`pathway.beds.vacancies`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, or_, select

from pathway.acts import Act
from pathway.beds.models import Bed, Placement, TurnAway
from pathway.beds.rules import BedFacts, PlacementStatus
from pathway.beds.vacancies import Claimed, Span, Stood, Vacancies, vacancies
from pathway.db import db, run
from pathway.nights import night_of
from pathway.reports.queries import outages
from pathway.reports.rules import Period, nights_by
from pathway.reports.unmet import WITHIN, Away, Told, Unmet, first_of_night, outcome
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def unmet(act: Act, period: Period, now: datetime) -> Unmet:
    """Return who was turned away in a period, and what came of it by a moment.

    Only beds that whoever acts may count say whether there was one.
    """
    judged = nights_by(period, now)
    found = first_of_night(_rows(judged, now))
    counted = scope(act, Doing.COUNT_BEDS)
    known = [site for site in sites.sites() if counted.covers(site)]
    beds = _Beds(act, known, found, now)
    told = [Told(one, outcome(one, now, beds.had)) for one in found]
    return Unmet(judged, sorted(told, key=lambda one: one.away.at))


def _rows(period: Period, now: datetime) -> list[Away]:
    columns = (TurnAway.person_id, TurnAway.night, TurnAway.at, TurnAway.needed)
    query = select(*columns).where(TurnAway.night.between(period.first, period.last))
    rows = db.session.execute(query.where(TurnAway.at < now).order_by(TurnAway.at, TurnAway.id))
    return [Away(*row) for row in rows]


class _Beds:
    """The beds of some sites in the time in which people were turned away, and who got one."""

    def __init__(
        self, act: Act, known: Sequence[SiteFacts], asked: Sequence[Away], now: datetime
    ) -> None:
        times = [one.at for one in asked if one.at + WITHIN <= now]
        self._sites: list[Vacancies] = []
        self._given: dict[int, list[datetime]] = {}
        if times:
            stretch = min(times), max(times) + WITHIN + timedelta.resolution
            own = [one.id for one in known if not one.confidential or one.id in act.site_ids]
            self._sites = _free(known, stretch)
            self._given = _given(own, stretch)

    def had(self, away: Away) -> bool:
        """Return whether there was a bed for somebody within two hours."""
        until = away.at + WITHIN
        given = self._given.get(away.person_id, [])
        if bisect_right(given, until) > bisect_right(given, away.at):
            return True
        return any(site.appeared(away.needed, away.at, until) for site in self._sites)


def _given(site_ids: list[int], stretch: Span) -> dict[int, list[datetime]]:
    """Return when each person was given a bed at one of these sites, in order."""
    made = select(Placement.person_id, Placement.made_at).where(
        Placement.site_id.in_(site_ids),
        Placement.status != PlacementStatus.VOIDED.value,
        Placement.made_at.between(*stretch),
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for person_id, at in run(made.order_by(Placement.made_at)):
        found[person_id].append(at)
    return dict(found)


def _free(known: Sequence[SiteFacts], stretch: Span) -> list[Vacancies]:
    """Return when these sites had beds free."""
    idents = [site.id for site in known]
    busy: dict[int, list[Span]] = defaultdict(list)
    unplaced: dict[int, list[Span]] = defaultdict(list)
    for one in _claims(idents, stretch):
        if one.bed_id is None:
            unplaced[one.site_id] += one.spans(stretch[1])
        else:
            busy[one.bed_id] += one.spans(stretch[1])
    for out in outages(idents, stretch[1]):
        busy[out.bed_id].append((out.since, out.until or stretch[1]))
    beds = _beds(idents, stretch)
    return [
        vacancies(site, beds.get(site.id, ()), busy, unplaced.get(site.id, ()), stretch)
        for site in known
    ]


def _claims(site_ids: list[int], stretch: Span) -> Iterator[Claimed]:
    """Yield the placements that may have had a bed within a stretch of time.

    The rows alone: what was undone has left no trace in them, and an event more for
    each step would take three times as long for a year.
    """
    status = Placement.status
    ended = case(
        (status == PlacementStatus.IN.value, None),
        (status == PlacementStatus.DEPARTED.value, Placement.departed_at),
        else_=Placement.ended_at,
    )
    columns = (
        *(Placement.site_id, Placement.bed_id, Placement.made_at, Placement.expires_at),
        *(Placement.expected_at, Placement.checked_in_at, ended),
    )
    asked = select(*columns).where(
        Placement.site_id.in_(site_ids),
        status != PlacementStatus.VOIDED.value,
        or_(Placement.made_at <= stretch[1], Placement.checked_in_at <= stretch[1]),
        or_(ended.is_(None), ended > stretch[0]),
    )
    return (Claimed(*row) for row in run(asked))


def _beds(site_ids: list[int], stretch: Span) -> dict[int, list[Stood]]:
    columns = (Bed.id, Bed.site_id, Bed.label, Bed.step_free, Bed.womens)
    first, last = map(night_of, stretch)
    stood = select(*columns, Bed.first_night, Bed.last_night).where(
        Bed.site_id.in_(site_ids),
        Bed.first_night <= last,
        or_(Bed.last_night.is_(None), Bed.last_night >= first),
    )
    found: dict[int, list[Stood]] = defaultdict(list)
    for ident, site_id, label, step_free, womens, begins, ends in db.session.execute(stood):
        bed = BedFacts(ident, site_id, label, step_free=step_free, womens=womens)
        found[site_id].append(Stood(bed, begins, ends))
    return found
