"""One text tells what several notices told, to whoever chose so and is not left in peace."""

import threading
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from pathway.acts import Act, by_service
from pathway.db import db, transaction
from pathway.messages import grouping, inbox
from pathway.messages.choosing import choose
from pathway.messages.grouping import group_one, to_text
from pathway.messages.models import NoticeMark, QuietHours, StoppedNumber, Text
from pathway.messages.notices import notify, over
from pathway.messages.quiet import NEVER, USUAL, Hours
from pathway.messages.rules import Kind
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.factories import HUB, NOW, a_site, an_act, at, later
from tests.races import at_once

URL = "https://pathway.example.org"
PHONE = "+447700900123"
RESPITE = "respite-rooms"


@pytest.fixture
def hub(store: Flask) -> Act:
    """Somebody at the hub who wants everything by text, at any hour."""
    with transaction():
        return with_phone(an_act(Role.HUB, HUB))


def with_phone(act: Act, phone: str = PHONE, hours: Hours = NEVER) -> Act:
    db.session.execute(update(Staff).where(Staff.id == act.staff_id).values(phone=phone))
    choose(act, list(Kind)[:3], hours)
    return act


def tell(
    kind: Kind = Kind.SOMEONE_COMING,
    *,
    by: Act | None = None,
    staff_id: int | None = None,
    site: str | None = HUB,
    hours: float = 1,
    key: str | None = None,
    moment: datetime = NOW,
) -> int:
    told = notify(
        by or by_service(moment),
        kind,
        f"The words of {kind}.",
        useful_until=moment + timedelta(hours=hours),
        staff_id=staff_id,
        site_id=a_site(site).id if site and staff_id is None else None,
        key=key,
    )
    assert told is not None
    return told


def run_job(now: datetime = NOW) -> list[str]:
    """Do what the job does; return the texts that it queued."""
    before = set(db.session.scalars(select(Text.id)))
    for staff_id in to_text(now):
        with transaction():
            group_one(by_service(now), staff_id, URL)
    rows = db.session.execute(select(Text.id, Text.body).order_by(Text.id))
    return [row.body for row in rows if row.id not in before]


OPEN = f"Open {URL}/notices"


def test_several_notices_are_one_text_and_are_told_once(hub: Act) -> None:
    with transaction():
        tell()
        tell()
        tell(Kind.HOLD_LAPSED, staff_id=hub.staff_id)
    assert run_job() == [f"2 people are coming to 165-hub. The words of hold_lapsed. {OPEN}"]
    assert run_job() == []
    assert run_job(later(minutes=30)) == []
    assert inbox.unread(hub) == 3, "what was told by text has not been read"
    text = db.session.scalars(select(Text)).one()
    assert (text.to_number, text.purpose, text.staff_id) == (PHONE, "notice", hub.staff_id)
    assert text.good_until == later(hours=1)


def test_the_next_text_waits_for_ten_minutes(hub: Act) -> None:
    with transaction():
        tell()
    assert len(run_job()) == 1
    with transaction():
        tell()
        tell(moment=later(minutes=5))
    assert run_job(later(minutes=9, seconds=59)) == []
    with transaction():
        assert group_one(by_service(later(minutes=9)), hub.staff_id or 0, URL) is None
    assert run_job(later(minutes=10)) == [f"2 people are coming to 165-hub. {OPEN}"]


def test_what_is_known_over_useless_unchosen_or_ones_own_is_not_texted(hub: Act) -> None:
    with transaction():
        inbox.mark_read(hub, [tell()])
        tell(key="over")
        over(by_service(NOW), "over")
        tell(hours=0)
        tell(Kind.ALARM)
        tell(by=hub)
        tell(site="st-giles")
        tell(Kind.HOLD_LAPSED, staff_id=an_act().staff_id)
        choose(hub, [Kind.SOMEONE_COMING], NEVER)
        tell(Kind.REFERRAL_WAITS)
    assert to_text(NOW) == []
    with transaction():
        assert group_one(by_service(NOW), hub.staff_id or 0, URL) is None


