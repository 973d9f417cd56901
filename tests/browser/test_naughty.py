"""No name runs as a script, in a real browser."""

import json
import urllib.request

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog

from pathway.db import transaction
from tests import factories
from tests.browser.conftest import PHONE, Phone
from tests.test_bad_input import naughty

__all__ = ["naughty"]

pytestmark = [pytest.mark.browser, pytest.mark.shared]

FOUND = ("script", "alert", "javascript", "onerror", "img", "svg", "iframe", "style", "a")
"""Searches whose pages show the worst of them, twenty at a time."""


def add(address: str, token: str, name: str) -> str:
    """Add a person of this name through the API; return the reference."""
    body = json.dumps({"given_name": name[:200], "aliases": [name[:200] or "x"]}).encode()
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/v1/people", body, head)
    with urllib.request.urlopen(request, timeout=20) as answer:
        ref: str = json.load(answer)["ref"]
    return ref


@pytest.mark.parametrize("engine", ["sqlite"])
def test_no_name_runs_as_a_script(
    browser: Browser, night: str, app: Flask, naughty: list[str]
) -> None:
    with app.app_context(), transaction():
        token = factories.token_of("outreach@example.org")
    people = {add(night, token, text): text for text in naughty if "\x00" not in text}
    context = browser.new_context(viewport=PHONE, base_url=night)
    worker = Phone(context, night)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    worker.page.on("dialog", note)
    worker.page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " broken => console.error('policy', broken.violatedDirective))"
    )
    elsewhere: list[str] = []
    worker.page.on("request", lambda asked: elsewhere.append(asked.url))
    worker.sign_in("outreach@example.org")
    for word in FOUND:
        worker.page.goto("/people")
        worker.page.get_by_label("Name, alias or reference").fill(word)
        worker.tap("button", "Find")
    pages = ["/beds", "/people", "/holds", "/people/new"]
    worst = [ref for ref, text in people.items() if "<" in text or "javascript" in text.lower()]
    assert len(worst) > 100
    pages += [f"/people/{ref}" for ref in worst[::2]] + [
        f"/people/{ref}/bed" for ref in worst[::40]
    ]
    for page in pages:
        worker.page.goto(page, wait_until="domcontentloaded")
    assert dialogs == []
    assert worker.errors == []
    assert {url for url in elsewhere if not url.startswith(night)} == set()
    context.close()
