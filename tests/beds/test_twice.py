"""One person has one claim and one bed one sleeper, whatever was planned, struck or undone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pathway.acts import Act, by_service
from pathway.beds import actions, care, importing, queries, rewinding
from pathway.beds.capacity import set_capacity
from pathway.beds.rules import PlacementFacts
from pathway.db import transaction
from pathway.errors import Refused
from pathway.nights import night_of
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, a_site, an_act, at, later

pytestmark = pytest.mark.usefixtures("store")

OTHER = "st-giles"
CLOSED = "respite-rooms"
MOVED_ON: dict[str, Any] = {"reason": "Moved on", "destination": "prs"}


@pytest.fixture
def lead(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB, OTHER)


@pytest.fixture
def inside(lead: Act) -> PlacementFacts:
    """Return somebody who was held for, and came."""
    with transaction():
        held = actions.hold(lead, person=a_person(gender=Gender.WOMAN).ref, site=HUB)
        return actions.check_in(lead, held.id)


def again(act: Act, who: PlacementFacts) -> str:
    """Return what refuses another hold for somebody."""
    with pytest.raises(Refused) as refusal, transaction():
        actions.hold(act, person=who.person.ref, site=HUB)
    return refusal.value.detail


def undo(act: Act, one: PlacementFacts) -> str:
    """Return what refuses that something is undone."""
    with pytest.raises(Refused) as refusal, transaction():
        actions.undo(act, one.id)
    return refusal.value.detail


def test_what_was_planned_and_then_booked_is_the_only_claim_of_whoever_left(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(lead, inside.id, site=OTHER, planned=True)
        actions.book(lead, planned.id, expected_at=later(hours=1))
        actions.depart(lead, inside.id, **MOVED_ON)
    assert "already has a bed booked" in again(lead, inside)
    with transaction():
        assert actions.check_in(lead, planned.id).status == "in"


def test_a_departure_from_a_file_leaves_what_was_planned_as_the_only_claim(
    lead: Act, inside: PlacementFacts, tmp_path: Path
) -> None:
    with transaction():
        actions.transfer(lead, inside.id, site=OTHER, planned=True)
    path = tmp_path / "placements.csv"
    header = "person,site,checked_in_at,departed_at,departure_reason,destination"
    left = f"{NOW:%Y-%m-%dT%H:%MZ},{later(minutes=5):%Y-%m-%dT%H:%MZ},Moved on,prs"
    path.write_text(f"{header}\n{inside.person.ref},{HUB},{left}\n")
    importing.take(by_service(later(minutes=10)), path)
    assert "already has a bed held" in again(at(lead, later(minutes=10)), inside)


def test_nobody_is_said_not_to_have_come_while_a_move_from_their_bed_is_planned(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(lead, inside.id, site=OTHER, planned=True)
    assert "kept for a move" in undo(lead, inside)
    lapsed = at(lead, later(minutes=46))
    with transaction():
        assert actions.undo(lapsed, inside.id).status == "expired"
    kept = queries.placement(planned.id)
    assert kept is not None
    assert kept.status == "expired"


def test_a_departure_is_not_undone_over_a_bed_that_was_slept_in_since(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        actions.depart(lead, inside.id, **MOVED_ON)
        other = actions.walk_in(
            at(lead, later(minutes=5)), person=a_person().ref, bed=inside.bed_id
        )
        actions.depart(at(lead, later(hours=5)), other.id, **MOVED_ON)
    assert "was slept in" in undo(at(lead, later(hours=6)), inside)


def test_a_departure_is_not_undone_over_a_stay_elsewhere_since(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        actions.depart(lead, inside.id, **MOVED_ON)
        after = at(lead, later(minutes=5))
        elsewhere = actions.walk_in(after, person=inside.person.ref, site=OTHER)
        actions.depart(at(lead, later(hours=5)), elsewhere.id, **MOVED_ON)
    assert "was somewhere else" in undo(at(lead, later(hours=6)), inside)


def test_a_stay_that_was_struck_does_not_come_back_over_another_in_its_bed(lead: Act) -> None:
    since, until = later(hours=-5), later(hours=-1)
    with transaction():
        struck, other = (
            actions.record_stay(lead, person=ref, site=HUB, at=since, departed_at=until, **MOVED_ON)
            for ref in (a_person().ref, a_person().ref)
        )
        actions.strike(lead, struck.id, reason="Another Fern")
        actions.strike(lead, other.id, reason="Another bed")
        moved = actions.record_stay(
            lead,
            person=other.person.ref,
            bed=struck.bed_id,
            at=since,
            departed_at=until,
            **MOVED_ON,
        )
    assert moved.bed_id == struck.bed_id
    assert "was slept in" in undo(lead, struck)
    with transaction():
        actions.strike(lead, moved.id, reason="The first sheet was right")
        assert actions.undo(lead, struck.id).status == "departed"


def test_nobody_is_over_capacity_at_a_time_when_they_were_elsewhere(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        actions.depart(at(lead, later(hours=2)), inside.id, **MOVED_ON)
        set_capacity(lead, a_site(OTHER), 0, night_of(NOW))
    after = at(lead, later(hours=3))
    with pytest.raises(Refused) as refusal, transaction():
        actions.walk_in(
            after, person=inside.person.ref, site=OTHER, at=later(hours=1), over="No bed anywhere"
        )
    assert "was at" in refusal.value.detail


def test_who_is_expected_over_capacity_may_have_come_a_while_ago(lead: Act) -> None:
    with transaction():
        set_capacity(lead, a_site(OTHER), 0, night_of(NOW))
        held = actions.hold(lead, person=a_person().ref, site=OTHER, over="No bed anywhere")
        came = later(minutes=10)
        assert actions.check_in(at(lead, later(minutes=20)), held.id, at=came).checked_in_at == came


@pytest.mark.parametrize("planned", [False, True])
def test_asking_for_a_move_does_not_tell_who_is_at_a_confidential_site(
    lead: Act, inside: PlacementFacts, *, planned: bool
) -> None:
    with transaction():
        actions.transfer(lead, inside.id, site=CLOSED, planned=planned)
        colleague = an_act(Role.HUB, HUB)
    told = []
    for where in (OTHER, CLOSED):
        with pytest.raises(Refused) as refusal, transaction():
            actions.transfer(colleague, inside.id, site=where, planned=planned)
        told.append(refusal.value.detail)
    assert told[0] == told[1]


def test_whoever_moved_somebody_there_does_not_learn_later_whether_they_are_still_in(
    lead: Act, inside: PlacementFacts
) -> None:
    with transaction():
        made = actions.transfer(lead, inside.id, site=CLOSED)
        assert actions.transfer(lead, inside.id, site=CLOSED) == made
    morning = at(lead, NOW + timedelta(hours=6))
    with pytest.raises(Refused), transaction():
        actions.transfer(morning, inside.id, site=CLOSED)


def test_who_undoes_a_move_learns_nothing_of_a_confidential_bed(lead: Act) -> None:
    with transaction():
        rooms = an_act(Role.HUB, CLOSED)
        left, *others = (a_person(gender=Gender.WOMAN).ref for _ in range(3))
        actions.walk_in(rooms, person=others[0], site=CLOSED)
        old = actions.walk_in(rooms, person=left, site=CLOSED)
        new = actions.transfer(rooms, old.id, site=OTHER)
        actions.walk_in(rooms, person=others[1], bed=old.bed_id)
    assert undo(lead, new) == rewinding.SOMEBODY_ELSES
    assert undo(rooms, old).startswith(f"Bed {old.bed_label} has gone")


def test_parting_two_records_leaves_one_claim_to_each(lead: Act, inside: PlacementFacts) -> None:
    with transaction():
        other = a_person()
        care.merge(lead, inside.person.ref, other.ref)
        planned = actions.transfer(lead, inside.id, site=OTHER, planned=True)
        care.unmerge(lead, inside.person.ref)
    with pytest.raises(Refused, match="already has a bed held"), transaction():
        actions.hold(lead, person=other.ref, site=HUB)
    with transaction():
        assert actions.check_in(lead, planned.id).status == "in"
    stays = queries.placement(inside.id)
    assert stays is not None
    assert stays.status == "in"
