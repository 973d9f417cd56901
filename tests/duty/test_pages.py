"""The pages of the rota and of alarms, and the duty manager where people look for a number."""

from datetime import datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from pathway.acts import by_service, now
from pathway.db import db, transaction
from pathway.duty import actions, queries
from pathway.duty.rules import AlarmKind
from pathway.nights import london
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.conftest import Ask, submit
from tests.factories import a_person, an_act

RING = "Ring 07700 900007"


def wall(hours: float) -> str:
    return f"{london(now() + timedelta(hours=hours)):%Y-%m-%dT%H:%M}"


def on_duty(app: Flask, hours: float = 8) -> int:
    """Put a manager with a telephone on the rota from now; return their id."""
    with app.app_context(), transaction():
        act = an_act(Role.MANAGER, at=now(), email="on-duty@example.org")
        ident = act.staff_id or 0
        phone = update(Staff).where(Staff.id == ident).values(name="Ellis", phone="+447700900007")
        db.session.execute(phone)
        ends = act.at + timedelta(hours=hours)
        actions.add_turn(act, staff_id=ident, step=1, starts_at=act.at, ends_at=ends)
    return ident


def text(client: FlaskClient, path: str) -> str:
    return unescape(client.get(path).get_data(as_text=True))


def test_everybody_reads_who_is_on_duty_and_only_some_change_it(app: Flask, signed_in: Ask) -> None:
    on_duty(app)
    seen = text(signed_in(), "/duty")
    assert "Ellis, until" in seen
    assert 'href="tel:+447700900007"' in seen
    assert RING in seen
    assert "Nobody is first on call from" in seen
    assert "Nobody is second on call in the next 14 days." in seen
    assert "Add a turn" not in seen
    assert "/remove" not in seen
    runs = text(signed_in(Role.SWEP_COORDINATOR), "/duty")
    assert "Add a turn" in runs
    assert "I take over now" in runs
    admin = text(signed_in(Role.ADMIN), "/duty")
    assert "Add a turn" in admin
    assert "I take over now" not in admin


def test_numbers_are_shown_while_somebody_is_on_duty_and_not_before(
    app: Flask, signed_in: Ask
) -> None:
    ident = on_duty(app)
    with app.app_context(), transaction():
        service = by_service(now())
        actions.remove_turn(service, queries.on_duty(service.at)[1].id)
        begins, ends = (service.at + timedelta(hours=hours) for hours in (1, 2))
        actions.add_turn(service, staff_id=ident, step=1, starts_at=begins, ends_at=ends)
    seen = text(signed_in(), "/duty")
    assert "Ellis" in seen
    assert "900007" not in seen
    assert "Nobody is first on call now, until" in seen


def test_a_turn_is_added_and_taken_off(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.MANAGER)
    with app.app_context():
        ident = next(iter(queries.candidates()))
    fields = {"staff": str(ident), "step": "2", "starts_at": wall(1), "ends_at": wall(9)}
    assert submit(client, "/duty/turns", fields, page="/duty").status_code == 303
    assert "second on call" in text(client, "/duty")
    with app.app_context():
        turn = queries.turns(now(), now() + timedelta(days=1))[0].id
    path = f"/duty/turns/{turn}/remove"
    assert submit(client, path, {}, page="/duty").status_code == 303
    assert "Nobody is on the rota." in text(client, "/duty")