def test_quiet_hours_keep_a_text_until_they_end_if_it_is_still_of_use(hub: Act) -> None:
    with transaction():
        choose(hub, [Kind.SOMEONE_COMING], USUAL)
        tell(hours=2)
        tell(hours=8)
    assert run_job() == []
    with transaction():
        assert group_one(by_service(NOW), hub.staff_id or 0, URL) is None
    seven = NOW.replace(hour=7, minute=0)
    assert run_job(seven - timedelta(seconds=1)) == []
    assert run_job(seven) == [f"Someone is coming to 165-hub by 09:30. {OPEN}"]


def test_whoever_chose_no_hours_has_quiet_nights(hub: Act) -> None:
    with transaction() as session:
        session.execute(delete(QuietHours))
        tell()
    assert run_job() == []
    with transaction():
        choose(hub, [Kind.SOMEONE_COMING], Hours(time(9), time(17)))
    assert len(run_job()) == 1


@pytest.mark.parametrize("gone", [{"phone": None}, {"left_at": NOW}])
def test_nobody_is_texted_who_left_or_has_no_number(hub: Act, gone: dict[str, Any]) -> None:
    with transaction() as session:
        tell()
        session.execute(update(Staff).values(**gone))
    assert run_job() == []
    with transaction():
        assert group_one(by_service(NOW), hub.staff_id or 0, URL) is None


def test_a_number_that_answered_stop_gets_nothing(hub: Act) -> None:
    with transaction() as session:
        tell()
        session.add(StoppedNumber(number=PHONE, at=NOW))
    assert run_job() == []


def test_a_role_that_does_not_run_the_site_is_told_nothing_of_it(store: Flask) -> None:
    with transaction():
        with_phone(an_act(Role.OUTREACH, HUB))
        tell()
        notify(by_service(NOW), Kind.REFERRAL_WAITS, "x", useful_until=later(hours=1))
    assert run_job() == []


def test_of_two_sites_each_is_named_but_the_confidential_one(store: Flask) -> None:
    with transaction():
        with_phone(an_act(Role.HUB_LEAD, HUB, RESPITE))
        tell()
        tell(site=RESPITE)
        tell(site=RESPITE)
    (text,) = run_job()
    assert text == (
        f"Someone is coming to 165-hub by 02:30. 2 people are coming to your site. {OPEN}"
    )


@pytest.fixture
def in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither of two go on before both have seen what is untold, if they can."""
    both, untold = threading.Barrier(2), grouping._untold

    def together(act: Act) -> Any:
        found = untold(act)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return found

    monkeypatch.setattr(grouping, "_untold", together)


@pytest.fixture
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_take_turn", lambda _: None)


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_key", lambda *_: None)


@pytest.fixture
def waiting(hub: Act) -> int:
    with transaction():
        tell()
    db.session.remove()
    return hub.staff_id or 0


def texts_of_two_at_once(app: Flask, staff_id: int) -> int:
    def job() -> None:
        with app.app_context(), transaction():
            group_one(by_service(NOW), staff_id, URL)

    at_once([partial(job), partial(job)])
    marks = db.session.scalars(select(NoticeMark.texted_at)).all()
    assert marks == [NOW]
    return len(db.session.scalars(select(Text.id)).all())


@pytest.mark.usefixtures("in_step")
def test_two_processes_at_once_make_one_text(app: Flask, waiting: int) -> None:
    assert texts_of_two_at_once(app, waiting) == 1


@pytest.mark.usefixtures("in_step", "no_turns")
def test_without_turns_the_key_still_makes_it_one(app: Flask, waiting: int) -> None:
    assert texts_of_two_at_once(app, waiting) == 1


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.usefixtures("in_step", "no_turns", "no_key")
def test_without_turns_and_key_it_is_texted_twice(app: Flask, waiting: int) -> None:
    """The negative control. On SQLite writers take turns whatever they do."""
    assert texts_of_two_at_once(app, waiting) == 2


def test_a_text_that_is_undone_leaves_no_mark(hub: Act) -> None:
    with transaction():
        tell()
    with transaction(keep=False):
        assert group_one(by_service(NOW), hub.staff_id or 0, URL) is not None
    assert len(run_job()) == 1
    assert len(run_job(at(hub, later(minutes=20)).at)) == 0
