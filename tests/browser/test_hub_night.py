"""The hub's night on a shared screen: a PIN, arrivals, who does not come, and the roll."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select, update

from pathway.acts import now
from pathway.beds.models import Placement
from pathway.demo import PASSWORD
from pathway.people.models import Person
from tests.browser.conftest import Phone

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]

PIN = "274190"


@pytest.fixture
def lapse(database_url: str) -> Callable[[str], None]:
    """Let the newest hold of somebody end: nobody waits for it here."""

    def end(name: str) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            theirs = select(Person.id).where(Person.given_name == name)
            newest = select(func.max(Placement.id)).where(Placement.person_id.in_(theirs))
            past = update(Placement).where(Placement.id == newest.scalar_subquery())
            connection.execute(past.values(expires_at=now() - timedelta(minutes=1)))
        engine.dispose()

    return end


def comes(worker: Phone, name: str) -> None:
    """Let a worker on the street hold a bed at the hub for somebody new."""
    worker.page.goto("/people/new")
    worker.page.get_by_label("Name", exact=True).fill(name)
    worker.tap("button", "Save and find a bed")
    worker.tap("button", "Hold for 45 minutes at 165 Rough Sleeping Hub, King's Cross")
    assert worker.heading() == name


def shares(hub: Phone) -> None:
    """Sign in on a shared screen, set a PIN, hide the screen and come back with the PIN."""
    hub.page.goto("/sign-in")
    hub.page.get_by_label("Several of us use this screen").check()
    hub.page.get_by_label("E-mail address").fill("hub@example.org")
    hub.page.get_by_label("Password").fill(PASSWORD)
    hub.tap("button", "Sign in")
    hub.tap("link", "Sam Hub")
    hub.page.get_by_label("New PIN").fill(PIN)
    hub.page.get_by_label("Your password").fill(PASSWORD)
    hub.tap("button", "Set PIN")
    hub.tap("button", "Hide the screen")
    assert "Nettlewort" not in hub.page.content()
    hub.page.get_by_label("PIN").fill(PIN)
    hub.tap("button", "Go on")


def says(hub: Phone) -> str:
    """Return the main part as one line."""
    return " ".join(hub.page.locator("main").inner_text().split())


def test_the_hubs_night_on_a_shared_screen(
    phones: list[Phone], lapse: Callable[[str], None]
) -> None:
    worker, hub = phones
    worker.sign_in("outreach@example.org")
    comes(worker, "Nettlewort")
    comes(worker, "Quincewort")
    shares(hub)
    hub.picture("40-hub")
    hub.taps = 0
    hub.tap("button", "Check in Nettlewort")
    assert hub.taps == 1
    assert "Nettlewort, since" in says(hub)

    lapse("Quincewort")
    hub.page.reload()
    hub.taps = 0
    hub.tap("link", "Not here Quincewort")
    assert "Ring them first." in says(hub)
    hub.picture("41-not-here")
    hub.tap("button", "I rang: free the bed")
    assert hub.taps == 2
    assert "Marked as not here: Quincewort" in says(hub)

    hub.taps = 0
    hub.tap("link", "Check out Nettlewort")
    hub.picture("42-check-out")
    hub.tap("button", "Left in the morning, back on the street")
    assert hub.taps == 2
    assert "Checked out: Nettlewort" in says(hub)
    hub.tap("button", "Undo checked out, Nettlewort")
    assert "Nettlewort, since" in says(hub)
    goes_away_and_is_on_the_roll(hub)
    is_matched_at_the_door(hub)


def goes_away_and_is_on_the_roll(hub: Phone) -> None:
    hub.tap("link", "Away Nettlewort")
    hub.picture("43-away")
    hub.page.get_by_label("In hospital").check()
    hub.tap("button", "Keep the bed")
    assert "In hospital, nobody knows until when" in says(hub)
    hub.picture("44-hub-later")
    hub.tap("link", "Roll for a fire")
    roll = says(hub)
    assert roll.index("Away: not in the building") < roll.index("Nettlewort")
    assert "Quincewort" not in roll
    hub.page.emulate_media(media="print")
    hub.picture("45-roll")
    for part in (".pw-header", ".pw-nav", ".pw-footer", ".pw-screen"):
        assert not hub.page.locator(part).first.is_visible()
    hub.page.emulate_media(media="screen")
    hub.tap("link", "My site")
    hub.tap("button", "Back Nettlewort")
    assert "In hospital" not in says(hub)


def is_matched_at_the_door(hub: Phone) -> None:
    hub.page.get_by_text("Someone rang without a name").click()
    hub.page.get_by_label("How will the door know them?").fill("tall man, red coat")
    hub.page.get_by_role("button", name="Hold a bed").click()
    hub.page.wait_for_load_state()
    assert "No name given (tall man, red coat)" in says(hub)
    hub.tap("link", "Who is it?")
    hub.page.get_by_label("Look them up").fill("Quincewort")
    hub.tap("button", "Look up")
    hub.picture("46-who")
    hub.tap("button", "It is them Quincewort")
    hub.tap("button", "Check in Quincewort")
    assert "Quincewort, since" in says(hub)


def test_a_hubs_pages_fit_a_small_phone(phones: list[Phone]) -> None:
    phone, _ = phones
    phone.sign_in("hub@example.org")
    hub = phone.page.url
    pages = [hub, f"{hub}/roll", "/callers/new"]
    for name in ("Check out", "Away"):
        link = phone.page.get_by_role("link", name=name).first
        pages.append(str(link.get_attribute("href")))
    for place, path in enumerate(pages):
        phone.page.goto(path)
        phone.picture(f"50-small-{place}")
        assert phone.fits(), path
