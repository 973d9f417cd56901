"""Holds for callers without a name, and who they turn out to be."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pathway.acts import Act
from pathway.audit import AuditEntry
from pathway.beds import actions, callers, queries
from pathway.beds.models import Placement
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import db, transaction
from pathway.duty import actions as duty
from pathway.errors import Absent, Forbidden, Invalid, Refused, Telling, Unfit
from pathway.people import queries as people
from pathway.people.models import Person
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, a_site, an_act

pytestmark = pytest.mark.usefixtures("store")

COAT = "tall man, red coat"


@pytest.fixture
def hub(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def caller(hub: Act) -> PlacementFacts:
    with transaction():
        return callers.hold_unnamed(hub, description=COAT, site=HUB, minutes=60)


def rows() -> tuple[int, int]:
    counted = (select(func.count()).select_from(table) for table in (Person, Placement))
    people_now, placements = (db.session.scalar(query) or 0 for query in counted)
    return people_now, placements


def test_a_caller_is_held_a_bed_by_description_and_found_by_no_name(
    hub: Act, caller: PlacementFacts
) -> None:
    assert caller.status is PlacementStatus.HELD
    assert caller.expires_at == NOW + timedelta(minutes=60)
    assert caller.person.name == f"No name given ({COAT})"
    for typed in ("tall", "red coat", "No name", COAT):
        assert people.search(hub, typed) == []
    assert [one.ref for one in people.search(hub, caller.person.ref)] == [caller.person.ref]


def test_a_refused_hold_leaves_nobody_behind(hub: Act) -> None:
    before = rows()
    for wrong in ({"site": "nowhere"}, {"site": HUB, "minutes": 5}):
        with pytest.raises(Invalid), transaction():
            callers.hold_unnamed(hub, description=COAT, **wrong)
    assert rows() == before


@pytest.mark.parametrize(
    ("role", "at", "site"),
    [
        (Role.HUB_LEAD, [HUB], "st-giles"),
        (Role.SWEP_COORDINATOR, [], "st-giles"),
    ],
)
def test_leads_and_coordinators_hold_for_callers_anywhere(
    role: Role, at: list[str], site: str
) -> None:
    with transaction():
        held = callers.hold_unnamed(an_act(role, *at), description=COAT, site=site)
    assert held.site.code == site


@pytest.mark.parametrize(
    ("role", "at"), [(Role.HUB, [HUB]), (Role.OUTREACH, []), (Role.MANAGER, [])]
)
def test_others_do_not(role: Role, at: list[str]) -> None:
    with transaction():
        act = an_act(role, *at)
    with pytest.raises(Forbidden), transaction():
        callers.hold_unnamed(act, description=COAT, site="st-giles")


def test_a_manager_holds_for_callers_while_duty_manager_and_no_longer() -> None:
    with transaction():
        manager = an_act(Role.MANAGER)
        turn = {"starts_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(hours=1)}
        duty.add_turn(manager, staff_id=manager.staff_id or 0, step=1, **turn)
    assert callers.may_hold_unnamed(manager, a_site("st-giles"))
    assert not callers.may_hold_unnamed(manager, a_site("respite-rooms"))
    over = Act(turn["ends_at"], manager.staff_id, "", manager.roles)
    assert not callers.may_hold_unnamed(over, a_site("st-giles"))


def test_at_the_door_they_become_the_person_who_is_known(hub: Act, caller: PlacementFacts) -> None:
    with transaction():
        fern = a_person(given_name="Fern")
    with transaction():
        matched = callers.match(hub, caller.id, person=fern.ref)
    assert matched.person.ref == fern.ref
    assert matched.status is PlacementStatus.HELD
    assert people.person(hub, caller.person.ref) == people.person(hub, fern.ref)
    last = select(AuditEntry.what).order_by(AuditEntry.id.desc()).limit(1)
    assert db.session.scalar(last) == "merge person"
    with transaction():
        assert callers.match(hub, caller.id, person=fern.ref) == matched


def test_they_are_given_the_name_that_they_say(hub: Act, caller: PlacementFacts) -> None:
    with pytest.raises(Invalid), transaction():
        callers.name(hub, caller.id, given_name="")
    with transaction():
        named = callers.name(hub, caller.id, given_name="Rowan", family_name="Ash")
    assert named.person.name == "Rowan Ash"
    assert not named.person.unnamed
    assert [one.ref for one in people.search(hub, "rowan")] == [caller.person.ref]
    with transaction():
        assert callers.name(hub, caller.id, given_name="Rowan", family_name="Ash") == named
    with pytest.raises(Refused, match="a name already"), transaction():
        callers.name(hub, caller.id, given_name="Wren")


def test_somebody_who_has_a_bed_is_not_matched(hub: Act, caller: PlacementFacts) -> None:
    with transaction():
        here, there = a_person(given_name="Gale"), a_person(given_name="Wren")
        actions.walk_in(hub, person=here.ref, site=HUB)
        actions.walk_in(an_act(Role.HUB, "st-giles"), person=there.ref, site="st-giles")
    with pytest.raises(Telling, match="Gale is in at"), transaction():
        callers.match(hub, caller.id, person=here.ref)
    with pytest.raises(Refused, match="Already placed"), transaction():
        callers.match(hub, caller.id, person=there.ref)
    assert queries.live_placement_of(caller.person.id) == queries.placement(caller.id)


def test_fit_is_judged_again_and_a_refusal_changes_nothing() -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, "respite-rooms")
        man = a_person(gender=Gender.MAN)
        woman = Gender.WOMAN
        held = callers.hold_unnamed(
            lead, description="grey scarf", site="respite-rooms", gender=woman
        )
    with pytest.raises(Unfit, match="for women only"), transaction():
        callers.match(lead, held.id, person=man.ref)
    standing = queries.placement(held.id)
    assert standing is not None
    assert standing.person.unnamed


def test_only_whoever_runs_the_site_says_who_it_is(caller: PlacementFacts) -> None:
    with transaction():
        fern = a_person()
        others = [an_act(Role.HUB, "st-giles"), an_act(Role.OUTREACH)]
    for act in others:
        with pytest.raises(Absent), transaction():
            callers.match(act, caller.id, person=fern.ref)
        with pytest.raises(Absent), transaction():
            callers.name(act, caller.id, given_name="Fern")


def test_a_record_without_a_name_names_nobody(hub: Act, caller: PlacementFacts) -> None:
    with transaction():
        other = callers.hold_unnamed(hub, description="small dog", site=HUB)
    for ref in (other.person.ref, caller.person.ref, "P-222222"):
        with pytest.raises(Invalid), transaction():
            callers.match(hub, caller.id, person=ref)
    with transaction():
        named = callers.name(hub, other.id, given_name="Sorrel")
        actions.release(hub, other.id)
    with transaction():
        assert callers.match(hub, caller.id, person=named.person.ref).person.name == "Sorrel"
    with pytest.raises(Refused, match="a name already"), transaction():
        callers.match(hub, caller.id, person=a_person().ref)
