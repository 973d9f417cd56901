"""What a confidential site keeps to itself."""

import pytest
from flask import Flask

from pathway.acts import Act
from pathway.beds import actions, board
from pathway.beds.rules import PlacementFacts
from pathway.beds.sight import may_see
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act

SITE = "respite-rooms"


@pytest.fixture
def worker(store: Flask) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def arrived(worker: Act) -> PlacementFacts:
    with transaction():
        placement = a_hold(worker, SITE, a_person(gender=Gender.WOMAN))
        return actions.check_in(an_act(Role.HUB, SITE), placement.id)


def test_who_held_the_bed_sees_the_hold_and_no_more_after_the_arrival(
    worker: Act, arrived: PlacementFacts
) -> None:
    assert not may_see(worker, arrived)
    with transaction():
        assert may_see(worker, a_hold(worker, SITE, a_person(gender=Gender.WOMAN)))


def test_a_second_hold_does_not_tell_where_she_is(worker: Act, arrived: PlacementFacts) -> None:
    with pytest.raises(Refused) as refusal, transaction():
        actions.hold(worker, person=arrived.person.ref, site=HUB)
    assert refusal.value.detail == "Already placed. Ring the duty manager."
    assert refusal.value.extra == {"alternatives": []}


def test_its_own_staff_see_her(arrived: PlacementFacts) -> None:
    with transaction():
        assert may_see(an_act(Role.HUB_LEAD, SITE), arrived)


def test_the_verbs_of_who_held_the_bed_end_with_the_arrival(
    worker: Act, arrived: PlacementFacts
) -> None:
    for verb in (actions.release, lambda *asked: actions.extend(*asked, minutes=5)):
        with pytest.raises(Absent), transaction():
            verb(worker, arrived.id)
    with transaction():
        door = an_act(Role.HUB, SITE, email="door@example.org")
        actions.depart(door, arrived.id, reason="x", destination="prs")
    with pytest.raises(Absent), transaction():
        actions.release(worker, arrived.id)


def test_nobody_outside_holds_or_lists_single_beds_of_it(worker: Act, as_role: Ask) -> None:
    """Whoever knew which bed she was given could watch it."""
    with transaction():
        woman = a_person(gender=Gender.WOMAN).ref
    for ident in (board.beds_of(a_site(SITE), NOW)[0].id, 999_999):
        with pytest.raises(Invalid) as refusal, transaction():
            actions.hold(worker, person=woman, bed=ident)
        assert refusal.value.errors == {"bed": ["There is no such site or bed."]}
    assert as_role().get(f"/api/v1/sites/{SITE}/beds").status_code == 404
    assert as_role(Role.HUB_LEAD, SITE).get(f"/api/v1/sites/{SITE}/beds").status_code == 200


def test_nobody_at_all_writes_it_down_as_a_destination(store: Flask) -> None:
    with transaction():
        both = an_act(Role.HUB_LEAD, HUB, SITE)
        inside = actions.walk_in(both, person=a_person().ref, site=HUB)
    with pytest.raises(Invalid), transaction():
        actions.depart(both, inside.id, reason="x", destination=SITE)


def test_nobody_else_names_it_as_a_destination(store: Flask) -> None:
    with transaction():
        door = an_act(Role.HUB, HUB)
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
    for place in (SITE, HUB):
        with pytest.raises(Invalid) as refusal, transaction():
            actions.depart(door, inside.id, reason="x", destination=place)
        assert set(refusal.value.errors) == {"destination"}


def test_its_beds_answer_another_hub_as_beds_that_are_not_there(store: Flask) -> None:
    with transaction():
        door = an_act(Role.HUB, HUB)
        person = a_person().ref
    bed = board.beds_of(a_site(SITE), NOW)[0]
    told = []
    for ident in (bed.id, 999_999):
        with pytest.raises(Invalid) as refusal, transaction():
            actions.hold(door, person=person, bed=ident)
        told.append(refusal.value.errors)
    assert told[0] == told[1]


def test_its_pick_up_point_goes_with_its_counts(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction() as session:
        from sqlalchemy import update

        from pathway.sites.models import Site

        session.execute(update(Site).where(Site.code == SITE).values(pickup_point="By the clock"))
    for role, shown in ((Role.OUTREACH, True), (Role.MANAGER, False), (Role.TREATMENT, False)):
        text = as_role(role).get("/api/v1/beds/tonight").get_data(as_text=True)
        assert ("By the clock" in text) is shown
