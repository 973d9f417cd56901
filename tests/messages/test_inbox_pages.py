"""The list of notices as a browser gets it, and the choice of what goes by text."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pathway.acts import Act, by_service, now
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.messages.choosing import Choices, choices_of
from pathway.messages.models import NoticeMark, StoppedNumber
from pathway.messages.notices import notify, over
from pathway.messages.quiet import NEVER
from pathway.messages.rules import Kind
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import factories
from tests.conftest import Ask, submit
from tests.factories import HUB

PHONE = "+447700900123"
SPOKEN = "07700 900123"


@pytest.fixture
def hub(signed_in: Ask) -> FlaskClient:
    return signed_in(Role.HUB, HUB)


def hold(app: Flask) -> int:
    """Let a worker hold a bed at the hub; return the placement."""
    with app.app_context(), transaction():
        count = len(db.session.scalars(select(Staff.id)).all())
        worker = factories.an_act(at=now(), email=f"worker-{count}@example.org")
        return factories.a_hold(worker).id


def seen(client: FlaskClient, page: str = "/notices") -> str:
    """Return what a page says, without its markup."""
    html = client.get(page).get_data(as_text=True)
    words = re.sub(r"<(head|script).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(words).split())


def test_with_nothing_to_tell_the_page_says_what_it_is_for(hub: FlaskClient) -> None:
    assert "Nothing in the last 7 days." in seen(hub)
    assert "unread" not in seen(hub)


def test_a_hub_sees_who_is_coming_and_opens_it(app: Flask, hub: FlaskClient) -> None:
    held = hold(app)
    assert "Someone is coming to bed" in seen(hub)
    assert "165 Rough Sleeping Hub" in seen(hub)
    assert "Notices , 1 unread (1)" in seen(hub, "/beds")
    assert "Not read" in seen(hub), "looking marks nothing"
    answer = submit(hub, "/notices/1/open", {}, page="/notices")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/placements/{held}")
    assert hub.get(f"/placements/{held}").status_code == 200
    assert "unread" not in seen(hub)
    assert ", read" in seen(hub)


def test_all_that_was_shown_is_read_at_once(app: Flask, hub: FlaskClient) -> None:
    hold(app)
    hold(app)
    page = hub.get("/notices").get_data(as_text=True)
    (up_to,) = re.findall(r'name="up_to" value="(\d+)"', page)
    hold(app)
    assert submit(hub, "/notices/read", {"up_to": up_to}, page="/notices").status_code == 303
    assert "Notices , 1 unread" in seen(hub)
    for typed in ("", "-1", "9" * 40, "٣", "1; drop"):
        answer = submit(hub, "/notices/read", {"up_to": typed}, page="/notices")
        assert answer.status_code == 303
    assert "Notices , 1 unread" in seen(hub)


def test_what_is_over_says_so(app: Flask, hub: FlaskClient) -> None:
    held = hold(app)
    with app.app_context(), transaction():
        over(by_service(now()), f"placement:{held}:coming")
    assert re.search(r"Over 165 Rough Sleeping Hub, King's Cross: Someone is coming", seen(hub))
    assert "unread" not in seen(hub)


def test_the_notices_of_others_are_not_there(app: Flask, signed_in: Ask) -> None:
    hold(app)
    for client in (signed_in(), signed_in(Role.HUB, "st-giles")):
        assert "coming to bed" not in seen(client)
        answer = submit(client, "/notices/1/open", {}, page="/notices")
        assert answer.status_code == 404
    with app.app_context():
        assert db.session.scalars(select(NoticeMark.staff_id)).all() == []


def test_a_page_that_looks_again_gets_it_only_when_something_is_new(
    app: Flask, hub: FlaskClient
) -> None:
    first = hub.get("/notices")
    assert 'data-poll="/notices"' in first.get_data(as_text=True)
    asking = {"If-None-Match": first.headers["ETag"], "X-Poll": "yes"}
    assert hub.get("/notices", headers=asking).status_code == 304
    hold(app)
    fresh = hub.get("/notices", headers=asking)
    assert fresh.status_code == 200
    assert "Someone is coming" in fresh.get_data(as_text=True)
    submit(hub, "/notices/1/open", {}, page="/notices")
    asking["If-None-Match"] = fresh.headers["ETag"]
    assert hub.get("/notices", headers=asking).status_code == 200


def choices(app: Flask) -> Choices:
    with app.app_context():
        return choices_of(1)


CHOICES = "/account/texts"


def test_kinds_and_hours_are_kept_and_shown_again(app: Flask, hub: FlaskClient) -> None:
    assert choices(app) == Choices(frozenset(), None, None, stopped=False)
    sent = {"kinds": "hold_lapsed", "quiet": "yes", "begins": "08:30", "ends": "16:00"}
    for _ in range(2):
        assert submit(hub, CHOICES, sent).status_code == 303
    assert choices(app).kinds == {Kind.HOLD_LAPSED}
    page = hub.get(CHOICES).get_data(as_text=True)
    assert 'value="08:30"' in page
    assert re.search(r'value="hold_lapsed" checked', page)
    assert submit(hub, CHOICES, {"quiet": "no"}).status_code == 303
    assert choices(app) == Choices(frozenset(), NEVER, None, stopped=False)
    assert re.search(r'value="no" checked', hub.get(CHOICES).get_data(as_text=True))
    with app.app_context():
        lines = select(AuditEntry.detail).where(AuditEntry.what == "choose texts")
        assert len(db.session.scalars(lines).all()) == 3


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"begins": "late"}, "Write a time like 22:00."),
        ({"ends": ""}, "Write a time like 22:00."),
        ({"quiet": "sometimes"}, "Say whether there are hours without texts."),
    ],
)
def test_what_was_typed_stays_when_something_is_wrong(
    app: Flask, hub: FlaskClient, wrong: dict[str, str], told: str
) -> None:
    sent = {"kinds": "hold_lapsed", "quiet": "yes", "begins": "08:31", "ends": "16:01"} | wrong
    answer = submit(hub, CHOICES, sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert all(f'value="{sent[name]}"' in page for name in ("begins", "ends"))
    assert re.search(r'value="hold_lapsed" checked', page)
    assert choices(app).kinds == set()


def test_what_is_no_kind_of_text_is_not_kept(app: Flask, hub: FlaskClient) -> None:
    for kind in ("alarm", "x"):
        assert submit(hub, CHOICES, {"kinds": kind, "quiet": "no"}).status_code == 303
    assert choices(app).kinds == set()


def test_the_page_says_where_texts_go_or_why_they_do_not(app: Flask, hub: FlaskClient) -> None:
    assert "No mobile number of yours is registered" in seen(hub, CHOICES)
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(phone=PHONE))
    assert f"Texts go to {SPOKEN}." in seen(hub, CHOICES)
    with app.app_context(), transaction() as session:
        session.add(StoppedNumber(number=PHONE, at=now()))
    assert f"{SPOKEN} answered STOP" in seen(hub, CHOICES)
    assert "What you are told by text" in seen(hub, "/account")


def test_a_notice_without_a_link_is_marked_where_it_stands(app: Flask, hub: FlaskClient) -> None:
    with app.app_context(), transaction():
        act = Act(now(), None, "")
        until = act.at + timedelta(hours=1)
        notify(act, Kind.REFERRAL_WAITS, "A referral waits.", useful_until=until, staff_id=1)
    assert "Mark as read" in seen(hub)
    assert submit(hub, "/notices/1/open", {}, page="/notices").headers["Location"] == "/notices"
    assert "Mark as read" not in seen(hub)


@pytest.mark.parametrize(("role", "offered"), [(Role.HUB, "no"), (Role.MANAGER, "yes")])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_whoever_works_at_night_is_offered_no_quiet_hours(
    signed_in: Ask, role: Role, offered: str
) -> None:
    client = signed_in(role, *(["165-hub"] if role is Role.HUB else []))
    page = client.get(CHOICES).get_data(as_text=True)
    assert re.search(rf'value="{offered}" checked', page)
