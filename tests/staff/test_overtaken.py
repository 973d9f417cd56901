"""What changes between judging a secret and signing in with it stops the sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pathway import acts
from pathway.acts import by_service
from pathway.db import db, transaction
from pathway.staff import actions, signing_in
from pathway.staff.doing import Role
from pathway.staff.models import ScreenStaff, SignIn, Staff
from tests.factories import PASSWORD
from tests.staff.conftest import Add, act_on, is_in, sign_in, whats
from tests.staff.test_screens import PIN, come_back, hide, set_pin

Change = Callable[[int], object]


def reset(ident: int) -> None:
    actions.set_password(by_service(acts.now()), ident, "another hash")


def let_go(ident: int) -> None:
    actions.leave(by_service(acts.now()), ident)


def sign_out(ident: int) -> None:
    actions.end_sign_ins(by_service(acts.now()), ident)


def set_up_factor(ident: int) -> None:
    stored = update(Staff).where(Staff.id == ident).values(totp_secret="locked")
    with_session(stored)


def end_shift(ident: int) -> None:
    with_session(update(ScreenStaff).where(ScreenStaff.staff_id == ident).values(until=acts.now()))


def replace_pin(ident: int) -> None:
    signing_in.set_pin(by_service(acts.now()), ident, "another hash")


def with_session(statement: Any) -> None:
    db.session.execute(statement)


def nothing(_ident: int) -> None:
    """Change nothing: the control."""


def meanwhile(monkeypatch: pytest.MonkeyPatch, seam: str, change: Change) -> None:
    """Let something change once a secret was judged, before anything begins."""
    judge = getattr(signing_in, seam)

    def judge_slowly(*told: Any, **more: Any) -> Any:
        known = judge(*told, **more)
        with transaction():
            change(known.id)
        return known

    monkeypatch.setattr(signing_in, seam, judge_slowly)


@pytest.mark.parametrize("change", [reset, let_go, set_up_factor])
def test_a_password_that_was_overtaken_is_a_wrong_one(
    app: Flask, add: Add, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    add()
    meanwhile(monkeypatch, "password_matches", change)
    client = app.test_client()
    assert sign_in(client).status_code == 422
    assert not is_in(client)
    assert whats(app)[-1] == "wrong password"


def test_so_is_one_that_would_only_wait_for_a_code(
    app: Flask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(Role.MANAGER)
    meanwhile(monkeypatch, "password_matches", reset)
    client = app.test_client()
    assert sign_in(client).status_code == 422
    assert client.get("/sign-in/second-factor").location.startswith("/sign-in?")


def test_a_password_that_nothing_overtakes_signs_in(
    app: Flask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add()
    meanwhile(monkeypatch, "password_matches", nothing)
    client = app.test_client()
    assert sign_in(client).status_code == 303
    assert is_in(client)


def test_without_looking_again_an_overtaken_password_signs_in(
    app: Flask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same reset, what was judged not looked at again."""
    add()
    meanwhile(monkeypatch, "password_matches", reset)
    monkeypatch.setattr(signing_in, "still_stands", lambda _judged: True)
    client = app.test_client()
    assert sign_in(client).status_code == 303
    assert is_in(client)


@pytest.fixture
def robin(add: Add) -> int:
    return add(Role.HUB, "165-hub")


@pytest.fixture
def hidden(app: Flask, robin: int) -> FlaskClient:
    client = app.test_client()
    sign_in(client, shared="yes")
    set_pin(client)
    hide(client)
    return client


@pytest.mark.parametrize("change", [reset, let_go, sign_out, end_shift, replace_pin])
def test_a_pin_that_was_overtaken_is_a_wrong_one(
    app: Flask, hidden: FlaskClient, robin: int, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    meanwhile(monkeypatch, "pin_matches", change)
    assert come_back(hidden, robin).status_code == 422
    assert not is_in(hidden)
    assert whats(app)[-1] == "wrong PIN"


def test_a_pin_that_nothing_overtakes_signs_in(
    hidden: FlaskClient, robin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "pin_matches", nothing)
    assert come_back(hidden, robin).status_code == 303
    assert is_in(hidden)


def test_a_second_full_sign_in_on_a_known_screen_lengthens_the_shift(
    app: Flask, hidden: FlaskClient, robin: int
) -> None:
    assert sign_in(hidden, shared="yes").status_code == 303
    assert act_on(hidden, "/screen/hide").status_code == 303
    assert come_back(hidden, robin, PIN).status_code == 303
    with app.app_context(), transaction() as session:
        assert len(session.execute(select(ScreenStaff.until)).all()) == 1
        assert len(session.execute(select(SignIn.id)).all()) == 3


@pytest.mark.parametrize("action", ["leave", "come_back", "remove_factor", "end_sign_ins"])
def test_what_is_so_already_leaves_no_line(app: Flask, add: Add, action: str) -> None:
    ident = add()
    do = getattr(signing_in if action == "remove_factor" else actions, action)
    if action == "remove_factor":
        with app.app_context(), transaction():
            set_up_factor(ident)
    if action == "come_back":
        with app.app_context(), transaction():
            let_go(ident)
    if action == "end_sign_ins":
        sign_in(app.test_client())
    told = []
    for _ in range(2):
        before = len(whats(app))
        with app.app_context(), transaction():
            do(by_service(acts.now()), ident)
        told.append(len(whats(app)) - before)
    assert told == [1, 0]


def test_a_link_that_replaces_a_password_ends_tokens_and_says_so(app: Flask, add: Add) -> None:
    ident = add()
    email = "robin@example.org"
    with app.app_context(), transaction():
        act = by_service(acts.now())
        old, link = actions.make_token(act, email), actions.make_link(act, ident)
    client = app.test_client()
    page = client.get(f"/set-password/{link}").text
    assert "ends your API tokens" in page
    with app.app_context(), transaction():
        actions.use_link(by_service(acts.now()), link, actions.kept_password(PASSWORD))
        new = actions.make_token(by_service(acts.now()), email)
    assert [called(client, token) for token in (old, new)] == [401, 200]
    assert "revoke tokens" in whats(app)


def test_a_first_password_leaves_a_token_good(app: Flask, add: Add) -> None:
    ident = add()
    with app.app_context(), transaction():
        with_session(update(Staff).values(password_hash=None))
        act = by_service(acts.now())
        token, link = actions.make_token(act, "robin@example.org"), actions.make_link(act, ident)
    client = app.test_client()
    assert "API tokens" not in client.get(f"/set-password/{link}").text
    with app.app_context(), transaction():
        actions.use_link(by_service(acts.now()), link, actions.kept_password(PASSWORD))
    assert called(client, token) == 200


def called(client: FlaskClient, token: str) -> int:
    bearer = {"Authorization": f"Bearer {token}"}
    return client.get("/api/v1/beds/tonight", headers=bearer).status_code
