"""Signing in on a shared screen and with a second factor, on a small screen."""

import pyotp
import pytest

from pathway import acts
from tests.browser.conftest import Phone

pytestmark = pytest.mark.browser

PIN = "274190"


def test_a_hub_worker_hides_a_shared_screen_and_comes_back(phones: list[Phone]) -> None:
    worker, _ = phones
    worker.page.goto("/sign-in")
    worker.page.get_by_label("Several of us use this screen").check()
    worker.page.get_by_label("E-mail address").fill("hub@example.org")
    worker.page.get_by_label("Password").fill("made up for a demonstration")
    worker.picture("20-sign-in-shared")
    assert worker.fits()
    worker.tap("button", "Sign in")
    worker.picture("21-shared-screen")
    assert worker.fits()

    worker.tap("link", "Sam Hub")
    assert worker.heading() == "Your account"
    worker.page.get_by_label("New PIN").fill(PIN)
    worker.page.get_by_label("Your password").fill("made up for a demonstration")
    worker.picture("22-account")
    assert worker.fits()
    worker.tap("button", "Set PIN")
    assert "You have one." in worker.page.inner_text("main")

    worker.tap("link", "My site")
    worker.tap("button", "Hide the screen")
    assert worker.heading() == "Who is there?"
    assert worker.fits()
    worker.picture("23-hidden")
    worker.page.go_back()
    worker.page.wait_for_load_state()
    assert worker.heading() in {"Who is there?", "Sign in"}

    worker.page.goto("/screen")
    worker.page.get_by_label("PIN").fill("111222")
    worker.tap("button", "Go on")
    assert "That PIN is not right." in worker.page.inner_text("main")
    worker.picture("24-wrong-pin")
    worker.page.get_by_label("PIN").fill(PIN)
    worker.tap("button", "Go on")
    assert worker.heading() == "165 Rough Sleeping Hub, King's Cross"


def test_a_second_factor_is_set_up_on_a_phone(phones: list[Phone]) -> None:
    worker, _ = phones
    worker.sign_in("manager@example.org")
    worker.page.goto("/account")
    worker.tap("link", "Set up a second factor")
    assert worker.fits()
    worker.picture("25-second-factor")
    secret = worker.page.locator(".pw-code").inner_text().replace(" ", "")
    worker.page.get_by_label("Your password").fill("made up for a demonstration")
    worker.page.get_by_label("Code from your authenticator").fill("000000")
    worker.tap("button", "Set up")
    assert "That code is not right." in worker.page.inner_text("main")
    worker.page.get_by_label("Your password").fill("made up for a demonstration")
    worker.page.get_by_label("Code from your authenticator").fill(pyotp.TOTP(secret).at(acts.now()))
    worker.tap("button", "Set up")
    assert worker.heading() == "Your recovery codes"
    assert worker.fits()
    worker.picture("26-recovery-codes")
    code = worker.page.locator(".pw-codes code").first.inner_text()
    worker.tap("link", "I have kept them")
    worker.tap("button", "Sign out")

    worker.page.get_by_label("E-mail address").fill("manager@example.org")
    worker.page.get_by_label("Password").fill("made up for a demonstration")
    worker.tap("button", "Sign in")
    assert worker.heading() == "Your code"
    assert worker.fits()
    worker.picture("27-code")
    worker.page.get_by_label("Code from your authenticator").fill(code)
    worker.tap("button", "Sign in")
    assert worker.heading() == "Beds tonight"
    worker.page.goto("/account")
    assert "7 recovery codes are left" in worker.page.inner_text("main")
    worker.picture("28-account-with-factor")
