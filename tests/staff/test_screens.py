"""A hub's shared screen: hidden at once, and back with a PIN for one shift."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from pathway import acts
from pathway.db import transaction
from pathway.staff import actions
from pathway.staff.browser import PIN_IS_NOT_ENOUGH
from pathway.staff.doing import Role
from pathway.staff.models import Screen, SignIn, Staff
from pathway.staff.secrecy import LIMITS, Guess
from tests.conftest import csrf_of, offered, set_up_factor, submit
from tests.factories import PASSWORD
from tests.house.test_pages import check
from tests.staff.conftest import (
    EMAIL,
    Add,
    Clock,
    act_on,
    code_of,
    give_code,
    is_in,
    secret_of,
    sign_in,
    values,
    whats,
)

PIN = "274190"
SAM = "sam@example.org"


@pytest.fixture
def robin(add: Add) -> int:
    return add(Role.HUB, "165-hub")


@pytest.fixture
def screen(app: Flask, robin: int) -> FlaskClient:
    """Return the hub's screen, on which somebody with a PIN has signed in."""
    client = app.test_client()
    sign_in(client, shared="yes")
    assert set_pin(client).status_code == 303
    return client


def set_pin(client: FlaskClient, pin: str = PIN, password: str = PASSWORD) -> TestResponse:
    return act_on(client, "/account/pin", pin=pin, current_password=password)


def hide(client: FlaskClient) -> TestResponse:
    return act_on(client, "/screen/hide")


def come_back(client: FlaskClient, staff_id: int, pin: str = PIN) -> TestResponse:
    return submit(client, "/screen", {"staff": str(staff_id), "pin": pin})


def offers(client: FlaskClient) -> bool:
    """Return whether the hidden screen lets anybody back in with a PIN."""
    answer = client.get("/screen")
    return answer.status_code == 200 and 'name="pin"' in answer.text


def test_hiding_ends_the_sign_in(app: Flask, screen: FlaskClient) -> None:
    kept = screen.get_cookie("pathway")
    answer = hide(screen)
    assert answer.status_code == 303
    assert answer.location == "/screen"
    assert not is_in(screen)
    thief = app.test_client()
    thief.set_cookie("pathway", kept.value if kept else "")
    assert not is_in(thief)


def test_a_hidden_screen_shows_names_and_nothing_else(screen: FlaskClient) -> None:
    hide(screen)
    page = screen.get("/screen")
    assert "The hub" in page.text
    assert EMAIL not in page.text
    check(page.text)
    assert page.headers["Cache-Control"] == "no-store"


def test_no_page_before_hiding_is_kept_for_the_back_button(screen: FlaskClient) -> None:
    for page in ("/account", "/beds", "/hub/165-hub"):
        assert screen.get(page).headers["Cache-Control"] == "no-store"


def test_a_pin_brings_back_under_a_new_secret(screen: FlaskClient, robin: int) -> None:
    before = secret_of(screen)
    hide(screen)
    assert come_back(screen, robin).status_code == 303
    assert is_in(screen)
    assert secret_of(screen) not in {"", before}
    assert "shared screen" in screen.get("/account").text


def test_several_people_share_it(app: Flask, add: Add, screen: FlaskClient, robin: int) -> None:
    sam = add(Role.HUB, "165-hub", email=SAM)
    hide(screen)
    sign_in(screen, SAM)
    assert set_pin(screen, "918273").status_code == 303
    hide(screen)
    assert come_back(screen, sam).status_code == 422
    assert come_back(screen, sam, "918273").status_code == 303
    hide(screen)
    assert come_back(screen, robin).status_code == 303
    with_screens = values(app, select(Screen.id))
    assert len(with_screens) == 1


def test_wrong_pins_are_counted_for_each_person_on_each_screen(
    app: Flask, add: Add, screen: FlaskClient, robin: int, clock: Clock
) -> None:
    sam = add(Role.HUB, "165-hub", email=SAM)
    sign_in_too = hide(screen)
    assert sign_in_too.status_code == 303
    sign_in(screen, SAM)
    set_pin(screen)
    hide(screen)
    for _ in range(LIMITS[Guess.PIN].most):
        assert come_back(screen, robin, "111222").status_code == 422
    assert come_back(screen, robin).status_code == 429
    assert come_back(screen, sam).status_code == 303
    assert whats(app).count("wrong PIN") == 5
    hide(screen)
    clock.passes(minutes=15, seconds=1)
    assert come_back(screen, robin).status_code == 303


