"""An occupied bed night is counted once, at four in the morning, against that night's capacity."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pathway.reports.occupancy import Counting
from pathway.reports.rules import (
    Asked,
    BedNights,
    BedSpan,
    Outage,
    Period,
    Records,
    SiteNights,
    Stay,
    bad_period,
    judged_at,
)
from pathway.sites.rules import SiteFacts

HUB = SiteFacts(1, "hub", "Hub")
FIRST = date(2026, 1, 9)
PERIOD = Period(FIRST, date(2026, 1, 11))
BEDS = [BedSpan(number, 1, False, date(2020, 1, 1), None) for number in (1, 2)]  # noqa: FBT003


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def stay(person: int, bed: int | None, since: datetime, until: datetime | None = None) -> Stay:
    return Stay(person, 1, bed, since, until)


def counted(
    *stays: Stay, outages: tuple[Outage, ...] = (), beds: list[BedSpan] = BEDS
) -> SiteNights:
    records = Records([HUB], stays, outages, beds, {1: {date(2020, 1, 1): 2}})
    [found] = Counting(PERIOD, records).result()
    return found


def nights(found: SiteNights) -> tuple[int, int, int, int, int]:
    of = found.total
    return of.bed_nights, of.occupied, of.over, of.void, of.turnaround


def test_who_is_in_at_four_has_the_night() -> None:
    assert nights(counted(stay(1, 1, at(10, 4), at(10, 4, 1)))) == (6, 1, 0, 0, 0)


def test_who_came_after_four_or_left_by_four_has_not() -> None:
    late, early = stay(1, 1, at(10, 4, 1), at(10, 9)), stay(2, 2, at(9, 22), at(10, 4))
    assert nights(counted(late, early))[1] == 0


def test_a_transfer_counts_the_night_once() -> None:
    moved = at(10, 2)
    found = counted(stay(1, 1, at(9, 22), moved), stay(1, 2, moved, at(10, 9)))
    assert nights(found)[1] == 1


def test_somebody_told_of_twice_on_one_night_counts_once() -> None:
    found = counted(stay(1, None, at(9, 20), at(10, 9)), stay(1, None, at(9, 22), at(11, 9)))
    assert nights(found)[1] == 2


def test_who_is_still_in_has_every_night_since() -> None:
    assert nights(counted(stay(1, 1, at(10, 22))))[1] == 2


def test_a_bed_out_of_use_is_void_and_an_unready_one_turnaround_unless_somebody_is_in() -> None:
    outages = (
        Outage(1, True, at(9, 20), at(11, 20)),  # noqa: FBT003
        Outage(2, False, at(9, 20), at(10, 20)),  # noqa: FBT003
    )
    assert nights(counted(outages=outages)) == (6, 0, 0, 2, 1)
    assert nights(counted(stay(1, 2, at(9, 22), at(10, 9)), outages=outages)) == (6, 1, 0, 2, 0)


def test_who_has_a_bed_beyond_the_ordinary_ones_is_over() -> None:
    extra = BedSpan(3, 1, True, date.max, date.max - timedelta(days=1))  # noqa: FBT003
    found = counted(stay(1, 3, at(9, 22), at(10, 9)), beds=[*BEDS, extra])
    assert nights(found) == (6, 1, 1, 0, 0)


def test_stays_without_a_bed_fill_what_is_free_and_then_are_over() -> None:
    found = counted(*(stay(person, None, at(9, 22), at(10, 9)) for person in range(3)))
    assert nights(found) == (6, 3, 1, 0, 0)


def test_nights_are_added_up_by_month() -> None:
    period = Period(date(2026, 1, 31), date(2026, 2, 1))
    records = Records([HUB], [stay(1, 1, at(31, 22))], (), BEDS, {1: {date(2026, 2, 1): 2}})
    [found] = Counting(period, records).result()
    months = {month: (of.bed_nights, of.occupied) for month, of in found.by_month.items()}
    assert months == {"2026-01": (0, 1), "2026-02": (2, 1)}


def test_a_site_without_beds_and_without_anybody_is_left_out() -> None:
    assert Counting(PERIOD, Records([HUB], (), (), [], {})).result() == []


def test_four_in_the_morning_is_a_london_time() -> None:
    assert judged_at(date(2026, 7, 1)) == datetime(2026, 7, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "last"), [(3, date(2026, 1, 8)), (4, date(2026, 1, 9))])
def test_a_night_is_judged_once_its_four_o_clock_has_come(hour: int, last: date) -> None:
    assert PERIOD.up_to(at(10, hour)).last == last


def test_a_share_has_one_decimal_and_nothing_has_none() -> None:
    assert BedNights(8, 1).percent == 12.5
    assert BedNights(2000, 1).percent == 0.1
    assert BedNights().percent is None


def test_what_is_no_period_is_refused() -> None:
    assert bad_period(Period(FIRST, FIRST)) is None
    assert bad_period(Period(FIRST, FIRST - timedelta(days=1)))
    assert bad_period(Period(date(2010, 1, 1), FIRST))


def test_unsaid_it_is_the_last_month_and_as_of_now() -> None:
    assert Asked(None, None).at(at(10, 1)) == (
        Period(date(2025, 12, 1), date(2025, 12, 31)),
        at(10, 1),
    )
    assert Asked(PERIOD, FIRST).at(at(20, 1)) == (PERIOD, at(9, 12))
