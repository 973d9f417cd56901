"""Holding, arriving, leaving: on both engines, with everything written down."""

import pytest
from sqlalchemy import select

from pathway.acts import Act
from pathway.audit import AuditEntry
from pathway.beds import actions, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.rules import PlacementFacts
from pathway.db import db, transaction
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.nights import night_of
from pathway.people.rules import Recourse
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

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
def held(worker: Act) -> PlacementFacts:
    with transaction():
        return a_hold(worker)


def one_bed_left(act: Act) -> None:
    with transaction():
        set_capacity(act, a_site(), 1, night_of(NOW))


def test_a_hold_takes_the_first_free_bed_for_the_sites_minutes(held: PlacementFacts) -> None:
    assert (held.status, held.bed_label) == ("held", "1")
    assert held.expires_at == later(minutes=45)


def test_a_hold_may_be_for_one_bed_and_other_minutes(worker: Act) -> None:
    with transaction():
        first = a_hold(worker)
        person = a_person().ref
        other = actions.hold(worker, person=person, bed=(first.bed_id or 0) + 3, minutes=20)
    assert (other.bed_label, other.expires_at) == ("4", later(minutes=20))


def test_an_unknown_person_site_or_bed_is_named(worker: Act) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.hold(worker, person="P-NOBODY", site="nowhere")
    assert set(refusal.value.errors) == {"person", "site"}
    with pytest.raises(Invalid) as refusal, transaction():
        actions.hold(worker, person="P-NOBODY", bed=99999)
    assert set(refusal.value.errors) == {"person", "bed"}


def test_the_same_bed_is_not_held_twice(worker: Act, held: PlacementFacts) -> None:
    with pytest.raises(Refused, match="That bed is not free any more") as refusal, transaction():
        actions.hold(worker, person=a_person().ref, bed=held.bed_id)
    assert refusal.value.extra["alternatives"]


def test_a_full_site_names_the_next_best_free_beds_that_fit(worker: Act) -> None:
    one_bed_left(worker)
    with transaction():
        a_hold(worker)
        man = a_person(gender=Gender.MAN, support_level=SupportLevel.HIGH)
    with pytest.raises(Refused, match="No bed is free at 165") as refusal, transaction():
        actions.hold(worker, person=man.ref, site=HUB)
    offered = [(one["site"], one["free"]) for one in refusal.value.extra["alternatives"]]
    assert offered == [("grays-inn-road", 16), ("finchley-hub", 12)]


def test_one_person_has_one_live_placement_and_its_maker_is_told_where(
    worker: Act, held: PlacementFacts
) -> None:
    with pytest.raises(Refused) as refusal, transaction():
        actions.hold(worker, person=held.person.ref, site="st-giles")
    assert refusal.value.detail == (
        "Fern already has a bed held at 165 Rough Sleeping Hub, King's Cross, bed 1 until 02:15."
    )


def test_everyone_else_gets_one_uniform_sentence(held: PlacementFacts) -> None:
    with transaction():
        other = an_act(email="other@example.org")
    with pytest.raises(Refused) as refusal, transaction():
        actions.hold(other, person=held.person.ref, site="st-giles")
    assert refusal.value.detail == "Already placed. Ring the duty manager."
    assert refusal.value.extra == {"alternatives": []}


def test_a_lapsed_hold_frees_bed_and_person_the_very_second(
    worker: Act, held: PlacementFacts
) -> None:
    then = at(worker, later(minutes=45))
    with transaction():
        again = actions.hold(then, person=held.person.ref, bed=held.bed_id)
    assert again.status == "held"
    old = queries.placement(held.id)
    assert old is not None
    assert old.status == "expired"
    events = queries.events_of(held.id)
    assert [(event["what"], event["at"]) for event in events] == [
        ("held", NOW),
        ("expired", later(minutes=45)),
    ]


def test_a_lapsed_hold_reads_as_expired_before_anyone_writes_it(held: PlacementFacts) -> None:
    assert held.status_at(later(minutes=44)) == "held"
    assert held.status_at(later(minutes=45)) == "expired"


