"""Signing in and out, and the links that set a password."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from pathway import acts
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.staff import actions
from pathway.staff.actions import LINK_LASTS
from pathway.staff.doing import Role
from pathway.staff.models import PasswordLink, SignIn, Staff
from pathway.staff.pages import WRONG
from pathway.staff.signing_in import SIGN_IN_LASTS
from tests import factories
from tests.conftest import Ask, csrf_of, submit
from tests.factories import PASSWORD
from tests.staff.conftest import as_told

EMAIL = "robin@example.org"
WEAK = "short"
COOKIE = "pathway"


@pytest.fixture
def member(app: Flask) -> int:
    """Add a member of staff who has a password; return the id."""
    with app.app_context(), transaction():
        act = factories.an_act(Role.OUTREACH, email=EMAIL)
        actions.set_password(act, act.staff_id or 0, actions.kept_password(PASSWORD))
        return act.staff_id or 0


@pytest.fixture
def link(app: Flask, member: int) -> Callable[..., str]:
    """Return the address of a new password link, made some time ago."""

    def make(ago: timedelta = timedelta(0)) -> str:
        act = acts.by_service(acts.now() - ago)
        with app.app_context(), transaction():
            return f"/set-password/{actions.make_link(act, member)}"

    return make


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, to: str = "") -> Any:
    return submit(client, "/sign-in", {"email": email, "password": password, "next": to})


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/people")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    return cookie.value if cookie else ""


def the_sentence(answer: Any) -> str:
    assert answer.status_code == 422
    [sentence] = re.findall(r'<li><a href="#\w+">([^<]+)</a>', answer.text)
    return str(sentence)


def leave(app: Flask, member: int) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).where(Staff.id == member).values(left_at=acts.now()))


def count(app: Flask, query: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


@pytest.mark.usefixtures("member")
def test_who_signs_in_is_in(app: Flask) -> None:
    client = app.test_client()
    assert not is_in(client)
    answer = sign_in(client)
    assert answer.status_code == 303
    assert is_in(client)


@pytest.mark.usefixtures("member")
def test_case_and_spaces_of_an_address_do_not_matter(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, email=f"  {EMAIL.upper()} ")
    assert is_in(client)


@pytest.mark.usefixtures("member")
def test_a_password_has_to_be_typed_exactly(app: Flask) -> None:
    for password in (PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1], ""):
        client = app.test_client()
        assert sign_in(client, password=password).status_code == 422
        assert not is_in(client)


@pytest.mark.usefixtures("member")
def test_an_unknown_address_and_a_wrong_password_get_the_same_sentence(app: Flask) -> None:
    wrong = sign_in(app.test_client(), password="not the password")
    unknown = sign_in(app.test_client(), email="nobody@example.org")
    assert the_sentence(wrong) == the_sentence(unknown) == WRONG


def test_who_never_set_a_password_gets_the_same_sentence(app: Flask) -> None:
    with app.app_context(), transaction():
        factories.an_act(Role.OUTREACH, email=EMAIL)
    for password in ("", "None", PASSWORD):
        assert the_sentence(sign_in(app.test_client(), password=password)) == WRONG


@pytest.mark.parametrize("email", ["", "%", "' OR 1=1 --", "x" * 10_000, "\x00", "🙂", "a@b\x00c"])
def test_whatever_is_typed_as_an_address_gets_the_same_sentence(app: Flask, email: str) -> None:
    assert the_sentence(sign_in(app.test_client(), email=email)) == WRONG


@pytest.mark.usefixtures("member")
def test_the_address_is_shown_again_and_the_password_never(app: Flask) -> None:
    page = sign_in(app.test_client(), password="not the password").text
    assert f'value="{EMAIL}"' in page
    assert "not the password" not in page


@pytest.mark.usefixtures("member")
def test_signing_in_changes_the_session(app: Flask) -> None:
    client = app.test_client()
    token = csrf_of(client, "/sign-in")
    before = cookie_of(client)
    assert before
    client.post("/sign-in", data={"csrf_token": token, "email": EMAIL, "password": PASSWORD})
    assert cookie_of(client) not in {"", before}
    assert is_in(client)


@pytest.mark.usefixtures("member")
def test_the_session_of_before_signing_in_is_worth_nothing_afterwards(app: Flask) -> None:
    client = app.test_client()
    client.get("/sign-in")
    before = cookie_of(client)
    sign_in(client)
    stranger = app.test_client()
    stranger.set_cookie(COOKIE, before)
    assert not is_in(stranger)


@pytest.mark.usefixtures("member")
def test_a_form_token_of_before_signing_in_is_worth_nothing_afterwards(app: Flask) -> None:
    client = app.test_client()
    token = csrf_of(client, "/sign-in")
    client.post("/sign-in", data={"csrf_token": token, "email": EMAIL, "password": PASSWORD})
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400
    assert is_in(client)


@pytest.mark.usefixtures("member")
def test_every_sign_in_is_another_secret(app: Flask) -> None:
    first, second = app.test_client(), app.test_client()
    sign_in(first)
    sign_in(second)
    with first.session_transaction() as one, second.session_transaction() as other:
        assert one["sign_in"] != other["sign_in"]


@pytest.mark.usefixtures("member")
def test_a_session_cookie_is_kept_from_scripts_and_from_other_sites(app: Flask) -> None:
    client = app.test_client()
    sign_in(client)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


@pytest.mark.usefixtures("member")
def test_no_secret_of_a_sign_in_is_kept_in_the_database(app: Flask) -> None:
    client = app.test_client()
    sign_in(client)
    with client.session_transaction() as session:
        secret = session["sign_in"]
    assert count(app, select(SignIn.id).where(SignIn.secret_hash == secret)) == 0
    assert count(app, select(SignIn.id)) == 1


@pytest.mark.usefixtures("member")
def test_signing_in_without_a_form_token_is_refused(app: Flask) -> None:
    client = app.test_client()
    client.get("/sign-in")
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_in(client)


@pytest.mark.usefixtures("member")
def test_a_forged_cookie_is_nobodys(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session["sign_in"] = "not a secret that was ever given"
    assert not is_in(client)


def test_signing_out_ends_it(signed_in: Ask) -> None:
    client = signed_in(Role.OUTREACH)
    assert is_in(client)
    answer = submit(client, "/sign-out", {}, page="/people")
    assert answer.status_code == 303
    assert not is_in(client)


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.OUTREACH)
    kept = cookie_of(client)
    submit(client, "/sign-out", {}, page="/people")
    thief = app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert not is_in(thief)


@pytest.mark.usefixtures("member")
def test_signing_out_of_one_browser_leaves_the_other(app: Flask) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(here)
    sign_in(there)
    submit(here, "/sign-out", {}, page="/people")
    assert not is_in(here)
    assert is_in(there)


def test_signing_out_takes_a_form_and_no_link(signed_in: Ask) -> None:
    client = signed_in(Role.OUTREACH)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert is_in(client)


def test_a_sign_in_ends_after_one_shift(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.OUTREACH)
    aged = {"expires_at": acts.now() - timedelta(seconds=1)}
    with app.app_context(), transaction() as session:
        session.execute(update(SignIn).values(**aged))
    assert not is_in(client)
    assert timedelta(hours=12) == SIGN_IN_LASTS


def test_who_leaves_is_out_at_the_next_request(app: Flask, member: int) -> None:
    client = app.test_client()
    sign_in(client)
    assert is_in(client)
    leave(app, member)
    assert not is_in(client)


def test_the_token_of_who_leaves_is_dead_at_the_next_request(app: Flask, as_role: Ask) -> None:
    client = as_role(Role.OUTREACH, email="leaver@example.org")
    assert client.get("/api/v1/beds/tonight").status_code == 200
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(left_at=acts.now()))
    assert client.get("/api/v1/beds/tonight").status_code == 401


def test_who_left_gets_the_same_sentence_as_a_stranger(app: Flask, member: int) -> None:
    leave(app, member)
    assert the_sentence(sign_in(app.test_client())) == WRONG


def test_the_link_of_who_left_is_dead(app: Flask, member: int, link: Callable[..., str]) -> None:
    address = link()
    leave(app, member)
    assert app.test_client().get(address).status_code == 404


@pytest.mark.usefixtures("member")
def test_who_is_not_in_is_asked_to_sign_in_and_brought_back(
    app: Flask,
) -> None:
    client = app.test_client()
    answer = client.get("/people?q=fern")
    assert answer.status_code == 303
    page = client.get(answer.location)
    wanted = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert sign_in(client, to=wanted[0]).location == "/people"
    assert "fern" not in answer.location


@pytest.mark.usefixtures("member")
def test_without_a_wish_the_way_leads_home(app: Flask) -> None:
    assert sign_in(app.test_client()).location == "/"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/////evil.example/x",
        "\\\\evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "\x01//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "https:evil.example",
        "http:///evil.example",
        "//[",
        "https://[evil",
        "/x\r\nSet-Cookie: pathway=1",
        "@evil.example",
        "http://localhost@evil.example/",
    ],
)
@pytest.mark.usefixtures("member")
def test_signing_in_never_leads_to_another_host(app: Flask, wanted: str) -> None:
    client = app.test_client()
    answer = sign_in(client, to=wanted)
    assert answer.status_code == 303
    assert re.fullmatch(r"/(?![/\\])[!-~]*", answer.location), answer.location
    assert is_in(client)


def test_who_is_in_already_is_not_asked_again(signed_in: Ask) -> None:
    answer = signed_in(Role.OUTREACH).get("/sign-in")
    assert answer.status_code in {302, 303}


def test_a_link_sets_a_password(app: Flask, link: Callable[..., str]) -> None:
    client = app.test_client()
    answer = submit(client, link(), {"password": "some new plain words"})
    assert answer.status_code == 303
    sign_in(client, password="some new plain words")
    assert is_in(client)


def test_a_link_is_good_once_only(app: Flask, link: Callable[..., str]) -> None:
    address = link()
    client = app.test_client()
    token = csrf_of(client, address)
    fields = {"csrf_token": token, "password": "some new plain words"}
    assert client.post(address, data=fields).status_code == 303
    assert client.get(address).status_code == 404
    again = {"csrf_token": csrf_of(client, "/sign-in"), "password": "the words of a thief"}
    assert client.post(address, data=again).status_code == 409
    assert sign_in(app.test_client(), password="the words of a thief").status_code == 422


def test_a_new_link_ends_the_one_before(app: Flask, link: Callable[..., str]) -> None:
    old, new = link(), link()
    client = app.test_client()
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200


def test_a_link_is_good_for_a_week(app: Flask, link: Callable[..., str]) -> None:
    assert app.test_client().get(link(LINK_LASTS - timedelta(minutes=1))).status_code == 200
    assert timedelta(days=7) == LINK_LASTS


def test_a_link_that_is_too_old_is_dead(app: Flask, link: Callable[..., str]) -> None:
    address = link(LINK_LASTS + timedelta(minutes=1))
    client = app.test_client()
    assert client.get(address).status_code == 404
    fields = {"csrf_token": csrf_of(client, "/sign-in"), "password": "some new plain words"}
    assert client.post(address, data=fields).status_code == 409
    assert sign_in(app.test_client(), password="some new plain words").status_code == 422


def test_a_link_that_never_was_looks_like_one_that_is_too_old(
    app: Flask, link: Callable[..., str]
) -> None:
    client = app.test_client()
    old = link(LINK_LASTS + timedelta(minutes=1))
    pages = [client.get(address) for address in (old, "/set-password/never-was")]
    assert [page.status_code for page in pages] == [404, 404]
    assert as_told(pages[0]) == as_told(pages[1])


def test_a_weak_password_is_refused_and_the_link_stays_good(
    app: Flask, link: Callable[..., str]
) -> None:
    address = link()
    client = app.test_client()
    refused = submit(client, address, {"password": WEAK})
    assert the_sentence(refused).startswith("Use at least 12 characters.")
    assert submit(client, address, {"password": "some new plain words"}).status_code == 303
    sign_in(client, password="some new plain words")
    assert is_in(client)


def test_a_weak_password_leaves_the_old_one(app: Flask, link: Callable[..., str]) -> None:
    submit(app.test_client(), link(), {"password": WEAK})
    client = app.test_client()
    sign_in(client)
    assert is_in(client)


def test_a_password_is_taken_as_long_as_it_may_be(app: Flask, link: Callable[..., str]) -> None:
    longest = "abcdefghij" * 20
    client = app.test_client()
    submit(client, link(), {"password": longest})
    assert sign_in(app.test_client(), password=f"{longest}k").status_code == 422
    sign_in(client, password=longest)
    assert is_in(client)


def test_a_new_password_ends_what_was_signed_in_with_the_old(
    app: Flask, link: Callable[..., str]
) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere)
    submit(app.test_client(), link(), {"password": "some new plain words"})
    assert not is_in(elsewhere)
    assert sign_in(app.test_client()).status_code == 422


def test_no_password_and_no_secret_of_a_link_is_kept(app: Flask, link: Callable[..., str]) -> None:
    secret = link().rsplit("/", 1)[1]
    with app.app_context():
        kept = [*db.session.scalars(select(PasswordLink.secret_hash))]
        hashed = [*db.session.scalars(select(Staff.password_hash))]
    assert secret not in kept
    assert all(one is not None and one.startswith("$argon2id$") for one in hashed)


@pytest.fixture
def demo_account(app: Flask, member: int) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).where(Staff.id == member).values(demo=True))


@pytest.mark.usefixtures("demo_account")
def test_an_account_of_the_demonstration_is_refused_outside_it(app: Flask) -> None:
    assert app.config["DEMO"] is False
    client = app.test_client()
    assert the_sentence(sign_in(client)) == WRONG
    assert not is_in(client)


@pytest.mark.usefixtures("demo_account")
def test_an_account_of_the_demonstration_is_let_in_while_it_is_on(app: Flask) -> None:
    app.config["DEMO"] = True
    client = app.test_client()
    sign_in(client)
    assert is_in(client)


def test_signing_in_and_out_and_a_new_password_are_on_the_audit_trail(
    app: Flask, member: int, link: Callable[..., str]
) -> None:
    client = app.test_client()
    sign_in(client)
    submit(client, "/sign-out", {}, page="/people")
    submit(client, link(), {"password": "some new plain words"})
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEntry.what).where(AuditEntry.subject == f"staff:{member}")
        )
        told = set(rows)
    assert {"sign in", "sign out", "make password link", "set password"} <= told


@pytest.mark.parametrize("page", ["/sign-in", "/people", "/"])
def test_no_page_of_ours_is_kept_by_a_browser(signed_in: Ask, page: str) -> None:
    assert signed_in(Role.OUTREACH).get(page).headers["Cache-Control"] == "no-store"


def test_who_comes_back_has_their_password_and_nothing_else_of_before(
    app: Flask, member: int
) -> None:
    with app.app_context(), transaction():
        act = acts.by_service(acts.now())
        token = actions.make_token(act, EMAIL)
        link = actions.make_link(act, member)
        actions.leave(act, member)
        actions.come_back(act, member)
    client = app.test_client()
    asked = client.get("/api/v1/beds/tonight", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 401
    assert client.get(f"/set-password/{link}").status_code == 404
    answer = submit(client, "/sign-in", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303
