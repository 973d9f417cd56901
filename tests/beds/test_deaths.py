"""One act records a death: holds and chases stop, the leads hear, and it can be undone."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act, by_service
from pathway.assessments import safeguarding, standing
from pathway.assessments.rules import ConcernStep
from pathway.beds import actions, care, claims, late, queries
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import db, transaction
from pathway.duty.actions import raise_alarm
from pathway.duty.models import Alarm
from pathway.duty.rules import AlarmKind
from pathway.errors import Forbidden, Invalid, Refused
from pathway.messages import grouping, inbox
from pathway.outreach.models import Promise
from pathway.outreach.rules import ContactKind
from pathway.people import marks
from pathway.people import queries as people
from pathway.people.models import PersonLookout
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_concern, a_hold, a_person, an_act, at, later

TODAY = date(2026, 1, 10)
"""The day of NOW in London."""


@pytest.fixture
def acts(store: Flask) -> tuple[Act, Act, Act]:
    """A worker, the hub's lead and a manager."""
    with transaction():
        return an_act(), an_act(Role.HUB_LEAD, HUB), an_act(Role.MANAGER)


def now(ident: int) -> PlacementFacts:
    found = queries.placement(ident)
    assert found is not None
    return found


def test_a_hold_ends_and_its_holder_is_told_plainly_and_not_by_text(
    acts: tuple[Act, Act, Act],
) -> None:
    worker, lead, manager = acts
    with transaction():
        held = a_hold(worker)
        care.record_death(manager, held.person.ref, died_on=TODAY)
    assert now(held.id).status is PlacementStatus.RELEASED
    (told,) = inbox.listed(worker)
    assert "given back" in told.words
    assert "Ring" not in told.words
    assert "Fern" not in told.words
    assert grouping.to_text(later(minutes=5)) == []
    (site,) = [one for one in inbox.listed(lead) if one.link == f"/people/{held.person.ref}"]
    assert site.words == "A death was recorded. Open the record."
    assert inbox.listed(manager) == []


def test_nobody_is_asked_about_a_booking_any_more(acts: tuple[Act, Act, Act]) -> None:
    worker, lead, _ = acts
    late_at = later(hours=3)
    with transaction():
        person = a_person()
        booked = claims.book(lead, person=person.ref, site=HUB, expected_at=later(hours=1))
    assert late.unasked(late_at) == [booked.id]
    with transaction():
        late.ask(at(lead, late_at), booked.id)
        raise_alarm(worker, AlarmKind.NO_SHOW, "x", link=f"/placements/{booked.id}")
        care.record_death(at(worker, late_at), person.ref, died_on=TODAY)
    assert late.unasked(later(hours=9)) == []
    assert next(one for one in inbox.listed(at(lead, late_at)) if "booked" in one.words).over_at
    assert db.session.scalars(select(Alarm.id).where(Alarm.acknowledged_at.is_(None))).all() == []


def test_who_is_in_leaves_with_a_planned_move_and_comes_back_when_it_is_taken_back(
    acts: tuple[Act, Act, Act],
) -> None:
    worker, lead, manager = acts
    with transaction():
        inside = actions.walk_in(lead, person=a_person().ref, site=HUB)
        planned = actions.transfer(lead, inside.id, site="st-giles", planned=True)
        ident = a_concern(worker, inside.person)
        promise = {"person_id": inside.person.id, "at": NOW, "words": "Shoes", "due_on": TODAY}
        until = {"since": NOW, "until": later(days=9)}
        db.session.add(Promise(**promise))
        db.session.add(PersonLookout(person_id=inside.person.id, key="k", **until))
    act = at(manager, later(minutes=10))
    with transaction():
        care.record_death(act, inside.person.ref, died_on=TODAY)
        care.record_death(act, inside.person.ref, died_on=TODAY)
    gone = now(inside.id)
    assert (gone.status, gone.destination) == (PlacementStatus.DEPARTED, "died")
    assert now(planned.id).status is PlacementStatus.RELEASED
    assert standing.open_ones(manager) == []
    assert db.session.scalars(select(PersonLookout.until)).all() == [act.at]
    assert db.session.scalars(select(Promise.settled_at)).all() == [act.at]
    with pytest.raises(Refused, match="is recorded as the day"), transaction():
        care.record_death(act, inside.person.ref, died_on=TODAY - timedelta(days=1))
    with transaction():
        back = care.take_back_death(act, inside.person.ref, reason="It was somebody else")
    assert back.died_on is None
    assert now(inside.id).status is PlacementStatus.IN
    assert [one.id for one in standing.open_ones(manager)] == [ident]
    assert db.session.scalars(select(Promise.settled_at)).all() == [None]


