"""A phone: Debian's Chromium at the size of a small screen."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    sync_playwright,
)

from pathway.demo import PASSWORD
from tests.conftest import LendScene
from tests.serving import chromium, run, served

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PHONE = ViewportSize(width=360, height=740)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session; without Chromium the tests say why they skip."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed: apt-get install chromium")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def demonstration(url: str) -> None:
    """Load the demonstration."""
    run(url, "demo", PATHWAY_DEMO="1")


@pytest.fixture
def database_url(lend_scene: LendScene) -> Iterator[str]:
    """The URL of a database of this test's own, with the demonstration."""
    with lend_scene("demonstration", demonstration) as url:
        yield url


@pytest.fixture
def night(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The demonstration, served; yields its address."""
    with served(database_url, tmp_path / "server.log", PATHWAY_DEMO="1") as address:
        yield address


class Phone:
    """A person with a phone, who counts taps and takes pictures."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda problem: self.errors.append(str(problem)))
        self.page.on(
            "console",
            self._note,
        )
        self.taps = 0
        self._address = address
        self._pictures = os.environ.get("PATHWAY_PICTURES")

    def _note(self, said: ConsoleMessage) -> None:
        """Note what the console complains of; refusals by status are not complaints."""
        if said.type == "error" and "status of 4" not in said.text:
            self.errors.append(said.text)

    def sign_in(self, email: str) -> None:
        self.page.goto(f"{self._address}/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def tap(self, role: str, name: str) -> None:
        self.taps += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def picture(self, name: str) -> None:
        """Keep a picture where PATHWAY_PICTURES says, to be looked at."""
        if self._pictures:
            Path(self._pictures).mkdir(exist_ok=True)
            self.page.screenshot(path=f"{self._pictures}/{name}.png", full_page=True)

    def fits(self) -> bool:
        """Return whether nothing sticks out to the side."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        )


@pytest.fixture
def phones(browser: Browser, night: str) -> Iterator[list[Phone]]:
    """An outreach worker's phone and the 165 Hub's computer."""
    contexts = [
        browser.new_context(viewport=PHONE, has_touch=True, locale="en-GB", base_url=night),
        browser.new_context(viewport={"width": 1280, "height": 900}, base_url=night),
    ]
    phones = [Phone(context, night) for context in contexts]
    yield phones
    for context in contexts:
        context.close()
    assert [phone.errors for phone in phones] == [[], []]
