"""Whom a street count counts, and who may have been met twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from pathway.outreach.count_rules import (
    LIKELY,
    CountFacts,
    Sighting,
    bad_areas,
    changes,
    counted,
    doubles,
    likeness,
    per_area,
    typed_areas,
    why_not_sign,
    window,
)
from pathway.outreach.rules import ContactKind
from pathway.sites.rules import Gender

START = datetime(2026, 6, 12, 0, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
COUNT = CountFacts(1, date(2026, 6, 11), "June 2026", START, END)

MET = Sighting(1, 1, ContactKind.BEDDED_DOWN, START, 1, staff_id=1)
UNKNOWN = replace(MET, unnamed=True, description="man, red sleeping bag, grey dog")


def at_place(one: Sighting, person_id: int, place: str = "Euston Road") -> Sighting:
    return replace(one, person_id=person_id, place=place)


def test_the_first_instant_of_the_window_counts_and_the_last_does_not() -> None:
    moment = timedelta(microseconds=1)
    assert [COUNT.covers(at) for at in (START - moment, START, END - moment, END)] == [
        False,
        True,
        True,
        False,
    ]


def test_only_the_two_kinds_are_counted() -> None:
    sightings = [
        replace(MET, person_id=place, kind=kind) for place, kind in enumerate(ContactKind, 1)
    ]
    assert counted(COUNT, sightings) == {1, 2}


def test_somebody_met_in_two_areas_is_one_person() -> None:
    both = [MET, replace(MET, id=2, area_id=2), replace(MET, id=3)]
    assert counted(COUNT, both) == {1}
    assert per_area(COUNT, both) == {1: 1, 2: 1}


def test_somebody_met_inside_and_outside_the_window_counts() -> None:
    assert counted(COUNT, [replace(MET, at=END), MET]) == {1}
    assert counted(COUNT, [replace(MET, at=END)]) == set()


def test_two_alike_descriptions_are_shown_and_nobody_is_joined() -> None:
    sightings = [UNKNOWN, replace(UNKNOWN, id=2, person_id=2, description="Red bag. Dog")]
    [pair] = doubles(COUNT, sightings, set())
    assert pair.people == (1, 2)
    assert pair.score >= LIKELY
    assert pair.reasons == ("both described with “bag, dog, red”", "0 minutes apart")
    assert len(counted(COUNT, sightings)) == 2


def test_a_pair_that_was_decided_is_not_asked_about_again() -> None:
    sightings = [UNKNOWN, replace(UNKNOWN, id=2, person_id=2)]
    assert doubles(COUNT, sightings, {frozenset({2, 1})}) == []


def test_whoever_is_outside_the_window_is_in_no_pair() -> None:
    assert doubles(COUNT, [UNKNOWN, replace(UNKNOWN, person_id=2, at=END)], set()) == []


@pytest.mark.parametrize(
    ("other", "likely"),
    [
        (replace(UNKNOWN, description="unknown man asleep"), False),
        (replace(UNKNOWN, description="red coat"), False),
        (replace(at_place(UNKNOWN, 2), description="red coat"), True),
        (replace(at_place(UNKNOWN, 2, "EUSTON  road"), description="red coat"), True),
        (replace(at_place(UNKNOWN, 2, "Soho"), at=START + timedelta(hours=2)), False),
        (replace(at_place(UNKNOWN, 2), gender=Gender.WOMAN), False),
        (replace(at_place(UNKNOWN, 2), description=None), False),
        (at_place(MET, 2), False),
        (replace(at_place(MET, 2), staff_id=2), True),
        (replace(at_place(MET, 2, "Soho"), staff_id=2), False),
    ],
)
def test_what_speaks_for_one_person(other: Sighting, *, likely: bool) -> None:
    one = replace(at_place(UNKNOWN, 1), gender=Gender.MAN)
    score, reasons = likeness(one, other)
    assert (score >= LIKELY) is likely
    assert likeness(other, one) == (score, reasons)


def test_two_who_are_known_are_never_a_pair() -> None:
    same = at_place(MET, 2)
    assert likeness(at_place(MET, 1), replace(same, staff_id=2)) == (0, ())


@pytest.mark.parametrize(("lat", "near"), [(51.5275, True), (51.5305, False)])
def test_locations_within_a_few_streets_are_one_place(lat: float, *, near: bool) -> None:
    one = replace(UNKNOWN, lat=51.5275, lon=-0.13)
    other = replace(one, lat=lat, description="red coat", at=START + timedelta(hours=2))
    assert likeness(one, other)[0] == (3 if near else 1)


def test_a_count_is_signed_off_when_all_is_done_or_with_a_reason() -> None:
    assert why_not_sign([], 0) is None
    assert why_not_sign(["Euston", "Soho"], 0) == (
        "These areas are not finished: Euston, Soho. "
        "Do this first, or write why the figure stands without it."
    )
    assert "1 pair may be the same" in str(why_not_sign([], 1))
    assert "2 pairs may be the same" in str(why_not_sign([], 2))


def test_a_window_lies_within_one_night() -> None:
    night = date(2026, 6, 11)
    assert window(night, time(23), time(3)) == (
        datetime(2026, 6, 11, 22, tzinfo=UTC),
        datetime(2026, 6, 12, 2, tzinfo=UTC),
    )
    for start, end in ((time(3), time(23)), (time(3), time(3)), (time(23), time(12))):
        with pytest.raises(ValueError, match="noon to noon"):
            window(night, start, end)
    with pytest.raises(ValueError, match="happened twice"):
        window(date(2026, 10, 24), time(23), time(1, 30))


def test_counts_stand_beside_the_one_before_them() -> None:
    earlier = CountFacts(2, date(2023, 6, 15), "June 2023", counted=64)
    later = CountFacts(1, date(2024, 6, 13), "June 2024", counted=112)
    same = CountFacts(3, date(2025, 6, 13), "June 2025", counted=112)
    figures = {2: 64, 1: 112, 3: 112}
    assert changes([later, same, earlier], figures) == {
        1: "48 more than June 2023",
        3: "as many as June 2024",
    }
    assert changes([later, earlier], {2: 64, 1: 60}) == {1: "4 fewer than June 2023"}


def test_areas_are_typed_one_on_each_line() -> None:
    areas = typed_areas("Euston: Ann and Ben\n\n Soho \n: nobody\n")
    assert areas == [("Euston", "Ann and Ben"), ("Soho", None)]
    assert bad_areas(areas) is None
    assert "at least one" in str(bad_areas([]))
    assert "same name" in str(bad_areas([("Soho", None), ("SOHO", None)]))
    assert "more than 50" in str(bad_areas([(str(one), None) for one in range(51)]))
    assert "at most 100" in str(bad_areas([("x" * 101, None)]))
