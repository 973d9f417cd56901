"""A phone whose clock is two days wrong (promise 24)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Phone

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]


WRONG = timedelta(days=2)


def seconds_left(page: Page) -> int:
    found = re.search(r"(\d+):(\d\d) left", page.inner_text("main"))
    assert found
    return 60 * int(found[1]) + int(found[2])


def test_a_phone_two_days_wrong_counts_down_rightly_and_is_told_beside(
    phones: list[Phone],
) -> None:
    worker, _ = phones
    right = datetime.now(UTC)
    worker.page.clock.install(time=right + WRONG)
    worker.sign_in("outreach@example.org")
    worker.tap("link", "Find a bed for someone")
    worker.tap("link", "Add a new person")
    worker.page.get_by_label("Name", exact=True).fill("Badger")
    worker.tap("button", "Save and find a bed")
    row = worker.page.locator("li.pw-site", has_text="165 Rough Sleeping Hub")
    row.get_by_role("button").click()
    worker.page.wait_for_url(re.compile(r"/placements/\d+$"))
    assert 44 * 60 <= seconds_left(worker.page) <= 45 * 60
    wrong = right + WRONG
    seen = worker.page.inner_text("main")
    told = re.search(r"clock said (\d\d:\d\d)(?: \w+)? on (\d+) (\w+)", seen)
    assert told, seen
    assert int(told[2]) in {wrong.day, (wrong + timedelta(days=1)).day}
    held = re.search(r"(\d\d:\d\d)[^:]*: held, ", seen)
    assert held, seen
    assert held[1] in {f"{right + timedelta(minutes=n):%H:%M}" for n in (0, 1, 60, 61)}
    worker.page.get_by_label("I am walking them there").select_option("45")
    worker.tap("button", "Set out")
    assert "You are on your way to 165 Rough Sleeping Hub" in worker.page.inner_text("body")
    worker.tap("button", "I am safe")
    assert "You are on your way" not in worker.page.inner_text("body")
    assert worker.heading() == "Badger"
    assert worker.fits()
