"""A text arrives once, whatever happens between the claim and the record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from pathway import acts, config
from pathway.acts import Act, by_service
from pathway.db import db, transaction
from pathway.desk.alarms import watch_texts
from pathway.messages import actions, outbox, queries, sender
from pathway.messages.models import StoppedNumber, Text
from pathway.messages.rules import BATCH, NotSent, Outcome, Outgoing, Purpose, Verdict
from tests import factories
from tests.messages.conftest import BODY, TO, Desk
from tests.provider import ACCOUNT, NUMBER, TOKEN
from tests.races import at_once

SOON = timedelta(minutes=2)
LATER = timedelta(minutes=5)
STOP = {"code": 21610, "message": "stopped", "status": 400}


def test_a_text_goes_out_once_and_is_the_providers_from_then_on(desk: Desk) -> None:
    ident = desk.queue()
    assert desk.send() == 1
    assert desk.send() == 0
    assert desk.state(ident) == "queued"
    assert desk.text(ident).sid == desk.standin.messages[0]["sid"]
    assert desk.standin.sent_to(TO) == [BODY]


def test_one_cause_makes_one_text(desk: Desk) -> None:
    act = by_service(acts.now())
    reply = partial(actions.queue, act, to=TO, body=BODY, purpose=Purpose.REPLY, key="in:SM1")
    with transaction():
        assert reply() is not None
        assert reply() is None
    assert desk.send() == 1


def test_a_text_of_an_undone_transaction_never_was(desk: Desk) -> None:
    with pytest.raises(RuntimeError), transaction():
        actions.queue(by_service(acts.now()), to=TO, body=BODY, purpose=Purpose.NOTICE)
        raise RuntimeError
    assert desk.send() == 0
    assert desk.standin.messages == []


def test_the_provider_is_told_where_to_report_and_how_long_it_may_keep_a_text(desk: Desk) -> None:
    ident = desk.queue()
    desk.send()
    form = desk.standin.asked[0].form
    assert form["StatusCallback"] == [f"https://pathway.example.org/twilio/status?text={ident}"]
    assert 7100 < int(form["ValidityPeriod"][0]) <= 7200


@pytest.mark.parametrize("status", [429, 401])
def test_what_was_surely_not_taken_is_tried_again_with_growing_gaps(
    desk: Desk, status: int
) -> None:
    desk.standin.answers = [(status, {"code": status, "message": "no"})] * 2
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "waiting"
    assert desk.send(timedelta(seconds=20)) == 0
    assert desk.send(timedelta(seconds=40)) == 1
    first = desk.text(ident).due_at
    assert first > acts.now() + timedelta(minutes=1)
    assert desk.send(LATER) == 1
    assert desk.state(ident) == "queued"
    assert len(desk.standin.messages) == 1


def test_what_is_never_taken_has_failed_for_a_person_to_see(desk: Desk) -> None:
    ident = desk.queue(purpose=Purpose.ALARM)
    desk.standin.answers = [(429, {"code": 20429, "message": "no"})] * 9
    for hours in range(8):
        desk.send(timedelta(hours=hours))
    assert desk.state(ident) == "failed"
    assert desk.text(ident).error == 20429
    listed = outbox.listed(acts.now() - timedelta(days=1), lost=True, limit=9)
    assert [one.id for one in listed] == [ident]


def test_what_the_provider_refuses_for_good_is_not_tried_again(desk: Desk) -> None:
    desk.standin.answers = [(400, {"code": 21211, "message": "no number"})]
    ident = desk.queue()
    desk.send()
    assert (desk.state(ident), desk.text(ident).error) == ("failed", 21211)
    assert desk.send(timedelta(hours=1)) == 0


def test_a_number_that_answered_stop_at_the_provider_is_stopped_here(desk: Desk) -> None:
    desk.standin.answers = [(400, STOP)]
    desk.queue()
    desk.send()
    assert db.session.scalar(select(StoppedNumber.number)) == TO
    second = desk.queue("Another text.")
    desk.send()
    assert (desk.state(second), desk.text(second).error) == ("failed", 21610)
    assert desk.standin.messages == []
    with transaction():
        actions.start(TO)
    third = desk.queue("A third text.")
    desk.send()
    assert desk.state(third) == "queued"


@pytest.mark.parametrize("status", [500, 502, 503, 408, 302])
def test_a_fault_after_the_text_was_taken_leaves_it_unknown_and_asking_finds_it(
    desk: Desk, status: int
) -> None:
    desk.standin.breaks = [(status, {"message": "sorry"})]
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "unknown"
    desk.sweep()
    assert desk.state(ident) == "queued"
    assert desk.text(ident).sid == desk.standin.messages[0]["sid"]
    assert len(desk.standin.messages) == 1


def test_a_fault_before_the_text_was_taken_is_asked_about_twice_before_it_goes_out_again(
    desk: Desk,
) -> None:
    desk.standin.answers = [(500, {"message": "sorry"})]
    ident = desk.queue()
    desk.send()
    desk.sweep()
    assert desk.state(ident) == "unknown"
    assert desk.send(LATER) == 0
    desk.sweep(timedelta(minutes=1))
    assert desk.state(ident) == "unknown"
    desk.sweep(SOON)
    assert desk.state(ident) == "waiting"
    assert desk.send(LATER) == 1
    assert desk.state(ident) == "queued"
    assert desk.standin.sent_to(TO) == [BODY]


def test_an_answer_that_takes_too_long_leaves_the_text_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pathway.messages.twilio.CALL_SECONDS", 0.2)
    desk.standin.seconds = 1.0
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "unknown"
    desk.standin.seconds = 0.0
    desk.sweep()
    assert desk.state(ident) == "queued"
    assert len(desk.standin.messages) == 1


def test_a_provider_that_cannot_be_reached_is_tried_again(desk: Desk) -> None:
    assert desk.provider is not None
    desk.provider._settings = type(desk.provider._settings)(
        desk.provider._settings.account_sid, "token", "+447700900999", "http://127.0.0.1:1"
    )
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "waiting"
    assert desk.text(ident).tries == 1


def test_while_the_provider_cannot_be_asked_an_unknown_text_stays_unknown(desk: Desk) -> None:
    desk.standin.breaks = [(500, {})]
    ident = desk.queue()
    desk.send()
    with patch.object(type(desk.provider), "find", side_effect=NotSent(Verdict.UNSURE)):
        for minutes in range(3, 90, 5):
            desk.sweep(timedelta(minutes=minutes))
    assert desk.state(ident) == "unknown"
    assert desk.send(timedelta(hours=1)) == 0


def test_a_claim_that_nobody_answered_for_becomes_unknown_and_is_asked_about(desk: Desk) -> None:
    ident = desk.queue()
    with transaction():
        sender.claim(by_service(acts.now()), sends=True)
    assert desk.send(timedelta(hours=1)) == 0
    desk.sweep(timedelta(seconds=50))
    assert desk.state(ident) == "calling"
    desk.sweep(timedelta(seconds=70))
    assert desk.state(ident) == "unknown"
    desk.sweep(LATER)
    assert desk.state(ident) == "waiting"


def test_a_sender_that_was_held_up_between_claim_and_call_does_not_call(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = desk.queue()
    clock = iter([0.0, 21.0])
    monkeypatch.setattr(acts, "monotonic", lambda: next(clock))
    desk.send()
    assert desk.state(ident) == "waiting"
    assert desk.standin.asked == []


def test_an_answer_that_comes_after_the_text_was_given_up_still_counts(desk: Desk) -> None:
    ident = desk.queue()
    with transaction():
        (text,) = sender.claim(by_service(acts.now()), sends=True)
    assert desk.provider is not None
    report = desk.provider.send(text, acts.now())
    desk.standin.messages.clear()
    desk.sweep(timedelta(seconds=70))
    desk.sweep(LATER)
    assert desk.state(ident) == "waiting"
    with transaction():
        sender.write_down(by_service(acts.now()), [Outcome(text, report=report)])
    assert desk.state(ident) == "queued"
    assert desk.send(timedelta(minutes=30)) == 0


def test_a_text_whose_twin_is_on_its_way_waits(desk: Desk) -> None:
    """Nobody could tell the two apart at the provider, were an answer lost."""
    desk.standin.breaks = [(500, {})]
    first, second = desk.queue(), desk.queue()
    assert desk.send() == 1
    assert desk.send() == 0
    assert {desk.state(first), desk.state(second)} == {"unknown", "waiting"}
    desk.sweep()
    assert desk.send() == 1
    sids = {desk.text(first).sid, desk.text(second).sid}
    assert sids == {one["sid"] for one in desk.standin.messages}
    assert len(sids) == 2


def test_a_text_that_comes_too_late_is_not_sent(desk: Desk) -> None:
    ident = desk.queue()
    assert desk.send(timedelta(hours=3)) == 0
    assert desk.state(ident) == "canceled"
    assert desk.standin.asked == []


def test_without_a_provider_texts_are_shown_and_never_sent_later(desk: Desk) -> None:
    provider, desk.provider = desk.provider, None
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "on_screen"
    desk.provider = provider
    assert desk.send() == 0
    assert desk.standin.asked == []


def test_urgent_texts_go_first(desk: Desk) -> None:
    for number in range(25):
        desk.queue(f"Notice {number}")
    alarm = desk.queue("Pathway alarm 1.", purpose=Purpose.ALARM)
    desk.send()
    assert desk.state(alarm) == "queued"
    assert len(desk.standin.messages) == BATCH


def test_two_senders_at_once_send_nothing_twice(desk: Desk, app: Flask) -> None:
    bodies = [f"Notice {number}" for number in range(60)]
    for body in bodies:
        desk.queue(body)
    db.session.remove()

    def send() -> None:
        with app.app_context():
            while desk.send():
                pass

    at_once([send] * 3)
    assert sorted(one["body"] for one in desk.standin.messages) == sorted(bodies)


def test_without_the_claim_two_senders_send_everything_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what was read as waiting is called in without being claimed."""
    for number in range(3):
        desk.queue(f"Notice {number}")
    monkeypatch.setattr(sender, "claim", unclaimed)
    desk.send()
    desk.send()
    assert len(desk.standin.messages) == 6


