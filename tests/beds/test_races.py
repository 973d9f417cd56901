"""Promises 1, 2, 3, 25 and 26: races for a bed, each with its negative control."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from pathway import idempotency
from pathway.acts import now
from pathway.beds import actions, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Bed, Placement
from pathway.beds.queries import FreeBed
from pathway.db import db, transaction
from pathway.nights import night_of
from tests.factories import HUB, a_person, a_site, an_act, token_of
from tests.races import Answer, ask, in_process, race
from tests.serving import served

CLIENTS = 50
LIVE = Placement.status.in_(("held", "booked", "in"))


@dataclass(frozen=True, slots=True)
class Night:
    """One bed at the hub, fifty people, one worker's token."""

    people: list[str]
    token: str


@pytest.fixture
def night(app: Flask) -> Night:
    with app.app_context(), transaction():
        act = an_act(at=now())
        set_capacity(act, a_site(), 1, night_of(act.at))
        people = [a_person().ref for _ in range(CLIENTS)]
        return Night(people, token_of("outreach-all@example.org"))


@pytest.fixture
def no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the application's own check away: every bed looks free to everybody."""

    def blindly(site_id: int, *_: Any, **__: Any) -> FreeBed:
        query = select(Bed.id, Bed.label).where(Bed.site_id == site_id).order_by(Bed.position)
        row = db.session.execute(query.limit(1)).one()
        return FreeBed(row.id, row.label, None)

    monkeypatch.setattr(queries, "claimable", blindly)


@pytest.fixture
def no_constraint(app: Flask) -> None:
    """Take the last judge away."""
    with app.app_context(), transaction() as session:
        session.execute(text("DROP INDEX uq_placement_live_bed"))
        session.execute(text("DROP INDEX uq_placement_live_person"))


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


def for_the_last_bed(address: str, night: Night) -> list[Answer]:
    bodies = [{"person": person, "site": HUB} for person in night.people]
    return race(address, night.token, bodies)


def one_wins_and_all_others_are_refused_cleanly(app: Flask, answers: list[Answer]) -> bool:
    statuses = Counter(answer.status for answer in answers)
    with app.app_context():
        rows = db.session.scalar(select(func.count()).select_from(Placement).where(LIVE))
    refused = [answer.body for answer in answers if answer.status == 409]
    clean = all(body["detail"] and "alternatives" in body for body in refused)
    return statuses == {201: 1, 409: CLIENTS - 1} and rows == 1 and clean


def test_fifty_clients_race_for_the_last_bed_and_one_wins(
    app: Flask, night: Night, address: str
) -> None:
    answers = for_the_last_bed(address, night)
    assert one_wins_and_all_others_are_refused_cleanly(app, answers)


def test_fifty_clients_race_at_the_server_as_it_is_run(
    app: Flask, database_url: str, engine: str, night: Night, tmp_path: Path
) -> None:
    workers = 1 if engine == "sqlite" else 2
    with served(database_url, tmp_path / "log", workers) as address:
        answers = for_the_last_bed(address, night)
    assert one_wins_and_all_others_are_refused_cleanly(app, answers)
    assert "locked" not in (tmp_path / "log").read_text()


@pytest.mark.usefixtures("no_check")
def test_without_the_check_the_constraint_refuses(app: Flask, night: Night, address: str) -> None:
    answers = for_the_last_bed(address, night)
    assert one_wins_and_all_others_are_refused_cleanly(app, answers)


@pytest.mark.usefixtures("no_check", "no_constraint")
def test_without_check_and_constraint_the_race_is_lost(
    app: Flask, night: Night, address: str
) -> None:
    """The negative control: the same test, the guards removed, must fail."""
    answers = for_the_last_bed(address, night)
    assert not one_wins_and_all_others_are_refused_cleanly(app, answers)
    assert Counter(answer.status for answer in answers)[201] > 1


def one_person_at_two_sites(app: Flask, night: Night, address: str) -> int:
    person = night.people[0]
    sites = [HUB, "st-giles", "finchley-hub", "grays-inn-road"] * 3
    race(address, night.token, [{"person": person, "site": site} for site in sites])
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Placement).where(LIVE)) or 0)


def test_one_person_held_at_several_sites_at_once_gets_one(
    app: Flask, night: Night, address: str
) -> None:
    assert one_person_at_two_sites(app, night, address) == 1


def no_standing(_person_id: int) -> None:
    """Pretend that nobody is placed anywhere."""


def test_the_constraint_alone_keeps_one_person_to_one_bed(
    app: Flask, night: Night, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "live_placement_of", no_standing)
    assert one_person_at_two_sites(app, night, address) == 1


@pytest.mark.usefixtures("no_constraint")
def test_without_check_and_constraint_one_person_gets_several(
    app: Flask, night: Night, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "live_placement_of", no_standing)
    assert one_person_at_two_sites(app, night, address) > 1


def test_eight_copies_with_one_key_make_one_hold_and_answer_alike(
    app: Flask, night: Night, address: str
) -> None:
    body = {"person": night.people[0], "site": HUB}
    answers = race(address, night.token, [body] * 8, key="a double tap")
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Placement)) == 1


def test_without_the_key_the_copies_do_not_answer_alike(
    app: Flask, night: Night, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: nobody takes the key, so each copy is judged for itself."""
    monkeypatch.setattr(idempotency, "_claim", lambda *_: None)
    body = {"person": night.people[0], "site": HUB}
    answers = race(address, night.token, [body] * 8, key="a double tap")
    assert {answer.status for answer in answers} == {201, 409}


def test_copies_across_processes_make_one_hold_and_answer_alike(
    app: Flask, database_url: str, engine: str, night: Night, tmp_path: Path
) -> None:
    workers = 1 if engine == "sqlite" else 2
    body = {"person": night.people[0], "site": HUB}
    with served(database_url, tmp_path / "log", workers) as address:
        answers = race(address, night.token, [body] * 8, key="a proxy retries")
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1


def test_a_copy_of_what_is_still_being_done_is_sent_away(
    app: Flask, night: Night, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    hold = actions.hold

    def slowly(*args: Any, **values: Any) -> Any:
        begun.set()
        go_on.wait(30)
        return hold(*args, **values)

    monkeypatch.setattr(actions, "hold", slowly)
    body = {"person": night.people[0], "site": HUB}
    first: list[Answer] = []
    thread = threading.Thread(
        target=lambda: first.append(ask(address, "/api/v1/placements", night.token, body, "k"))
    )
    thread.start()
    assert begun.wait(10)
    copy = ask(address, "/api/v1/placements", night.token, body, "k")
    go_on.set()
    thread.join()
    assert copy.status == 409
    assert "being done" in copy.body["detail"]
    assert first[0].status == 201
    again = ask(address, "/api/v1/placements", night.token, body, "k")
    assert again == first[0]