def test_whoever_leads_nobody_takes_no_death_back(acts: tuple[Act, Act, Act]) -> None:
    worker, lead, _ = acts
    with transaction():
        person = care.record_death(worker, a_person().ref, died_on=TODAY)
    with pytest.raises(Forbidden, match="Ring one"), transaction():
        care.take_back_death(worker, person.ref, reason="It was somebody else")
    with transaction():
        assert care.take_back_death(lead, person.ref, reason="I met them").died_on is None


def test_a_bed_that_somebody_else_has_by_then_stays_theirs(acts: tuple[Act, Act, Act]) -> None:
    _, lead, manager = acts
    with transaction():
        inside = actions.walk_in(lead, person=a_person().ref, site=HUB)
        care.record_death(manager, inside.person.ref, died_on=TODAY)
        other = actions.walk_in(
            at(lead, later(minutes=9)), person=a_person().ref, bed=inside.bed_id
        )
    with transaction():
        act = at(manager, later(minutes=20))
        back = care.take_back_death(act, inside.person.ref, reason="It was somebody else")
    assert back.died_on is None
    assert now(inside.id).status is PlacementStatus.DEPARTED
    assert now(other.id).status is PlacementStatus.IN


@pytest.mark.parametrize(
    ("died_on", "born", "fault"),
    [
        (TODAY, None, None),
        (TODAY + timedelta(days=1), None, "not come yet"),
        (date(1990, 5, 17), date(1990, 5, 17), None),
        (date(1990, 5, 16), date(1990, 5, 17), "before the date of birth"),
        (date(1026, 1, 9), None, "Check the year"),
    ],
)
def test_the_day_is_neither_to_come_nor_before_they_were_born(
    died_on: date, born: date | None, fault: str | None
) -> None:
    person = PersonFacts(1, "P", date_of_birth=born)
    if fault is None:
        marks.check_died_on(by_service(NOW), person, died_on)
        return
    with pytest.raises(Invalid) as refusal:
        marks.check_died_on(by_service(NOW), person, died_on)
    assert fault in refusal.value.errors["died_on"][0]


def test_nobody_is_met_whose_death_is_recorded(acts: tuple[Act, Act, Act]) -> None:
    with transaction():
        dead = a_person()
        care.record_death(acts[0], dead.ref, died_on=TODAY)
    with pytest.raises(Refused, match="death is recorded"), transaction():
        care.record_contact(acts[0], person=dead.ref, kind=ContactKind.NOT_BEDDED_DOWN)


def test_what_was_seen_before_a_death_is_still_written_down_and_rings_nobody(
    acts: tuple[Act, Act, Act],
) -> None:
    worker = acts[0]
    with transaction():
        dead = a_person()
        until = {"since": later(hours=-9), "until": later(days=9)}
        db.session.add(PersonLookout(person_id=dead.id, key="k", staff_id=None, **until))
        db.session.flush()
        care.record_death(worker, dead.ref, died_on=TODAY)
        seen = later(hours=-1)
        bedded = ContactKind.BEDDED_DOWN
        met = care.record_contact(worker, person=dead.ref, kind=bedded, at=seen)
    assert (met.at, met.ring_duty) == (seen, False)
    tomorrow = at(worker, later(days=1))
    with pytest.raises(Refused, match="death is recorded"), transaction():
        care.record_contact(tomorrow, person=dead.ref, kind=bedded, at=later(hours=23))


def test_a_concern_that_was_closed_by_hand_since_stays_closed(
    acts: tuple[Act, Act, Act],
) -> None:
    worker, _, manager = acts
    with transaction():
        person = a_person()
        ident = a_concern(worker, person)
        for _ in range(2):
            care.record_death(manager, person.ref, died_on=TODAY)
            care.take_back_death(manager, person.ref, reason="It was somebody else")
            open_now = [one.id for one in standing.open_ones(manager)]
            if open_now:
                safeguarding.step(manager, ident, ConcernStep.CLOSED, "They are well")
    assert open_now == []


def test_a_death_that_came_with_a_record_goes_with_it_when_the_two_are_parted(
    acts: tuple[Act, Act, Act],
) -> None:
    worker, lead, _ = acts
    with transaction():
        dead, alive = a_person(), a_person(given_name="Moss")
        care.record_death(worker, dead.ref, died_on=TODAY)
        assert care.merge(lead, dead.ref, alive.ref).died_on == TODAY
        assert care.unmerge(lead, dead.ref).died_on == TODAY
    found = people.person(worker, alive.ref)
    assert found is not None
    assert found.died_on is None


def test_a_record_with_a_bed_does_not_become_one_of_somebody_who_died(
    acts: tuple[Act, Act, Act],
) -> None:
    worker, lead, _ = acts
    with transaction():
        held, dead = a_hold(worker), a_person()
        care.record_death(worker, dead.ref, died_on=TODAY)
    for one, other in ((held.person.ref, dead.ref), (dead.ref, held.person.ref)):
        with pytest.raises(Refused, match="death is recorded"), transaction():
            care.merge(lead, one, other)