def test_an_extension_is_kept_and_written_down(worker: Act, held: PlacementFacts) -> None:
    with transaction():
        longer = actions.extend(at(worker, later(minutes=44)), held.id, minutes=30)
    assert longer.expires_at == later(minutes=75)
    assert queries.events_of(held.id)[-1]["expires_at"] == later(minutes=75)


def test_a_refused_extension_changes_nothing(worker: Act, held: PlacementFacts) -> None:
    with pytest.raises(Refused), transaction():
        actions.extend(worker, held.id, minutes=76)
    kept = queries.placement(held.id)
    assert kept is not None
    assert kept.expires_at == held.expires_at
    assert len(queries.events_of(held.id)) == 1


def test_a_released_bed_is_free_again_and_releasing_twice_is_fine(
    worker: Act, held: PlacementFacts
) -> None:
    for _ in range(2):
        with transaction():
            assert actions.release(worker, held.id).status == "released"
    assert [event["what"] for event in queries.events_of(held.id)] == ["held", "released"]
    with transaction():
        assert a_hold(worker).bed_id == held.bed_id


def test_a_lapsed_hold_needs_no_release(worker: Act, held: PlacementFacts) -> None:
    then = later(minutes=50)
    with transaction():
        assert actions.release(at(worker, then), held.id).status_at(then) == "expired"


def test_somebody_who_is_in_is_checked_out_not_released(
    worker: Act, door: Act, held: PlacementFacts
) -> None:
    with transaction():
        actions.check_in(door, held.id)
    with pytest.raises(Refused, match="no hold to release"), transaction():
        actions.release(worker, held.id)


def test_checking_in_twice_is_fine(door: Act, held: PlacementFacts) -> None:
    for _ in range(2):
        with transaction():
            assert actions.check_in(at(door, later(minutes=20)), held.id).status == "in"
    assert [event["what"] for event in queries.events_of(held.id)] == ["held", "checked_in"]


def test_an_arrival_may_be_dated_back_to_the_hold_and_no_further(
    door: Act, held: PlacementFacts
) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.check_in(at(door, later(minutes=20)), held.id, at=later(minutes=-1))
    assert refusal.value.errors == {"at": ["That is before the hold was made."]}
    with transaction():
        came = actions.check_in(at(door, later(minutes=20)), held.id, at=NOW)
    assert came.checked_in_at == NOW


def test_a_lapsed_hold_revives_at_the_door_while_its_bed_is_free(
    door: Act, held: PlacementFacts
) -> None:
    with transaction():
        came = actions.check_in(at(door, later(minutes=50)), held.id)
    assert (came.status, came.bed_id) == ("in", held.bed_id)
    told = [event["what"] for event in queries.events_of(held.id)]
    assert told == ["held", "expired", "checked_in"]


def test_a_lapsed_hold_does_not_revive_when_its_bed_is_taken(
    worker: Act, door: Act, held: PlacementFacts
) -> None:
    with transaction():
        actions.hold(at(worker, later(minutes=46)), person=a_person().ref, bed=held.bed_id)
    with pytest.raises(Refused, match="not free any more") as refusal, transaction():
        actions.check_in(at(door, later(minutes=50)), held.id)
    assert refusal.value.extra["alternatives"]


def test_a_lapsed_hold_does_not_revive_when_the_person_is_elsewhere(
    worker: Act, door: Act, held: PlacementFacts
) -> None:
    with transaction():
        actions.hold(at(worker, later(minutes=46)), person=held.person.ref, site="st-giles")
    with pytest.raises(Refused, match="Already placed"), transaction():
        actions.check_in(at(door, later(minutes=50)), held.id)


def test_a_walk_in_is_in_at_once(door: Act) -> None:
    with transaction():
        placement = actions.walk_in(door, person=a_person().ref, site=HUB)
    assert (placement.status, placement.checked_in_at) == ("in", NOW)


