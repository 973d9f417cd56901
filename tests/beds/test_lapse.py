"""Holds that lapsed are written down by the job, once, whoever else comes by."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from pathway.acts import Act, by_service
from pathway.beds import actions, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.lapse import lapse, lapsed
from pathway.beds.models import PlacementEvent
from pathway.beds.rules import PlacementStatus
from pathway.db import db, transaction
from pathway.errors import Busy, Refused
from pathway.nights import night_of
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later
from tests.races import at_once

AFTER = later(minutes=46)


def expired() -> int:
    query = select(func.count()).select_from(PlacementEvent).where(PlacementEvent.what == "expired")
    return db.session.scalar(query) or 0


def lapse_all(act: Act) -> None:
    for ident, bed_id in lapsed(act.at):
        with transaction():
            lapse(act, ident, bed_id)


def test_a_hold_is_written_down_as_over_once_it_is(store: Flask) -> None:
    with transaction():
        held = a_hold(an_act())
    assert lapsed(later(minutes=44)) == []
    lapse_all(by_service(AFTER))
    found = queries.placement(held.id)
    assert found is not None
    assert found.status is PlacementStatus.EXPIRED
    assert lapsed(AFTER) == []
    event = db.session.scalars(select(PlacementEvent).where(PlacementEvent.what == "expired")).one()
    assert (event.at, event.recorded_at, event.by) == (held.expires_at, AFTER, None)


def test_a_hold_that_was_extended_meanwhile_goes_on(store: Flask) -> None:
    with transaction():
        act = an_act()
        held = a_hold(act)
    [seen] = lapsed(AFTER)
    with transaction():
        actions.extend(at(act, later(minutes=40)), held.id, minutes=30)
    with transaction():
        lapse(by_service(AFTER), *seen)
    found = queries.placement(held.id)
    assert found is not None
    assert found.status is PlacementStatus.HELD
    assert expired() == 0


def test_no_more_are_found_than_asked_for(store: Flask) -> None:
    with transaction():
        act = an_act()
        for _ in range(3):
            a_hold(act)
    assert len(lapsed(AFTER, most=2)) == 2


def test_whoever_arrives_late_is_checked_in_all_the_same(store: Flask) -> None:
    with transaction():
        held = a_hold(an_act())
        door = an_act(Role.HUB, HUB)
    lapse_all(by_service(AFTER))
    with transaction():
        assert actions.check_in(at(door, AFTER), held.id).status is PlacementStatus.IN


def race_with_claims(app: Flask) -> int:
    """Let people whose holds lapsed be held anew while the job runs; return events too many."""
    with app.app_context():
        with transaction():
            act = an_act()
            set_capacity(act, a_site(), 6, night_of(NOW))
            people = [a_person() for _ in range(6)]
            for person in people:
                a_hold(act, person=person)
        seen = lapsed(AFTER)
    refused: list[Refused] = []

    def hold(person: PersonFacts) -> None:
        with app.app_context():
            try:
                with transaction():
                    a_hold(at(act, AFTER), person=person)
            except Refused as refusal:
                refused.append(refusal)

    def job() -> None:
        with app.app_context():
            for one in seen:
                with transaction():
                    lapse(by_service(AFTER), *one)

    deeds: list[Callable[[], None]] = [partial(hold, one) for one in reversed(people)]
    at_once([*deeds, job, job])
    assert not [one for one in refused if isinstance(one, Busy)], "somebody waited for ever"
    with app.app_context():
        return expired() - len(people)


def test_the_job_and_claims_at_once_write_each_hold_down_once(app: Flask) -> None:
    assert race_with_claims(app) == 0


@pytest.mark.parametrize("engine", ["postgresql"])
def test_without_the_lock_a_hold_is_written_down_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a look that does not lock lets two say the same."""
    with app.app_context(), transaction():
        a_hold(an_act())
    placement = queries.placement

    def unlocked(ident: int, *, lock: bool = False) -> object:
        found = placement(ident)
        if lock:
            db.session.execute(text("SELECT pg_sleep(0.2)"))
        return found

    monkeypatch.setattr(queries, "lock_bed", lambda _: None)
    monkeypatch.setattr(queries, "placement", unlocked)

    def job() -> None:
        with app.app_context():
            lapse_all(by_service(AFTER))

    at_once([job, job])
    with app.app_context():
        assert expired() == 2


@pytest.mark.parametrize("engine", ["sqlite"])
def test_past_placements_are_not_read_again_and_again(store: Flask) -> None:
    plan = db.session.execute(
        text(
            "EXPLAIN QUERY PLAN SELECT id FROM placement WHERE status IN ('held', 'booked', 'in')"
            " AND status = 'held' AND expires_at <= '2026-01-10' ORDER BY expires_at LIMIT 1"
        )
    ).all()
    assert "ix_placement_live_site" in str(plan) or "uq_placement_live" in str(plan), plan
