"""Promise 8 for moves: one wins, and who moves in opposite directions waits for nobody for ever."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask

from pathway import engines, idempotency
from pathway.acts import now
from pathway.beds import actions, board, queries, transfers
from pathway.beds.capacity import set_capacity
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import transaction
from pathway.nights import night_of
from pathway.staff.doing import Role
from tests.factories import HUB, a_person, a_site, an_act, token_of
from tests.races import Answer, ask, at_once, in_process

only_postgresql = pytest.mark.parametrize("engine", ["postgresql"])
"""On SQLite writers take turns: nobody waits for a row."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


@pytest.fixture
def residents(app: Flask) -> list[PlacementFacts]:
    """Return two who are in at the hub, of which four beds are left."""
    with app.app_context(), transaction():
        set_capacity(an_act(), a_site(), 4, night_of(now()))
        door = an_act(Role.HUB, HUB, at=now())
        return [actions.walk_in(door, person=a_person().ref, site=HUB) for _ in range(2)]


@pytest.fixture
def tokens(app: Flask, residents: object) -> dict[str, str]:
    with app.app_context(), transaction():
        return {
            "worker": token_of("outreach-all@example.org"),
            "door": token_of(f"hub-{HUB}@example.org"),
        }


def free_beds(app: Flask) -> list[int]:
    with app.app_context():
        return [bed.id for bed in board.beds_of(a_site(), now()) if bed.claim is None]


def live(app: Flask) -> int:
    with app.app_context():
        found = queries.matching()
    return sum(one.status is PlacementStatus.IN for one in found)


def move(address: str, token: str, placement: PlacementFacts, bed: int) -> Answer:
    path = f"/api/v1/placements/{placement.id}/transfer"
    return ask(address, path, token, {"bed": str(bed)})


def test_a_bed_goes_to_a_move_or_to_a_hold_and_never_to_both(
    app: Flask, address: str, residents: list[PlacementFacts], tokens: dict[str, str]
) -> None:
    bed = free_beds(app)[0]
    with app.app_context(), transaction():
        person = a_person().ref
    hold = {"person": person, "bed": str(bed)}
    answers = at_once(
        [
            partial(move, address, tokens["door"], residents[0], bed),
            partial(ask, address, "/api/v1/placements", tokens["worker"], hold),
        ]
    )
    assert sorted(answer.status for answer in answers) in ([200, 409], [201, 409])
    assert live(app) == 2


def test_one_person_is_moved_to_one_bed(
    app: Flask, address: str, residents: list[PlacementFacts], tokens: dict[str, str]
) -> None:
    both = free_beds(app)[:2]
    answers = at_once([partial(move, address, tokens["door"], residents[0], bed) for bed in both])
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert live(app) == 2


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
    monkeypatch.setattr(idempotency, "TRIES", 1)
    return seen


@pytest.fixture
def without_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away: each move locks its own bed first, and then the other in step."""
    both, lock = threading.Barrier(2), queries.lock_bed
    held = threading.local()

    def backwards(beds: Any) -> list[int]:
        held.first = True
        return list(beds)

    def in_step(bed: int) -> None:
        lock(bed)
        if getattr(held, "first", False):
            held.first = False
            both.wait(10)

    monkeypatch.setattr(transfers, "in_order", backwards)
    monkeypatch.setattr(queries, "lock_bed", in_step)


def in_opposite_directions(address: str, residents: list[PlacementFacts], token: str) -> list[int]:
    """Let two people move into each other's bed, which is not possible, in one moment."""
    first, second = residents
    answers = at_once(
        [
            partial(move, address, token, first, second.bed_id or 0),
            partial(move, address, token, second, first.bed_id or 0),
        ]
    )
    return sorted(answer.status for answer in answers)


@only_postgresql
def test_moves_in_opposite_directions_do_not_wait_for_each_other(
    address: str,
    residents: list[PlacementFacts],
    tokens: dict[str, str],
    collisions: list[bool],
) -> None:
    assert in_opposite_directions(address, residents, tokens["door"]) == [409, 409]
    assert collisions == []


@only_postgresql
@pytest.mark.usefixtures("without_an_order")
def test_without_an_order_of_locks_one_of_them_is_given_up(
    address: str,
    residents: list[PlacementFacts],
    tokens: dict[str, str],
    collisions: list[bool],
) -> None:
    """The negative control."""
    assert 503 in in_opposite_directions(address, residents, tokens["door"])
    assert collisions == [True]
