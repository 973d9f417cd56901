"""Promise 51: guessing is throttled, the same for everybody, in every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from pathway.acts import now
from pathway.db import db, transaction
from pathway.errors import TooMany
from pathway.staff import tries
from pathway.staff.doing import Role
from pathway.staff.models import Tries
from pathway.staff.secrecy import LIMITS, Guess
from pathway.web import create_app
from tests.conftest import Ask, settings, submit
from tests.staff.conftest import EMAIL, Add, Clock, as_told, count, is_in, sign_in, values, whats

WRONG = "not the password"
MOST = LIMITS[Guess.PASSWORD].most


def guess(client: FlaskClient, times: int = MOST, email: str = EMAIL) -> None:
    for _ in range(times):
        assert sign_in(client, email, WRONG).status_code == 422


def elsewhere(app: Flask, address: str = "192.0.2.7") -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that reach the database meanwhile."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_the_sixth_guess_is_refused_even_with_the_right_password(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    guess(client)
    answer = sign_in(client)
    assert answer.status_code == 429
    assert not is_in(client)


def test_who_is_refused_hears_for_how_long_and_whom_to_ring(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    guess(client)
    answer = sign_in(client)
    assert 14 * 60 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "Wait 15 minutes" in answer.text
    assert "020 7846 3535" in answer.text


def test_another_place_goes_on(app: Flask, add: Add) -> None:
    add()
    guess(app.test_client())
    there = elsewhere(app)
    assert sign_in(there).status_code == 303
    assert is_in(there)


def test_another_address_goes_on(app: Flask, add: Add) -> None:
    add()
    add(email="sam@example.org")
    client = app.test_client()
    guess(client)
    assert sign_in(client, "sam@example.org").status_code == 303


def test_spaces_and_capitals_make_no_other_address(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    for email in (EMAIL, EMAIL.upper(), f" {EMAIL}", f"{EMAIL} ", "Robin@Example.Org"):
        guess(client, 1, email)
    assert sign_in(client).status_code == 429


def test_after_a_quarter_of_an_hour_it_works_again(app: Flask, add: Add, clock: Clock) -> None:
    add()
    client = app.test_client()
    guess(client)
    clock.passes(minutes=14)
    assert sign_in(client).status_code == 429
    clock.passes(minutes=1, seconds=1)
    assert sign_in(client).status_code == 303
    assert is_in(client)


def test_being_refused_does_not_make_it_longer(app: Flask, add: Add, clock: Clock) -> None:
    add()
    client = app.test_client()
    guess(client)
    for _ in range(14):
        clock.passes(minutes=1)
        assert sign_in(client).status_code == 429
    clock.passes(minutes=1, seconds=1)
    assert sign_in(client).status_code == 303


def test_a_right_password_forgives(app: Flask, add: Add) -> None:
    add()
    for _ in range(3):
        guess(app.test_client(), MOST - 1)
        assert sign_in(app.test_client()).status_code == 303


def test_a_shift_change_behind_one_address_is_never_too_many(app: Flask, add: Add) -> None:
    add()
    for _ in range(LIMITS[Guess.PLACE].most + 1):
        assert sign_in(app.test_client()).status_code == 303


def test_a_right_password_does_not_forgive_guesses_at_others(app: Flask, add: Add) -> None:
    add()
    most = LIMITS[Guess.PLACE].most
    for number in range(most):
        guess(app.test_client(), 1, f"nobody-{number}@example.org")
        if number < most - 1:
            assert sign_in(app.test_client()).status_code == 303
    assert sign_in(app.test_client()).status_code == 429
    assert sign_in(elsewhere(app)).status_code == 303


def test_an_unknown_address_is_answered_like_a_known_one(app: Flask, add: Add) -> None:
    add()
    told = []
    for email, address in ((EMAIL, "192.0.2.1"), ("no-one@example.org", "192.0.2.2")):
        client = elsewhere(app, address)
        with statements(app) as sent:
            answers = [sign_in(client, email, WRONG) for _ in range(MOST + 2)]
        statuses = [answer.status_code for answer in answers]
        assert statuses == [*[422] * MOST, 429, 429]
        pages = [as_told(answer).replace(email, "") for answer in answers]
        told.append((pages, [one.split("WHERE")[0] for one in sent]))
    assert told[0] == told[1]


def test_a_spent_limit_is_refused_without_writing(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    guess(client)
    before, told = values(app, select(Tries.count)), whats(app)
    with statements(app) as sent:
        assert sign_in(client).status_code == 429
    assert all(one.startswith(("SELECT", "BEGIN")) and "IMMEDIATE" not in one for one in sent)
    assert values(app, select(Tries.count)) == before
    assert whats(app) == told


def test_wrong_passwords_are_on_the_audit_trail_alike(app: Flask, add: Add) -> None:
    add()
    guess(app.test_client(), 1)
    guess(app.test_client(), 1, "nobody@example.org")
    assert whats(app).count("wrong password") == 2


def test_no_address_stands_in_the_counts(app: Flask, add: Add) -> None:
    add()
    guess(app.test_client(), 1)
    keys = values(app, select(Tries.key))
    assert len(keys) == 3
    assert all(len(key) == 64 and "robin" not in key for key in keys)


def test_counts_of_yesterday_are_forgotten(app: Flask, clock: Clock) -> None:
    guess(app.test_client(), 1, "nobody@example.org")
    clock.passes(days=1, minutes=1)
    guess(elsewhere(app), 1, "somebody@example.org")
    assert count(app, select(Tries.key)) == 3


def test_a_try_beyond_the_limit_says_how_long(store: Flask) -> None:
    at = now()
    with transaction():
        for _ in range(MOST):
            tries.count_try(at, Guess.CODE, 1)
    with pytest.raises(TooMany) as refusal, transaction():
        tries.count_try(at, Guess.CODE, 1)
    assert refusal.value.seconds == 15 * 60


def test_links_that_never_were_are_counted(app: Flask) -> None:
    client = app.test_client()
    for number in range(LIMITS[Guess.LINK].most):
        assert client.get(f"/set-password/guess-{number}").status_code == 404
    assert client.get("/set-password/one-more").status_code == 429
    assert elsewhere(app).get("/set-password/one-more").status_code == 404


def call(client: FlaskClient, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.get("/api/v1/beds/tonight", headers=headers)
    assert answer.status_code == 200 or answer.content_type == "application/problem+json"
    return answer.status_code


def test_wrong_tokens_are_counted_and_a_right_one_is_never_refused(
    app: Flask, as_role: Ask
) -> None:
    stranger, friend = app.test_client(), as_role(Role.OUTREACH)
    most = LIMITS[Guess.TOKEN].most
    assert [call(stranger, f"pw_{number}") for number in range(most)] == [401] * most
    refused = stranger.get("/api/v1/beds/tonight", headers={"Authorization": "Bearer pw_more"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.get_json()["status"] == 429
    for _ in range(most + 1):
        assert friend.get("/api/v1/beds/tonight").status_code == 200
    assert call(elsewhere(app), "pw_other") == 401


def test_calls_without_a_token_are_counted_apart(app: Flask, as_role: Ask) -> None:
    stranger, friend = app.test_client(), as_role(Role.OUTREACH)
    most = LIMITS[Guess.BARE].most
    assert [call(stranger, None) for _ in range(most)] == [401] * most
    assert call(stranger, None) == 429
    assert call(stranger, "pw_wrong") == 401
    assert friend.get("/api/v1/beds/tonight").status_code == 200
    assert stranger.get("/api/v1/openapi.json").status_code == 200
    assert stranger.get("/sign-in").status_code == 200


def test_nobody_who_is_in_is_ever_too_many(signed_in: Ask, as_role: Ask) -> None:
    browser, program = signed_in(Role.OUTREACH), as_role(Role.OUTREACH)
    for _ in range(LIMITS[Guess.BARE].most + 1):
        assert browser.get("/help").status_code == 200
        assert program.get("/api/v1/beds/tonight").status_code == 200


def through(app: Flask, hops: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = hops
    return client


def test_without_proxies_nobody_names_their_own_place(app: Flask) -> None:
    for number in range(MOST):
        guess(through(app, f"192.0.2.{number}"), 1)
    assert sign_in(through(app, "192.0.2.99")).status_code == 429


def test_one_proxy_is_believed_about_the_last_hop_only(database_url: str) -> None:
    app = create_app(replace(settings(database_url), proxies=1))
    for number in range(MOST):
        guess(through(app, f"192.0.2.{number}, 198.51.100.1"), 1)
    assert sign_in(through(app, "192.0.2.99, 198.51.100.1")).status_code == 429
    assert sign_in(through(app, "198.51.100.1, 198.51.100.2")).status_code == 422
    with app.app_context():
        db.engine.dispose()


def test_one_household_is_one_place_however_many_addresses_it_has(app: Flask) -> None:
    for number in range(MOST):
        guess(elsewhere(app, f"2001:db8:1:2::{number}"), 1)
    assert sign_in(elsewhere(app, "2001:db8:1:2:ffff::1")).status_code == 429
    assert sign_in(elsewhere(app, "2001:db8:1:3::1")).status_code == 422
    assert sign_in(elsewhere(app, "::ffff:192.0.2.1")).status_code == 422
    assert sign_in(elsewhere(app, "::1")).status_code == 422


def test_a_wrong_form_token_is_no_guess(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    for _ in range(MOST + 1):
        assert client.post("/sign-in", data={"email": EMAIL, "password": "x"}).status_code == 400
    assert submit(client, "/sign-in", {"email": EMAIL, "password": "x"}).status_code == 422
