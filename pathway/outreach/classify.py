"""Who is new, who was there before and who is back: pure rules over nights.

Only nights on which somebody was seen bedded down count. The groups of a year
are those of CHAIN and of Camden's published figures; the flags of a month are
those of the national “Ending rough sleeping data framework”. Source: DOMAIN.md
section 6. Where the source leaves an edge open it is said here, and is ours.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

YEAR_BEGINS = (4, 1)
"""Month and day of a year's first night. Source: DOMAIN.md section 6."""

NEW_AFTER = 60
"""Calendar months without a sighting after which somebody is new in a month.

Source: DOMAIN.md section 6.
"""

LONG_TERM_OF = 12
"""How many months are looked at for who is there long term, this one included.

Source: DOMAIN.md section 6.
"""

LONG_TERM_FROM = 3
"""From sightings in so many of them somebody is there long term. Source: DOMAIN.md section 6."""

BACK_AFTER = 180
"""Days since the last sighting from which somebody is back. Source: DOMAIN.md section 6."""

LEFT_WITHIN = 85
"""Days after leaving an institution within which a sighting is a leaver's.

Source: DOMAIN.md section 6.
"""

NIGHTS_OVER = 180
"""Days over which nights are counted, that of the month's last sighting included.

Source: DOMAIN.md section 6.
"""

BANDS = (("1", 1), ("2", 2), ("3-5", 5), ("6-10", 10))
"""How nights are banded: a name and the most nights of it. Source: DOMAIN.md section 6."""

MANY = "10+"
"""The band of more nights than those."""

BAND_NAMES = (*(name for name, _ in BANDS), MANY)


class Group(StrEnum):
    """Exactly one for everybody who was seen in a year. Source: DOMAIN.md section 6."""

    FLOW = "flow"
    STOCK = "stock"
    RETURNER = "returner"

    @property
    def words(self) -> str:
        """Return the group as people say it."""
        return {
            "flow": "New",
            "stock": "Seen last year as well",
            "returner": "Back after a gap",
        }[self.value]


def year_of(night: date) -> date:
    """Return the first night of the year that a night belongs to: a year runs from 1 April.

    >>> year_of(date(2024, 3, 31)), year_of(date(2024, 4, 1))
    (datetime.date(2023, 4, 1), datetime.date(2024, 4, 1))
    """
    begins = date(night.year, *YEAR_BEGINS)
    return begins if night >= begins else date(night.year - 1, *YEAR_BEGINS)


def year_before(year: date) -> date:
    """Return the first night of the year before one that begins with this night."""
    return date(year.year - 1, *YEAR_BEGINS)


def group(year: date, last_before: date | None) -> Group:
    """Return the group of somebody seen in a year, by their last sighting before it.

    ``year`` is its first night.

    >>> group(date(2023, 4, 1), None), group(date(2023, 4, 1), date(2023, 3, 31))
    (<Group.FLOW: 'flow'>, <Group.STOCK: 'stock'>)
    >>> group(date(2023, 4, 1), date(2022, 3, 31))
    <Group.RETURNER: 'returner'>
    """
    if last_before is None:
        return Group.FLOW
    return Group.STOCK if last_before >= year_before(year) else Group.RETURNER


def group_in(nights: Sequence[date], first: date, last: date) -> Group | None:
    """Return the group of somebody in a period, or None when they were not seen in it.

    ``nights`` are all of theirs, in order. In a period of more than one year
    the year of their first sighting in it decides. A sighting before the period
    and in that same year does not make them anything but new.

    >>> seen = [date(2022, 5, 1), date(2023, 5, 1)]
    >>> group_in(seen, date(2023, 4, 1), date(2024, 3, 31))
    <Group.STOCK: 'stock'>
    >>> group_in(seen, date(2022, 4, 1), date(2024, 3, 31))
    <Group.FLOW: 'flow'>
    """
    at = bisect_left(nights, first)
    if at == len(nights) or nights[at] > last:
        return None
    year = year_of(nights[at])
    before = bisect_left(nights, year)
    return group(year, nights[before - 1] if before else None)


def months_before(day: date, months: int) -> date:
    """Return the same day so many calendar months before; the last day where there is none.

    >>> months_before(date(2024, 3, 15), 60), months_before(date(2024, 2, 29), 60)
    (datetime.date(2019, 3, 15), datetime.date(2019, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_ends(month: date) -> date:
    """Return the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def band(nights: int) -> str:
    """Return the band of a number of nights.

    >>> [band(nights) for nights in (1, 2, 3, 5, 6, 10, 11)]
    ['1', '2', '3-5', '3-5', '6-10', '6-10', '10+']
    """
    return next((name for name, most in BANDS if nights <= most), MANY)


@dataclass(frozen=True, slots=True)
class MonthFlags:
    """What somebody is in one month. The flags overlap and are never added up."""

    new: bool
    long_term: bool
    returner: bool
    institution_leaver: bool
    nights: int

    @property
    def band(self) -> str:
        """Return the band of the nights on which they were seen."""
        return band(self.nights)


def flags(nights: Sequence[date], month: date, left: Sequence[date] = ()) -> MonthFlags | None:
    """Return what somebody is in a month, or None when they were not seen in it.

    ``nights`` are all of theirs, each once and in order; ``month`` is its first
    day; ``left`` are the days on which they left an institution. To the day:

    * new: no sighting from the same date 60 calendar months before the month's
      first sighting until the day before it. On that very date they were seen
      within the 60 months, on the day before it not. Sixty months before
      29 February is 28 February.
    * long term: seen in 3 or more of the 12 calendar months ending with this one.
    * returner: 180 days or more from the last sighting before the month's first
      to it. Who was seen before and is new again is a returner too.
    * institution leaver: seen in the month on the day of leaving or at most 85
      days later.
    * nights: those within the 180 days that end with the month's last sighting.

    >>> flags([date(2024, 1, 5), date(2024, 7, 3)], date(2024, 7, 1))
    MonthFlags(new=False, long_term=False, returner=True, institution_leaver=False, nights=1)
    """
    begins, ends = bisect_left(nights, month), bisect_right(nights, month_ends(month))
    if begins == ends:
        return None
    first, last = nights[begins], nights[ends - 1]
    before = nights[begins - 1] if begins else None
    return MonthFlags(
        new=before is None or before < months_before(first, NEW_AFTER),
        long_term=_months_of(nights, month, ends) >= LONG_TERM_FROM,
        returner=before is not None and (first - before).days >= BACK_AFTER,
        institution_leaver=bool(left) and _leaver(nights[begins:ends], left),
        nights=ends - bisect_left(nights, last - timedelta(days=NIGHTS_OVER - 1)),
    )


def _months_of(nights: Sequence[date], month: date, ends: int) -> int:
    """Return in how many of the last twelve months somebody was seen."""
    at = bisect_left(nights, months_before(month, LONG_TERM_OF - 1))
    return len({(night.year, night.month) for night in nights[at:ends]})


def _leaver(seen: Sequence[date], left: Sequence[date]) -> bool:
    return any(0 <= (night - day).days <= LEFT_WITHIN for day in left for night in seen)


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of every month that a period touches.

    >>> list(months(date(2023, 12, 31), date(2024, 1, 1)))
    [datetime.date(2023, 12, 1), datetime.date(2024, 1, 1)]
    """
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = month_ends(month) + timedelta(days=1)
