"""Shifts, handovers and promises as pure rules."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pathway.nights import night_of
from pathway.outreach.chain import COLUMNS, Entry, chain_numbers
from pathway.outreach.handover import Placed, Sighting, expected, handover
from pathway.outreach.rules import ContactFacts, ContactKind, Offer
from pathway.outreach.shift_rules import bad_due, bad_span, nearest, span_of
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender

NIGHT = date(2026, 1, 9)
NOW = datetime(2026, 1, 9, 18, 0, tzinfo=UTC)
USUAL = time(22), time(7)


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (date(2026, 3, 28), 8),  # the clocks go forward
        (date(2026, 3, 29), 9),
        (date(2026, 10, 24), 10),  # and back
        (date(2026, 1, 9), 9),
        (date(2024, 2, 28), 9),  # into 29 February
    ],
)
def test_from_ten_to_seven_is_nine_hours_but_eight_or_ten_when_the_clocks_change(
    night: date, hours: int
) -> None:
    starts_at, ends_at = span_of(night, *USUAL)
    assert ends_at - starts_at == timedelta(hours=hours)
    assert night_of(starts_at) == night_of(ends_at) == night


def test_a_time_before_noon_is_of_the_morning_that_ends_the_night() -> None:
    starts_at, ends_at = span_of(NIGHT, time(4, 30), time(9))
    assert starts_at == datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
    assert ends_at == datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
    assert span_of(NIGHT, time(12), time(12)) == (
        datetime(2026, 1, 9, 12, 0, tzinfo=UTC),
        datetime(2026, 1, 10, 12, 0, tzinfo=UTC),
    )


def test_a_shift_does_not_begin_at_a_time_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="did not exist"):
        span_of(date(2026, 3, 28), time(1, 30), time(7))


@pytest.mark.parametrize(
    ("night", "hours", "field"),
    [
        (NIGHT, 9, None),
        (NIGHT, 16, None),
        (NIGHT, 16.01, "ends"),
        (NIGHT, 0, "ends"),
        (NIGHT - timedelta(days=1), 9, "night"),
        (NIGHT + timedelta(days=60), 9, None),
        (NIGHT + timedelta(days=61), 9, "night"),
    ],
)
def test_what_a_plan_may_say(night: date, hours: float, field: str | None) -> None:
    starts_at, _ = span_of(night, time(18), time(7))
    told = bad_span(night, starts_at, starts_at + timedelta(hours=hours), NOW)
    assert (told and told[0]) == field


def test_a_shift_begins_in_its_own_night() -> None:
    starts_at, ends_at = span_of(NIGHT + timedelta(days=1), *USUAL)
    told = bad_span(NIGHT, starts_at, ends_at, NOW)
    assert told is not None
    assert told[0] == "begins"


def test_a_promise_falls_due_today_at_the_earliest_and_in_a_year_at_the_latest() -> None:
    days = (-1, 0, 366, 367)
    told = [bad_due(NIGHT + timedelta(days=one), NIGHT) for one in days]
    assert [one is None for one in told] == [False, True, True, False]


def a_contact(ident: int, person: int = 1, **facts: object) -> ContactFacts:
    kept: dict[str, object] = {
        "id": ident,
        "person_id": person,
        "person_ref": f"P-{person}",
        "person_name": "Fern",
        "kind": ContactKind.BEDDED_DOWN,
        "at": NOW + timedelta(hours=ident),
        "night": NIGHT,
        "recorded_at": NOW,
    }
    return ContactFacts(**{**kept, **facts})  # type: ignore[arg-type]


def a_sighting(person: int, nights_ago: int, spot: int | None) -> Sighting:
    at = NOW - timedelta(days=nights_ago)
    return Sighting(person, f"P-{person}", "Fern", night_of(at), at, spot, "Bridge")


def test_somebody_is_expected_where_they_were_last_and_nowhere_else() -> None:
    there, moved = a_sighting(1, 3, 7), a_sighting(2, 1, 8)
    found = expected([there, moved, a_sighting(2, 5, 7)], spots={7}, but=())
    assert found == (there,)
    assert expected([a_sighting(2, 5, 7), a_sighting(2, 1, None)], spots={7}, but=()) == ()


def test_whoever_was_met_or_is_placed_tonight_is_not_missing() -> None:
    before = [a_sighting(person, 2, 7) for person in (1, 2, 3)]
    placed = [Placed(2, "P-2", "Fern", None)]
    told = handover([], before, placed, [], spots={7}, tonight={1})
    assert [one.person_id for one in told.missing] == [3]
    assert told.refs == ["P-3", "P-2"]


def test_whoever_was_offered_a_bed_and_has_none_waits_once() -> None:
    offered = {"offered": (Offer.BED, Offer.FOOD)}
    met = [
        a_contact(1, 1, **offered),
        a_contact(2, 1, **offered),
        a_contact(3, 2, **offered),
        a_contact(4, 3),
        a_contact(5, 4, struck_at=NOW, **offered),
    ]
    told = handover(met, [], [Placed(2, "P-2", "Gale", "St Giles")], [], spots=(), tonight=())
    assert [one.person_id for one in told.waiting] == [1]
    assert [one.id for one in told.seen] == [1, 2, 3, 4]


def test_a_row_for_chain_says_who_it_was_and_then_what_happened() -> None:
    who = PersonFacts(1, "P-1", "Fern", "Costa", date(1990, 5, 17), Gender.WOMAN, "PT")
    met = a_contact(8, place="Bridge", by_name="Robin", organisation="SHP", overdose=True)
    numbers = chain_numbers([("chain", "A1"), ("nhs", "9")])
    cells = dict(zip(COLUMNS, Entry(met, who, numbers).cells, strict=True))
    assert list(cells)[:3] == ["chain_number", "given_name", "family_name"]
    assert cells["chain_number"] == "A1"
    assert (cells["date"], cells["time"]) == (date(2026, 1, 10), "02:00")
    assert (cells["found"], cells["also"]) == ("Bedded down", "Overdose")
    assert cells["entered_in_chain"] == "no"


def test_a_moment_is_of_the_nearest_shift_and_of_the_newest_that_holds_it() -> None:
    night = datetime(2026, 1, 9, 22, tzinfo=UTC)
    early = (night, night + timedelta(hours=4))
    late = (night + timedelta(hours=5), night + timedelta(hours=9))
    both = {1: late, 2: early}
    inside = {1: 60 * 5, 2: 0}
    for ident, minutes in inside.items():
        assert nearest(both, night + timedelta(minutes=minutes)) == ident
    assert nearest(both, night + timedelta(hours=4, minutes=10)) == 2
    assert nearest(both, night + timedelta(hours=4, minutes=50)) == 1
    assert nearest({1: early, 2: (early[1], late[1])}, early[1]) == 2
    assert nearest({1: early, 2: early}, night) == 2
    assert nearest({}, night) is None
