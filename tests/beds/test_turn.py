"""Whose turn it is for a bed, and who is passed over for now."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from pathway.beds.rules import ALREADY_PLACED, PlacementFacts, PlacementStatus
from pathway.beds.turn import Wait, in_turn, passed_over
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.rules import Gender, SiteFacts, SupportLevel

NOW = datetime(2026, 1, 9, 22, 0, tzinfo=UTC)
SITE = SiteFacts(1, "hub", "The hub", intake_from=time(17), intake_to=time(1))
OTHER = SiteFacts(2, "inn", "The inn")
ROUND_THE_CLOCK = replace(SITE, intake_from=None, intake_to=None)


def somebody(ident: int) -> PersonFacts:
    return PersonFacts(
        id=ident,
        ref=f"P-{ident}",
        given_name="Fern",
        family_name=None,
        date_of_birth=None,
        gender=Gender.WOMAN,
        nationality=None,
        recourse=Recourse.NOT_KNOWN,
        local_connection=None,
        support_level=SupportLevel.LOW,
        needs=(),
    )


WAIT = Wait(1, somebody(1), SITE, 2, NOW)


def waits(*told: tuple[int, int, int]) -> list[Wait]:
    """Return waits of these people, with these priorities, these minutes from now."""
    return [
        Wait(number, somebody(person), SITE, priority, NOW + timedelta(minutes=minutes))
        for number, (person, priority, minutes) in enumerate(told, 1)
    ]


def people(found: list[Wait]) -> list[int]:
    return [one.person.id for one in found]


def test_the_lowest_priority_comes_first_and_then_whoever_waits_longest() -> None:
    told = waits((1, 3, -60), (2, 2, -1), (3, 1, 0), (4, 2, -30))
    assert people(in_turn(told)) == [3, 4, 2, 1]


def test_at_equal_times_whoever_was_written_down_first_comes_first() -> None:
    told = waits((5, 2, 0), (4, 2, 0), (3, 2, 0))
    assert people(in_turn(reversed(told))) == [5, 4, 3]


def test_of_two_waits_of_one_person_the_earlier_counts_with_its_own_priority() -> None:
    told = waits((1, 1, 5), (1, 3, 0), (2, 2, 9))
    assert [(one.person.id, one.id) for one in in_turn(told)] == [(2, 3), (1, 2)]


def claim(status: PlacementStatus, site: SiteFacts = OTHER, until: int = 10) -> PlacementFacts:
    return PlacementFacts(
        id=9,
        status=status,
        person=somebody(1),
        site=site,
        bed_id=1,
        bed_label="1",
        made_by=None,
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=until),
    )


@pytest.mark.parametrize(
    ("claims", "passed"),
    [
        ([], False),
        ([claim(PlacementStatus.HELD)], True),
        ([claim(PlacementStatus.HELD, until=0)], False),
        ([claim(PlacementStatus.BOOKED)], True),
        ([claim(PlacementStatus.IN)], False),
        ([claim(PlacementStatus.IN, SITE)], True),
        ([claim(PlacementStatus.IN), claim(PlacementStatus.HELD)], True),
        ([claim(PlacementStatus.DEPARTED, SITE)], False),
    ],
)
def test_who_has_a_bed_on_its_way_is_passed_over_and_who_is_in_elsewhere_is_not(
    claims: list[PlacementFacts], *, passed: bool
) -> None:
    assert passed_over(WAIT, claims, NOW) == (ALREADY_PLACED if passed else None)


@pytest.mark.parametrize(
    ("moment", "offered"),
    [
        (datetime(2026, 1, 9, 16, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 9, 17, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 10, 0, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 1, 10, 1, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 9, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 10, 0, 0, tzinfo=UTC), False),
        # The night when 01:00 to 02:00 does not exist: the clock leaps out of the hours.
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),
        # The night when it exists twice: the first 00:59 is the last.
        (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), False),
    ],
)
def test_nothing_is_offered_outside_the_hours_by_the_clock_on_the_wall(
    moment: datetime, *, offered: bool
) -> None:
    assert (passed_over(WAIT, [], moment) is None) is offered
    assert passed_over(replace(WAIT, site=ROUND_THE_CLOCK), [], moment) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"died_on": date(2026, 1, 1)},
        {"date_of_birth": date(2010, 1, 1)},
        {"perhaps_child": True},
        {"not_here": frozenset({SITE.id})},
        {"kept_from": frozenset({SITE.id})},
    ],
)
def test_who_does_not_fit_any_more_is_passed_over(facts: dict[str, object]) -> None:
    changed = replace(WAIT, person=replace(WAIT.person, **facts))  # type: ignore[arg-type]
    assert passed_over(changed, [], NOW) is not None
