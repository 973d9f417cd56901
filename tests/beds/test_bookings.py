"""Somebody is expected at a stated time: booked, late, cancelled, or they never came."""

import pytest
from sqlalchemy import select

from pathway.acts import Act
from pathway.beds import actions, claims, overdue, queries
from pathway.beds.rules import PlacementFacts, Welfare
from pathway.db import db, transaction
from pathway.duty.models import Alarm
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.messages.models import Notice
from pathway.people import editing
from pathway.people.models import Person
from pathway.staff.rules import Role
from tests.factories import HUB, NOW, a_hold, a_person, an_act, at, later

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def worker(store: object) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def booked(door: Act) -> PlacementFacts:
    """Somebody who is expected in two hours, at half past three."""
    with transaction():
        return claims.book(door, person=a_person().ref, site=HUB, expected_at=later(hours=2))


def kept(placement: PlacementFacts) -> PlacementFacts:
    found = queries.placement(placement.id)
    assert found is not None
    return found


def test_a_booking_has_a_time_and_no_end(booked: PlacementFacts) -> None:
    assert (booked.status, booked.expected_at, booked.expires_at) == (
        "booked",
        later(hours=2),
        None,
    )
    assert kept(booked) == booked
    assert booked.status_at(later(days=30)) == "booked"
    (event,) = queries.events_of(booked.id)
    assert (event["what"], event["expected_at"]) == ("booked", later(hours=2).isoformat())


def test_a_hold_is_booked_for_when_it_would_have_lapsed(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
        kept_longer = actions.book(door, held.id)
    assert (kept_longer.status, kept_longer.expected_at) == ("booked", held.expires_at)
    (notice,) = db.session.scalars(select(Notice))
    assert notice.words == "Someone is expected in bed 1 at 02:15."


def test_another_time_changes_a_booking_and_the_same_changes_nothing(
    door: Act, booked: PlacementFacts
) -> None:
    soon = at(door, later(hours=3))
    with transaction():
        assert actions.book(soon, booked.id, expected_at=later(hours=2)) == booked
        moved = actions.book(soon, booked.id, expected_at=later(hours=5))
    assert moved.expected_at == later(hours=5)
    assert len(queries.events_of(booked.id)) == 2


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "has passed"), (36.1, "until 13:30 on 11 January")]
)
def test_nobody_is_expected_in_the_past_or_too_far_ahead(
    door: Act, booked: PlacementFacts, hours: float, words: str
) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.book(door, booked.id, expected_at=later(hours=hours))
    assert "expected_at" in refusal.value.errors