def unclaimed(act: Act, *, sends: bool) -> list[Outgoing]:
    rows = db.session.execute(select(*queries.OUTGOING).order_by(Text.id)).all()
    return [replace(one, claimed_at=act.at) for one in queries.outgoing(rows)]


def test_a_handset_that_was_off_gets_the_text_again_as_another_one(desk: Desk) -> None:
    first = desk.queue()
    desk.send()
    for _ in range(5):
        desk.standin.messages[-1] |= {"status": "undelivered", "error_code": 30003}
        desk.sweep(timedelta(minutes=31))
        desk.send(timedelta(minutes=40))
    assert desk.state(first) == "undelivered"
    made = db.session.execute(select(Text.again_of, Text.state).order_by(Text.id)).all()
    assert [again for again, _ in made] == [None, first, first]
    assert len(desk.standin.messages) == 3


@pytest.mark.parametrize("error", [30005, 30006, 30008])
def test_what_may_have_arrived_or_never_will_is_not_sent_again(desk: Desk, error: int) -> None:
    desk.queue()
    desk.send()
    desk.standin.messages[0] |= {"status": "undelivered", "error_code": error}
    desk.sweep(timedelta(minutes=31))
    assert db.session.scalar(select(func.count()).select_from(Text)) == 1


def test_a_text_without_any_word_is_asked_about(desk: Desk) -> None:
    ident = desk.queue()
    desk.send()
    desk.standin.messages[0]["status"] = "delivered"
    desk.sweep(timedelta(minutes=29))
    assert desk.state(ident) == "queued"
    desk.sweep(timedelta(minutes=31))
    assert desk.state(ident) == "delivered"


