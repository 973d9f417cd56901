"""The board of a past moment says what the board said then."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, update

from pathway.acts import Act, by_service
from pathway.beds import actions, board, capacity, history
from pathway.beds.journal import move, note
from pathway.beds.models import Placement, PlacementEvent
from pathway.beds.rules import Counts, Happened, PlacementStatus
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.nights import night_of
from pathway.sites.models import Site
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests import factories
from tests.conftest import Ask
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, later

EVERYWHERE = scope(Act(NOW, 1, "", frozenset({Role.OUTREACH.value})), Doing.COUNT_BEDS)

Deed = Callable[[Act, random.Random], object]


def at_hub(moment: datetime) -> Counts:
    seen = history.board_at(moment, EVERYWHERE)
    counts = next(one.counts for one in seen.sites if one.site.code == HUB)
    assert counts is not None
    return counts


def some_placement(dice: random.Random) -> int:
    return int(dice.choice(list(db.session.scalars(db.select(Placement.id))) or [1]))


def some_bed(dice: random.Random, act: Act) -> int:
    return dice.choice(board.beds_of(a_site(), act.at)).id


def deeds(refs: list[str]) -> list[Deed]:
    """Return what may happen at a hub with a lead, on a past that nobody rewrites."""
    verbs = actions
    return [
        lambda act, dice: verbs.hold(act, person=dice.choice(refs), site=HUB, minutes=20),
        lambda act, dice: verbs.hold(act, person=dice.choice(refs), site=HUB, minutes=90),
        lambda act, dice: verbs.walk_in(act, person=dice.choice(refs), site=HUB),
        lambda act, dice: verbs.extend(act, some_placement(dice), minutes=15),
        lambda act, dice: verbs.release(act, some_placement(dice)),
        lambda act, dice: verbs.check_in(act, some_placement(dice)),
        lambda act, dice: verbs.check_in(act, some_placement(dice)),
        lambda act, dice: verbs.depart(act, some_placement(dice), reason="x", destination="prs"),
        lambda act, dice: verbs.void(act, some_bed(dice, act), reason="Wet"),
        lambda act, dice: verbs.void(
            act, some_bed(dice, act), reason="Wet", until=act.at + timedelta(minutes=50)
        ),
        lambda act, dice: verbs.reinstate(act, some_bed(dice, act)),
        lambda act, dice: verbs.ready(act, some_bed(dice, act)),
        lambda act, _: verbs.confirm(act, HUB, free=2),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_a_past_board_is_the_board_that_was_shown(store: Flask, seed: int) -> None:
    dice = random.Random(seed)
    with transaction() as session:
        session.execute(update(Site).values(turnaround=True))
        capacity.set_capacity(by_service(NOW), a_site(), 4, night_of(NOW))
        lead, refs = an_act(Role.HUB_LEAD, HUB), [a_person().ref for _ in range(5)]
    seen = []
    moment = NOW
    for _ in range(60):
        moment += timedelta(minutes=dice.choice([1, 3, 10, 25]))
        try:
            with transaction():
                dice.choice(deeds(refs))(factories.at(lead, moment), dice)
        except Refused:
            pass
        seen.append(without_free_beds(board.tonight(moment, EVERYWHERE)))
    assert {one.sites[0].counts for one in seen}
    for then in seen:
        # What a free bed was like is not told of the past: rooms are changed without an event.
        told = tuple(replace(one, free=()) for one in then.sites)
        assert history.board_at(then.as_of, EVERYWHERE) == replace(then, sites=told)


def without_free_beds(shown: board.Board) -> board.Board:
    """Return a board without its list of free beds, which only tonight's has: it is for holding."""
    return replace(shown, sites=tuple(replace(one, free=()) for one in shown.sites))


