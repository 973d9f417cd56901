"""The night, walked on a phone and on the hub's computer."""

import re

import pytest

from tests.browser.conftest import Phone

pytestmark = pytest.mark.browser


def test_from_the_board_to_a_held_bed_and_out_again(phones: list[Phone]) -> None:
    worker, hub = phones
    worker.page.goto("/")
    worker.picture("01-sign-in")
    worker.sign_in("outreach@example.org")
    assert worker.heading() == "Beds tonight"
    assert worker.fits()
    worker.picture("02-board")

    worker.tap("link", "Find a bed for someone")
    worker.picture("03-people")
    worker.tap("link", "Add a new person")
    worker.page.get_by_label("Name", exact=True).fill("Badger")
    worker.page.get_by_label("Man", exact=True).check()
    worker.picture("04-new-person")
    worker.tap("button", "Save and find a bed")
    assert worker.heading() == "A bed for Badger"
    assert worker.fits()
    worker.picture("05-find-a-bed")
    assert "Camden Respite Rooms is for women only." in worker.page.inner_text("main")
    assert "No bed is free tonight." in worker.page.inner_text("main")

    hub_row = worker.page.locator("li.pw-site", has_text="165 Rough Sleeping Hub")
    hub_row.get_by_role("button").click()
    worker.page.wait_for_url(re.compile(r"/placements/\d+$"))
    assert worker.heading() == "Badger"
    worker.picture("06-held")
    assert re.search(r"4[45]:\d\d left", worker.page.inner_text("main"))
    worker.tap("button", "15 more minutes")
    assert re.search(r"59:\d\d left|60:00 left", worker.page.inner_text("main"))
    worker.tap("link", "My holds")
    worker.picture("07-my-holds")

    hub.sign_in("hub@example.org")
    hub.picture("08-hub")
    assert hub.heading() == "165 Rough Sleeping Hub, King's Cross"
    hub.tap("button", "Check in Badger")
    assert "Badger" in hub.page.inner_text("main").split("\nIn\n")[1]
    hub.picture("09-hub-in")
    hub.tap("link", "Check out Badger")
    hub.tap("button", "Check out")
    hub.picture("10-check-out-errors")
    assert "Write why they are leaving." in hub.page.inner_text("main")
    hub.page.get_by_label("Where are they going?").select_option("family-or-friends")
    hub.page.get_by_label("Why are they leaving?").fill("Sister came")
    hub.tap("button", "Check out")
    assert "Checked out: Badger" in hub.page.inner_text("main")
    assert not hub.page.get_by_role("link", name="Check out Badger").count()
    hub.page.get_by_label("How many beds do you see free?").fill("3")
    hub.tap("button", "Confirm")
    hub.picture("11-hub-confirmed")


def with_a_known_person(worker: Phone, name: str) -> None:
    """Add somebody, go back to the board and begin to count taps."""
    worker.tap("link", "People")
    worker.tap("link", "Add a new person")
    worker.page.get_by_label("Name", exact=True).fill(name)
    worker.tap("button", "Save and find a bed")
    worker.tap("link", "Beds tonight")
    worker.taps = 0


def test_a_known_person_has_a_bed_held_in_three_taps(phones: list[Phone]) -> None:
    worker, _ = phones
    worker.sign_in("outreach@example.org")
    with_a_known_person(worker, "Known Already")
    worker.tap("link", "Find a bed for someone")
    worker.tap("link", "Known Already")
    worker.tap("button", "Hold for 45 minutes")
    assert worker.heading() == "Known Already"
    assert "Held until" in worker.page.inner_text("main")
    assert worker.taps <= 3


def test_a_typed_name_needs_no_more_taps(phones: list[Phone]) -> None:
    worker, _ = phones
    worker.sign_in("outreach@example.org")
    with_a_known_person(worker, "Only Oneofthem")
    worker.tap("link", "Find a bed for someone")
    worker.page.get_by_label("Name, alias or reference").fill("oneofthem")
    worker.tap("button", "Find")
    worker.tap("button", "Hold for 45 minutes")
    assert "Held until" in worker.page.inner_text("main")
    assert worker.taps <= 3


def test_the_board_looks_again_by_itself(phones: list[Phone]) -> None:
    worker, hub = phones
    worker.sign_in("outreach@example.org")
    free = worker.page.locator("#finchley-hub .pw-free b")
    before = int(free.inner_text())
    hub.sign_in("finchley@example.org")
    hub.tap("link", "Someone is at the door")
    hub.tap("link", "Add a new person")
    hub.page.get_by_label("Name", exact=True).fill("Walked In")
    hub.tap("button", "Save and find a bed")
    hub.tap("button", "Check in now")
    worker.page.evaluate("lookAgain()")
    worker.page.wait_for_function(
        "before => document.querySelector('#finchley-hub .pw-free b').textContent == before - 1",
        arg=before,
    )


def test_a_refused_hold_offers_the_next_best_and_someone_to_ring(phones: list[Phone]) -> None:
    worker, _ = phones
    worker.sign_in("outreach@example.org")
    worker.page.goto("/people/new")
    worker.page.get_by_label("Name", exact=True).fill("Too Late")
    worker.tap("button", "Save and find a bed")
    row = worker.page.locator("li.pw-site", has_text="Gray's Inn Road")
    site = row.locator("input[name=site]")
    site.evaluate("field => { field.value = 'st-giles' }")
    row.get_by_role("button").click()
    worker.page.wait_for_load_state()
    worker.picture("12-refused")
    assert "No bed is free at St Giles." in worker.page.inner_text("main")
    assert "020 7846 3535" in worker.page.inner_text("main")
    worker.tap("button", "Hold a bed here instead")
    assert "Held until" in worker.page.inner_text("main")
