"""A night by keyboard alone: every stop is seen, in order, and none is a trap."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pathway.demo import PASSWORD
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]

MOST = 150
"""More stops than any page of the demonstration has."""

STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const shown = at.matches('[type=radio], [type=checkbox]') ? at.nextElementSibling : at;
  const part = at.matches('[type=radio], [type=checkbox]') ? '::before' : null;
  const look = node => {
    const style = getComputedStyle(node, part);
    const name = ['outlineStyle', 'outlineColor', 'boxShadow', 'backgroundColor', 'borderColor'];
    return name.map(one => style[one]).join();
  };
  const focused = look(shown);
  const hit = at.getBoundingClientRect();
  const inside = hit.bottom > 0 && hit.top < innerHeight;
  // A date has stops within itself, with the browser's own marks: left, they begin again.
  const date = at.matches('[type^=date]');
  if (!date) at.blur();
  const blurred = date ? null : look(shown);
  if (!date) at.focus({ preventScroll: true });
  const text = at.labels?.[0] ?? at;
  return {
    name: text.innerText.trim().replace(/\\s+/g, ' '),
    seen: focused !== blurred && inside,
    order: [...document.querySelectorAll('*')].indexOf(at),
  };
}"""
"""Where the focus is, what it is called, and whether it looks different there."""


@pytest.fixture
def page(browser: Browser, night: str) -> Iterator[Page]:
    """A page that nobody touches: a pointer would be refused."""
    context = browser.new_context(viewport=PHONE, base_url=night, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(
        "for (const kind of ['pointerdown', 'mousedown', 'touchstart'])"
        " addEventListener(kind, () => { throw new Error('touched') }, true)"
    )
    broken: list[str] = []
    page.on("pageerror", lambda problem: broken.append(str(problem)))
    yield page
    context.close()
    assert broken == []


def go_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on something of this name."""
    passed: list[str] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            continue
        assert stop["seen"], f"the focus is not seen on {stop}"
        if re.fullmatch(name, stop["name"]):
            return
        passed.append(stop["name"])
    pytest.fail(f"{name} is not reached on {page.url}; there are {passed}")


def press(page: Page, name: str) -> None:
    """Go to a button or a link and press Enter."""
    go_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    go_to(page, "E-mail address")
    page.keyboard.type(email)
    go_to(page, "Password")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_a_bed_is_held_extended_and_given_back(page: Page) -> None:
    sign_in(page, "outreach@example.org")
    assert heading(page) == "Beds tonight"
    press(page, "Find a bed for someone")
    press(page, "Add a new person")
    go_to(page, "Name")
    page.keyboard.type("Keys Only")
    go_to(page, "Not known")
    page.keyboard.press("ArrowUp")
    press(page, "Save and find a bed")
    assert "other" in page.inner_text("main")
    press(page, "People")
    go_to(page, "Name, alias or reference")
    page.keyboard.type("keys only")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert heading(page) == "A bed for Keys Only"
    press(page, "Hold for 45 minutes at 165 Rough Sleeping Hub, King's Cross")
    press(page, "15 more minutes")
    assert re.search(r"59:\d\d left|60:00 left", page.inner_text("main"))
    press(page, "Give the bed back")
    assert "Find another bed" in page.inner_text("main")
    press(page, "Sign out")
    assert heading(page) == "Sign in"


def test_a_hub_checks_in_and_out_confirms_and_takes_a_bed_out_of_use(page: Page) -> None:
    sign_in(page, "hub@example.org")
    main = page.locator("main")
    assert heading(page) == "165 Rough Sleeping Hub, King's Cross"
    press(page, "Check in .+")
    press(page, "Check out .+")
    name = heading(page).removeprefix("Check out ")
    press(page, "Check out")
    assert page.evaluate("document.activeElement.matches('.govuk-error-summary')")
    go_to(page, "Where are they going\\?")
    page.keyboard.type("Family")
    go_to(page, "Why are they leaving\\?")
    page.keyboard.type("Sister came")
    press(page, "Check out")
    assert f"Check out {name}" not in main.inner_text()
    go_to(page, "Take a bed out of use")
    page.keyboard.press("Enter")
    go_to(page, "Which bed\\?")
    page.keyboard.press("ArrowDown")
    go_to(page, "Why\\?")
    page.keyboard.type("Broken window")
    press(page, "Take it out of use")
    assert "Broken window" in main.inner_text()
    go_to(page, "How many beds do you see free\\?")
    page.keyboard.type("3")
    press(page, "Confirm")
    assert "The count was last confirmed" in main.inner_text()


def test_the_first_stop_skips_to_the_main_part(page: Page) -> None:
    sign_in(page, "outreach@example.org")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    assert page.locator(".govuk-skip-link").bounding_box()["height"] > 24  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Find a bed for someone"


@pytest.mark.parametrize("path", ["/beds", "/people/new", "/account", "/hub/165-hub"])
def test_stops_come_in_reading_order_and_the_last_leads_out(page: Page, path: str) -> None:
    sign_in(page, "lead@example.org")
    page.goto(path)
    found: list[dict[str, Any]] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (found and stop["order"] <= found[0]["order"]):
            break
        assert stop["seen"], stop
        found.append(stop)
    else:
        pytest.fail(f"the keyboard does not get out of {path}")
    assert len(found) > 8
    orders = [stop["order"] for stop in found]
    assert orders == sorted(orders)
    assert found[-1]["name"] == "Accessibility"


def test_a_stop_that_is_not_seen_would_be_found(page: Page) -> None:
    """The negative control."""
    page.goto("/sign-in")
    page.evaluate(
        "() => { const sheet = new CSSStyleSheet();"
        " sheet.replaceSync('#email:focus { outline: 0 !important; box-shadow: none !important }');"
        " document.adoptedStyleSheets = [sheet]; }"
    )
    with pytest.raises(AssertionError, match="not seen"):
        go_to(page, "Password")