def test_after_too_many_pins_the_password_helps(screen: FlaskClient, robin: int) -> None:
    hide(screen)
    for _ in range(LIMITS[Guess.PIN].most):
        come_back(screen, robin, "111222")
    assert come_back(screen, robin).status_code == 429
    assert sign_in(screen).status_code == 303
    hide(screen)
    assert come_back(screen, robin).status_code == 303


def test_a_pin_is_enough_for_one_shift_however_often_it_is_used(
    screen: FlaskClient, robin: int, clock: Clock
) -> None:
    for _ in range(3):
        hide(screen)
        clock.passes(hours=3, minutes=50)
        assert come_back(screen, robin).status_code == 303
    assert is_in(screen)
    clock.passes(minutes=31)
    assert not is_in(screen)
    assert not offers(screen)
    assert submit_blindly(screen, robin) == 422


def submit_blindly(client: FlaskClient, staff_id: int, pin: str = PIN) -> int:
    """Post a PIN though the page offers no form for it."""
    token = csrf_of(client, "/sign-in")
    fields = {"csrf_token": token, "staff": str(staff_id), "pin": pin}
    return client.post("/screen", data=fields).status_code


def test_after_signing_out_the_password_is_needed(screen: FlaskClient, robin: int) -> None:
    assert act_on(screen, "/sign-out").location == "/screen"
    assert not offers(screen)
    assert submit_blindly(screen, robin) == 422
    assert not is_in(screen)


def test_on_another_browser_a_pin_is_worth_nothing(
    app: Flask, screen: FlaskClient, robin: int
) -> None:
    hide(screen)
    other = app.test_client()
    assert other.get("/screen").location.startswith("/sign-in")
    assert submit_blindly(other, robin) == 303
    assert not is_in(other)


def test_another_shared_screen_does_not_know_them(
    app: Flask, add: Add, screen: FlaskClient, robin: int
) -> None:
    add(Role.HUB, "165-hub", email=SAM)
    hide(screen)
    other = app.test_client()
    sign_in(other, SAM, shared="yes")
    set_pin(other, "918273")
    hide(other)
    assert "The hub" in other.get("/screen").text
    assert submit_blindly(other, robin) == 422


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN, Role.TREATMENT])
def test_who_needs_a_second_factor_never_comes_back_with_a_pin(
    app: Flask, add: Add, role: Role
) -> None:
    ident = add(role)
    client = app.test_client()
    sign_in(client, shared="yes")
    set_up_factor(client)
    set_pin(client)
    hide(client)
    assert not offers(client)
    assert submit_blindly(client, ident) == 422


def test_who_has_a_factor_of_their_own_will_comes_back_after_showing_it(
    screen: FlaskClient, robin: int, clock: Clock
) -> None:
    secret = set_up_factor(screen, "/account/second-factor")
    act_on(screen, "/sign-out")
    assert not offers(screen)
    clock.passes(seconds=60)
    assert sign_in(screen).location == "/sign-in/code"
    assert not offers(screen)
    give_code(screen, code_of(secret))
    hide(screen)
    assert come_back(screen, robin).status_code == 303


def test_a_new_password_asks_for_itself(app: Flask, screen: FlaskClient, robin: int) -> None:
    hide(screen)
    kept = actions.kept_password("some new plain words")
    with app.app_context(), transaction():
        actions.set_password(acts.by_service(acts.now()), robin, kept)
    assert not offers(screen)
    assert submit_blindly(screen, robin) == 422


def test_who_left_has_no_pin(app: Flask, screen: FlaskClient, robin: int) -> None:
    hide(screen)
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(left_at=acts.now()))
    assert not offers(screen)
    assert submit_blindly(screen, robin) == 422


def test_a_screen_signed_out_from_afar_asks_for_the_password(
    app: Flask, screen: FlaskClient, robin: int
) -> None:
    phone = app.test_client()
    sign_in(phone)
    [ident] = values(app, select(SignIn.id).where(SignIn.screen_id.is_not(None)))
    assert act_on(phone, f"/account/sign-ins/{ident}/end").status_code == 303
    assert not is_in(screen)
    assert not offers(screen)


def test_signing_out_everywhere_else_closes_hidden_screens(
    app: Flask, screen: FlaskClient, robin: int
) -> None:
    hide(screen)
    phone = app.test_client()
    sign_in(phone)
    sign_in(tablet := app.test_client())
    act_on(phone, "/account/sign-ins/end-others")
    assert not offers(screen)
    assert not is_in(tablet)


