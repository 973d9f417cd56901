"""The same request twice is done once; a key belongs to one member of staff."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from pathway.acts import now
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Placement
from pathway.db import db, transaction
from pathway.idempotency import KEPT, SWEEP_EVERY, IdempotencyKey
from pathway.nights import night_of
from tests.conftest import Ask
from tests.factories import HUB, a_person, a_site, an_act


@pytest.fixture
def person(app: Flask) -> str:
    with app.app_context(), transaction():
        return a_person().ref


def place(
    client: FlaskClient, person: str, key: str, site: str = HUB
) -> tuple[int, dict[str, object]]:
    answer = client.post(
        "/api/v1/placements",
        json={"person": person, "site": site},
        headers={"Idempotency-Key": key},
    )
    return answer.status_code, answer.get_json()


def placements(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Placement)) or 0)


def test_the_same_key_and_body_give_the_same_answer(app: Flask, as_role: Ask, person: str) -> None:
    client = as_role()
    assert place(client, person, "k") == place(client, person, "k")
    assert placements(app) == 1


def test_the_same_key_with_another_body_is_refused(as_role: Ask, person: str) -> None:
    client = as_role()
    assert place(client, person, "k")[0] == 201
    status, body = place(client, person, "k", "st-giles")
    assert status == 422
    assert "Idempotency-Key" in body["errors"]  # type: ignore[operator]


def test_the_same_key_at_another_address_is_refused(as_role: Ask, person: str) -> None:
    client = as_role()
    place(client, person, "k")
    answer = client.post("/api/v1/people", json={}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422


def test_a_key_belongs_to_one_member_of_staff(app: Flask, as_role: Ask, person: str) -> None:
    assert place(as_role(), person, "k")[0] == 201
    status, body = place(as_role(), person, "k")
    assert (status, body["detail"]) == (409, "Already placed. Ring the duty manager.")


def test_a_refusal_is_judged_again(app: Flask, as_role: Ask, person: str) -> None:
    client = as_role()
    with app.app_context(), transaction():
        act = an_act(at=now())
        set_capacity(act, a_site(), 0, night_of(act.at))
    assert place(client, person, "k")[0] == 409
    with app.app_context(), transaction():
        set_capacity(act, a_site(), 1, night_of(act.at))
    assert place(client, person, "k")[0] == 201


@pytest.mark.parametrize(("age", "fresh"), [(KEPT - timedelta(minutes=1), False), (KEPT, True)])
def test_a_key_is_kept_for_a_day(app: Flask, as_role: Ask, age: timedelta, fresh: bool) -> None:
    client = as_role()
    first = client.post("/api/v1/people", json={}, headers={"Idempotency-Key": "k"}).get_json()
    with app.app_context(), transaction() as session:
        session.execute(update(IdempotencyKey).values(at=now() - age - timedelta(seconds=1)))
    again = client.post("/api/v1/people", json={}, headers={"Idempotency-Key": "k"}).get_json()
    assert (again["ref"] != first["ref"]) is fresh


def test_the_answers_of_old_keys_are_forgotten(app: Flask, as_role: Ask) -> None:
    client = as_role()
    old = {"Idempotency-Key": "old"}
    client.post("/api/v1/people", json={"given_name": "Fern"}, headers=old)
    with app.app_context(), transaction() as session:
        session.execute(update(IdempotencyKey).values(at=now() - KEPT - timedelta(seconds=1)))
    for number in range(SWEEP_EVERY):
        client.post("/api/v1/people", json={}, headers={"Idempotency-Key": str(number)})
    with app.app_context():
        kept = db.session.scalars(select(IdempotencyKey.key)).all()
    assert "old" not in kept
    assert len(kept) == SWEEP_EVERY


@pytest.mark.parametrize("key", ["x" * 201, "a\x7fb"])
def test_a_key_that_cannot_be_kept_is_refused(as_role: Ask, key: str) -> None:
    answer = as_role().post("/api/v1/people", json={}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
