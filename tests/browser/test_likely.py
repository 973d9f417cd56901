"""Who may be meant is shown while somebody is typed in, and reached by keyboard."""

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine, select

from pathway.people.models import Person
from tests.browser.conftest import PHONE, Phone

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]


def somebody(url: str) -> tuple[str, str]:
    """Return the reference and the name of somebody of the demonstration."""
    engine = create_engine(url)
    told = select(Person.ref, Person.given_name, Person.family_name).where(
        Person.family_name.is_not(None), Person.restricted_at.is_(None)
    )
    with engine.connect() as connection:
        ref, given, family = connection.execute(told.order_by(Person.id)).first() or ("", "", "")
    engine.dispose()
    return ref, f"{given} {family}"


def test_who_may_be_meant_appears_while_typing(
    browser: Browser, night: str, database_url: str
) -> None:
    ref, name = somebody(database_url)
    context = browser.new_context(viewport=PHONE, base_url=night)
    worker = Phone(context, night)
    asked: list[str] = []
    worker.page.on("request", lambda one: asked.append(one.url))
    try:
        worker.sign_in("outreach@example.org")
        worker.page.goto("/people/new")
        field = worker.page.get_by_label("Name", exact=True)
        field.press_sequentially(name, delay=20)
        link = worker.page.get_by_role("link", name=re.compile(f"This is them.*{ref}"))
        expect(link).to_be_visible()
        assert len([url for url in asked if url.endswith("/people/likely")]) <= 2
        assert not [url for url in asked if name.split()[0].lower() in url.lower()]
        expect(worker.page.locator("#likely [role=status]")).to_contain_text("Is it one of these?")
        assert worker.fits()
        worker.picture("60-likely")
        expect(field).to_be_focused()
        field.press("Tab")
        expect(worker.page.locator("#likely a").first).to_be_focused()
        worker.page.keyboard.press("Enter")
        worker.page.wait_for_url("**/bed")
        assert worker.errors == []
    finally:
        context.close()