def test_sharing_it_no_longer_ends_all(
    app: Flask, add: Add, screen: FlaskClient, robin: int
) -> None:
    add(Role.HUB, "165-hub", email=SAM)
    hide(screen)
    sign_in(screen, SAM)
    kept = screen.get_cookie("pathway")
    assert act_on(screen, "/screen/end").location == "/sign-in"
    for cookie in (screen.get_cookie("pathway"), kept):
        browser = app.test_client()
        browser.set_cookie("pathway", cookie.value if cookie else "")
        assert not is_in(browser)
        assert browser.get("/screen").status_code == 303


def test_an_own_browser_is_no_shared_screen(app: Flask, robin: int) -> None:
    client = app.test_client()
    sign_in(client)
    set_pin(client)
    assert "Hide the screen" not in client.get("/account").text
    assert hide(client).status_code == 303
    assert not offers(client)
    assert values(app, select(Screen.id)) == []


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "123456", "987654", "000000", "27419x"])
def test_an_easy_pin_is_refused_and_changes_nothing(
    app: Flask, screen: FlaskClient, robin: int, pin: str
) -> None:
    answer = set_pin(screen, pin)
    assert answer.status_code == 422
    check(answer.text)
    hide(screen)
    assert come_back(screen, robin).status_code == 303


def test_no_pin_stands_in_the_database(app: Flask, screen: FlaskClient) -> None:
    [kept] = values(app, select(Staff.pin_hash))
    assert kept.startswith("$argon2id$")
    [kept] = values(app, select(Screen.secret_hash))
    with screen.session_transaction() as session:
        assert session["screen"] != kept


@pytest.mark.parametrize(
    "staff", ["", "0", "-1", "x", "9" * 10, "9" * 40, "9" * 5000, "١", "1 OR 1=1"]
)
def test_whoever_is_named_gets_the_same_answer(screen: FlaskClient, staff: str) -> None:
    hide(screen)
    answer = submit(screen, "/screen", {"staff": staff, "pin": PIN})
    assert answer.status_code == 422
    assert not is_in(screen)


def test_the_password_is_never_the_pin(screen: FlaskClient, robin: int) -> None:
    hide(screen)
    assert come_back(screen, robin, PASSWORD).status_code == 422


def without_a_password(app: Flask) -> None:
    """Let everybody be as they are who sign in only through their organisation."""
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(password_hash=None))


GUARDED = ("/account/pin", "/account/second-factor")


@pytest.mark.parametrize("action", GUARDED)
def test_who_came_back_with_a_pin_changes_nothing_without_the_password(
    app: Flask, screen: FlaskClient, robin: int, action: str
) -> None:
    hide(screen)
    come_back(screen, robin)
    kept = values(app, select(Staff.pin_hash))
    for typed in ({}, {"current_password": PIN}):
        code = code_of(offered(screen, "/account/second-factor"))
        answer = act_on(screen, action, pin="918273", code=code, **typed)
        assert answer.status_code == 422
        assert 'id="current_password-error"' in answer.text
        check(answer.text)
    assert whats(app).count("wrong password") == 2
    assert values(app, select(Staff.pin_hash)) == kept
    assert values(app, select(Staff.totp_secret)) == [None]
    assert set_pin(screen).status_code == 303


def test_ones_own_password_is_not_guessed_at_from_a_screen_left_alone(
    app: Flask, screen: FlaskClient, clock: Clock
) -> None:
    for _ in range(LIMITS[Guess.AGAIN].most):
        assert set_pin(screen, password="not the password").status_code == 422
    assert set_pin(screen).status_code == 429
    assert act_on(screen, GUARDED[1], current_password=PASSWORD).status_code == 429
    assert sign_in(app.test_client()).status_code == 303
    clock.passes(minutes=15, seconds=1)
    assert set_pin(screen).status_code == 303


@pytest.mark.parametrize("action", GUARDED)
def test_who_has_no_password_signs_in_again_first(
    app: Flask, screen: FlaskClient, robin: int, action: str
) -> None:
    without_a_password(app)
    assert "Your password" not in screen.get("/account").text
    assert set_pin(screen, password="").status_code == 303
    hide(screen)
    come_back(screen, robin)
    code = code_of(offered(screen, "/account/second-factor"))
    answer = act_on(screen, action, pin=PIN, code=code)
    assert answer.status_code == 409
    assert PIN_IS_NOT_ENOUGH in answer.text