def test_no_connection_is_kept_during_a_call(desk: Desk) -> None:
    """Promise 18: a provider that takes its time holds nobody else up."""
    desk.queue()
    pool = db.engine.pool
    seen = []
    assert desk.provider is not None
    send = desk.provider.send

    def watched(*told: object) -> object:
        seen.append(pool.checkedout())  # type: ignore[attr-defined]
        return send(*told)  # type: ignore[arg-type]

    with patch.object(desk.provider, "send", watched):
        desk.send()
    assert seen == [0]


def test_a_fenced_out_sender_claims_nothing(desk: Desk) -> None:
    ident = desk.queue()

    def refuse() -> None:
        raise RuntimeError("another process leads")

    with ThreadPoolExecutor(1) as calls, pytest.raises(RuntimeError):
        sender.send_batch(by_service(acts.now()), refuse, desk.provider, calls)
    assert desk.state(ident) == "waiting"
    assert desk.standin.asked == []


def test_ready_names_what_is_wrong_with_texts_and_stays_ready(desk: Desk, app: Flask) -> None:
    client = app.test_client()

    def named() -> list[str]:
        answer = client.get("/readyz")
        assert answer.status_code == 200
        told: list[str] = answer.get_json()["trouble"]
        return [one for one in told if "jobs" not in one and "trail" not in one]

    assert named() == []
    failed, late, lost = (desk.queue(body) for body in ("One.", "Two.", "Three."))
    assert named() == []
    set_back(failed, state="failed", error=20003)
    set_back(late, due_at=acts.now() - timedelta(minutes=6))
    set_back(lost, state="unknown", claimed_at=acts.now() - timedelta(minutes=16))
    waits, unknown, gone = named()
    assert waits.startswith("texts have waited to be sent since ")
    assert unknown == "nobody knows whether 1 text went out: ask the provider"
    assert gone == "1 text failed in the last 24 hours: see the page of texts"
    app.config["TWILIO"] = config.Twilio(ACCOUNT, TOKEN, NUMBER)
    assert "PATHWAY_PUBLIC_URL" in named()[-1]


