"""Promise 51 under load: of many guesses at once no more than the limit are judged."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from time import sleep
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import now
from pathway.db import db, transaction
from pathway.errors import TooMany
from pathway.staff import actions, browser, factor, signing_in, tries
from pathway.staff.doing import Role
from pathway.staff.models import RecoveryCode
from pathway.staff.secrecy import LIMITS, Guess
from tests.conftest import set_up_factor
from tests.factories import PASSWORD
from tests.races import in_process
from tests.serving import served
from tests.staff.conftest import EMAIL, Add, Clock, code_of, secret_of, sign_in, values, whats

GUESSES = 40
MOST = LIMITS[Guess.PASSWORD].most


class Browser:
    """A browser over HTTP that keeps its cookie, as far as signing in needs one."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self._where = urlsplit(address)
        self._cookie = cookie
        self.page = ""

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> int:
        connection = HTTPConnection(self._where.hostname or "", self._where.port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._cookie:
            headers["Cookie"] = self._cookie
        connection.request(method, path, urlencode(fields or {}), headers)
        response = connection.getresponse()
        self.page = response.read().decode()
        told = response.headers.get("Set-Cookie")
        self._cookie = told.split(";")[0] if told else self._cookie
        connection.close()
        return response.status

    def token(self, path: str) -> str:
        self.ask("GET", path)
        return self.page.split('name="csrf_token" value="')[1].split('"')[0]


def at_once(shots: Sequence[Callable[[], int]]) -> Counter[int]:
    """Do all of these at the same moment; return how often each status came."""
    start = threading.Barrier(len(shots))
    statuses: list[int] = []

    def run(shot: Callable[[], int]) -> None:
        start.wait()
        statuses.append(shot())

    threads = [threading.Thread(target=run, args=(shot,)) for shot in shots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


def guess_at_once(address: str) -> Counter[int]:
    def shot() -> Callable[[], int]:
        one = Browser(address)
        fields = {"csrf_token": one.token("/sign-in"), "email": EMAIL, "password": "wrong"}
        return lambda: one.ask("POST", "/sign-in", fields)

    return at_once([shot() for _ in range(GUESSES)])


def no_more_than_the_limit_are_judged(app: Flask, statuses: Counter[int]) -> bool:
    judged = whats(app).count("wrong password")
    return judged == statuses[422] and 1 <= judged <= MOST


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


def test_of_forty_guesses_at_once_five_are_judged(app: Flask, add: Add, address: str) -> None:
    add()
    statuses = guess_at_once(address)
    assert no_more_than_the_limit_are_judged(app, statuses)
    assert set(statuses) <= {422, 429, 503}
    assert statuses[422] == MOST


def test_every_process_counts_on_the_same_tally(
    app: Flask, add: Add, database_url: str, engine: str, tmp_path: Path
) -> None:
    add()
    with served(database_url, tmp_path / "log", 1 if engine == "sqlite" else 2) as address:
        statuses = guess_at_once(address)
    assert no_more_than_the_limit_are_judged(app, statuses)
    assert statuses[422] == MOST


def test_counting_after_judging_is_not_enough(
    app: Flask, add: Add, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: look at the count, judge, and only then add to it."""
    note_wrong = browser.note_wrong

    def look_only(*tried: tuple[Guess, tuple[object, ...]]) -> None:
        for guess, who in tried:
            tries.refuse_if_spent(now(), guess, *who)
        db.session.rollback()
        sleep(0.3)

    def count_afterwards(what: str, staff_id: int | None) -> None:
        note_wrong(what, staff_id)
        with suppress(TooMany), transaction():
            tries.count_try(now(), Guess.PASSWORD, EMAIL, "127.0.0.1")

    add()
    monkeypatch.setattr(browser, "try_once", look_only)
    monkeypatch.setattr(browser, "note_wrong", count_afterwards)
    statuses = guess_at_once(address)
    assert not no_more_than_the_limit_are_judged(app, statuses)
    assert statuses[422] > MOST


@pytest.fixture
def shots(app: Flask, add: Add, clock: Clock, address: str) -> list[Callable[[], int]]:
    """Return two browsers that gave the password, about to give the same code."""
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    secret = set_up_factor(client)
    clock.passes(seconds=90)
    code = code_of(secret)

    def shot() -> Callable[[], int]:
        client = app.test_client()
        sign_in(client)
        assert secret_of(client)
        cookie = client.get_cookie("pathway")
        one = Browser(address, f"pathway={cookie.value if cookie else ''}")
        token = one.token("/sign-in/code")
        return lambda: one.ask("POST", "/sign-in/code", {"csrf_token": token, "code": code})

    return [shot(), shot()]


def test_of_two_with_one_code_one_gets_in(shots: list[Callable[[], int]]) -> None:
    assert at_once(shots) == {303: 1, 422: 1}


def test_without_spending_it_one_code_lets_both_in(
    shots: list[Callable[[], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same race, the half-minute not used up."""
    monkeypatch.setattr(signing_in, "_spend_step", lambda *_: True)
    assert at_once(shots) == {303: 2}


CODES_KEPT = select(RecoveryCode.code_hash)


@pytest.fixture
def renewals(app: Flask, add: Add, address: str) -> list[Callable[[], int]]:
    """Return one member's two presses of “Make new recovery codes”, about to be made."""
    add(Role.MANAGER)
    client = app.test_client()
    sign_in(client)
    set_up_factor(client)
    cookie = client.get_cookie("pathway")

    def shot() -> Callable[[], int]:
        one = Browser(address, f"pathway={cookie.value if cookie else ''}")
        fields = {"csrf_token": one.token("/account"), "current_password": PASSWORD}
        return lambda: one.ask("POST", "/account/recovery-codes", fields)

    return [shot(), shot()]


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a while pass between ending the old codes and keeping the new, so that two overlap."""
    keep = factor.Vault.code_hash

    def keep_slowly(vault: factor.Vault, code: str) -> str:
        sleep(0.15)
        return keep(vault, code)

    monkeypatch.setattr(factor.Vault, "code_hash", keep_slowly)


def test_of_two_renewals_at_once_eight_codes_are_good(
    app: Flask, renewals: list[Callable[[], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch)
    assert at_once(renewals) == {200: 2}
    assert len(values(app, CODES_KEPT)) == factor.RECOVERY_CODES


def test_without_holding_the_member_more_codes_are_good(
    app: Flask,
    engine: str,
    renewals: list[Callable[[], int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control; on SQLite writers take turns whatever is held."""
    slowly(monkeypatch)
    monkeypatch.setattr(actions, "hold", lambda _staff_id: None)
    assert at_once(renewals) == {200: 2}
    times = 1 if engine == "sqlite" else 2
    assert len(values(app, CODES_KEPT)) == times * factor.RECOVERY_CODES
