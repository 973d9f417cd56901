"""Nothing that a program can find stands in anybody's way, on any page, as any role.

The pages are taken from the routes, so that a new one is looked at by itself.
One served application on SQLite: what a browser is shown does not depend on
the engine, and the tests of the pages run on both.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Response
from sqlalchemy import delete

from pathway.acts import Act, now
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.db import db, transaction
from pathway.staff.doing import Role
from pathway.staff.models import Tries
from pathway.web import create_app
from tests import factories, walk
from tests.browser.eyes import DESK, everything, faults, layout, look
from tests.conftest import settings, submit
from tests.house.test_pages import signing_in_pages
from tests.serving import run, served

pytestmark = pytest.mark.browser


@dataclass
class Door:
    """A browser and the application that it is served by."""

    app: Flask
    browser: Browser
    address: str
    seen: set[str] = field(default_factory=set)

    def page(self, client: FlaskClient | None = None) -> Page:
        """Return a page that is signed in as a client is."""
        context: BrowserContext = self.browser.new_context(
            base_url=self.address, locale="en-GB", viewport=DESK
        )
        cookie = client.get_cookie("pathway") if client else None
        if cookie is not None:
            kept = {"name": "pathway", "value": cookie.value, "url": self.address}
            context.add_cookies([kept])  # type: ignore[list-item]
        return context.new_page()


@pytest.fixture(scope="module")
def served_once(
    browser: Browser, prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """The demonstration, served; what tests add to its database is there too."""
    folder = tmp_path_factory.mktemp("access")
    url = f"sqlite:///{shutil.copy(prepared_sqlite, folder / 'pathway.db')}"
    run(url, "demo", PATHWAY_DEMO="1")
    app = create_app(settings(url))
    app.testing = True
    with served(url, folder / "server.log", PATHWAY_DEMO="1") as address:
        yield Door(app, browser, address)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def door(served_once: Door) -> Iterator[Door]:
    """The same for each test, with no browser open."""
    yield served_once
    for context in served_once.browser.contexts:
        context.close()


def told(wrong: Mapping[str, list[str]]) -> str:
    """Return what is wrong, a line for each fault."""
    return "\n".join(f"{path}: {one}" for path, found in wrong.items() for one in found)


def opened(page: Page, path: str) -> int:
    """Open a page; return its status."""
    answer = page.goto(path, wait_until="domcontentloaded")
    assert answer is not None
    return answer.status


def looked_at(page: Page, path: str) -> list[str]:
    """Open a page and return what is wrong with it."""
    opened(page, path)
    return everything(page)


def sent(page: Page, path: str, fields: dict[str, str] | None = None) -> int:
    """Send a form from a page that carries a token; return the status of what is shown."""
    told = {"idempotency_key": "", **(fields or {})}
    with page.expect_navigation(wait_until="domcontentloaded") as found:
        page.evaluate(
            """([action, fields]) => {
              const form = document.createElement('form');
              Object.assign(form, { method: 'post', action });
              fields.csrf_token = document.querySelector('[name=csrf_token]').value;
              for (const [name, value] of Object.entries(fields)) {
                form.append(Object.assign(document.createElement('input'), { name, value }));
              }
              document.body.append(form);
              form.submit();
            }""",
            [path, told],
        )
    answer: Response | None = found.value
    assert answer is not None
    return answer.status


def readable(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield every route that a person may open, and its endpoint."""
    for rule in walk.routes(app, "GET"):
        if rule.endpoint not in {"static", "openapi"} and not rule.rule.startswith("/api/"):
            yield rule.rule, rule.endpoint


def resident(world: walk.World) -> str:
    """Return the reference of somebody who is in at the hub, put there by a member of its staff."""
    with world.app.app_context(), transaction():
        hub = factories.an_act(Role.HUB, factories.HUB, at=now(), email=f"r-{world.email}")
        walk._make_room(hub)
        person = factories.a_person(given_name="Sorrel", aliases=["Sorry"], gender="woman")
        beds.walk_in(hub, person=person.ref, site=factories.HUB)
        return person.ref


CHANGING = re.compile(
    r'<title>[^<]*</title>|value="[^"]*"|[0-9:]+|P-[0-9A-Z]{6}|The \w+|data-now="[^"]*"'
    r'| aria-current="\w+"|/set-password/[\w-]+|[\w.-]+@example\.org| d="[^"]*"|<code[^<]*</code>'
)
"""What differs between two pages that are one and the same to look at.

Of the title only that there is one: what it says is read in tests/house/test_pages.py.
"""


