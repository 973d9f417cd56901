"""Nights run from noon to noon in London, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.nights import (
    clock,
    day,
    from_london,
    minutes_left,
    night_of,
    night_span,
    parse_instant,
    when,
)

CLOCKS_FORWARD = date(2026, 3, 29)
CLOCKS_BACK = date(2026, 10, 25)
ONE_DAY = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_the_last_moment_before_noon_belongs_to_the_evening_before() -> None:
    assert night_of(utc(2026, 1, 10, 12) - A_MOMENT) == date(2026, 1, 9)


def test_a_night_begins_at_noon() -> None:
    assert night_of(utc(2026, 1, 10, 12)) == date(2026, 1, 10)


def test_noon_is_londons_noon_in_summer() -> None:
    assert night_of(utc(2026, 7, 10, 11)) == date(2026, 7, 10)
    assert night_of(utc(2026, 7, 10, 11) - A_MOMENT) == date(2026, 7, 9)


def test_the_night_is_the_same_whatever_zone_the_instant_is_written_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert night_of(utc(2026, 1, 10, 1, 30).astimezone(tokyo)) == date(2026, 1, 9)


@pytest.mark.parametrize("evening", [date(2026, 1, 9), date(2026, 7, 9)])
def test_midnight_does_not_end_a_night(evening: date) -> None:
    midnight = from_london(datetime.combine(evening + ONE_DAY, datetime.min.time()))
    assert night_of(midnight - A_MOMENT) == evening
    assert night_of(midnight) == evening


def test_the_night_of_29_february_reaches_into_march() -> None:
    assert night_of(utc(2024, 3, 1, 3)) == date(2024, 2, 29)
    assert night_of(utc(2024, 2, 29, 3)) == date(2024, 2, 28)


def test_without_a_29_february_the_early_hours_of_march_belong_to_the_28th() -> None:
    assert night_of(utc(2023, 3, 1, 3)) == date(2023, 2, 28)


def test_the_night_of_31_december_reaches_into_the_new_year() -> None:
    assert night_of(utc(2026, 1, 1, 3)) == date(2025, 12, 31)


def test_the_night_the_clocks_go_forward_has_23_hours() -> None:
    start, end = night_span(CLOCKS_FORWARD - ONE_DAY)
    assert (start, end) == (utc(2026, 3, 28, 12), utc(2026, 3, 29, 11))
    assert end - start == timedelta(hours=23)


def test_the_night_the_clocks_go_back_has_25_hours() -> None:
    start, end = night_span(CLOCKS_BACK - ONE_DAY)
    assert (start, end) == (utc(2026, 10, 24, 11), utc(2026, 10, 25, 12))
    assert end - start == timedelta(hours=25)


@pytest.mark.parametrize("changed", [CLOCKS_FORWARD, CLOCKS_BACK])
def test_each_night_around_a_clock_change_exists_exactly_once(changed: date) -> None:
    first = utc(changed.year, changed.month, changed.day) - 2 * ONE_DAY
    quarters = [first + timedelta(minutes=15 * step) for step in range(4 * 24 * 4)]
    nights = [night_of(at) for at in quarters]
    assert nights == sorted(nights)
    assert set(nights) == {changed + ONE_DAY * step for step in range(-3, 2)}


@pytest.mark.parametrize("changed", [CLOCKS_FORWARD, CLOCKS_BACK])
def test_the_hour_that_is_missing_or_repeated_belongs_to_the_evening_before(changed: date) -> None:
    change = utc(changed.year, changed.month, changed.day, 1)
    around = [change - timedelta(hours=1), change - A_MOMENT, change, change + timedelta(hours=1)]
    assert {night_of(at) for at in around} == {changed - ONE_DAY}


def test_a_shift_from_22_to_7_has_8_hours_in_march_and_10_in_october() -> None:
    def shift(evening: date) -> timedelta:
        begins = datetime(evening.year, evening.month, evening.day, 22)  # noqa: DTZ001
        return from_london(begins + timedelta(hours=9)) - from_london(begins)

    assert shift(CLOCKS_FORWARD - ONE_DAY) == timedelta(hours=8)
    assert shift(CLOCKS_BACK - ONE_DAY) == timedelta(hours=10)


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_a_night_ends_when_the_next_begins_and_holds_only_its_own_instants(night: date) -> None:
    start, end = night_span(night)
    assert night_span(night + ONE_DAY)[0] == end
    assert night_of(start) == night_of(end - A_MOMENT) == night
    assert night_of(start - A_MOMENT) == night - ONE_DAY
    assert night_of(end) == night + ONE_DAY


@pytest.mark.parametrize("time", ["01:00", "01:30", "01:59:59"])
def test_a_time_that_did_not_exist_is_asked_again(time: str) -> None:
    with pytest.raises(ValueError, match="did not exist on 29 March 2026: the clocks went forward"):
        parse_instant(f"2026-03-29T{time}")


@pytest.mark.parametrize("time", ["01:00", "01:30", "01:59:59"])
def test_a_time_that_happened_twice_is_asked_again(time: str) -> None:
    with pytest.raises(ValueError, match="happened twice on 25 October 2026: the clocks went back"):
        parse_instant(f"2026-10-25T{time}")


def test_the_refusal_of_a_doubtful_time_says_which_time_it_was() -> None:
    with pytest.raises(ValueError, match=r"^01:30 happened twice"):
        parse_instant("2026-10-25T01:30")


def test_the_minutes_beside_a_clock_change_are_certain() -> None:
    assert parse_instant("2026-03-29T00:59") == utc(2026, 3, 29, 0, 59)
    assert parse_instant("2026-03-29T02:00") == utc(2026, 3, 29, 1)
    assert parse_instant("2026-10-25T00:59") == utc(2026, 10, 24, 23, 59)
    assert parse_instant("2026-10-25T02:00") == utc(2026, 10, 25, 2)


def test_with_an_offset_a_doubtful_time_is_certain() -> None:
    assert parse_instant("2026-10-25T01:30+01:00") == utc(2026, 10, 25, 0, 30)
    assert parse_instant("2026-10-25T01:30+00:00") == utc(2026, 10, 25, 1, 30)
    assert parse_instant("2026-03-29T01:30Z") == utc(2026, 3, 29, 1, 30)


def test_a_time_without_an_offset_is_london_time() -> None:
    assert parse_instant("2026-01-09T22:15") == utc(2026, 1, 9, 22, 15)
    assert parse_instant("2026-07-09T22:15") == utc(2026, 7, 9, 21, 15)


def test_a_time_with_an_offset_is_that_instant() -> None:
    assert parse_instant("2026-07-09T22:15-05:00") == utc(2026, 7, 10, 3, 15)


def test_spaces_around_a_time_do_not_matter() -> None:
    assert parse_instant(" 2026-01-09 22:15 ") == utc(2026, 1, 9, 22, 15)


@pytest.mark.parametrize("at", ["2026-01-09T22:15", "2026-07-09T22:15Z", "2026-10-25T01:30+01:00"])
def test_an_instant_read_is_in_utc(at: str) -> None:
    assert parse_instant(at).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "tonight", "22:15", "09/01/2026 22:15", "2026-02-30T10:00", "2026-01-09T25:00", "45000"],
)
def test_what_is_no_date_and_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a date and time\. Write it like 2026-01-09T22:15"
    ):
        parse_instant(text)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+14:00", "0001-01-01T05:00", "9999-12-31T23:59-14:00"]
)
def test_an_instant_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too far away"):
        parse_instant(text)


def test_a_long_text_is_not_repeated_whole_in_its_refusal() -> None:
    with pytest.raises(ValueError, match="is not a date") as refused:
        parse_instant("x" * 10_000)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (0.001, 1), (1, 1), (59.9, 1), (60, 1), (60.1, 2), (2699, 45), (2700, 45)],
)
def test_minutes_left_are_rounded_up(seconds: float, minutes: int) -> None:
    now = utc(2026, 1, 10, 1, 30)
    assert minutes_left(now + timedelta(seconds=seconds), now) == minutes


@pytest.mark.parametrize("seconds", [0.001, 1, 59, 60, 86_400])
def test_minutes_left_are_never_below_nought(seconds: float) -> None:
    now = utc(2026, 1, 10, 1, 30)
    assert minutes_left(now - timedelta(seconds=seconds), now) == 0


def test_minutes_left_are_minutes_that_pass_not_minutes_on_the_clock() -> None:
    assert minutes_left(utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 0, 30)) == 60


def test_a_clock_shows_london_time() -> None:
    assert clock(utc(2026, 7, 9, 21, 15)) == "22:15"


def test_a_day_is_written_without_a_leading_nought() -> None:
    assert day(date(2026, 1, 9)) == "9 January 2026"


def test_a_time_of_this_night_needs_no_day() -> None:
    now = utc(2026, 1, 10, 1, 30)
    assert when(utc(2026, 1, 9, 22, 15), now) == "22:15"
    assert when(utc(2026, 1, 10, 11, 59), now) == "11:59"


def test_a_time_of_another_night_names_its_day() -> None:
    now = utc(2026, 1, 10, 1, 30)
    assert when(utc(2026, 1, 10, 12, 0), now) == "12:00 on 10 January"
