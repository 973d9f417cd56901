"""The second factor: who is asked for it, how it is set up, and what never goes round it."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pathway import acts
from pathway.db import transaction
from pathway.staff import actions
from pathway.staff.doing import Role
from pathway.staff.factor import Vault, plain
from pathway.staff.models import RecoveryCode, SignIn, Staff
from pathway.staff.secrecy import LIMITS, NEEDS_SECOND_FACTOR, Guess
from tests.conftest import SECRET, SET_UP, Ask, csrf_of, offered, set_up_factor, submit
from tests.factories import PASSWORD
from tests.house.test_pages import check
from tests.staff.conftest import (
    EMAIL,
    Add,
    Clock,
    act_on,
    as_told,
    code_of,
    give_code,
    is_in,
    secret_of,
    sign_in,
    values,
    whats,
)

ADMIN = "ade@example.org"
PAGES = ("/account", "/beds", "/staff", "/people", "/", "/account/second-factor")


@pytest.fixture
def secret(app: Flask, add: Add, clock: Clock) -> str:
    """Add a manager whose second factor is set up; return what their authenticator knows."""
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    secret = set_up_factor(client)
    clock.passes(seconds=90)
    return secret


def at_the_code(app: Flask) -> FlaskClient:
    """Return a browser that has given the right password and is asked for a code."""
    client = app.test_client()
    assert sign_in(client).location == "/sign-in/code"
    return client


@pytest.mark.parametrize("role", list(Role))
def test_every_role_signs_in_through_the_page(signed_in: Ask, role: Role) -> None:
    codes = ("165-hub",) if role in {Role.HUB, Role.HUB_LEAD} else ()
    assert signed_in(role, *codes).get("/account").status_code == 200


@pytest.mark.parametrize("role", sorted(NEEDS_SECOND_FACTOR))
def test_who_needs_one_reaches_no_page_before_it_is_set_up(
    app: Flask, add: Add, role: Role
) -> None:
    add(role)
    client = app.test_client()
    assert sign_in(client).location == SET_UP
    for page in (*PAGES, "/sign-in/code"):
        assert "/sign-in" in client.get(page).location, page
    set_up_factor(client)
    assert is_in(client)


@pytest.mark.parametrize("role", sorted(set(Role) - NEEDS_SECOND_FACTOR))
def test_the_other_roles_need_none_unless_everybody_does(app: Flask, add: Add, role: Role) -> None:
    add(role)
    assert sign_in(app.test_client()).location == "/"
    app.config["SECOND_FACTOR_FOR_ALL"] = True
    client = app.test_client()
    assert sign_in(client).location == SET_UP
    assert not is_in(client)


def test_an_account_of_the_demonstration_needs_none(app: Flask, add: Add) -> None:
    add(Role.ADMIN)
    app.config["DEMO"] = app.config["SECOND_FACTOR_FOR_ALL"] = True
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(demo=True))
    client = app.test_client()
    sign_in(client)
    assert is_in(client)


def test_who_sets_one_up_freely_is_asked_for_it_from_then_on(app: Flask, add: Add) -> None:
    add(Role.OUTREACH)
    client = app.test_client()
    sign_in(client)
    set_up_factor(client, "/account/second-factor")
    assert sign_in(app.test_client()).location == "/sign-in/code"


def test_setting_one_up_ends_every_other_sign_in(app: Flask, add: Add) -> None:
    add(Role.OUTREACH)
    here, there = app.test_client(), app.test_client()
    sign_in(here)
    sign_in(there)
    set_up_factor(here, "/account/second-factor")
    assert is_in(here)
    assert not is_in(there)


def test_a_wrong_code_sets_nothing_up(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    for code in ("", "000000", "abc", code_of(offered(client), -2)):
        assert submit(client, SET_UP, {"code": code}).status_code == 422
    assert not is_in(client)
    assert values(app, select(Staff.totp_secret)) == [None]


def test_the_offer_stays_the_same_for_one_sign_in_only(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    one, other = app.test_client(), app.test_client()
    sign_in(one)
    sign_in(other)
    assert offered(one) == offered(one) != offered(other)


def test_one_that_stands_is_not_replaced_by_a_sign_in_begun_before(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    thief, owner = app.test_client(), app.test_client()
    sign_in(thief)
    stolen = offered(thief)
    sign_in(owner)
    set_up_factor(owner)
    kept = values(app, select(Staff.totp_secret))
    answer = submit(thief, SET_UP, {"code": code_of(stolen, 1)})
    assert answer.status_code == 403
    assert not is_in(thief)
    assert values(app, select(Staff.totp_secret)) == kept


def test_a_code_signs_in(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    assert not is_in(client)
    assert give_code(client, code_of(secret)).status_code == 303
    assert is_in(client)


def test_a_code_may_be_typed_with_a_space(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    code = code_of(secret)
    assert give_code(client, f" {code[:3]} {code[3:]} ").status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_clock_may_be_one_step_off_and_no_more(
    app: Flask, secret: str, steps: int, status: int
) -> None:
    client = at_the_code(app)
    assert give_code(client, code_of(secret, steps)).status_code == status
    assert is_in(client) == (status == 303)


def test_a_code_is_good_once_only(app: Flask, secret: str) -> None:
    code = code_of(secret)
    assert give_code(at_the_code(app), code).status_code == 303
    thief = at_the_code(app)
    assert give_code(thief, code).status_code == 422
    assert not is_in(thief)


def test_the_code_that_set_it_up_is_spent(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    secret = set_up_factor(client)
    assert give_code(at_the_code(app), code_of(secret)).status_code == 422


def test_codes_are_counted_however_often_the_password_is_given(
    app: Flask, secret: str, clock: Clock
) -> None:
    most = LIMITS[Guess.CODE].most
    for _ in range(most):
        assert give_code(at_the_code(app), "000000").status_code == 422
    client = at_the_code(app)
    refused = give_code(client, code_of(secret))
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers
    assert not is_in(client)
    clock.passes(minutes=15, seconds=1)
    assert give_code(at_the_code(app), code_of(secret)).status_code == 303
    assert whats(app).count("wrong code") == most


def given(client: FlaskClient, page: str = SET_UP) -> list[str]:
    """Set a second factor up and return the recovery codes that are shown."""
    secret = offered(client, page)
    html = submit(client, page, {"code": code_of(secret)}).text
    return [one.split("<")[0] for one in html.split('<code class="pw-code">')[1:]]


def test_who_has_one_is_offered_no_other(app: Flask, admin: FlaskClient) -> None:
    answer = admin.get("/account/second-factor")
    assert answer.status_code == 302
    assert answer.location == "/account"


def test_new_recovery_codes_need_the_password(app: Flask, admin: FlaskClient) -> None:
    before = values(app, select(RecoveryCode.code_hash))
    answer = act_on(admin, "/account/recovery-codes", current_password="not the password")
    assert answer.status_code == 422
    assert 'id="codes_password-error"' in answer.text
    assert 'href="#codes_password"' in answer.text
    assert whats(app)[-1] == "wrong password"
    assert values(app, select(RecoveryCode.code_hash)) == before


def test_new_recovery_codes_are_not_called_a_new_factor(app: Flask, admin: FlaskClient) -> None:
    page = act_on(admin, "/account/recovery-codes", current_password=PASSWORD).text
    assert "These are your new recovery codes." in page
    assert "The second factor is set up." not in page


def test_recovery_codes_let_in_once_each(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    codes = given(client)
    assert len(set(codes)) == 8
    for code in codes[:2]:
        client = at_the_code(app)
        assert give_code(client, code.lower().replace("-", " ")).status_code == 303
        assert is_in(client)
        assert give_code(at_the_code(app), code).status_code == 422
    assert "6 recovery codes are left" in client.get("/account").text


def test_recovery_codes_are_not_kept_as_they_are(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    codes = given(client)
    kept = "".join(values(app, select(RecoveryCode.code_hash)))
    assert len(kept) == 8 * 64
    assert not any(code in kept or plain(code) in kept.upper() for code in codes)


def test_new_recovery_codes_end_the_old(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    old = given(client)
    html = act_on(client, "/account/recovery-codes", current_password=PASSWORD).text
    new = [one.split("<")[0] for one in html.split('<code class="pw-code">')[1:]]
    assert give_code(at_the_code(app), old[0]).status_code == 422
    assert give_code(at_the_code(app), new[0]).status_code == 303


def test_the_secret_is_kept_encrypted(app: Flask, secret: str) -> None:
    [kept] = values(app, select(Staff.totp_secret))
    assert secret not in kept
    assert Vault(SECRET).open(kept) == secret
    assert Vault("another secret").open(kept) is None


def test_under_another_key_no_code_lets_anybody_in(app: Flask, secret: str) -> None:
    app.extensions["vault"] = Vault("another secret")
    client = at_the_code(app)
    assert give_code(client, code_of(secret)).status_code == 422
    assert not is_in(client)


def reset_by_link(app: Flask, password: str) -> FlaskClient:
    with app.app_context(), transaction() as session:
        ident = session.execute(select(Staff.id).where(Staff.email == EMAIL)).scalar_one()
        link = actions.make_link(acts.by_service(acts.now()), ident)
    client = app.test_client()
    assert submit(client, f"/set-password/{link}", {"password": password}).status_code == 303
    return client


def test_a_new_password_neither_signs_in_nor_replaces_the_factor(app: Flask, secret: str) -> None:
    client = reset_by_link(app, "some new plain words")
    assert not is_in(client)
    assert sign_in(client, password="some new plain words").location == "/sign-in/code"
    assert not is_in(client)
    assert give_code(client, code_of(secret)).status_code == 303


def test_a_sign_in_that_waits_opens_no_page_and_no_call(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    for page in PAGES:
        assert "/sign-in" in client.get(page).location, page
    assert client.get("/api/v1/beds/tonight").status_code == 401
    token = csrf_of(client, "/sign-in/code")
    for action in ("/account/pin", "/sign-out", "/screen/hide", "/account/sign-ins/end-others"):
        answer = client.post(action, data={"csrf_token": token})
        assert answer.location == "/sign-in", action
    bearer = {"Authorization": f"Bearer {secret_of(client)}"}
    assert client.get("/api/v1/beds/tonight", headers=bearer).status_code == 401


def test_a_sign_in_waits_for_ten_minutes(app: Flask, secret: str, clock: Clock) -> None:
    client = at_the_code(app)
    clock.passes(minutes=9, seconds=50)
    assert client.get("/sign-in/code").status_code == 200
    token = csrf_of(client, "/sign-in/code")
    clock.passes(seconds=11)
    answer = client.post("/sign-in/code", data={"csrf_token": token, "code": code_of(secret)})
    assert answer.location == "/sign-in"
    assert not is_in(client)


def test_a_sign_in_that_waits_ends_when_the_password_changes(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    token = csrf_of(client, "/sign-in/code")
    reset_by_link(app, "some new plain words")
    answer = client.post("/sign-in/code", data={"csrf_token": token, "code": code_of(secret)})
    assert answer.location == "/sign-in"
    assert not is_in(client)


def test_a_sign_in_that_waits_ends_when_they_leave(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(left_at=acts.now()))
    assert client.get("/sign-in/code").status_code == 303


def test_the_secret_of_the_session_changes_at_each_step(app: Flask, secret: str) -> None:
    client = app.test_client()
    sign_in(client, password="not the password")
    before = [secret_of(client), csrf_of(client, "/sign-in")]
    sign_in(client)
    between = [secret_of(client), csrf_of(client, "/sign-in/code")]
    give_code(client, code_of(secret))
    after = [secret_of(client), csrf_of(client, "/account")]
    assert before[0] == ""
    assert len({*before, *between, *after}) == 6
    ends = values(app, select(SignIn.ended_at).order_by(SignIn.id))
    assert [one is None for one in ends][-2:] == [False, True]


def test_a_cookie_from_between_the_steps_opens_nothing_afterwards(app: Flask, secret: str) -> None:
    client = at_the_code(app)
    between = client.get_cookie("pathway")
    give_code(client, code_of(secret))
    thief = app.test_client()
    thief.set_cookie("pathway", between.value if between else "")
    assert not is_in(thief)
    assert thief.get("/sign-in/code").status_code == 303


def test_a_cookie_put_into_a_browser_beforehand_is_not_the_one_that_is_signed_in(
    app: Flask, secret: str
) -> None:
    thief, victim = at_the_code(app), app.test_client()
    planted = thief.get_cookie("pathway")
    victim.set_cookie("pathway", planted.value if planted else "")
    sign_in(victim)
    give_code(victim, code_of(secret))
    assert is_in(victim)
    assert not is_in(thief)


def test_the_page_that_was_wanted_is_reached_after_both_steps(app: Flask, secret: str) -> None:
    client = app.test_client()
    sign_in(client, next="/beds?x=1")
    assert give_code(client, code_of(secret)).location == "/beds?x=1"
    other = app.test_client()
    sign_in(other, next="//evil.example")
    assert give_code(other, code_of(secret, 1)).location == "/"


@pytest.fixture
def admin(app: Flask, add: Add) -> FlaskClient:
    add(Role.ADMIN, email=ADMIN)
    client = app.test_client()
    sign_in(client, ADMIN)
    set_up_factor(client)
    return client


def ident_of(app: Flask, email: str = EMAIL) -> int:
    [ident] = values(app, select(Staff.id).where(Staff.email == email))
    return int(ident)


def test_an_administrator_takes_a_lost_factor_away(
    app: Flask, secret: str, admin: FlaskClient
) -> None:
    member, waiting = at_the_code(app), at_the_code(app)
    give_code(member, code_of(secret))
    page = f"/staff/{ident_of(app)}"
    assert act_on(admin, f"{page}/remove-second-factor", page).status_code == 303
    assert not is_in(member)
    assert waiting.get("/sign-in/code").status_code == 303
    assert values(app, select(RecoveryCode.id).where(RecoveryCode.staff_id == ident_of(app))) == []
    again = app.test_client()
    assert sign_in(again).location == SET_UP
    assert offered(again) != secret


def test_nobody_takes_their_own_factor_away(app: Flask, admin: FlaskClient) -> None:
    page = f"/staff/{ident_of(app, ADMIN)}"
    assert act_on(admin, f"{page}/remove-second-factor", page).status_code == 409
    assert is_in(admin)


@pytest.mark.parametrize("action", ["remove-second-factor", "end-sign-ins", "link", "leave"])
def test_only_an_administrator_looks_after_staff(app: Flask, signed_in: Ask, action: str) -> None:
    client = signed_in(Role.MANAGER)
    me = values(app, select(Staff.id))[0]
    assert client.get(f"/staff/{me}").status_code == 403
    assert act_on(client, f"/staff/{me}/{action}").status_code == 403
    assert is_in(client)


def test_an_administrator_signs_somebody_out_everywhere(
    app: Flask, add: Add, admin: FlaskClient
) -> None:
    ident = add(email="kit@example.org")
    phone = app.test_client()
    sign_in(phone, "kit@example.org")
    act_on(admin, f"/staff/{ident}/end-sign-ins", f"/staff/{ident}")
    assert not is_in(phone)


def test_nothing_of_somebody_who_left_is_good_any_more(
    app: Flask, admin: FlaskClient, as_role: Ask
) -> None:
    program = as_role(Role.OUTREACH, email=EMAIL)
    ident = ident_of(app)
    with app.app_context(), transaction():
        act = acts.by_service(acts.now())
        actions.set_password(act, ident, actions.kept_password(PASSWORD))
    browser = app.test_client()
    sign_in(browser)
    page = admin.post(
        f"/staff/{ident}/link", data={"csrf_token": csrf_of(admin, f"/staff/{ident}")}
    )
    link = page.text.split("/set-password/")[1].split("<")[0]
    assert is_in(browser)
    assert program.get("/api/v1/beds/tonight").status_code == 200
    assert app.test_client().get(f"/set-password/{link}").status_code == 200
    act_on(admin, f"/staff/{ident}/leave", f"/staff/{ident}")
    assert not is_in(browser)
    assert program.get("/api/v1/beds/tonight").status_code == 401
    assert app.test_client().get(f"/set-password/{link}").status_code == 404
    assert sign_in(app.test_client()).status_code == 422
    assert "Left" in admin.get(f"/staff/{ident}").text


def test_one_signs_out_a_single_browser_from_afar(app: Flask, add: Add) -> None:
    add()
    here, lost = app.test_client(), app.test_client()
    sign_in(lost)
    sign_in(here)
    [ident] = [
        row for row in values(app, select(SignIn.id)) if f"/{row}/end" in here.get("/account").text
    ]
    assert act_on(here, f"/account/sign-ins/{ident}/end").status_code == 303
    assert is_in(here)
    assert not is_in(lost)
    assert act_on(here, f"/account/sign-ins/{ident}/end").status_code == 404


def test_one_signs_out_everywhere_else(app: Flask, add: Add) -> None:
    add()
    clients = [app.test_client() for _ in range(3)]
    for client in clients:
        sign_in(client)
    act_on(clients[0], "/account/sign-ins/end-others")
    assert [is_in(client) for client in clients] == [True, False, False]


def test_the_list_tells_devices_and_which_one_this_is(app: Flask, add: Add) -> None:
    add()
    here, there = app.test_client(), app.test_client()
    there.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) <b>Chrome</b>"
    sign_in(here)
    sign_in(there)
    page = here.get("/account").text
    assert "Android phone or tablet" in page
    assert page.count("(this one)") == 1
    assert "<b>" not in page


def test_the_sign_in_of_somebody_else_answers_as_an_absent_one(app: Flask, add: Add) -> None:
    add()
    add(email="sam@example.org")
    mine, theirs = app.test_client(), app.test_client()
    sign_in(mine)
    sign_in(theirs, "sam@example.org")
    last = max(values(app, select(SignIn.id)))
    answers: list[Any] = [
        act_on(mine, f"/account/sign-ins/{ident}/end") for ident in (last, last + 1000)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({as_told(answer) for answer in answers}) == 1
    assert is_in(theirs)


def test_every_page_of_staff_is_sound(app: Flask, secret: str, admin: FlaskClient) -> None:
    fresh = app.test_client()
    for client, page in (
        (fresh, "/sign-in"),
        (at_the_code(app), "/sign-in/code"),
        (admin, "/account"),
        (admin, "/staff"),
        (admin, f"/staff/{ident_of(app)}"),
    ):
        answer = client.get(page)
        assert answer.status_code == 200, page
        check(answer.text)
    me = f"/staff/{ident_of(app)}"
    for answer in (
        sign_in(fresh, password="not the password"),
        give_code(at_the_code(app), "000000"),
        act_on(admin, "/account/recovery-codes", current_password=PASSWORD),
        act_on(admin, "/account/recovery-codes"),
        act_on(admin, f"{me}/link", me),
    ):
        check(answer.text)
    act_on(admin, f"{me}/leave", me)
    check(admin.get(me).text)


def test_the_page_that_sets_a_factor_up_is_sound(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    for answer in (client.get(SET_UP), submit(client, SET_UP, {"code": "1"})):
        check(answer.text)
        assert "<svg" in answer.text
    check(submit(client, SET_UP, {"code": code_of(offered(client))}).text)


def test_a_recovery_code_of_somebody_else_lets_nobody_in(app: Flask, add: Add) -> None:
    add(Role.MANAGER)
    add(Role.MANAGER, email="sam@example.org")
    mine, theirs = app.test_client(), app.test_client()
    sign_in(mine)
    sign_in(theirs, "sam@example.org")
    codes = given(theirs)
    given(mine)
    assert give_code(at_the_code(app), codes[0]).status_code == 422