def test_somebody_leaves_with_a_reason_and_a_destination(door: Act, held: PlacementFacts) -> None:
    with transaction():
        actions.check_in(door, held.id)
        left = actions.depart(
            at(door, later(hours=7)), held.id, reason="Moved on", destination="prs"
        )
    assert (left.status, left.departed_at, left.destination) == ("departed", later(hours=7), "prs")
    told = queries.events_of(held.id)[-1]
    assert (told["reason"], told["destination"]) == ("Moved on", "prs")


def test_nobody_leaves_before_they_arrived_or_to_nowhere(door: Act, held: PlacementFacts) -> None:
    with transaction():
        actions.check_in(door, held.id)
    with pytest.raises(Invalid) as refusal, transaction():
        actions.depart(door, held.id, reason="x", destination="the moon", at=later(hours=-1))
    assert set(refusal.value.errors) == {"at", "destination"}


def test_only_someone_who_is_in_can_leave(door: Act, held: PlacementFacts) -> None:
    with pytest.raises(Refused, match="not in"), transaction():
        actions.depart(door, held.id, reason="x", destination="street")


def test_hub_staff_act_at_their_own_site_only(door: Act, worker: Act) -> None:
    with transaction():
        elsewhere = a_hold(worker, "st-giles")
    for verb in (actions.check_in, actions.release):
        with pytest.raises(Absent), transaction():
            verb(door, elsewhere.id)
    with pytest.raises(Forbidden), transaction():
        a_hold(door, "st-giles")
    with pytest.raises(Absent), transaction():
        actions.confirm(door, "st-giles", free=1)


def test_a_worker_keeps_their_own_holds_only(held: PlacementFacts) -> None:
    with transaction():
        other = an_act(email="other@example.org")
    with pytest.raises(Absent), transaction():
        actions.extend(other, held.id, minutes=5)


def test_no_recourse_and_not_recorded_are_welcome_everywhere(worker: Act) -> None:
    with transaction():
        for code in (HUB, "st-giles", "finchley-hub", "grays-inn-road"):
            a_hold(worker, code, a_person(recourse=Recourse.NO))


def test_the_lead_of_a_site_for_women_may_decide_with_a_reason() -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, "respite-rooms")
        person = a_person().ref
    with pytest.raises(Refused, match="Its lead decides"), transaction():
        actions.hold(lead, person=person, site="respite-rooms")
    with transaction():
        placed = actions.hold(
            lead, person=person, site="respite-rooms", override="Spoke to her, she is a woman"
        )
    assert queries.events_of(placed.id)[0]["override"] == "Spoke to her, she is a woman"


def test_nobody_else_may_decide_that(worker: Act) -> None:
    with pytest.raises(Refused, match="Its lead decides"), transaction():
        actions.hold(worker, person=a_person().ref, site="respite-rooms", override="I say so")


def test_a_confirmed_count_keeps_the_difference(door: Act) -> None:
    with transaction():
        told = actions.confirm(door, HUB, free=14)
    assert told == {"free": 16, "discrepancy": -2, "confirmed_at": NOW}


def test_every_change_is_on_the_audit_trail_in_its_own_transaction(
    worker: Act, door: Act, held: PlacementFacts
) -> None:
    with transaction():
        actions.check_in(door, held.id)
    entries = db.session.execute(
        select(AuditEntry.what, AuditEntry.staff_id, AuditEntry.person)
        .where(AuditEntry.subject == f"placement:{held.id}")
        .order_by(AuditEntry.id)
    ).all()
    ref = held.person.ref
    assert entries == [("held", worker.staff_id, ref), ("checked in", door.staff_id, ref)]


def test_when_the_audit_trail_fails_nothing_is_done(
    worker: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        person = a_person()

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("pathway.audit.record", fails)
    with pytest.raises(RuntimeError), transaction():
        actions.hold(worker, person=person.ref, site=HUB)
    assert queries.live_placement_of(person.id) is None
