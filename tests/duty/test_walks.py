"""A worker who walks somebody to a site is looked out for: once late, the duty manager hears."""

from collections import Counter
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from pathway.acts import Act, by_service, now
from pathway.db import db, transaction
from pathway.duty import actions, queries, walking, walks
from pathway.duty.models import Alarm, Walk
from pathway.duty.walking import WalkFacts
from pathway.errors import Invalid, Refused
from pathway.messages.models import Notice, Text
from pathway.messages.septets import ONE_TEXT, septets
from pathway.staff import actions as staff
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import texting
from tests.conftest import Ask, submit
from tests.duty.conftest import SERVICE, Rota, lines, turn
from tests.duty.test_races import AT_ONCE, outcomes
from tests.factories import HUB, NOW, a_hold, an_act, at, later

LATE = later(minutes=30)
SECRET_SITE = "respite-rooms"


@pytest.fixture
def worker(rota: Rota) -> Act:
    with transaction():
        act = an_act(at=NOW, email="walks@example.org")
        named = update(Staff).where(Staff.id == act.staff_id)
        db.session.execute(named.values(name="Robin Vale", phone=texting.WORKER))
    return act


def set_out(act: Act, site: str = HUB, minutes: int = 30) -> WalkFacts:
    with transaction():
        return walks.set_out(act, site=site, minutes=minutes)


def look(moment: datetime) -> int:
    """Do what the job does; return how many alarms it raised."""
    with transaction():
        late = queries.overdue_walks(moment)
        return sum(walks.alarm_one(by_service(moment), ident) for ident in late)


def words() -> list[str]:
    return list(db.session.scalars(select(Alarm.words).order_by(Alarm.id)))


def bodies(to: str) -> list[str]:
    sent = select(Text.body).where(Text.to_number == to, Text.state == "waiting")
    return list(db.session.scalars(sent.order_by(Text.id)))


def a_walk(
    due_at: datetime = LATE, *, name: str = "Robin", confidential: bool = False
) -> WalkFacts:
    site = (HUB, "The Hub", confidential, 1)
    return WalkFacts(1, 2, name, None, *site, NOW, due_at, None, None)


def test_the_words_of_an_alarm_name_the_worker_the_time_and_an_open_site() -> None:
    assert walking.alarm_words(a_walk()) == (
        "Robin has not said they are safe: due 02:00, going to 165-hub."
    )
    assert "hub" not in walking.alarm_words(a_walk(confidential=True)).lower()
    assert len(walking.alarm_words(a_walk(name="Ł" * 200))) < 200
    twice = datetime.fromisoformat("2026-10-25T01:30+00:00")
    assert "due 01:30 GMT," in walking.alarm_words(a_walk(twice))


def test_more_minutes_count_from_when_it_was_due_or_from_now() -> None:
    assert walking.due_later(LATE, 15, NOW) == later(minutes=45)
    assert walking.due_later(LATE, 15, later(minutes=50)) == later(minutes=65)
    refusal = walking.due_later(later(minutes=170), 15, NOW)
    assert isinstance(refusal, str)
    assert "Say that you are safe" in refusal


@pytest.mark.parametrize("minutes", [4, 181])
def test_a_walk_takes_from_five_minutes_to_three_hours(store: Flask, minutes: int) -> None:
    assert walking.bad_minutes(5) is walking.bad_minutes(180) is None
    with transaction():
        act = an_act()
    with pytest.raises(Invalid):
        set_out(act, minutes=minutes)
    with pytest.raises(Invalid):
        set_out(act, "nowhere")


def test_whoever_is_late_is_told_of_once(worker: Act) -> None:
    set_out(worker)
    assert look(LATE - timedelta(seconds=1)) == 0
    assert look(LATE) == 1
    assert look(later(hours=5)) == 0
    assert words() == ["Robin Vale has not said they are safe: due 02:00, going to 165-hub."]
    (sent,) = bodies("+447700900001")
    assert "Robin Vale has not said they are safe: due 02:00, going to 165-hub." in sent
    assert septets(sent) <= ONE_TEXT
    assert [one.what for one in lines("set out")] == ["set out"]


def test_whoever_said_in_time_that_they_are_safe_is_left_in_peace(worker: Act) -> None:
    set_out(worker)
    for moment in (later(minutes=29), later(minutes=40)):
        with transaction():
            ended = walks.safe(at(worker, moment))
        assert ended is not None
        assert ended.ended_at == later(minutes=29)
    assert look(later(hours=1)) == 0
    assert len(lines("arrived safe")) == 1
    assert bodies("+447700900001") == []
    set_out(at(worker, later(hours=2)))


