"""Promise 10: killed at any step, the sender loses no text and sends none twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from pathway.config import ROOT
from pathway.db import db
from pathway.messages import sender
from tests.messages.conftest import TO, Desk
from tests.messages.dying import CALLING, STEPS, SWEEPS
from tests.rounds import ROUNDS

pytestmark = pytest.mark.drill

TEXTS = 3


class Sender:
    """The program that dies: a line in, a corpse out."""

    def __init__(self, url: str, api: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.messages.dying", url, api],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def dies_at(self, step: str, heard: threading.Event) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(step + "\n")
        self._process.stdin.flush()
        child = int(self._line())
        if step == CALLING:
            assert heard.wait(20)
            os.kill(child, signal.SIGKILL)
        assert self._line() == "killed"

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def dying(desk: Desk, database_url: str) -> Iterator[Sender]:
    one = Sender(database_url, desk.standin.address)
    yield one
    one.end()


def recover(desk: Desk) -> None:
    """Do what the next leader's jobs do in the minutes after a death."""
    for minutes in (2, 5, 8, 11):
        desk.sweep(timedelta(minutes=minutes))
        while desk.send(timedelta(minutes=minutes)):
            pass


def one_round(desk: Desk, dying: Sender, step: str, number: int) -> list[int]:
    """Queue some texts, kill the sender at this step, and recover; return the texts."""
    idents = [desk.queue(f"Round {number}, text {one}, {step}.") for one in range(TEXTS)]
    if step in SWEEPS:
        desk.standin.breaks = [(500, {})] * TEXTS
        desk.send()
    desk.standin.heard.clear()
    desk.standin.hangs = threading.Event() if step == CALLING else None
    db.session.remove()
    dying.dies_at(step, desk.standin.heard)
    if desk.standin.hangs is not None:
        desk.standin.hangs.set()
        desk.standin.hangs = None
    recover(desk)
    return idents


@pytest.mark.parametrize("step", [*STEPS, CALLING])
def test_killed_at_any_step_the_sender_loses_nothing_and_doubles_nothing(
    desk: Desk, dying: Sender, step: str
) -> None:
    for number in range(ROUNDS):
        desk.standin.messages.clear()
        idents = one_round(desk, dying, step, number)
        sent = sorted(desk.standin.sent_to(TO))
        assert sent == sorted(desk.text(ident).body for ident in idents)
        sids = {one["sid"] for one in desk.standin.messages}
        assert {desk.text(ident).sid for ident in idents} == sids
        assert {desk.state(ident) for ident in idents} == {"queued"}


def test_without_asking_the_provider_a_killed_sender_doubles_texts(
    desk: Desk, dying: Sender
) -> None:
    """The negative control: an answer lost, and the text simply sent again."""
    with patch.object(type(desk.provider), "find", lambda *_: []):
        one_round(desk, dying, "about to write", 0)
    assert len(desk.standin.sent_to(TO)) == 2 * TEXTS


def test_without_the_sweeper_a_killed_sender_loses_texts(desk: Desk, dying: Sender) -> None:
    """The other negative control: nobody finds what got stuck."""
    with patch.object(sender, "STUCK_AFTER", timedelta(days=1)):
        idents = one_round(desk, dying, "claimed", 0)
    assert desk.standin.sent_to(TO) == []
    assert {desk.state(ident) for ident in idents} == {"calling"}
