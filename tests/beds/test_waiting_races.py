"""Waiting for a bed: no bed is offered twice and nobody is offered two, whoever comes between."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import Act, by_service
from pathway.beds import actions, apart, care, judging, offering, queries, waiting
from pathway.beds.capacity import set_capacity
from pathway.beds.models import IS_LIVE, Waiting
from pathway.beds.offering import offer, to_offer
from pathway.beds.rules import PlacementFacts
from pathway.beds.turn import OFFERED, Wait
from pathway.db import db, transaction
from pathway.errors import Busy, Refused
from pathway.jobs import offer_beds
from pathway.nights import night_of
from pathway.people import ties
from pathway.runs import JobLease, Run
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later
from tests.races import at_once

PLACES, WAITING = 7, 10
AFTER = later(minutes=20)

only_postgresql = pytest.mark.parametrize("engine", ["postgresql"])
"""On SQLite writers take turns: nothing comes between."""


def a_list(number: int, places: int) -> tuple[Act, list[Wait]]:
    with transaction():
        act = an_act()
        set_capacity(act, a_site(), places, night_of(NOW))
        people = [a_person() for _ in range(number)]
        return act, [
            waiting.wait(at(act, later(minutes=n)), person=who.ref, site=HUB)
            for n, who in enumerate(people)
        ]


def run_job() -> None:
    fence = db.session.scalar(select(JobLease.fence)) or 0
    offer_beds(Run(by_service(AFTER), fence))


def test_two_runs_at_once_and_workers_between_offer_no_bed_twice_and_nobody_two(app: Flask) -> None:
    with app.app_context():
        act, waits = a_list(WAITING, PLACES)
    failed: list[Exception] = []

    def tried(do: Callable[[], object]) -> None:
        with app.app_context():
            try:
                do()
            except Busy as problem:
                failed.append(problem)
            except Refused:
                pass

    def claim(wait: Wait) -> None:
        with transaction():
            a_hold(at(act, AFTER), person=wait.person)

    claims = [partial(claim, waits[number]) for number in (3, 9)]
    deeds: list[Callable[[], None]] = [run_job, run_job, *claims]
    at_once([partial(tried, deed) for deed in deeds])
    with app.app_context():
        live = queries.matching(IS_LIVE)
        offers = Counter(db.session.scalars(select(Waiting.placement_id)).all())
    assert failed == []
    assert len(live) == PLACES
    assert len({one.bed_id for one in live}) == PLACES
    assert len({one.person.id for one in live}) == PLACES
    del offers[None]
    assert set(offers.values()) <= {1}
    theirs = {one.person.id for one in live} - {waits[9].person.id}
    assert theirs == {wait.person.id for wait in waits[: len(theirs)]}


Meanwhile = Callable[[Act, Wait], None]


def taken_off(act: Act, wait: Wait) -> None:
    with transaction():
        waiting.withdraw(at(act, AFTER), wait.id)


def offered_and_refused(act: Act, wait: Wait) -> None:
    """Let another run offer them a bed, which they do not want."""
    with transaction():
        made = offer(by_service(AFTER), wait.id)
    assert made is not None
    with transaction():
        actions.release(at(act, AFTER), made.id)


def offered_in_all(
    app: Flask, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile
) -> list[PlacementFacts]:
    """Let something happen to a wait after the job has looked at it; return what was held."""
    with app.app_context():
        act, [wait] = a_list(1, 2)
        judge, first = judging.check_fit, threading.Lock()

        def between(*told: Any) -> Any:
            if first.acquire(blocking=False):
                elsewhere = threading.Thread(target=do)
                elsewhere.start()
                elsewhere.join()
            return judge(*told)

        def do() -> None:
            with app.app_context():
                meanwhile(act, wait)

        monkeypatch.setattr(offering, "check_fit", between)
        run_job()
        return queries.matching()


@only_postgresql
@pytest.mark.parametrize(("meanwhile", "held"), [(taken_off, 0), (offered_and_refused, 1)])
def test_a_wait_that_ended_while_the_job_looked_is_offered_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile, held: int
) -> None:
    assert len(offered_in_all(app, monkeypatch, meanwhile)) == held


@only_postgresql
@pytest.mark.parametrize(("meanwhile", "held"), [(taken_off, 0), (offered_and_refused, 1)])
def test_without_the_last_look_at_the_wait_it_is_offered_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile, held: int
) -> None:
    """The negative control."""

    def spent(_act: Act, wait: Wait, made: PlacementFacts) -> bool:
        over = {"placement_id": made.id, "ended_why": OFFERED}
        db.session.execute(update(Waiting).where(Waiting.id == wait.id).values(**over))
        return True

    monkeypatch.setattr(offering, "_spent", spent)
    assert len(offered_in_all(app, monkeypatch, meanwhile)) == held + 1


@only_postgresql
@pytest.mark.parametrize("guarded", [True, False])
def test_who_is_offered_a_bed_while_they_are_taken_off_the_list_has_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Without the look after it, as the negative control shows, they seem to be off the list."""
    if not guarded:
        monkeypatch.setattr(waiting, "_refuse_if_held", lambda *_: None)
    with app.app_context():
        act, [wait] = a_list(1, 1)
        may = waiting.may_withdraw

        def run() -> None:
            with app.app_context():
                run_job()

        def between(act: Act, seen: Wait) -> bool:
            elsewhere = threading.Thread(target=run)
            elsewhere.start()
            elsewhere.join()
            return may(act, seen)

        monkeypatch.setattr(waiting, "may_withdraw", between)
        with nullcontext() if not guarded else pytest.raises(Refused, match="held for them by now"):
            taken_off(act, wait)
        assert len(queries.matching(IS_LIVE)) == 1


@only_postgresql
@pytest.mark.parametrize(("guarded", "held"), [(True, 1), (False, 2)])
def test_of_two_who_must_not_meet_two_runs_at_once_offer_a_bed_to_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch, *, guarded: bool, held: int
) -> None:
    """Without the look behind the lock, as the negative control shows, both get one."""
    if not guarded:
        monkeypatch.setattr(apart, "meets", lambda *_, **__: False)

    def the_other_run(act: Act, wait: Wait) -> None:
        with transaction():
            other = a_person()
            ties.keep_apart(act, wait.person.ref, other=other.ref, why="A fight")
            ident = waiting.wait(at(act, AFTER), person=other.ref, site=HUB).id
        with transaction():
            assert offer(by_service(AFTER), ident)

    assert len(offered_in_all(app, monkeypatch, the_other_run)) == held


@only_postgresql
def test_a_merge_beside_the_job_waits_for_nobody_for_ever(app: Flask) -> None:
    with app.app_context():
        _, waits = a_list(6, 6)
        with transaction():
            lead = an_act(Role.HUB_LEAD, HUB, at=AFTER)
            twins = [a_person() for _ in waits]
    failed: list[Exception] = []

    def merge() -> None:
        with app.app_context():
            for wait, twin in zip(waits, twins, strict=True):
                try:
                    with transaction():
                        care.merge(lead, wait.person.ref, twin.ref)
                except Refused as problem:
                    failed.append(problem)

    def job() -> None:
        with app.app_context():
            for ident in to_offer(by_service(AFTER), a_site()):
                with transaction():
                    offer(by_service(AFTER), ident)

    at_once([merge, job])
    assert failed == []
    with app.app_context():
        run_job()
        assert len({one.person.id for one in queries.matching(IS_LIVE)}) == len(waits)