def test_nobody_who_never_set_out_is_anything_but_safe(worker: Act) -> None:
    with transaction():
        assert walks.safe(worker) is None
    with pytest.raises(Refused, match="not on a walk"), transaction():
        walks.longer(worker, 15)


def test_a_second_walk_is_refused_and_the_first_goes_on(worker: Act) -> None:
    set_out(worker)
    with pytest.raises(Refused, match="already, due at 02:00"):
        set_out(at(worker, later(minutes=5)), "st-giles", 90)
    (out,) = queries.out_now()
    assert (out.site, out.due_at) == (HUB, LATE)


def test_those_who_were_alarmed_are_told_that_the_worker_is_safe(worker: Act, rota: Rota) -> None:
    set_out(worker)
    look(LATE)
    with transaction():
        walks.safe(at(worker, later(minutes=31)))
    alarm = db.session.scalars(select(Alarm)).one()
    assert alarm.acknowledged_by == worker.staff_id
    over = "Robin Vale says that they are safe. If in doubt, ring them."
    assert bodies("+447700900001") == [f"Pathway alarm {alarm.id} is over. {over}"]
    told = db.session.scalars(select(Notice.words).where(Notice.over_at.is_(None))).all()
    assert [one for one in told if "is over" in one]
    assert queries.due_for_escalation(later(hours=1)) == []


def test_one_that_somebody_answered_stays_theirs_and_they_hear_too(worker: Act, rota: Rota) -> None:
    set_out(worker)
    look(LATE)
    ident = db.session.scalars(select(Alarm.id)).one()
    with transaction():
        actions.acknowledge(at(rota.manager, later(minutes=32)), ident)
    with transaction():
        walks.safe(at(worker, later(minutes=33)))
    assert db.session.scalars(select(Alarm.acknowledged_by)).one() == rota.manager.staff_id
    assert len(bodies("+447700900001")) == 1


def test_more_time_ends_the_alarm_and_the_next_lateness_is_told_anew(worker: Act) -> None:
    set_out(worker)
    look(LATE)
    with transaction():
        walks.longer(at(worker, later(minutes=32)), 15)
    assert "asked for more time and is due at 02:17" in bodies("+447700900001")[-1]
    assert look(later(minutes=46)) == 0
    assert look(later(minutes=47)) == 1
    assert len(words()) == 2


def test_an_alarm_that_nobody_answers_goes_on_like_any_other(worker: Act) -> None:
    set_out(worker)
    look(LATE)
    assert len(queries.due_for_escalation(later(minutes=40))) == 1


def test_whoever_is_first_on_call_and_late_is_told_of_to_the_second(rota: Rota) -> None:
    with transaction():
        turn(rota.lead, step=1)
    set_out(rota.lead)
    look(LATE)
    assert bodies("+447700900002")
    assert not bodies("+447700900003")


def test_a_leaver_on_a_walk_is_still_missed(worker: Act, rota: Rota) -> None:
    set_out(worker)
    with transaction():
        staff.leave(rota.admin, worker.staff_id or 0)
    assert look(LATE) == 1
    assert [one.name for one in queries.out_now()] == ["Robin Vale"]


def test_a_confidential_site_is_in_no_text_and_not_on_the_trail(worker: Act) -> None:
    set_out(worker, SECRET_SITE)
    look(LATE)
    assert words() == ["Robin Vale has not said they are safe: due 02:00, going to a site."]
    with transaction():
        walks.longer(at(worker, LATE), 5)
        walks.safe(at(worker, LATE))
    told = [*bodies("+447700900001"), *(str(one.detail) for one in lines("set out"))]
    assert not [one for one in told if "espite" in one]


def race(app: Flask, ident: int) -> Counter[str]:
    return outcomes(app, lambda _: walks.alarm_one(at(SERVICE, LATE), ident))


def test_many_processes_at_once_raise_one_alarm(store: Flask, worker: Act) -> None:
    ident = set_out(worker).id
    assert race(store, ident) == {"done": 1, "left": AT_ONCE - 1}
    assert len(words()) == 1


