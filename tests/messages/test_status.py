"""The provider reports what became of a text: late, twice, in any order, or somebody forges it."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from pathway import acts, config
from pathway.acts import by_service
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.messages import actions, sender
from pathway.messages.actions import start, stop
from pathway.messages.models import Text
from pathway.messages.rules import FINAL, Outcome, Purpose, TextState, after
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import factories
from tests.conftest import Ask, submit
from tests.messages.conftest import TO, Desk
from tests.provider import ACCOUNT, NUMBER, TOKEN

PUBLIC = "https://pathway.example.org"

Report = Callable[..., TestResponse]


@pytest.fixture
def report(app: Flask) -> Report:
    """Return what reports a status as the provider does."""
    app.config["TWILIO"] = config.Twilio(ACCOUNT, TOKEN, NUMBER)
    app.config["PUBLIC_URL"] = PUBLIC

    def send(sid: str, status: str, ident: int | str = "", error: str = "") -> TestResponse:
        path = f"/twilio/status?text={ident}"
        form = {"MessageSid": sid, "MessageStatus": status, "To": TO, "AccountSid": ACCOUNT}
        form |= {"ErrorCode": error} if error else {}
        signed = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
        return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signed})

    return send


def test_a_text_moves_forward_only(desk: Desk, report: Report) -> None:
    """Promise 29: replayed, and sent after delivered."""
    ident = desk.queue()
    desk.send()
    sid = desk.text(ident).sid or ""
    for status in ("sending", "sent", "delivered", "sent", "delivered", "queued", "undelivered"):
        assert report(sid, status, ident).status_code == 204
    assert desk.state(ident) == "delivered"
    report(sid, "read", ident)
    assert desk.state(ident) == "read"


@pytest.mark.parametrize("order", list(itertools.permutations(("queued", "sent", "delivered"))))
def test_in_whatever_order_reports_come_the_same_state_stands(order: tuple[str, ...]) -> None:
    stands = TextState.QUEUED
    for reported in order:
        stands = after(stands, TextState(reported), known=True)
    assert stands is TextState.DELIVERED


@pytest.mark.parametrize("final", sorted(FINAL))
@pytest.mark.parametrize("late", sorted(TextState))
def test_what_is_final_stays_so(final: TextState, late: TextState) -> None:
    stands = after(final, late, known=True)
    read = (final, late) == (TextState.DELIVERED, TextState.READ)
    assert stands is (late if read else final)


def test_a_report_before_the_answer_to_the_call_is_matched_by_our_own_name(
    desk: Desk, report: Report
) -> None:
    """Promise 30: the answer then changes nothing back."""
    ident = desk.queue()
    with transaction():
        (text,) = sender.claim(by_service(acts.now()), sends=True)
    assert desk.provider is not None
    answer = desk.provider.send(text, acts.now())
    db.session.remove()
    report(answer.sid, "delivered", ident)
    assert (desk.state(ident), desk.text(ident).sid) == ("delivered", answer.sid)
    with transaction():
        sender.write_down(by_service(acts.now()), [Outcome(text, report=answer)])
    assert desk.state(ident) == "delivered"


def test_a_report_tells_what_became_of_a_text_whose_answer_was_lost(
    desk: Desk, report: Report
) -> None:
    desk.standin.breaks = [(500, {})]
    ident = desk.queue()
    desk.send()
    assert desk.state(ident) == "unknown"
    report(desk.standin.messages[0]["sid"], "sent", ident)
    assert desk.state(ident) == "sent"
    desk.sweep(timedelta(minutes=5))
    assert len([one for one in desk.standin.asked if one.method == "GET"]) == 0


def test_a_handset_that_is_off_gets_another_text_once_however_often_it_is_reported(
    desk: Desk, report: Report
) -> None:
    ident = desk.queue()
    desk.send()
    sid = desk.text(ident).sid or ""
    for _ in range(3):
        report(sid, "undelivered", ident, error="30003")
    assert desk.send(timedelta(minutes=1)) == 0
    assert desk.send(timedelta(minutes=3)) == 1
    assert (desk.state(ident), desk.text(ident).error) == ("undelivered", 30003)
    assert len(desk.standin.messages) == 2


@pytest.mark.parametrize(
    ("sid", "status", "ident"),
    [
        ("SM" + "0" * 32, "delivered", "1"),
        ("SM" + "0" * 32, "delivered", ""),
        ("SM" + "0" * 32, "delivered", "99999999999999999999"),
        ("SM" + "0" * 32, "delivered", "%C2%B2"),
        ("short", "delivered", "1"),
        ("SM" + "\0" * 32, "delivered", "1"),
        ("SM" + "0" * 32, "lost", "1"),
    ],
)
def test_a_report_that_is_about_no_text_of_ours_changes_nothing(
    desk: Desk, report: Report, sid: str, status: str, ident: str
) -> None:
    ours = desk.queue()
    desk.send()
    before = desk.text(ours).sid
    assert report(sid, status, ident).status_code == 204
    assert (desk.state(ours), desk.text(ours).sid) == ("queued", before)


@pytest.fixture
def forged(app: Flask, report: Report) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("signature", [None, "", "x", "aXngMTP07D4c4hkO+r0Kb5Oe528="])
def test_a_forged_report_is_refused_and_changes_nothing(
    desk: Desk, forged: FlaskClient, signature: str | None
) -> None:
    """Promise 28."""
    ident = desk.queue()
    desk.send()
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    told = {"MessageSid": desk.text(ident).sid, "MessageStatus": "delivered"}
    answer = forged.post(f"/twilio/status?text={ident}", data=told, headers=headers)
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert desk.state(ident) == "queued"


def test_a_report_signed_for_another_text_is_refused(
    desk: Desk, report: Report, app: Flask
) -> None:
    first = desk.queue()
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    signed = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/twilio/status?text=7", form)
    answer = app.test_client().post(
        f"/twilio/status?text={first}", data=form, headers={"X-Twilio-Signature": signed}
    )
    assert answer.status_code == 403


def test_without_a_provider_every_report_is_refused(report: Report, app: Flask) -> None:
    app.config["TWILIO"] = None
    assert report("SM" + "0" * 32, "delivered", 1).status_code == 403


def test_what_did_not_arrive_is_seen_and_can_be_sent_again_once(
    app: Flask, signed_in: Ask, engine: str
) -> None:
    with app.app_context(), transaction():
        ident = factories.a_lost_text()
    client = signed_in(Role.SWEP_COORDINATOR)
    page = client.get("/texts").get_data(as_text=True)
    assert "Send again" in page
    assert "Nothing is sent" in page
    assert "ending 123" in page
    assert TO not in page
    assert submit(client, f"/texts/{ident}/again", {}, "/texts").status_code == 303
    assert submit(client, f"/texts/{ident}/again", {}, "/texts").status_code == 409


def test_an_answer_is_read_by_whoever_asked_and_not_sent_again(app: Flask, signed_in: Ask) -> None:
    """It may hold a confidential site's number, which this page's readers may not see."""
    with app.app_context(), transaction() as session:
        act = by_service(acts.now())
        words = "No bed free at 22:15. Women: ring 07700 900456"
        ident = actions.queue(act, to=TO, body=words, purpose=Purpose.REPLY)
        session.execute(update(Text).where(Text.id == ident).values(state="failed"))
    client = signed_in(Role.MANAGER)
    page = client.get("/texts").get_data(as_text=True)
    assert "<strong>Reply</strong>" in page
    assert "900456" not in page
    assert "Send again" not in page
    with app.app_context(), transaction(), pytest.raises(Refused):
        actions.send_again(by_service(acts.now()), ident or 0)


@pytest.mark.parametrize("status", ["receiving", "received"])
def test_what_texts_that_come_in_are_in_says_nothing_of_one_that_went_out(
    desk: Desk, report: Report, status: str
) -> None:
    ident = desk.queue()
    sid = "SM" + "0" * 32
    assert report(sid, status, ident).status_code == 204
    assert (desk.state(ident), desk.text(ident).sid) == ("waiting", None)
    assert report(sid, "sent", ident).status_code == 204
    assert desk.state(ident) == "sent"


def test_a_number_that_answered_stop_is_shown_as_unreachable(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.MANAGER)
    assert "Nobody, as far as we know" in client.get("/texts").get_data(as_text=True)
    with app.app_context(), transaction():
        ident = factories.an_act(Role.OUTREACH, email="silent@example.org").staff_id
        db.session.execute(update(Staff).where(Staff.id == ident).values(phone=TO))
        stop(by_service(acts.now()), TO)
        stop(by_service(acts.now()), TO)
    page = client.get("/texts").get_data(as_text=True)
    assert "<strong>The outreach</strong>: answered STOP" in page
    with app.app_context(), transaction():
        start(TO)
    assert "answered STOP" not in client.get("/texts").get_data(as_text=True)
