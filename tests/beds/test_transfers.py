"""Moving somebody from bed to bed: one act, two linked records, one of them live."""

import pytest
from sqlalchemy import update

from pathway.acts import Act
from pathway.beds import actions, board, queries
from pathway.beds.rules import BedStatus, PlacementFacts, bed_status
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused, Unfit
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

pytestmark = pytest.mark.usefixtures("store")

OTHER = "st-giles"
CLOSED = "respite-rooms"


@pytest.fixture
def door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def far_door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, OTHER)


@pytest.fixture
def slept_in(door: Act) -> PlacementFacts:
    with transaction():
        return actions.walk_in(door, person=a_person(gender=Gender.WOMAN).ref, site=HUB)


def read(placement: PlacementFacts) -> PlacementFacts:
    found = queries.placement(placement.id)
    assert found is not None
    return found


def free_at(code: str) -> int:
    return board.free_beds(a_site(code), NOW)


def test_a_transfer_leaves_one_live_record_and_counts_the_night_once(
    door: Act, slept_in: PlacementFacts
) -> None:
    before = free_at(HUB), free_at(OTHER)
    with transaction():
        moved = actions.transfer(door, slept_in.id, site=OTHER)
    left = read(slept_in)
    assert (left.status, left.destination, left.departed_at) == ("departed", OTHER, NOW)
    assert (moved.status, moved.checked_in_at, moved.transfer_from) == ("in", NOW, slept_in.id)
    assert (free_at(HUB), free_at(OTHER)) == (before[0] + 1, before[1] - 1)
    assert [event["what"] for event in queries.events_of(moved.id)] == ["moved_in"]


def test_the_same_transfer_again_changes_nothing(door: Act, slept_in: PlacementFacts) -> None:
    with transaction():
        moved = actions.transfer(door, slept_in.id, site=OTHER)
    with transaction():
        again = actions.transfer(at(door, later(minutes=1)), slept_in.id, site=OTHER)
    assert again == read(moved)


def test_a_move_to_a_confidential_site_is_not_named_in_the_old_record(
    door: Act, slept_in: PlacementFacts
) -> None:
    with transaction():
        actions.transfer(door, slept_in.id, site=CLOSED)
    left = read(slept_in)
    assert (left.status, left.destination) == ("departed", None)


def test_a_move_within_a_site_is_to_another_bed(door: Act, slept_in: PlacementFacts) -> None:
    with transaction():
        moved = actions.transfer(door, slept_in.id, bed=(slept_in.bed_id or 0) + 1)
    assert (moved.site.code, moved.bed_label, read(slept_in).destination) == (HUB, "2", HUB)


def test_only_the_lead_of_the_target_admits_whom_it_does_not_take(door: Act) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        man = actions.walk_in(door, person=a_person(gender=Gender.OTHER).ref, site=HUB)
    with pytest.raises(Unfit), transaction():
        actions.transfer(lead, man.id, site=CLOSED, override="Her sister is there")
    assert read(man).status == "in"


def test_a_planned_move_keeps_a_bed_until_they_arrive(
    door: Act, far_door: Act, slept_in: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(door, slept_in.id, site=OTHER, planned=True)
    assert (planned.status, planned.planned, read(slept_in).status) == ("held", True, "in")
    with pytest.raises(Refused, match="kept for a move until"), transaction():
        actions.transfer(door, slept_in.id, site="finchley-hub")
    with transaction():
        actions.check_in(at(far_door, later(minutes=20)), planned.id)
    left, arrived = read(slept_in), read(planned)
    assert (left.status, left.destination, left.departed_at) == (
        "departed",
        OTHER,
        later(minutes=20),
    )
    assert (arrived.status, arrived.planned) == ("in", False)


def test_a_planned_hold_is_the_only_claim_of_whoever_left_the_first_bed(
    door: Act, slept_in: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(door, slept_in.id, site=OTHER, planned=True)
        actions.depart(door, slept_in.id, reason="Left early", destination="street")
    assert read(planned).planned is False
    with pytest.raises(Refused), transaction():
        actions.hold(door, person=slept_in.person.ref, site=HUB)


def test_a_lapsed_planned_hold_stands_in_nobodys_way(door: Act, slept_in: PlacementFacts) -> None:
    with transaction():
        planned = actions.transfer(door, slept_in.id, site=OTHER, planned=True)
    evening = at(door, later(hours=2))
    with transaction():
        moved = actions.transfer(evening, slept_in.id, site="finchley-hub")
    assert (moved.status, read(planned).status) == ("in", "expired")


def test_a_lapsed_planned_hold_still_lets_them_in(
    door: Act, far_door: Act, slept_in: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(door, slept_in.id, site=OTHER, planned=True)
    with transaction():
        actions.check_in(at(far_door, later(hours=2)), planned.id)
    assert (read(planned).status, read(slept_in).status) == ("in", "departed")


def test_a_planned_hold_is_extended_and_released_like_any(
    door: Act, far_door: Act, slept_in: PlacementFacts
) -> None:
    with transaction():
        planned = actions.transfer(door, slept_in.id, site=OTHER, planned=True)
        actions.extend(far_door, planned.id, minutes=20)
        actions.release(far_door, planned.id)
    assert (read(planned).status, read(slept_in).status) == ("released", "in")


def test_nobody_is_moved_to_a_bed_that_is_taken_or_out_of_use(
    door: Act, slept_in: PlacementFacts
) -> None:
    bed = (slept_in.bed_id or 0) + 1
    with transaction():
        actions.void(door, bed, reason="Window broken")
    with pytest.raises(Refused, match="That bed is not free any more"), transaction():
        actions.transfer(door, slept_in.id, bed=bed)
    assert read(slept_in).status == "in"


def test_only_who_runs_the_first_site_moves_somebody(
    far_door: Act, slept_in: PlacementFacts
) -> None:
    with pytest.raises(Absent), transaction():
        actions.transfer(far_door, slept_in.id, site=OTHER)


def test_who_is_only_expected_is_not_moved(door: Act) -> None:
    with transaction():
        held = a_hold(door)
    with pytest.raises(Refused, match="hold a bed instead"), transaction():
        actions.transfer(door, held.id, site=OTHER)


def test_the_old_bed_is_made_ready_first_where_a_site_does_so(
    door: Act, slept_in: PlacementFacts
) -> None:
    with transaction() as session:
        session.execute(update(Site).values(turnaround=True))
    with transaction():
        actions.transfer(door, slept_in.id, site=OTHER)
    bed = board.bed(slept_in.bed_id or 0, NOW)
    assert bed is not None
    assert bed_status(bed, NOW) is BedStatus.TURNAROUND
    with pytest.raises(Invalid) as refusal, transaction():
        actions.ready(at(door, later(minutes=9)), bed.id, at=later(minutes=-1))
    assert "cannot have been ready before" in refusal.value.errors["at"][0]
    with transaction():
        actions.ready(at(door, later(minutes=9)), bed.id, at=later(minutes=5))
