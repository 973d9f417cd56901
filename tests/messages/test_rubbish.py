"""Whatever the provider answers, no text is lost, doubled, or taken for another."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from pathway.errors import Busy
from pathway.messages import sender
from pathway.messages.rules import Outgoing, Report
from tests.messages.conftest import TO, Desk

RUBBISH: list[dict[str, Any]] = [
    {},
    {"sid": None, "status": "queued"},
    {"sid": "", "status": "queued"},
    {"sid": "SM1", "status": "queued"},
    {"sid": ["SM" + "0" * 32], "status": "queued"},
    {"sid": "SM" + "0" * 32, "status": "lost"},
    {"sid": "SM" + "0" * 32, "status": None},
    {"sid": "SM" + "0" * 32, "status": "queued", "error_code": "many"},
]


@pytest.mark.parametrize("answer", RUBBISH)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_answer_that_cannot_be_read_leaves_the_text_unknown(
    desk: Desk, answer: dict[str, Any]
) -> None:
    other = desk.queue("Another text.", to="+447700900124")
    desk.standin.breaks = [(201, answer), (201, answer)]
    ident = desk.queue()
    desk.send()
    assert (desk.state(ident), desk.state(other)) == ("unknown", "unknown")
    assert desk.text(ident).sid is None
    desk.sweep()
    assert (desk.state(ident), desk.state(other)) == ("queued", "queued")
    assert len(desk.standin.messages) == 2


@pytest.mark.parametrize("broken", [{"date_created": None}, {"sid": None}, {"status": "lost"}])
def test_an_entry_that_cannot_be_read_leaves_its_text_unknown_and_the_others_are_found(
    desk: Desk, broken: dict[str, Any]
) -> None:
    """Who was never asked about comes first, so that none waits behind it for ever."""
    desk.standin.breaks = [(500, {})]
    ident = desk.queue()
    desk.send()
    desk.standin.messages[0] |= broken
    for _ in range(2):
        desk.sweep()
    assert desk.state(ident) == "unknown"
    desk.standin.breaks = [(500, {})]
    other = desk.queue("Another text.", to="+447700900124")
    desk.send()
    desk.sweep(timedelta(minutes=1))
    assert (desk.state(ident), desk.state(other)) == ("unknown", "queued")


def test_one_text_that_goes_wrong_costs_the_others_nothing(desk: Desk) -> None:
    idents = [desk.queue(f"Text {number}.") for number in range(3)]
    assert desk.provider is not None
    send = desk.provider.send

    def breaking(text: Outgoing, now: Any) -> Report:
        if text.body == "Text 1.":
            raise ZeroDivisionError
        return send(text, now)

    with patch.object(desk.provider, "send", breaking):
        desk.send()
    assert [desk.state(ident) for ident in idents] == ["queued", "unknown", "queued"]


def test_answers_are_written_down_as_soon_as_the_database_is_free(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PAUSE_SECONDS", 0)
    ident = desk.queue()
    write = sender.write_down
    busy = [Busy("later"), Busy("later")]

    def slowly(*told: Any) -> None:
        if busy:
            raise busy.pop()
        write(*told)

    monkeypatch.setattr(sender, "write_down", slowly)
    desk.send()
    assert desk.state(ident) == "queued"
    assert len(desk.standin.messages) == 1


def test_answers_that_could_never_be_written_down_are_asked_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PAUSE_SECONDS", 0)
    ident = desk.queue()

    def never(*_: Any) -> None:
        raise Busy("later")

    with monkeypatch.context() as busy:
        busy.setattr(sender, "write_down", never)
        desk.send()
    assert desk.state(ident) == "calling"
    desk.sweep(timedelta(minutes=2))
    assert desk.state(ident) == "queued"
    assert desk.standin.sent_to(TO) == [desk.text(ident).body]
