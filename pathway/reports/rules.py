"""How full sites were: what is counted, over which nights, and how it adds up.

A bed night is judged at one instant, four in the morning, so that nobody is
counted twice in one night however often they moved.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pathway.beds.rules import Counts
from pathway.nights import LONDON, london, night_of
from pathway.outreach.classify import months_before, year_before, year_of
from pathway.sites.rules import SiteFacts

JUDGED_AT = time(4)
"""When a bed night is judged, in London, on the morning after. Source: DOMAIN.md section 9."""

MOST_NIGHTS = 3_660
"""The most nights of one period: ten years (ours)."""

LAST_NIGHTS = 30
"""How many nights are shown where what is under way matters most (ours)."""

DEFINITION = (
    "An occupied bed night is somebody who is in at 04:00 London time on the morning after; a "
    "person counts once for each site and night, so a transfer counts the night once, and "
    "somebody away counts while their bed is kept. Bed nights are the ordinary beds of each night "
    "by that night's capacity; over is what was occupied beyond them. Void and turnaround are "
    "beds that were so at 04:00 and empty. Stays from a file that name no bed take free beds "
    "first, then beds in turnaround and out of use, and then count as over. Nights whose 04:00 "
    "has not come are left out."
)

SOURCE = "Pathway's own records of placements, beds and capacity."


@dataclass(frozen=True, slots=True)
class Period:
    """The nights from first to last, both included; none when last is before first."""

    first: date
    last: date

    @property
    def nights(self) -> list[date]:
        """The nights, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def up_to(self, now: datetime) -> "Period":
        """Return the part of it that can be judged by now."""
        here = london(now)
        days = 1 if here.time() >= JUDGED_AT else 2
        return Period(self.first, min(self.last, here.date() - timedelta(days=days)))


def judged_at(night: date) -> datetime:
    """Return the instant at which a night is judged."""
    there = datetime.combine(night + timedelta(days=1), JUDGED_AT, LONDON)
    return there.astimezone(UTC)


def bad_period(period: Period) -> str | None:
    """Return why a period cannot be reported, or None."""
    if period.last < period.first:
        return "The last night is before the first."
    if (period.last - period.first).days >= MOST_NIGHTS:
        return "That is more than ten years. Ask for a part of it."
    return None


def last_month(today: date) -> Period:
    """Return the last whole month before a day.

    >>> last_month(date(2026, 1, 9))
    Period(first=datetime.date(2025, 12, 1), last=datetime.date(2025, 12, 31))
    """
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def month_before(now: datetime) -> Period:
    """Return the last whole month before a moment."""
    return last_month(london(now).date())


def last_year(now: datetime) -> Period:
    """Return the last whole year before a moment: nights 1 April to 31 March.

    >>> last_year(datetime(2024, 4, 1, 2, tzinfo=UTC))
    Period(first=datetime.date(2022, 4, 1), last=datetime.date(2023, 3, 31))
    """
    begins = year_of(night_of(now))
    return Period(year_before(begins), begins - timedelta(days=1))


def last_twelve_months(now: datetime) -> Period:
    """Return the last twelve whole months before a moment, by its night."""
    begins = night_of(now).replace(day=1)
    return Period(months_before(begins, 12), begins - timedelta(days=1))


def last_nights(now: datetime) -> Period:
    """Return the last thirty nights before a moment, the one that is under way among them.

    >>> last_nights(datetime(2026, 1, 30, 2, tzinfo=UTC)).first
    datetime.date(2025, 12, 31)
    """
    last = night_of(now)
    return Period(last - timedelta(days=LAST_NIGHTS - 1), last)


def nights_by(period: Period, now: datetime) -> Period:
    """Return the part of a period of which there can be sightings before a moment."""
    return Period(period.first, min(period.last, night_of(now - timedelta.resolution)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, if one was named, and the day as of which it is judged, if not now."""

    period: Period | None
    as_of: date | None

    def at(
        self, now: datetime, unsaid: Callable[[datetime], Period] = month_before
    ) -> tuple[Period, datetime]:
        """Return the period, or what it is unsaid, and when it is judged."""
        until = now if self.as_of is None else min(now, _noon(self.as_of))
        return self.period or unsaid(until), until


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), LONDON).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of something, with both its numbers."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> float | None:
        """The share with one decimal, half up; None of nothing.

        >>> Ratio(1, 8).percent, Ratio(1, 2000).percent, Ratio(0, 0).percent
        (12.5, 0.1, None)
        """
        if not self.denominator:
            return None
        share = Decimal(100 * self.numerator) / self.denominator
        return float(share.quantize(Decimal("0.1"), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody in at a site from one instant until before another; no bed is named in files."""

    person_id: int
    site_id: int
    bed_id: int | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Outage:
    """A bed that was out of use, or being made ready, from one instant until before another."""

    bed_id: int
    void: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class BedSpan:
    """One bed of a site and the nights on which it was one of the ordinary ones."""

    id: int
    site_id: int
    extra: bool
    first: date
    last: date | None

    def ordinary(self, night: date) -> bool:
        """Return whether it counted towards the capacity of a night."""
        within = self.first <= night and (self.last is None or night <= self.last)
        return within and not self.extra


@dataclass(slots=True)
class BedNights:
    """Nights added up."""

    bed_nights: int = 0
    occupied: int = 0
    over: int = 0
    void: int = 0
    turnaround: int = 0

    def add(self, night: Counts) -> None:
        """Add one night."""
        self.bed_nights += night.capacity
        self.occupied += night.occupied
        self.over += night.over
        self.void += night.void
        self.turnaround += night.turnaround

    @property
    def percent(self) -> float | None:
        """The share of bed nights that were occupied, one decimal; None of nothing."""
        return Ratio(self.occupied, self.bed_nights).percent


@dataclass(slots=True)
class SiteNights:
    """How full one site was, in all and by month."""

    site: SiteFacts
    total: BedNights = field(default_factory=BedNights)
    by_month: dict[str, BedNights] = field(default_factory=dict)

    def add(self, night: date, counts: Counts) -> None:
        """Add one night."""
        self.total.add(counts)
        self.by_month.setdefault(f"{night:%Y-%m}", BedNights()).add(counts)


@dataclass(frozen=True, slots=True)
class Records:
    """What a period is counted from; of every site that is asked about."""

    sites: Sequence[SiteFacts]
    stays: Iterable[Stay]
    outages: Iterable[Outage]
    beds: Sequence[BedSpan]
    capacities: Mapping[int, Mapping[date, int]]
