"""The counting of bed nights: every night of a period, every site, in plain Python.

Stays and outages become marks on the nights that they cover, a byte for each
bed and night, so that ten years take a moment.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from pathway.beds.rules import Counts, seated
from pathway.reports.rules import BedSpan, Period, Records, SiteNights, Stay, judged_at

Marks = dict[int, bytearray]
"""Which nights are marked, by bed."""


class Counting:
    """The nights of one period, and what is marked on them."""

    def __init__(self, period: Period, records: Records) -> None:
        self.nights = period.nights
        self._instants = [judged_at(night) for night in self.nights]
        self._records = records
        self._taken = self._marks()
        self._void = self._marks()
        self._unready = self._marks()
        self._unplaced: dict[int, list[int]] = defaultdict(lambda: [0] * len(self.nights))

    def result(self) -> list[SiteNights]:
        """Return how full each site was, without those that had no beds and nobody in."""
        for stay, nights in self._once(self._records.stays):
            self._place(stay, nights)
        for outage in self._records.outages:
            marks = self._void if outage.void else self._unready
            for number in self._covered(outage.since, outage.until):
                marks[outage.bed_id][number] = 1
        found = [self._site(SiteNights(site)) for site in self._records.sites]
        return [one for one in found if one.total.bed_nights or one.total.occupied]

    def _marks(self) -> Marks:
        return defaultdict(lambda: bytearray(len(self.nights)))

    def _covered(self, since: datetime, until: datetime | None) -> range:
        """Return the nights, by number, at whose instant something was so."""
        first = bisect_left(self._instants, since)
        return range(first, bisect_left(self._instants, until) if until else len(self.nights))

    def _once(self, stays: Iterable[Stay]) -> Iterable[tuple[Stay, range]]:
        """Yield stays with their nights; one person has each night of a site once."""
        counted: dict[tuple[int, int], int] = {}
        for stay in sorted(stays, key=lambda stay: stay.since):
            nights, whose = self._covered(stay.since, stay.until), (stay.person_id, stay.site_id)
            first = max(nights.start, counted.get(whose, 0))
            counted[whose] = max(nights.stop, counted.get(whose, 0))
            yield stay, range(first, nights.stop)

    def _place(self, stay: Stay, nights: range) -> None:
        """Mark the bed; who has none on record, or one that is marked, is counted without."""
        for number in nights:
            if stay.bed_id is None or self._taken[stay.bed_id][number]:
                self._unplaced[stay.site_id][number] += 1
            else:
                self._taken[stay.bed_id][number] = 1

    def _site(self, told: SiteNights) -> SiteNights:
        beds = [bed for bed in self._records.beds if bed.site_id == told.site.id]
        unplaced = self._unplaced[told.site.id]
        for number, night in enumerate(self.nights):
            told.add(night, seated(self._night(told, beds, number, night), unplaced[number]))
        return told

    def _night(self, told: SiteNights, beds: list[BedSpan], number: int, night: date) -> Counts:
        """Return what the beds of one site were at the instant of one night."""
        capacity = self._capacity(told.site.id, night)
        occupied = over = void = unready = 0
        for bed in beds:
            if self._taken[bed.id][number]:
                occupied += 1
                over += not bed.ordinary(night)
            elif bed.ordinary(night):
                out = self._void[bed.id][number]
                void += out
                unready += self._unready[bed.id][number] and not out
        free = max(0, capacity + over - occupied - void - unready)
        return Counts(capacity, over, occupied, 0, 0, void, unready, free)

    def _capacity(self, site_id: int, night: date) -> int:
        """Return the ordinary beds of a night by the last statement before it."""
        stated = self._records.capacities.get(site_id, {})
        before = [first for first in stated if first <= night]
        return stated[max(before)] if before else 0
