"""Whatever the provider answers, no text is lost, doubled, or taken for another."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from pathway import acts
from pathway.acts import by_service
from pathway.db import transaction
from pathway.errors import Busy
from pathway.messages import actions, sender
from pathway.messages.rules import Outgoing, Purpose, Report, TextState
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
    {"sid": "SM" + "0" * 32, "status": "queued", "error_code": 10**12},
    {"sid": "SM" + "0" * 32, "status": "waiting"},
    {"sid": "SM" + "0" * 32, "status": "receiving"},
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


LISTED: list[dict[str, Any]] = [
    {"status": "lost"},
    {"sid": "SM1"},
    {"date_created": None},
    {"error_code": "many"},
    {"error_code": 10**12},
]


@pytest.mark.parametrize("oddity", LISTED)
def test_a_list_that_cannot_be_read_keeps_no_other_text_unknown(
    desk: Desk, oddity: dict[str, Any]
) -> None:
    odd, sound = desk.queue(), desk.queue("Another text.", to="+447700900124")
    desk.standin.breaks = [(500, {}), (500, {})]
    desk.send()
    found = next(one for one in desk.standin.messages if one["to"] == TO)
    kept = dict(found)
    found |= oddity
    for _ in range(3):
        desk.sweep()
    assert (desk.state(odd), desk.state(sound)) == ("unknown", "queued")
    found |= kept
    desk.sweep()
    assert (desk.state(odd), len(desk.standin.messages)) == ("queued", 2)


def test_whoever_cannot_be_asked_about_is_asked_about_last(desk: Desk) -> None:
    idents = [desk.queue(f"Text {number}.", to=f"+4477009001{number}") for number in range(30, 34)]
    desk.standin.breaks = [(500, {})] * 4
    desk.send()
    assert desk.provider is not None
    find = desk.provider.find

    def breaking(text: Outgoing, since: Any) -> list[Report]:
        if text.id == idents[0]:
            raise ZeroDivisionError
        return find(text, since)

    with patch.object(desk.provider, "find", breaking):
        desk.sweep()
        desk.sweep(timedelta(seconds=15))
    assert [desk.state(one) for one in idents] == ["unknown", "queued", "queued", "queued"]


def test_a_text_is_found_however_many_went_to_that_number_since(desk: Desk) -> None:
    ident = desk.queue()
    desk.standin.breaks = [(500, {})]
    desk.send()
    for number in range(120):
        desk.standin.take({"To": [TO], "Body": [f"Text {number}."], "From": ["+447700900999"]})
    desk.sweep()
    assert desk.state(ident) == "queued"
    assert desk.standin.sent_to(TO).count(desk.text(ident).body) == 1


def test_a_report_of_a_state_that_is_none_of_a_text_going_out_changes_nothing(desk: Desk) -> None:
    ident = desk.queue()
    with transaction():
        told = Report("SM" + "0" * 32, TextState.RECEIVED)
        assert not actions.report(by_service(acts.now()), ident, told)
    assert (desk.state(ident), desk.text(ident).sid) == ("waiting", None)


def test_what_is_withdrawn_is_not_sent_anew_either(desk: Desk) -> None:
    act = by_service(acts.now())
    with transaction():
        first = actions.queue(act, to=TO, body="x", purpose=Purpose.ALARM, key="alarm:1:1:1")
        other = actions.queue(act, to=TO, body="y", purpose=Purpose.ALARM, key="alarm:12:1:1")
    desk.send()
    found = desk.standin.messages
    with transaction():
        for one in found:
            actions.report(act, None, Report(one["sid"], TextState.UNDELIVERED, 30003))
    with transaction():
        actions.withdraw(act, "alarm:1:")
    assert desk.send(timedelta(minutes=3)) == 1
    assert first is not None
    assert other is not None
    assert sorted(desk.standin.sent_to(TO)) == ["x", "y", "y"]