def set_back(ident: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(Text).where(Text.id == ident).values(**values))
    db.session.remove()


def test_texts_that_do_not_go_out_raise_one_alarm_a_night(desk: Desk) -> None:
    act = by_service(factories.NOW)
    with transaction():
        assert watch_texts(act) is None
        made = actions.queue(act, to=TO, body=BODY, purpose=Purpose.ALARM)
        assert watch_texts(by_service(factories.later(minutes=5))) is None
        late = by_service(factories.later(minutes=5, seconds=1))
        assert watch_texts(late) is not None
        assert watch_texts(late) is None
        assert watch_texts(by_service(factories.later(hours=11))) is not None
    set_back(made or 0, state="queued")
    with transaction():
        assert watch_texts(by_service(factories.later(hours=40))) is None


def test_a_withdrawn_text_of_which_nobody_knows_is_not_sent_again(desk: Desk) -> None:
    ident = desk.queue(purpose=Purpose.ALARM)
    set_back(ident, key="alarm:1:2:1")
    desk.standin.answers = [(500, {})]
    desk.send()
    with transaction():
        actions.withdraw(by_service(acts.now()), "alarm:1:")
    for minutes in (1, 4, 9):
        desk.sweep(timedelta(minutes=minutes))
        desk.send(timedelta(minutes=minutes))
    assert desk.state(ident) == "canceled"
    assert desk.standin.messages == []
