"""A night on the street: somebody without a name, a bed for them, and what is entered late."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Geolocation
from sqlalchemy import create_engine, select

from pathway.acts import now
from pathway.beds.models import Placement
from pathway.nights import london
from pathway.outreach.models import Contact
from pathway.people.models import Person
from tests.browser.conftest import PHONE, Phone

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]

MOST_TAPS = 5
EXACTLY = Geolocation(latitude=51.5284317, longitude=-0.1332189)
RED, GREY = "Man, red sleeping bag", "Woman, grey blanket"


def written(url: str, description: str) -> Sequence[tuple[Any, ...]]:
    """Return what is written of somebody who is only described."""
    engine = create_engine(url)
    columns = (Contact.kind, Contact.at, Contact.recorded_at, Contact.lat, Contact.lon)
    query = (
        select(*columns, Person.unnamed, Placement.status)
        .join(Person, Person.id == Contact.person_id)
        .outerjoin(Placement, Placement.person_id == Person.id)
        .where(Person.description == description)
    )
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    return found


def test_a_night_on_the_street(browser: Browser, night: str, database_url: str) -> None:
    plain = browser.new_context(viewport=PHONE, base_url=night, java_script_enabled=False)
    smart = browser.new_context(
        viewport=PHONE, base_url=night, geolocation=EXACTLY, permissions=["geolocation"]
    )
    try:
        finds_a_bed_in_five_taps(Phone(plain, night))
        ((kind, at, recorded_at, lat, _, unnamed, status),) = written(database_url, RED)
        assert (kind, lat, unnamed, status) == ("bedded_down", None, True, "held")
        assert at == recorded_at
        sent = enters_late(Phone(smart, night))
        assert (sent["lat"], sent["lon"]) == (["51.528"], ["-0.133"])
        ((kind, at, recorded_at, lat, lon, *_),) = written(database_url, GREY)
        assert (kind, lat, lon) == ("not_bedded_down", 51.528, -0.133)
        assert (f"{london(at):%H:%M}", recorded_at > at) == ("20:30", True)
    finally:
        plain.close()
        smart.close()


def finds_a_bed_in_five_taps(worker: Phone) -> None:
    """Meet somebody, write them down and hold a bed for them, on a phone without JavaScript."""
    worker.sign_in("outreach@example.org")
    worker.tap("link", "Street")
    worker.picture("60-street")
    assert worker.fits()
    worker.tap("link", "Somebody without a name")
    worker.tap("button", "Bedded down")
    assert "describe them" in worker.page.inner_text(".govuk-error-summary")
    worker.taps -= 1
    worker.page.get_by_label("What do they look like?").fill(RED)
    worker.tap("button", "Bedded down")
    assert "Saved." in worker.page.inner_text("main")
    worker.picture("61-saved")
    worker.tap("link", "Find a bed")
    worker.tap("button", "Hold for 45 minutes at 165 Rough Sleeping Hub, King's Cross")
    assert worker.taps == MOST_TAPS
    assert "/placements/" in worker.page.url
    assert "Man, red sleeping bag" in worker.heading()
    worker.picture("62-held")
    worker.page.get_by_text("More pages").click()
    worker.tap("link", "Ring someone")
    assert worker.heading() == "Ring someone"


def enters_late(worker: Phone) -> dict[str, list[str]]:
    """Write down yesterday evening's meeting with the place of the phone; return what was sent."""
    worker.sign_in("outreach@example.org")
    page = worker.page
    page.goto("/contacts/new")
    page.get_by_label("What do they look like?").fill(GREY)
    page.get_by_role("button", name="Use my location").click()
    page.get_by_text("to about 100 metres").wait_for()
    page.get_by_text("More: when, what was offered").click()
    page.get_by_label("Date").fill(f"{london(now()).date() - timedelta(days=1)}")
    page.get_by_label("London time").fill("20:30")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        worker.tap("button", "Not bedded down")
    assert "entered late" in page.inner_text("main")
    worker.picture("63-late")
    return parse_qs(sent.value.post_data or "")
