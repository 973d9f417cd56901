"""While somebody is in: away and back, and staying past the limit."""

from dataclasses import replace
from datetime import date

import pytest

from pathway.acts import Act
from pathway.beds import actions, overdue, queries
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts, SiteNumbers
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, an_act, at, later

STAYS = SiteFacts(1, "a", "A", numbers=SiteNumbers(stay_nights=2))
INSIDE = PlacementFacts(
    *(7, PlacementStatus.IN, PersonFacts(1, "P-1"), STAYS, 1, "1", None, NOW), checked_in_at=NOW
)


@pytest.fixture
def door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def inside(door: Act) -> PlacementFacts:
    with transaction():
        return actions.walk_in(door, person=a_person().ref, site=HUB)


def test_somebody_overstays_from_the_night_after_the_last_they_may_stay() -> None:
    """In since the night of the 9th for two nights: the 11th is one too many, from noon on."""
    assert not overdue.overstaying(INSIDE, later(hours=34))
    assert overdue.overstaying(INSIDE, later(hours=35))
    assert overdue.overstaying(replace(INSIDE, stay_authorised=True), later(hours=35))


def test_without_a_limit_and_once_gone_nobody_overstays() -> None:
    gone = replace(INSIDE, status=PlacementStatus.DEPARTED)
    assert not overdue.overstaying(gone, later(days=90))
    assert not overdue.overstaying(replace(INSIDE, site=SiteFacts(1, "a", "A")), later(days=90))


def test_a_bed_is_kept_for_three_nights_and_then_the_hub_is_asked() -> None:
    away = replace(INSIDE, away_at=NOW)
    assert not overdue.away_asks(away, later(hours=71))
    assert overdue.away_asks(away, later(hours=72))
    assert not overdue.away_asks(replace(away, kept_at=later(hours=72)), later(hours=100))
    assert not overdue.away_asks(INSIDE, later(days=9))


def test_somebody_away_is_in_and_comes_back(door: Act, inside: PlacementFacts) -> None:
    with transaction():
        gone = actions.away(door, inside.id, reason="Hospital", expected_on=date(2026, 1, 12))
    assert (gone.status, gone.away_at, gone.away_until) == ("in", NOW, date(2026, 1, 12))
    with transaction():
        here = actions.back(door, inside.id)
        assert actions.back(door, inside.id) == here
    assert here == inside
    told = [(one["what"], one.get("reason")) for one in queries.events_of(inside.id)]
    assert told == [("walked_in", None), ("away", "Hospital"), ("back", None)]


def test_said_again_it_keeps_the_bed_if_it_says_something_new_or_was_asked_for(
    door: Act, inside: PlacementFacts
) -> None:
    tomorrow, asked = at(door, later(days=1)), at(door, later(days=4))
    with transaction():
        actions.away(door, inside.id, reason="Hospital")
        assert actions.away(tomorrow, inside.id, reason="Hospital").kept_at is None
        kept = actions.away(tomorrow, inside.id, reason="Hospital, ward 7")
        assert (kept.away_at, kept.kept_at) == (NOW, later(days=1))
        assert actions.away(asked, inside.id, reason="Hospital, ward 7").kept_at == later(days=4)
    assert len(queries.events_of(inside.id)) == 4


def test_nobody_is_expected_back_yesterday(door: Act, inside: PlacementFacts) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.away(door, inside.id, reason="Hospital", expected_on=date(2026, 1, 9))
    assert set(refusal.value.errors) == {"expected_on"}


def test_who_is_not_in_is_not_away(door: Act) -> None:
    with transaction():
        held = actions.hold(door, person=a_person().ref, site=HUB)
    with pytest.raises(Refused, match="Fern is held, not in"), transaction():
        actions.away(door, held.id, reason="Hospital")


def test_only_a_lead_decides_about_a_stay_and_the_clock_frees_nothing(
    door: Act, inside: PlacementFacts
) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
    with pytest.raises(Absent), transaction():
        actions.decide_stay(door, inside.id, authorised=False, reason="Has a flat")
    with transaction():
        decided = actions.decide_stay(lead, inside.id, authorised=False, reason="Has a flat")
        actions.decide_stay(lead, inside.id, authorised=False, reason="Has a flat")
    assert (decided.status, decided.stay_authorised, decided.stay_reason) == (
        *("in", False),
        "Has a flat",
    )
    assert len(queries.events_of(inside.id)) == 2