def is_new(door: Door, html: str) -> bool:
    """Return whether a page has a top or a main part that no role was shown before."""
    parts = [CHANGING.sub("", part) for part in html.split('<main class="govuk-main-wrapper')]
    new = not set(parts) <= door.seen
    door.seen.update(parts)
    return new


def addresses(world: walk.World) -> Iterator[str]:
    """Yield an address of every page; those of a person twice, in a bed and without."""
    inside = resident(world)
    for route, _ in readable(world.app):
        yield world.path(route)
        if "<ref>" in route:
            yield world.path(route, given={"ref": inside})


STATES = (
    "/audit?person=P-0000000",
    "/audit?from=nonsense",
    "/people/P-222222",
)
"""Pages that are there already, showing something else: refused, absent."""


def searches(world: walk.World) -> Iterator[str]:
    """Yield addresses of searches that find many and none, for whoever may search."""
    client = walk.with_browser(world)
    for words in ("fi", "nobody at all"):
        led = submit(client, "/people", {"q": words}, page="/account").headers.get("Location")
        if led is not None:
            yield led


@pytest.mark.parametrize("role", Role)
def test_nothing_stands_in_the_way_on_any_page(door: Door, role: Role) -> None:
    world = walk.a_world(door.app, role)
    page = door.page(walk.with_browser(world))
    wrong: dict[str, list[str]] = {}
    seen: dict[int, int] = {}
    for path in (*addresses(world), *searches(world), *STATES):
        answer = page.request.get(path)
        html = answer.headers.get("content-type", "").startswith("text/html")
        refused = answer.status in {403, 404} and seen.get(answer.status, 0) > 0
        if not html or refused:
            continue
        seen[answer.status] = seen.get(answer.status, 0) + 1
        if is_new(door, answer.text()):
            wrong[f"{answer.status} {path}"] = looked_at(page, path)
    assert seen[200] >= 8
    assert not any(wrong.values()), told(wrong)


def refusing(world: walk.World) -> list[str]:
    """Return the routes whose empty form is answered by a page that says what is missing."""
    found = []
    for rule in walk.routes(world.app, "POST"):
        if rule.rule.startswith("/api/"):
            continue
        client = walk.with_browser(world)
        token = client.get("/account").get_data(as_text=True).split('csrf_token" value="')[1]
        told = {"csrf_token": token.split('"')[0], "version": "1"}
        if client.post(world.path(rule.rule), data=told).status_code == 422:
            found.append(rule.rule)
    return found


def test_nothing_stands_in_the_way_where_a_form_is_refused(door: Door) -> None:
    world = walk.a_world(door.app, Role.HUB_LEAD, "refused")
    routes = refusing(world)
    assert len(routes) >= 7
    page = door.page(walk.with_browser(world))
    wrong = {}
    inside = resident(world)
    for route in routes:
        with door.app.app_context(), transaction():
            db.session.execute(delete(Tries))
        assert opened(page, "/account") == 200
        path = world.path(route, given={"ref": inside})
        assert sent(page, path, {"version": "1"}) == 422, path
        assert page.evaluate("document.activeElement.matches('.govuk-error-summary')"), path
        wrong[path] = everything(page)
    assert not any(wrong.values()), told(wrong)


def test_nothing_stands_in_the_way_where_a_rule_refuses(door: Door) -> None:
    world = walk.a_world(door.app, Role.OUTREACH, "ruled")
    page = door.page(walk.with_browser(world))
    opened(page, "/beds")
    inside = resident(world)
    wrong = []
    assert sent(page, "/placements", {"person": inside, "site": "finchley-hub"}) == 409
    wrong += everything(page)
    free = world.person()
    assert sent(page, "/placements", {"person": free, "site": "respite-rooms"}) == 409
    wrong += everything(page)
    assert opened(page, f"/people/{inside}/edit") == 200
    stale = {"version": "0", "gender": "woman", "recourse": "not_known"}
    assert sent(page, f"/people/{inside}/edit", stale) == 409
    wrong += everything(page)
    twice = {"name": "Sorrel Twice", "gender": "woman"}
    assert [sent(page, "/people/new", twice | {"idempotency_key": key}) for key in "ab"] == [
        200
    ] * 2
    assert "Is it one of these?" in page.inner_text("main")
    wrong += everything(page)
    with door.app.app_context(), transaction():
        care.restrict(Act(now(), world.act.staff_id, "", frozenset({"hub_lead"})), free)
    assert opened(page, f"/people/{free}") == 200
    wrong += everything(page)
    assert opened(page, "/holds") == 200
    wrong += everything(page)
    assert wrong == []