@pytest.mark.usefixtures("store")
class TestWhatWasRecordedLater:
    def test_a_hold_is_held_from_its_making_until_it_lapsed(self) -> None:
        with transaction():
            a_hold(an_act())
        assert at_hub(NOW - timedelta(seconds=1)).held == 0
        assert at_hub(NOW).held == at_hub(later(minutes=44)).held == 1
        assert at_hub(later(minutes=45)).held == 0

    def test_what_was_undone_never_happened_and_what_was_voided_neither(self) -> None:
        with transaction():
            act = an_act(Role.HUB, HUB)
            first = actions.walk_in(act, person=a_person().ref, site=HUB)
            actions.walk_in(act, person=a_person().ref, site=HUB)
            soon = factories.at(act, later(minutes=5))
            gone = actions.depart(soon, first.id, reason="x", destination="prs")
            event = db.session.scalar(db.select(db.func.max(PlacementEvent.id))) or 0
            back = {"status": "in", "departed_at": None}
            move(soon, gone, Happened.UNDONE, back, undoes=event)
        assert at_hub(later(hours=2)).occupied == 2
        with transaction():
            wrong = replace(first, status=PlacementStatus.VOIDED)
            db.session.execute(
                update(Placement).where(Placement.id == first.id).values(status="voided")
            )
            note(soon, wrong, Happened.VOIDED)
        assert at_hub(later(minutes=1)).occupied == 1

    def test_who_is_away_keeps_the_bed(self) -> None:
        with transaction():
            act = an_act(Role.HUB, HUB)
            inside = actions.walk_in(act, person=a_person().ref, site=HUB)
            move(act, inside, Happened.AWAY, {"away_at": NOW})
        assert at_hub(later(hours=1)).occupied == 1

    def test_a_past_night_has_the_capacity_of_that_night(self) -> None:
        with transaction():
            capacity.set_capacity(by_service(NOW), a_site(), 12, night_of(NOW))
        assert at_hub(NOW).capacity == 12
        assert at_hub(NOW - timedelta(days=1)).capacity == 16

    def test_stays_that_name_no_bed_take_free_ones_first_and_then_are_over(self) -> None:
        with transaction():
            act = an_act(Role.HUB, HUB)
            beds = board.beds_of(a_site(), NOW)
            actions.void(act, beds[0].id, reason="Wet")
            ago = NOW - timedelta(days=400)
            rows = [
                {
                    "person_id": a_person().id,
                    "site_id": a_site().id,
                    "status": "departed",
                    "planned": False,
                    "made_at": ago,
                    "checked_in_at": ago,
                    "departed_at": later(hours=1),
                }
                for _ in range(17)
            ]
            db.session.execute(insert(Placement), rows)
        counts = at_hub(NOW)
        assert (counts.occupied, counts.free, counts.void, counts.over) == (17, 0, 0, 1)
        assert at_hub(later(hours=1)).void == 1


def test_a_past_board_is_masked_as_today(app: Flask, as_role: Ask) -> None:
    known = {"intake_from": time(22), "intake_to": time(7), "dogs": True, "couples": True}
    with app.app_context(), transaction() as session:
        session.execute(update(Site).where(Site.code == "respite-rooms").values(**known))
    asked = "/api/v1/beds/then?at=2026-01-09T22:00"
    for role, sites, shown in (
        (Role.MANAGER, (), False),
        (Role.HUB, (HUB,), False),
        (Role.OUTREACH, (), True),
        (Role.HUB, ("respite-rooms",), True),
    ):
        told = as_role(role, *sites).get(asked).get_json()
        assert told["night"] == "2026-01-09"
        [respite] = [one for one in told["sites"] if one["code"] == "respite-rooms"]
        assert (respite["free"] is not None) == shown, role
        assert {respite["accepts"][name] is not None for name in known} == {shown}, role


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("", "missing"),
        ("2999-01-09T22:00", "has not come yet"),
        ("yesterday", "Write a date and time"),
        ("2025-03-30T01:30", "did not exist"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_moment_that_is_none_is_refused(as_role: Ask, signed_in: Ask, at: str, told: str) -> None:
    answer = as_role().get("/api/v1/beds/then", query_string={"at": at} if at else {})
    assert answer.status_code == 422
    assert told in str(answer.get_json()["errors"])
    page = signed_in().get("/beds/then", query_string={"at": at})
    assert page.status_code == (422 if at else 200)
    assert not at or told in page.get_data(as_text=True)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_page_shows_the_beds_of_a_past_night(signed_in: Ask) -> None:
    page: Any = signed_in().get("/beds/then?at=2026-01-09T22:00").get_data(as_text=True)
    assert "Night of 9 January 2026" in page
    early = signed_in().get("/beds/then?at=1999-01-09T22:00").get_data(as_text=True)
    assert "No site had beds that night" in early
    assert datetime(1999, 1, 9, tzinfo=UTC) < NOW
