"""Promise 8: whoever moves in the opposite order, nobody is shown a deadlock."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway import acts, engines, idempotency
from pathway.acts import now
from pathway.beds import actions, board, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Bed, Placement
from pathway.beds.queries import FreeBed
from pathway.db import db, transaction
from pathway.nights import night_of
from pathway.staff import acting
from pathway.staff.doing import Role
from tests.factories import HUB, a_person, a_site, an_act, token_of
from tests.races import ask, at_once, in_process, race

BEDS = 3
ACTORS = 8
MOVES = 40
PLACEMENTS = "/api/v1/placements"

only_postgresql = pytest.mark.parametrize("engine", ["postgresql"])
"""On SQLite writers take turns: nobody waits for a row."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


@pytest.fixture
def people(app: Flask) -> list[str]:
    with app.app_context(), transaction():
        set_capacity(an_act(), a_site(), BEDS, night_of(now()))
        an_act(Role.HUB, HUB)
        return [a_person().ref for _ in range(2 * BEDS)]


@pytest.fixture
def tokens(app: Flask, people: list[str]) -> dict[str, str]:
    with app.app_context(), transaction():
        return {
            "worker": token_of("outreach-all@example.org"),
            "door": token_of(f"hub-{HUB}@example.org"),
        }


@pytest.fixture
def collisions(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that grows with each transaction that PostgreSQL gives up."""
    seen: list[bool] = []
    collided = engines.collided

    def noting(problem: Any) -> bool:
        if collided(problem):
            seen.append(True)
        return collided(problem)

    monkeypatch.setattr(engines, "collided", noting)
    return seen


@pytest.fixture
def clocks_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every second request come three hours ago: its holds have lapsed for the others."""
    dice = random.Random(8)
    monkeypatch.setattr(acting, "now", lambda: acts.now() - timedelta(hours=dice.choice((0, 3))))


def beds_of_the_hub(app: Flask) -> list[int]:
    with app.app_context():
        return [bed.id for bed in board.beds_of(a_site(), now())]


@dataclass(slots=True)
class Hub:
    """A hub as the actors see it; the placements that any of them made are everybody's."""

    address: str
    tokens: dict[str, str]
    people: list[str]
    beds: list[int]
    made: list[str] = field(default_factory=lambda: ["1"])

    def move(self, dice: random.Random, person: str, bed: int) -> int:
        """Do one thing with a person or a bed; return the status of the answer."""
        held = f"{PLACEMENTS}/{dice.choice(self.made[-BEDS:])}"
        left = {"reason": "x", "destination": "street"}
        hold = ("worker", PLACEMENTS, {"person": person, "bed": str(bed)})
        things: list[tuple[str, str, dict[str, str]]] = [
            *[hold] * 4,
            ("worker", PLACEMENTS, {"person": person, "site": HUB}),
            *[("door", f"{held}/release", {})] * 2,
            ("door", f"{held}/check-in", {}),
            *[("door", f"{held}/depart", left)] * 2,
            ("door", f"/api/v1/beds/{bed}/void", {"reason": "Window broken"}),
            *[("door", f"/api/v1/beds/{bed}/reinstate", {})] * 2,
        ]
        who, path, body = dice.choice(things)
        answer = ask(self.address, path, self.tokens[who], body)
        if answer.status == 201:
            self.made.append(answer.body["id"])
        return answer.status

    def moves(self, number: int) -> list[int]:
        """Move people and beds about as one actor; every second one goes backwards."""
        dice = random.Random(number)
        way = -1 if number % 2 else 1
        people, beds = cycle(self.people[::way]), cycle(self.beds[::way])
        return [self.move(dice, next(people), next(beds)) for _ in range(MOVES)]


@pytest.mark.usefixtures("clocks_apart")
def test_moves_in_opposite_orders_show_nobody_a_deadlock(
    app: Flask, address: str, people: list[str], tokens: dict[str, str]
) -> None:
    hub = Hub(address, tokens, people, beds_of_the_hub(app))
    answers = at_once([partial(hub.moves, number) for number in range(ACTORS)])
    told = Counter(status for statuses in answers for status in statuses)
    assert {status for status in told if status >= 500} == set()
    assert told[200] > ACTORS
    assert told[201] > ACTORS


@pytest.fixture
def swaps(app: Flask, people: list[str]) -> list[dict[str, str]]:
    """Return the requests of two people whose holds have lapsed, for each other's bed."""
    with app.app_context(), transaction() as session:
        act = an_act(at=now(), email="before@example.org")
        pair = people[:2]
        held = [actions.hold(act, person=ref, site=HUB).bed_id for ref in pair]
        session.execute(update(Placement).values(expires_at=now() - timedelta(minutes=1)))
    return [{"person": ref, "bed": str(bed)} for ref, bed in zip(pair, reversed(held), strict=True)]


def two_who_change_beds(
    address: str, tokens: dict[str, str], swaps: list[dict[str, str]]
) -> Counter[int]:
    """Let the two take each other's bed in the same moment."""
    return Counter(answer.status for answer in race(address, tokens["worker"], swaps))


@pytest.fixture
def in_step(swaps: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first two claims go on only when both have their bed."""
    both, claim, calls = threading.Barrier(2), queries.claimable, iter(range(10))

    def claimable(*args: Any, **values: Any) -> FreeBed | None:
        found = claim(*args, **values)
        if next(calls) < 2:
            both.wait(10)
        return found

    monkeypatch.setattr(queries, "claimable", claimable)


@pytest.fixture
def locks_that_stop_everybody(in_step: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away: lock a bed so that no event may name it."""
    claim = queries.claimable

    def claimable(*args: Any, **values: Any) -> FreeBed | None:
        found = claim(*args, **values)
        if found is not None:
            db.session.execute(select(Bed.id).where(Bed.id == found.id).with_for_update())
        return found

    monkeypatch.setattr(queries, "claimable", claimable)


@pytest.fixture
def tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the other guard away: what collides is not done again."""
    monkeypatch.setattr(idempotency, "TRIES", 1)


@only_postgresql
@pytest.mark.usefixtures("in_step", "tried_once")
def test_two_who_change_beds_do_not_wait_for_each_other(
    address: str, swaps: list[dict[str, str]], tokens: dict[str, str], collisions: list[bool]
) -> None:
    assert two_who_change_beds(address, tokens, swaps) == {201: 2}
    assert collisions == []


@only_postgresql
@pytest.mark.usefixtures("locks_that_stop_everybody", "tried_once")
def test_with_both_guards_removed_one_of_them_is_shown_a_deadlock(
    address: str, swaps: list[dict[str, str]], tokens: dict[str, str], collisions: list[bool]
) -> None:
    """The negative control."""
    assert two_who_change_beds(address, tokens, swaps) == {201: 1, 503: 1}
    assert collisions == [True]


@only_postgresql
@pytest.mark.usefixtures("locks_that_stop_everybody")
def test_what_collides_is_done_again_and_nobody_hears_of_it(
    address: str, swaps: list[dict[str, str]], tokens: dict[str, str], collisions: list[bool]
) -> None:
    assert two_who_change_beds(address, tokens, swaps) == {201: 2}
    assert collisions == [True]
