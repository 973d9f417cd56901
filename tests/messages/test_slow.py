"""Promise 18: however long the provider takes, a bed is held meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from pathway import acts
from pathway.beds.rules import PlacementStatus
from pathway.db import db, transaction
from pathway.errors import Busy
from pathway.messages import sender
from pathway.messages.rules import NotSent, Outcome, Outgoing, Verdict
from tests import factories
from tests.messages.conftest import Desk


@contextmanager
def a_call_that_hangs(desk: Desk, app: Flask) -> Iterator[threading.Thread]:
    """Have the sender wait for the provider until the block ends."""
    desk.queue()
    db.session.remove()
    desk.standin.hangs = threading.Event()

    def send() -> None:
        with app.app_context():
            desk.send()

    thread = threading.Thread(target=send)
    thread.start()
    assert desk.standin.heard.wait(10)
    try:
        yield thread
    finally:
        desk.standin.hangs.set()
        thread.join()


def a_hold() -> float:
    """Hold a bed; return how many seconds it took."""
    begun = acts.monotonic()
    with transaction():
        act = factories.an_act(at=acts.now(), email="slow@example.org")
        held = factories.a_hold(act)
    assert held.status is PlacementStatus.HELD
    return acts.monotonic() - begun


def test_a_bed_is_held_while_the_provider_takes_its_time(desk: Desk, app: Flask) -> None:
    with a_call_that_hangs(desk, app) as call:
        assert a_hold() < 1
        assert call.is_alive()
        assert desk.standin.asked[-1].method == "POST"
    assert desk.state(1) == "queued"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_with_a_transaction_open_during_the_call_nobody_holds_a_bed(
    desk: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the call is made inside the claim."""
    claim = sender.claim

    def calling(act: acts.Act, *, sends: bool) -> list[Outgoing]:
        texts = claim(act, sends=sends)
        assert desk.provider is not None
        desk.provider.send(texts[0], act.at)
        return texts

    def called(_provider: object, text: Outgoing, _at: float) -> Outcome:
        return Outcome(text, verdict=NotSent(Verdict.UNSURE).verdict)

    monkeypatch.setattr(sender, "claim", calling)
    monkeypatch.setattr(sender, "call", called)
    with a_call_that_hangs(desk, app), pytest.raises(Busy):
        a_hold()
