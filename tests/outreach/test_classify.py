"""Who is new, who was there and who is back: every edge, and any history at all."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pathway.nights import night_of
from pathway.outreach.classify import (
    BAND_NAMES,
    Group,
    MonthFlags,
    flags,
    group_in,
    month_ends,
    months,
    months_before,
    year_of,
)

NIGHTS = some.dates(date(2012, 1, 1), date(2026, 12, 31))
HISTORY = some.lists(NIGHTS, max_size=25, unique=True).map(sorted)
DAY = timedelta(days=1)
JULY = date(2024, 7, 1)


def months_of(nights: list[date]) -> set[tuple[int, int]]:
    return {(night.year, night.month) for night in nights}


def in_july(*nights: date, left: tuple[date, ...] = ()) -> MonthFlags:
    found = flags(sorted(nights), JULY, left)
    assert found is not None
    return found


@settings(max_examples=150, deadline=None)
@given(HISTORY, NIGHTS, some.integers(0, 1500))
def test_everybody_seen_is_in_exactly_one_group_and_nobody_else(
    nights: list[date], first: date, days: int
) -> None:
    last = first + timedelta(days=days)
    seen = [night for night in nights if first <= night <= last]
    found = group_in(nights, first, last)
    if not seen:
        assert found is None
        return
    year = year_of(seen[0])
    earlier = {year_of(night) for night in nights if night < year}
    wanted = {
        Group.FLOW: not earlier,
        Group.STOCK: date(year.year - 1, 4, 1) in earlier,
        Group.RETURNER: bool(earlier) and date(year.year - 1, 4, 1) not in earlier,
    }
    assert [one for one, holds in wanted.items() if holds] == [found]


@settings(max_examples=150, deadline=None)
@given(HISTORY, some.dates(date(2012, 1, 1), date(2026, 12, 1)), some.lists(NIGHTS, max_size=3))
def test_the_flags_of_a_month_are_what_their_words_say(
    nights: list[date], day: date, left: list[date]
) -> None:
    month = day.replace(day=1)
    seen = [night for night in nights if month <= night <= month_ends(month)]
    found = flags(nights, month, left)
    if not seen:
        assert found is None
        return
    earlier = [night for night in nights if night < seen[0]]
    looked_at = [night for night in nights if months_before(month, 11) <= night <= seen[-1]]
    assert found == MonthFlags(
        new=not [night for night in earlier if night >= months_before(seen[0], 60)],
        long_term=len(months_of(looked_at)) >= 3,
        returner=bool(earlier) and seen[0] - earlier[-1] >= timedelta(days=180),
        institution_leaver=any(
            gone <= night <= gone + timedelta(days=85) for gone in left for night in seen
        ),
        nights=len([n for n in nights if seen[-1] - timedelta(days=179) <= n <= seen[-1]]),
    )
    assert found.band in BAND_NAMES


@pytest.mark.parametrize(
    ("first", "edge"),
    [
        (date(2024, 7, 15), date(2019, 7, 15)),
        (date(2024, 2, 29), date(2019, 2, 28)),
        (date(2024, 3, 31), date(2019, 3, 31)),
        (date(2029, 2, 28), date(2024, 2, 28)),
    ],
)
def test_sixty_months_are_counted_back_to_the_same_date(first: date, edge: date) -> None:
    month = first.replace(day=1)
    told = [flags([edge + moved * DAY, first], month) for moved in (-1, 0, 1)]
    assert [one and one.new for one in told] == [True, False, False]


def test_who_was_never_seen_is_new_and_not_back() -> None:
    found = in_july(date(2024, 7, 9))
    assert (found.new, found.returner) == (True, False)


def test_who_is_back_after_more_than_sixty_months_is_new_as_well() -> None:
    found = in_july(date(2015, 7, 9), date(2024, 7, 9))
    assert (found.new, found.returner) == (True, True)


def test_a_hundred_and_eighty_days_are_a_gap_and_one_fewer_is_none() -> None:
    first = date(2024, 7, 10)
    gaps = [in_july(first - timedelta(days=days), first).returner for days in (179, 180, 181)]
    assert gaps == [False, True, True]


def test_only_the_gap_before_the_months_first_sighting_counts() -> None:
    seen = date(2024, 6, 30)
    assert not in_july(date(2023, 1, 1), seen, date(2024, 7, 1)).returner


def test_three_of_the_twelve_months_that_end_with_this_one_are_long_term() -> None:
    here = date(2024, 7, 31)
    assert in_july(date(2023, 8, 1), date(2024, 6, 30), here).long_term
    assert not in_july(date(2023, 7, 31), date(2024, 6, 30), here).long_term
    assert not in_july(date(2024, 6, 1), date(2024, 6, 30), date(2024, 7, 1), here).long_term


def test_an_institution_was_left_at_most_eighty_five_days_before_a_sighting() -> None:
    seen = date(2024, 7, 20)
    days = (-1, 0, 1, 84, 85, 86)
    told = [in_july(seen, left=(seen - timedelta(days=one),)) for one in days]
    assert [one.institution_leaver for one in told] == [False, True, True, True, True, False]


def test_nights_are_those_of_the_hundred_and_eighty_days_that_end_with_the_last() -> None:
    last = date(2024, 7, 30)
    told = [in_july(last - timedelta(days=days), last).nights for days in (178, 179, 180)]
    assert told == [2, 2, 1]
    assert in_july(*(last - timedelta(days=days) for days in range(11))).band == "10+"


@pytest.mark.parametrize(
    ("at", "night"),
    [
        (datetime(2024, 4, 1, 1, tzinfo=UTC), date(2024, 3, 31)),
        (datetime(2024, 4, 1, 11, tzinfo=UTC), date(2024, 4, 1)),
        (datetime(2024, 2, 29, 23, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 3, 1, 2, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 3, 31, 0, 59, tzinfo=UTC), date(2024, 3, 30)),
        (datetime(2024, 3, 31, 1, tzinfo=UTC), date(2024, 3, 30)),
        (datetime(2024, 3, 31, 10, 59, tzinfo=UTC), date(2024, 3, 30)),
        (datetime(2024, 3, 31, 11, tzinfo=UTC), date(2024, 3, 31)),
        (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), date(2024, 10, 26)),
        (datetime(2024, 10, 27, 1, 30, tzinfo=UTC), date(2024, 10, 26)),
        (datetime(2024, 10, 27, 11, 59, tzinfo=UTC), date(2024, 10, 26)),
        (datetime(2024, 10, 27, 12, tzinfo=UTC), date(2024, 10, 27)),
    ],
)
def test_a_sighting_falls_on_the_night_that_it_is_part_of(at: datetime, night: date) -> None:
    assert night_of(at) == night


def test_two_in_the_morning_on_the_first_of_april_belongs_to_the_old_year() -> None:
    night = night_of(datetime(2024, 4, 1, 1, tzinfo=UTC))
    assert year_of(night) == date(2023, 4, 1)
    assert group_in([date(2023, 3, 31), night], date(2023, 4, 1), date(2024, 3, 31)) == Group.STOCK
    assert group_in([night], date(2024, 4, 1), date(2025, 3, 31)) is None


def test_a_period_of_years_goes_by_the_year_of_the_first_sighting_in_it() -> None:
    seen = [date(2020, 5, 1), date(2022, 5, 1), date(2023, 5, 1)]
    assert group_in(seen, date(2022, 4, 1), date(2024, 3, 31)) == Group.RETURNER
    assert group_in(seen, date(2023, 4, 1), date(2024, 3, 31)) == Group.STOCK


def test_a_leap_day_is_a_night_of_its_year_and_month() -> None:
    assert year_of(date(2024, 2, 29)) == date(2023, 4, 1)
    assert flags([date(2024, 2, 29)], date(2024, 2, 1)) is not None
    assert list(months(date(2024, 2, 29), date(2024, 2, 29))) == [date(2024, 2, 1)]
