"""Turns on the rota; alarms from the first who is told to the one who answers."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway import audit
from pathway.db import db, transaction
from pathway.desk.alarms import probed, tell_of_probing
from pathway.duty import actions, queries
from pathway.duty.models import DutyTurn
from pathway.duty.rules import EVERYBODY, LAST_STEP, AlarmKind
from pathway.errors import Absent, Invalid, Refused
from pathway.messages.models import Notice, QuietHours, Text
from pathway.messages.rules import Audience, Purpose
from pathway.nights import london
from pathway.people import closing
from pathway.people.probing import PROBES
from pathway.staff import actions as staff
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.duty.conftest import (
    SERVICE,
    WORDS,
    Rota,
    an_alarm,
    as_runner,
    lines,
    notices,
    texts,
    told,
    turn,
)
from tests.factories import NOW, a_person, an_act, at, later


def names(moment: float = 0) -> dict[int, str]:
    return {step: one.name for step, one in queries.on_duty(later(hours=moment)).items()}


def test_the_rota_says_who_is_on_call_now(rota: Rota) -> None:
    assert names() == {1: "The manager", 2: "The swep_coordinator", 3: "The hub_lead"}
    assert names(9) == {}


def test_a_turn_that_has_begun_counts_from_now(rota: Rota) -> None:
    with transaction():
        ident = turn(rota.coordinator, begins=-3)
    added = queries.turn(ident)
    assert added is not None
    assert added.starts_at == NOW
    assert lines("add turn")[-1].detail == {"staff": rota.coordinator.staff_id, "step": 1}


def test_somebody_who_left_is_not_put_on_the_rota_and_leaves_a_gap(rota: Rota) -> None:
    with transaction():
        staff.leave(rota.admin, rota.manager.staff_id or 0)
    assert 1 not in names()
    with pytest.raises(Invalid) as refusal, transaction():
        turn(rota.manager)
    assert list(refusal.value.errors) == ["staff"]
    assert rota.manager.staff_id not in queries.candidates()


def test_staff_of_the_street_are_not_on_the_rota(rota: Rota) -> None:
    with transaction():
        worker = an_act()
    assert worker.staff_id not in queries.candidates()
    for nobody in (worker, at(worker, NOW)):
        with pytest.raises(Invalid), transaction():
            turn(nobody)


def test_a_removed_turn_is_gone_and_stays_written_down(rota: Rota) -> None:
    ident = queries.on_duty(NOW)[1].id
    with transaction():
        actions.remove_turn(rota.admin, ident)
    assert 1 not in names()
    assert db.session.scalar(select(DutyTurn.removed_at).where(DutyTurn.id == ident)) == NOW
    assert len(lines("remove turn")) == 1
    with pytest.raises(Absent), transaction():
        actions.remove_turn(rota.admin, ident)


def test_a_turn_that_is_over_stays(rota: Rota) -> None:
    ident = queries.on_duty(NOW)[1].id
    with pytest.raises(Refused, match="is over"), transaction():
        actions.remove_turn(at(rota.admin, later(hours=9)), ident)


def test_taking_over_ends_the_turn_that_runs_and_no_other(rota: Rota) -> None:
    moment = later(hours=1)
    with transaction():
        turn(rota.lead, begins=5, ends=12)
        actions.take_over(at(rota.coordinator, moment), until=later(hours=2))
    assert names(0.99)[1] == "The manager"
    assert names(1)[1] == "The swep_coordinator"
    assert 1 not in names(2)
    assert names(5)[1] == "The hub_lead"
    assert names(1)[2] == "The swep_coordinator"
    assert len(lines("take over")) == 1


def test_taking_over_a_turn_that_begins_this_instant_takes_it_off(rota: Rota) -> None:
    with transaction():
        actions.take_over(rota.coordinator, until=later(hours=2))
    assert names()[1] == "The swep_coordinator"
    assert 1 not in names(2)


def test_an_administrator_is_not_duty_manager(rota: Rota) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.take_over(rota.admin, until=later(hours=2))
    assert "rung about people" in refusal.value.errors["until"][0]
    assert names()[1] == "The manager"


def test_an_alarm_tells_the_first_on_call_whatever_the_hour(rota: Rota) -> None:
    here = london(NOW).time()
    quiet = QuietHours(staff_id=rota.manager.staff_id, begins=here, ends=here)
    with transaction() as session:
        session.add(quiet)
        ident = an_alarm()
    assert texts() == [("1", 1)]
    assert notices() == [(rota.manager.staff_id, False)]
    assert told(ident) == [(rota.manager.staff_id, 1)]
    row = db.session.execute(select(Text)).scalar_one()
    assert row.purpose == Purpose.ALARM
    assert row.due_at == NOW
    assert f"alarm {ident}: There is no forecast." in row.body
    assert lines("raise alarm")[0].subject == f"alarm:{ident}"


def test_without_a_number_it_is_on_the_screen_alone(rota: Rota) -> None:
    with transaction():
        db.session.execute(update(Staff).values(phone=None))
        an_alarm()
    assert texts() == []
    assert notices() == [(rota.manager.staff_id, False)]


def test_the_same_cause_is_one_alarm(rota: Rota) -> None:
    with transaction():
        an_alarm("forecast:2026-01-09")
        again = actions.raise_alarm(SERVICE, AlarmKind.SERVICE, WORDS, key="forecast:2026-01-09")
    assert again is None
    assert len(texts()) == len(lines("raise alarm")) == 1


def test_what_is_undone_tells_nobody(rota: Rota) -> None:
    with transaction(keep=False):
        an_alarm()
    assert texts() == []
    assert notices() == []


def test_with_nobody_on_the_rota_everybody_who_runs_it_is_told_at_once(store: Flask) -> None:
    with transaction():
        runners = {an_act(role).staff_id for role in (Role.MANAGER, Role.ADMIN)}
        an_act()
        ident = an_alarm()
    assert {one for one, _ in told(ident)} == runners
    assert {step for _, step in told(ident)} == {EVERYBODY}


def test_an_alarm_that_nobody_answers_goes_up_and_stops_at_last(rota: Rota) -> None:
    with transaction():
        ident = an_alarm()
    moment, steps = NOW, []
    for _ in range(20):
        moment += timedelta(minutes=10)
        if ident in queries.due_for_escalation(moment):
            with transaction():
                assert actions.escalate_one(at(SERVICE, moment), ident)
            steps.append(round((moment - NOW).total_seconds() / 60))
        with transaction():
            assert not actions.escalate_one(at(SERVICE, moment), ident)
    assert steps[:5] == [10, 20, 30, 60, 90]
    moment += timedelta(hours=5)
    while queries.due_for_escalation(moment):
        with transaction():
            actions.escalate_one(at(SERVICE, moment), ident)
        moment += timedelta(hours=5)
    found = queries.alarm(as_runner(), ident)
    assert found is not None
    assert found.step == LAST_STEP
    assert texts()[:3] == [("1", 1), ("2", 2), ("3", 3)]
    everybody = [step for number, step in texts() if number == "1"]
    assert everybody == [1, *range(EVERYBODY, LAST_STEP + 1)]
    assert ("3", EVERYBODY) not in texts()
    assert len(lines("escalate alarm")) == LAST_STEP - 1
    assert len(notices()) == 4


def test_nine_minutes_are_not_ten(rota: Rota) -> None:
    with transaction():
        ident = an_alarm()
    early = later(minutes=9, seconds=59)
    assert queries.due_for_escalation(early) == []
    with transaction():
        assert not actions.escalate_one(at(SERVICE, early), ident)
    assert queries.due_for_escalation(later(minutes=10)) == [ident]


def test_the_first_who_answers_has_it_and_the_second_is_told_who_did(rota: Rota) -> None:
    with transaction():
        ident = an_alarm()
        actions.escalate_one(at(SERVICE, later(minutes=10)), ident)
    moment = later(minutes=11)
    with transaction():
        answered = actions.acknowledge(at(rota.coordinator, moment), ident)
    assert answered.answered_by == "The swep_coordinator"
    assert {over for _, over in notices()} == {True}
    with pytest.raises(Refused) as refusal, transaction():
        actions.acknowledge(at(rota.manager, later(minutes=12)), ident)
    assert refusal.value.detail == "The swep_coordinator has had this alarm since 01:41."
    with transaction():
        actions.acknowledge(at(rota.coordinator, later(minutes=13)), ident)
    assert len(lines("answer alarm")) == 1
    assert queries.due_for_escalation(later(days=1)) == []
    with transaction():
        assert not actions.escalate_one(at(SERVICE, later(days=1)), ident)


def test_an_alarm_is_for_those_who_were_told_and_those_who_run_the_rota(rota: Rota) -> None:
    with transaction():
        ident, worker = an_alarm(), an_act()
    for nobody in (rota.lead, worker, SERVICE):
        assert queries.alarms(nobody, NOW) == []
        with pytest.raises(Absent), transaction():
            actions.acknowledge(nobody, ident)
    for somebody in (rota.manager, rota.coordinator, rota.admin):
        assert [one.id for one in queries.alarms(somebody, NOW)] == [ident]
    with transaction():
        actions.escalate_one(at(SERVICE, later(minutes=10)), ident)
        actions.escalate_one(at(SERVICE, later(minutes=20)), ident)
    assert [one.id for one in queries.alarms(rota.lead, NOW)] == [ident]


def test_answered_alarms_leave_the_page_after_a_while(rota: Rota) -> None:
    with transaction():
        ident = an_alarm()
        actions.acknowledge(rota.manager, ident)
    assert [one.id for one in queries.alarms(rota.manager, NOW)] == [ident]
    assert queries.alarms(rota.manager, later(seconds=1)) == []


def test_looking_for_records_again_and_again_is_one_alarm_a_day(rota: Rota) -> None:
    with transaction():
        prober = an_act()
        for _ in range(PROBES):
            detail = {"status": 404}
            audit.record(prober, "denied", "route:desk.person", detail, person="P-222222")
    for moment in (NOW, later(hours=1), later(hours=2)):
        with transaction():
            raised = tell_of_probing(at(SERVICE, moment), probed(moment))
        assert raised == (moment == NOW)
    alarm = queries.alarms(rota.manager, NOW)[0]
    assert alarm.words == "Somebody was refused records again and again. See Closed records."
    assert prober.staff_name not in alarm.words
    assert alarm.link == "/watch"


def test_those_who_watch_are_told_of_broken_glass_and_not_by_whom(store: Flask) -> None:
    with transaction():
        closer, other = an_act(), an_act(Role.TREATMENT)
        ref = a_person(given_name="Olive").ref
        closing.restrict(closer, ref)
        closing.break_glass(other, ref, "found unconscious")
        closing.break_glass(other, ref, "and again")
    told = db.session.execute(select(Notice)).scalars().all()
    assert [one.audience for one in told] == [Audience.WATCH]
    assert told[0].words == "A closed record was opened in an emergency. See Closed records."
    assert told[0].link == "/watch"
