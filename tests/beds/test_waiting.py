"""Waiting for a bed: an offer is itself a hold, in turn, and is made once."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from pathway.acts import Act, by_service
from pathway.beds import actions, care, queries, queue, waiting
from pathway.beds.capacity import set_capacity
from pathway.beds.fit import NOT_TONIGHT
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.turn import Wait
from pathway.db import db, transaction
from pathway.desk import line
from pathway.errors import Absent, Forbidden, Refused, Telling
from pathway.jobs import JOBS, offer_beds
from pathway.messages.models import Notice
from pathway.nights import night_of
from pathway.people import editing, ties
from pathway.people.rules import PersonFacts
from pathway.people.timeline import Source
from pathway.runs import JobLease, Run
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from pathway.timetable import OFFER
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

RESPITE = "respite-rooms"


def run_job(moment: datetime = NOW) -> None:
    """Do what the job does when its slot comes."""
    job = next(job for job in JOBS if job.planned is OFFER)
    assert job.idle is not None
    if not job.idle(moment):
        fence = db.session.scalar(select(JobLease.fence)) or 0
        offer_beds(Run(by_service(moment), fence))


def beds(number: int, code: str = HUB) -> None:
    set_capacity(by_service(NOW), a_site(code), number, night_of(NOW))


def put(act: Act, who: PersonFacts, site: str = HUB, priority: int = 2, after: int = 0) -> Wait:
    moment = at(act, later(minutes=after))
    return waiting.wait(moment, person=who.ref, site=site, priority=priority)


def live() -> list[PlacementFacts]:
    return [one for one in queries.matching() if one.status is PlacementStatus.HELD]


def notices(words: str) -> int:
    told = Notice.words.startswith(words)
    query = select(func.count()).select_from(Notice).where(told, Notice.over_at.is_(None))
    return db.session.scalar(query) or 0


def refs(found: Iterable[PlacementFacts]) -> list[str]:
    return [one.person.ref for one in sorted(found, key=lambda one: one.id)]


def test_of_ten_who_wait_for_seven_places_the_first_by_priority_then_time_get_one(
    store: Flask,
) -> None:
    with transaction():
        beds(7)
        act = an_act()
        told = [(3, 0), (2, 5), (1, 9), (2, 1), (3, 1), (1, 8), (2, 2), (3, 2), (2, 3), (1, 7)]
        people = [a_person() for _ in told]
        for who, (priority, after) in zip(people, told, strict=True):
            put(act, who, priority=priority, after=after)
    run_job(later(minutes=10))
    assert refs(live()) == [people[n].ref for n in (9, 5, 2, 3, 6, 8, 1)]
    assert len({one.bed_id for one in live()}) == 7
    assert {one.made_by for one in live()} == {act.staff_id}
    with transaction():
        assert [one.person.ref for one in queue.at_site(act, a_site())] == [
            people[n].ref for n in (0, 4, 7)
        ]
    run_job(later(minutes=11))
    assert len(live()) == 7


@pytest.fixture
def offered(store: Flask) -> tuple[Act, Act, Wait, Wait]:
    """Return a worker and the door of a site with one bed, which is held for the first of two."""
    with transaction():
        beds(1)
        act, door = an_act(), an_act(Role.HUB, HUB)
        first, second = (put(act, a_person(), after=n) for n in range(2))
    run_job(later(minutes=2))
    return act, door, first, second


def test_an_offer_is_a_hold_that_its_worker_and_the_site_are_told_of_without_a_name(
    offered: tuple[Act, Act, Wait, Wait],
) -> None:
    act, _, first, _ = offered
    [held] = live()
    with transaction():
        wait = queue.wait(act, first.id)
    assert wait is not None
    assert (wait.placement_id, wait.offered_at, wait.status) == (
        held.id,
        later(minutes=2),
        "offered",
    )
    assert held.expires_at == later(minutes=2 + a_site().hold_minutes)
    told = db.session.scalars(select(Notice).where(Notice.staff_id == act.staff_id)).one()
    assert told.words == "A bed is held until 02:17 for somebody you put on a list."
    assert told.link == f"/placements/{held.id}"
    assert notices("Someone is coming to bed") == 1


@pytest.mark.parametrize("how", ["refused", "lapsed", "used and undone", "no-show"])
def test_however_an_offer_ends_it_is_spent_and_the_next_gets_the_place(
    offered: tuple[Act, Act, Wait, Wait], how: str
) -> None:
    act, door, first, second = offered
    [held] = live()
    moment = later(minutes=5)
    with transaction():
        if how == "refused":
            actions.release(at(act, moment), held.id)
        elif how == "no-show":
            moment = later(minutes=60)
            actions.no_show(at(door, moment), held.id, called=True)
        elif how == "used and undone":
            actions.check_in(at(door, later(minutes=3)), held.id)
            actions.undo(at(door, later(minutes=4)), held.id)
            actions.release(at(door, moment), held.id)
        else:
            moment = later(minutes=50)
    run_job(moment)
    [anew] = live() if how != "lapsed" else [live()[-1]]
    assert anew.person.ref == second.person.ref
    assert notices("A bed is held") == 1
    with transaction():
        theirs = queue.of_person(at(act, moment), first.person)
        assert [(one.wait.id, one.again) for one in theirs] == [(first.id, True)]
        again = put(act, first.person, after=90)
    assert (again.id == first.id, again.since) == (False, later(minutes=90))


def test_who_is_in_elsewhere_is_offered_a_move(store: Flask) -> None:
    with transaction():
        beds(1)
        act, giles = an_act(), an_act(Role.HUB, "st-giles")
        inside = actions.walk_in(giles, person=a_person().ref, site="st-giles")
        put(act, inside.person)
    run_job()
    [held] = live()
    assert (held.planned, held.transfer_from) == (True, inside.id)
    with transaction():
        door = an_act(Role.HUB, HUB)
        actions.check_in(at(door, later(minutes=5)), held.id)
        old = queries.placement(inside.id)
    assert old is not None
    assert old.status is PlacementStatus.DEPARTED


def test_nothing_is_offered_after_hours_and_whoever_waits_keeps_their_place(store: Flask) -> None:
    with transaction() as session:
        beds(1)
        hours = {"intake_from": time(17), "intake_to": time(1)}
        session.execute(update(Site).where(Site.code == HUB).values(**hours))
        put(an_act(), a_person())
    run_job(NOW)
    assert live() == []
    run_job(NOW - timedelta(minutes=31))
    assert len(live()) == 1


def test_who_does_not_fit_any_more_is_passed_over_and_keeps_their_place(store: Flask) -> None:
    with transaction():
        beds(1)
        act = an_act()
        changed, held, closed, other = (a_person() for _ in range(4))
        for after, who in enumerate((changed, held, closed, other)):
            put(act, who, after=after)
        editing.not_here(act, changed.ref, site=HUB)
        a_hold(act, "st-giles", held)
        care.restrict(act, closed.ref)
    run_job(later(minutes=5))
    assert {one.person.ref for one in live()} == {held.ref, closed.ref}
    with transaction():
        waits = queue.at_site(act, a_site())
    assert [one.person.ref for one in waits] == [changed.ref, held.ref, other.ref]


def test_who_comes_in_by_the_door_waits_there_no_more_and_elsewhere_goes_on(store: Flask) -> None:
    with transaction():
        act, door, who = an_act(), an_act(Role.HUB, HUB), a_person()
        put(act, who)
        elsewhere = put(act, who, "st-giles")
        actions.walk_in(door, person=who.ref, site=HUB)
        assert [one.wait.id for one in queue.of_person(act, who)] == [elsewhere.id]
        with pytest.raises(Telling):
            put(door, who)


def test_a_death_ends_every_wait(store: Flask) -> None:
    with transaction():
        act, who = an_act(), a_person()
        ident = put(act, who).id
        care.record_death(act, who.ref, died_on=date(2026, 1, 9))
        wait = queue.wait(act, ident)
    assert wait is not None
    assert wait.status == "ended"
    run_job()
    assert live() == []


def test_of_two_waits_that_a_merge_leaves_the_earlier_counts_and_both_end(store: Flask) -> None:
    with transaction():
        beds(1)
        act, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        one, other = a_person(), a_person()
        early, late = put(act, one, priority=3), put(lead, other, priority=1, after=1)
        care.merge(lead, other.ref, one.ref)
        assert [wait.id for wait in queue.at_site(act, a_site())] == [early.id]
    run_job(later(minutes=2))
    [held] = live()
    assert held.made_by == act.staff_id
    with transaction():
        ends = [queue.wait(act, wait.id) for wait in (early, late)]
    assert [end.status for end in ends if end] == ["offered", "offered"]


def test_asking_twice_answers_the_first_and_whoever_withdraws_waits_anew(store: Flask) -> None:
    with transaction():
        act, other, who = an_act(), an_act(email="other@example.org"), a_person()
        first = put(act, who, priority=1)
        assert [put(one, who, after=5) for one in (act, other)] == [first, first]
        with pytest.raises(Absent):
            waiting.withdraw(other, first.id)
        assert waiting.withdraw(act, first.id).status == "withdrawn"
        assert waiting.withdraw(act, first.id).status == "withdrawn"
        assert put(act, who, after=6).since == later(minutes=6)


def test_who_waits_at_a_confidential_site_is_known_to_its_staff_and_to_who_put_them_there(
    store: Flask,
) -> None:
    with transaction():
        who = a_person(gender=Gender.WOMAN)
        act, other = an_act(), an_act(email="other@example.org")
        inside, outside = an_act(Role.HUB, RESPITE), an_act(Role.HUB, HUB)
        manager = an_act(Role.MANAGER)
        mine = put(act, who, RESPITE)
        theirs = put(other, who, RESPITE, after=1)
        assert theirs.id != mine.id
        assert theirs.since == later(minutes=1)
        seen = {
            name: [one.wait.id for one in queue.of_person(reader, who)]
            for name, reader in {
                "mine": act,
                "theirs": other,
                "inside": inside,
                "outside": outside,
                "manager": manager,
            }.items()
        }
        told = {
            reader.staff_id: [
                entry.words for entry in line.read(reader, who)[0] if entry.source is Source.WAIT
            ]
            for reader in (act, outside, manager)
        }
        assert [one.id for one in queue.at_site(inside, a_site(RESPITE))] == [mine.id]
        with pytest.raises(Forbidden):
            put(outside, who, RESPITE)
        waiting.withdraw(other, theirs.id)
        still = queue.wait(act, mine.id)
    assert seen["mine"] == [mine.id]
    assert seen["theirs"] == [theirs.id]
    assert seen["outside"] == seen["manager"] == []
    assert seen["inside"]
    assert [len(entries) for entries in told.values()] == [1, 0, 0]
    assert still is not None
    assert still.ended_at is None


def test_only_a_lead_changes_a_priority(store: Flask) -> None:
    with transaction():
        act, door, lead = an_act(), an_act(Role.HUB, HUB), an_act(Role.HUB_LEAD, HUB)
        ident = put(act, a_person(), priority=3).id
        for one in (act, door):
            with pytest.raises(Absent):
                waiting.set_priority(one, ident, priority=1)
        assert waiting.set_priority(lead, ident, priority=1).priority == 1


def test_who_does_not_fit_cannot_wait(store: Flask) -> None:
    with transaction():
        act = an_act()
        man = a_person(gender=Gender.MAN)
        with pytest.raises(Refused, match="women only"):
            put(act, man, RESPITE)


def test_a_bed_that_is_held_for_them_is_given_back_not_withdrawn(
    offered: tuple[Act, Act, Wait, Wait],
) -> None:
    act, _, first, _ = offered
    with transaction(), pytest.raises(Refused, match="Give that back"):
        waiting.withdraw(at(act, later(minutes=3)), first.id)


def apart(one: PersonFacts, other: PersonFacts) -> None:
    ties.keep_apart(an_act(email="says@example.org"), one.ref, other=other.ref, why="A fight")


def test_of_two_who_must_not_meet_and_wait_for_one_site_the_second_is_passed_over(
    store: Flask,
) -> None:
    with transaction():
        beds(3)
        act, giles, first, third = an_act(), an_act(Role.HUB, "st-giles"), a_person(), a_person()
        second = actions.walk_in(giles, person=a_person().ref, site="st-giles").person
        for after, who in enumerate((first, second, third)):
            put(act, who, after=after)
        apart(second, first)
        ties.exclude(
            an_act(Role.HUB_LEAD, HUB),
            third.ref,
            site=HUB,
            reason="A fight",
            until_on=date(2026, 2, 1),
        )
    run_job(later(minutes=5))
    assert refs(live()) == [first.ref]
    with transaction():
        reasons = [one.reason for one in queue.line(act, a_site()).places]
        held = actions.release(at(act, later(minutes=6)), live()[0].id)
    assert reasons == [NOT_TONIGHT, NOT_TONIGHT]
    run_job(later(minutes=7))
    assert [(one.person.ref, one.planned) for one in live()] == [(second.ref, True)]
    assert held.person.ref == first.ref


def test_whoever_must_not_meet_somebody_there_is_refused_a_wait_as_for_a_mark(
    store: Flask,
) -> None:
    with transaction():
        act, door = an_act(), an_act(Role.HUB, RESPITE)
        kept, marked, there = (a_person(gender=Gender.WOMAN) for _ in range(3))
        actions.walk_in(door, person=there.ref, site=RESPITE)
        apart(kept, there)
        editing.not_here(act, marked.ref, site=RESPITE)
    refused = []
    for who in (kept, marked):
        with pytest.raises(Refused) as refusal, transaction():
            put(act, who, RESPITE)
        told = refusal.value
        refused.append((type(told), told.detail, dict(told.extra), told.in_vain))
    assert refused[0] == refused[1]
    assert refused[0][1::2] == (NOT_TONIGHT, None)
