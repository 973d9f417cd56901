"""What a contact says, at the edges of each rule."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pathway.outreach import rules
from pathway.outreach.rules import ContactFacts, ContactKind, Offer
from tests.factories import NOW


def recorded(after: timedelta) -> ContactFacts:
    night, kind = date(2026, 1, 9), ContactKind.BEDDED_DOWN
    return ContactFacts(1, 1, "P-1", "Fern", kind, NOW, night, recorded_at=NOW + after)


def test_a_phone_a_little_ahead_means_now_and_one_far_ahead_is_asked() -> None:
    assert rules.bad_moment(NOW + rules.CLOCKS_APART, NOW) is None
    told = rules.bad_moment(NOW + rules.CLOCKS_APART + timedelta(seconds=1), NOW)
    assert told == "That time has not come yet. Give the time when you met them."


def test_sixty_months_back_is_the_last_day_that_is_taken() -> None:
    last = datetime(2021, 1, 10, 0, 0, tzinfo=UTC)
    assert rules.bad_moment(last, NOW) is None
    assert rules.bad_moment(last - timedelta(minutes=1), NOW) == (
        "That is more than 5 years ago. Check the year."
    )


def test_five_years_before_a_29_february_is_the_28th() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert rules.bad_moment(datetime(2023, 2, 28, 12, tzinfo=UTC), leap) is None
    assert rules.bad_moment(datetime(2023, 2, 27, 12, tzinfo=UTC), leap) is not None


def test_twelve_hours_are_not_late_and_a_second_more_is() -> None:
    assert not recorded(timedelta(hours=12)).late
    assert recorded(timedelta(hours=12, seconds=1)).late


@pytest.mark.parametrize(
    ("lat", "lon", "fields"),
    [
        (None, None, set()),
        (90.0, -180.0, set()),
        (51.5, None, {"lon"}),
        (None, -0.1, {"lat"}),
        (90.1, 180.1, {"lat", "lon"}),
        (float("nan"), float("inf"), {"lat", "lon"}),
    ],
)
def test_a_location_has_both_parts_and_is_on_the_earth(
    lat: float | None, lon: float | None, fields: set[str]
) -> None:
    assert set(rules.bad_location(lat, lon)) == fields


def test_a_location_keeps_what_finds_the_spot_again() -> None:
    assert (rules.rounded(51.5287431), rules.rounded(-0.1339999)) == (51.529, -0.134)


def test_nothing_was_offered_or_something_was() -> None:
    assert rules.bad_offers([Offer.NOTHING]) is None
    assert rules.bad_offers([Offer.BED, Offer.FOOD]) is None
    assert rules.bad_offers([Offer.BED, Offer.NOTHING]) is not None


def test_a_time_alone_is_of_the_night_that_is_under_way() -> None:
    assert rules.typed_moment(None, time(23, 10), NOW) == datetime(2026, 1, 9, 23, 10, tzinfo=UTC)
    assert rules.typed_moment(None, time(1, 10), NOW) == datetime(2026, 1, 10, 1, 10, tzinfo=UTC)
    assert rules.typed_moment(None, None, NOW) is None


def test_a_date_alone_asks_for_the_time() -> None:
    with pytest.raises(ValueError, match="Give the time as well"):
        rules.typed_moment(date(2026, 1, 8), None, NOW)


def test_a_time_that_does_not_exist_or_exists_twice_is_asked_again() -> None:
    with pytest.raises(ValueError, match="did not exist"):
        rules.typed_moment(date(2026, 3, 29), time(1, 30), NOW, second=False)
    with pytest.raises(ValueError, match="happened twice"):
        rules.typed_moment(date(2026, 10, 25), time(1, 30), NOW)


def test_of_a_time_that_exists_twice_either_can_be_said() -> None:
    first, second = (
        rules.typed_moment(date(2026, 10, 25), time(1, 30), NOW, second=which)
        for which in (False, True)
    )
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