@pytest.mark.parametrize(
    ("begins", "sentence"),
    [
        ("2027-03-28T01:30", "01:30 did not exist on 28 March 2027: the clocks went forward."),
        ("2027-10-31T01:30", "01:30 happened twice on 31 October 2027: the clocks went back."),
        ("tomorrow", "Write a date and time like"),
        ("", "Say when it begins."),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_time_that_is_no_instant_is_asked_again_and_what_was_typed_stays(
    signed_in: Ask, begins: str, sentence: str
) -> None:
    client = signed_in(Role.MANAGER)
    fields = {"staff": "1", "step": "3", "starts_at": begins, "ends_at": "2027-11-01T07:00"}
    answer = submit(client, "/duty/turns", fields, page="/duty")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="2027-11-01T07:00"' in page
    assert '<option value="3" selected>' in page
    assert f'value="{begins}"' in page


def test_what_a_rule_refuses_stands_beside_its_field(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.MANAGER)
    with app.app_context():
        ident = next(iter(queries.candidates()))
    fields = {"staff": str(ident), "step": "1", "starts_at": wall(9), "ends_at": wall(1)}
    answer = submit(client, "/duty/turns", fields, page="/duty")
    assert answer.status_code == 422
    assert "It ends before it begins." in answer.get_data(as_text=True)


def test_taking_over_makes_one_the_duty_manager(app: Flask, signed_in: Ask) -> None:
    on_duty(app)
    client = signed_in(Role.MANAGER)
    offered = text(client, "/duty").split('name="until"')[1].split('value="')[1].split('"')[0]
    assert datetime.fromisoformat(offered).tzinfo is None
    wrong = submit(client, "/duty/take-over", {"until": wall(-1)}, page="/duty")
    assert wrong.status_code == 422
    assert submit(client, "/duty/take-over", {"until": offered}, page="/duty").status_code == 303
    seen = text(client, "/duty")
    assert "The manager, until" in seen
    assert "Ellis" not in seen.split("Take over")[0].split("On duty now")[1]


def test_an_alarm_is_on_the_page_of_those_who_were_told_until_one_has_it(
    app: Flask, signed_in: Ask
) -> None:
    on_duty(app)
    runs, worker = signed_in(Role.SWEP_COORDINATOR), signed_in()
    with app.app_context(), transaction():
        service = by_service(now())
        ident = actions.raise_alarm(service, AlarmKind.SERVICE, "There is no forecast.")
    assert "1 alarm waits for somebody" in text(runs, "/duty")
    seen = text(runs, "/alarms")
    assert "There is no forecast." in seen
    assert "It went to the first on call. Told: Ellis at" in seen
    assert "forecast" not in text(worker, "/alarms")
    path = f"/alarms/{ident}/answer"
    assert submit(worker, path, {}, page="/help").status_code == 404
    assert submit(runs, path, {}, page="/alarms").status_code == 303
    assert "The swep_coordinator has had it since" in text(runs, "/alarms")
    assert "No alarm waits." in text(runs, "/alarms")
    late = submit(signed_in(Role.MANAGER), path, {}, page="/help")
    assert late.status_code == 409
    assert "has had this alarm since" in late.get_data(as_text=True)


def test_the_duty_manager_stands_where_people_are_told_to_ring(app: Flask, signed_in: Ask) -> None:
    on_duty(app)
    client = signed_in()
    with app.app_context(), transaction():
        ref = a_person().ref
        child = a_person(date_of_birth=now().date() - timedelta(days=365 * 16)).ref
    told = ("Duty manager now:", "Ellis", RING)
    for path in ("/help", "/people/P-222222", f"/people/{child}/bed"):
        seen = text(client, path)
        assert all(word in seen for word in told), path
    assert RING not in text(client, f"/people/{ref}/bed")
    stranger = app.test_client()
    for path in ("/help", "/nowhere"):
        assert "Ellis" not in text(stranger, path)
        assert "uty manager now" not in text(stranger, path)


def test_nobody_on_duty_is_said_with_who_comes_next(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    assert "Nobody is duty manager now." in text(client, "/help")
    with app.app_context(), transaction():
        act = an_act(Role.ADMIN, at=now(), email="second@example.org")
        ends = act.at + timedelta(hours=1)
        actions.add_turn(act, staff_id=act.staff_id or 0, step=2, starts_at=act.at, ends_at=ends)
    assert "Nobody is duty manager now. Next on call:" in " ".join(text(client, "/help").split())


def test_when_the_service_fails_its_records_are_not_asked(
    app: Flask, signed_in: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in()

    def fails(*_: object) -> None:
        raise RuntimeError

    app.testing = False
    monkeypatch.setattr(queries, "on_duty", fails)
    monkeypatch.setattr("pathway.duty.queries.turns", fails)
    answer = client.get("/duty")
    assert answer.status_code == 500
    assert "020 7846 3535" in answer.get_data(as_text=True)


def test_a_page_that_fails_for_want_of_the_rota_leaves_it_out(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction() as session:
        session.execute(db.text("ALTER TABLE duty_turn RENAME TO elsewhere"))
    for path, status in (("/help", 200), ("/people/P-222222", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "020 7846 3535" in answer.get_data(as_text=True)
        assert "uty manager now" not in answer.get_data(as_text=True)
