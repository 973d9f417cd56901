"""When a member of staff is left in peace."""

from datetime import UTC, datetime, time, timedelta

import pytest

from pathway.messages.quiet import NEVER, NO_TIME, USUAL, Hours, hours_of, is_quiet, typed
from pathway.nights import LONDON


def london(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-01-09T21:59:59", False),
        ("2026-01-09T22:00", True),
        ("2026-01-10T00:00", True),
        ("2026-01-10T06:59:59", True),
        ("2026-01-10T07:00", False),
        ("2026-07-09T21:59", False),
        ("2026-07-09T22:00", True),
        ("2026-07-10T06:59", True),
        ("2026-07-10T07:00", False),
    ],
)
def test_nights_are_quiet_by_the_clock_of_london(moment: str, quiet: bool) -> None:
    assert is_quiet(USUAL, london(moment)) is quiet


def test_hours_within_one_day_leave_the_night_alone() -> None:
    sleeps_by_day = Hours(time(9), time(17))
    found = [is_quiet(sleeps_by_day, london(f"2026-01-09T{hour:02}:00")) for hour in range(24)]
    assert found == [9 <= hour < 17 for hour in range(24)]


def test_hours_that_end_when_they_begin_are_none() -> None:
    for hours in (NEVER, Hours(time(22), time(22))):
        assert not any(is_quiet(hours, london(f"2026-01-09T{hour:02}:00")) for hour in range(24))


SPRING = datetime(2026, 3, 28, 22, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 21, tzinfo=UTC)


@pytest.mark.parametrize(("begin", "lasts"), [(SPRING, 8), (AUTUMN, 10)])
def test_a_night_on_which_the_clocks_change_is_an_hour_shorter_or_longer(
    begin: datetime, lasts: int
) -> None:
    assert not is_quiet(USUAL, begin - timedelta(seconds=1))
    assert all(is_quiet(USUAL, begin + timedelta(hours=hour)) for hour in range(lasts))
    assert is_quiet(USUAL, begin + timedelta(hours=lasts, seconds=-1))
    assert not is_quiet(USUAL, begin + timedelta(hours=lasts))


def test_an_hour_that_is_not_there_is_not_quiet_and_one_that_comes_twice_is_quiet_twice() -> None:
    small = Hours(time(1), time(2))
    spring = datetime(2026, 3, 29, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, tzinfo=UTC)
    quarters = [timedelta(minutes=15 * number) for number in range(12)]
    assert not any(is_quiet(small, spring + after) for after in quarters)
    assert sum(is_quiet(small, autumn + after) for after in quarters) == 8


def test_who_chose_no_hours_has_the_usual_ones() -> None:
    assert hours_of(None, None) == USUAL
    assert hours_of(time(0), time(0)) == NEVER
    assert hours_of(time(8), time(16)) == Hours(time(8), time(16))


@pytest.mark.parametrize("text", ["", "25:00", "7", "22.00", "noon", "22:00:30", "-1:00", "x" * 99])
def test_what_is_no_time_is_told_at_its_field(text: str) -> None:
    assert typed(text, "07:00") == (None, {"begins": [NO_TIME]})
    assert typed("22:00", text) == (None, {"ends": [NO_TIME]})
    assert typed(" 22:00 ", "07:00") == (USUAL, {})