def test_without_its_two_guards_each_process_raises_one(
    store: Flask, worker: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    ident = set_out(worker).id
    monkeypatch.setattr(walks, "_mark", lambda *_: True)
    monkeypatch.setattr(WalkFacts, "alarm_key", None)
    assert race(store, ident) != {"done": 1, "left": AT_ONCE - 1}
    assert len(words()) > 1


def test_many_who_set_out_at_once_under_one_name_are_on_one_walk(store: Flask, worker: Act) -> None:
    def deed(_number: int) -> bool:
        walks.set_out(worker, site=HUB)
        return True

    assert outcomes(store, deed) == {"done": 1, "refused": AT_ONCE - 1}


BANNER = "You are on your way to 165 Rough Sleeping Hub, King's Cross, due "


def test_from_the_hold_to_safe_on_pages(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        hold = a_hold(an_act(at=now()))
    page = f"/placements/{hold.id}"
    before = client.get("/beds")
    assert BANNER not in unescape(before.text)
    assert submit(client, f"{page}/walk", {"minutes": "45"}, page).location == page
    same = client.get("/beds", headers={"If-None-Match": before.headers["ETag"]})
    assert BANNER in unescape(same.text)
    assert BANNER not in unescape(client.get("/nowhere").text)
    back = {"back": "/beds", "minutes": "15"}
    assert submit(client, "/walks/longer", back, "/beds").location == "/beds"
    with app.app_context():
        (out,) = queries.out_now()
        assert out.due_at - out.started_at == timedelta(minutes=60)
    away = {"back": "//elsewhere.example.org"}
    assert submit(client, "/walks/safe", away, "/beds").location == "/"
    assert BANNER not in unescape(client.get("/beds").text)
    assert client.get("/walks/safe").status_code == 405


def test_a_page_looks_for_a_walk_once_and_only_of_those_who_may_be_on_one(
    app: Flask, signed_in: Ask
) -> None:
    looks: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if "FROM walk" in statement:
            looks.append(statement)

    walker, manager = signed_in(), signed_in(Role.MANAGER)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    for client, path, number in (
        (walker, "/beds", 1),
        (walker, "/help", 1),
        (walker, "/nowhere", 0),
        (manager, "/beds", 0),
    ):
        looks.clear()
        client.get(path)
        assert len(looks) == number, path
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", note)


def test_whoever_may_be_on_call_sees_who_is_out_and_others_do_not(
    app: Flask, signed_in: Ask
) -> None:
    with app.app_context(), transaction():
        early = now() - timedelta(minutes=50)
        for number, site in enumerate((HUB, SECRET_SITE)):
            act = an_act(at=early, email=f"out-{number}@example.org")
            phone = update(Staff).where(Staff.id == act.staff_id)
            db.session.execute(phone.values(name="Robin Vale", phone=f"+44770090010{number}"))
            walks.set_out(act, site=site)
    seen = unescape(signed_in(Role.MANAGER).get("/duty").text)
    assert "165 Rough Sleeping Hub" in seen
    assert "20 minutes ago" in seen
    assert "Ring 07700 900100" in seen
    assert "to a confidential site" in seen
    assert "Camden Respite Rooms" not in seen
    assert "to Camden Respite Rooms" in signed_in(Role.SWEP_COORDINATOR).get("/duty").text
    assert "Robin Vale" not in signed_in().get("/duty").text


def test_over_json_it_is_said_once_and_answered_alike(as_role: Ask) -> None:
    client = as_role()
    key = {"Idempotency-Key": "one walk"}
    first = client.post("/api/v1/walks", json={"site": "st-giles", "minutes": 60}, headers=key)
    again = client.post("/api/v1/walks", json={"site": "st-giles", "minutes": 60}, headers=key)
    assert (first.status_code, again.get_json()) == (201, first.get_json())
    assert client.post("/api/v1/walks", json={"site": HUB}).status_code == 409
    assert client.post("/api/v1/walks/longer", json={"minutes": 10}).status_code == 200
    assert client.post("/api/v1/walks/longer", json={"minutes": 179}).status_code == 409
    for _ in range(2):
        ended = client.post("/api/v1/walks/safe", json={})
        assert ended.status_code == 200
        assert ended.get_json()["ended_at"]
    assert client.post("/api/v1/walks/longer", json={"minutes": 10}).status_code == 409


def test_safe_by_text_ends_the_walk_and_says_so(app: Flask, worker: Act) -> None:
    app.config["TWILIO"] = texting.TWILIO
    set_out(at(worker, now()))
    client = app.test_client()
    for said in ("Safe.", "SAFE"):
        assert texting.text(client, said).status_code == 200
    ours = [body for to, body in texting.replies(app) if to == texting.WORKER]
    assert ours[0].startswith("Good: your walk is over. Was this not you?")
    assert ours[1] == "You are safe: no walk of yours runs."
    assert db.session.scalars(select(Walk.ended_at)).one() is not None
    assert texting.taken(app) == [("safe", "done"), ("safe", "done")]