def test_nothing_stands_in_the_way_of_signing_in(door: Door) -> None:
    steps = {path: client for client, path in signing_in_pages(door.app)}
    page = door.page()
    wrong = []
    opened(page, "/sign-in")
    wrong += everything(page)
    assert sent(page, "/sign-in", {"email": "x@example.org", "password": "x"}) == 422
    wrong += everything(page)
    for path, client in steps.items():
        page = door.page(client)
        assert opened(page, path) == 200
        wrong += everything(page)
        assert sent(page, path, {"code": "x", "pin": "x"}) == 422
        wrong += everything(page)
    page = door.page(steps["/sign-in/second-factor"])
    opened(page, "/sign-in/second-factor")
    secret = page.locator(".pw-code").inner_text().replace(" ", "")
    page.get_by_label("Code from your authenticator").fill(pyotp.TOTP(secret).at(now()))
    page.get_by_role("button", name="Set up").click()
    page.wait_for_selector(".pw-codes")
    wrong += everything(page)
    assert wrong == []


def test_nothing_stands_in_the_way_of_an_administrator_who_makes_a_link(door: Door) -> None:
    world = walk.a_world(door.app, Role.ADMIN, "linking")
    page = door.page(walk.with_browser(world))
    opened(page, "/staff")
    assert sent(page, world.path("/staff/<ident>/link")) == 200
    assert "set-password" in page.inner_text("main")
    assert everything(page) == []


def test_a_fault_would_be_found(door: Door) -> None:
    """The negative control: each kind of fault, put into a page, is seen."""
    page = door.page()
    opened(page, "/sign-in")
    assert everything(page) == []
    for fault, named in (
        ("document.querySelector('label[for=email]').remove()", "label"),
        ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
        ("document.querySelector('h1').remove()", "page-has-heading-one"),
    ):
        opened(page, "/sign-in")
        page.evaluate(fault)
        assert named in {one.split(":")[0] for one in faults(page)}
    opened(page, "/sign-in")
    grey = "new Promise(done => requestAnimationFrame(done))"
    page.evaluate("document.querySelector('h1').style.color = '#3a3d40'")
    page.evaluate(grey)
    look(page, DESK, "dark")
    assert any(one.startswith("color-contrast") for one in faults(page))


@pytest.mark.parametrize(
    ("css", "named"),
    [
        ("h1 { width: 2000px }", "scrolls sideways"),
        (".govuk-button { min-height: 0; padding: 0; height: 12px }", "too small"),
        ("h1.govuk-heading-l { margin-bottom: -40px }", "overlap"),
        ("main { height: 60px; overflow: hidden }", "cut off"),
        ("h1 { position: relative; left: -90px }", "sticks out"),
    ],
)
def test_a_broken_layout_would_be_found(door: Door, css: str, named: str) -> None:
    page = door.page()
    opened(page, "/sign-in")
    page.set_viewport_size({"width": 320, "height": 640})
    assert layout(page) == []
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        css,
    )
    assert any(re.match(named, one) for one in layout(page))


def test_colours_and_paper_of_somebodys_own_keep_what_matters(door: Door) -> None:
    world = walk.a_world(door.app, Role.HUB, "choosing")
    page = door.page(walk.with_browser(world))
    opened(page, "/account/second-factor")
    page.emulate_media(color_scheme="dark")
    shown = "([what, style]) => getComputedStyle(document.querySelector(what))[style]"
    assert page.evaluate(shown, [".pw-qr svg", "backgroundColor"]) == "rgb(255, 255, 255)"
    assert page.evaluate(shown, ["body", "backgroundColor"]) == "rgb(20, 23, 26)"
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(shown, ["body", "backgroundColor"]) == "rgb(255, 255, 255)"
    assert page.evaluate(shown, ["h1", "color"]) == "rgb(0, 0, 0)"
    page.emulate_media(media="screen", forced_colors="active")
    opened(page, f"/hub/{factories.HUB}")
    for what in (".govuk-button", ".pw-beds li"):
        assert page.evaluate(shown, [what, "borderTopWidth"]) == "2px"
        assert not page.evaluate(shown, [what, "borderTopColor"]).startswith("rgba")


def test_a_countdown_is_not_read_aloud_every_second(door: Door) -> None:
    world = walk.a_world(door.app, Role.OUTREACH, "counting")
    page = door.page(walk.with_browser(world))
    live = "[aria-live], [role=status], [role=alert], [role=timer]"
    for path in (f"/placements/{world.placement()}", "/beds", "/holds"):
        opened(page, path)
        assert page.locator(f":is({live}) :is([data-until], [data-poll])").count() == 0
        assert page.locator(f":is([data-until], [data-poll]):is({live})").count() == 0
