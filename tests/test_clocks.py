"""Clocks: London's, the server's that steps back, and a phone's that is days wrong.

Promises 20 to 24. Told elsewhere: nights and shifts in test_nights, slots of
jobs in test_timetable and test_clockwork, how long a turn is in duty/test_rules.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from pathway.acts import Act, now
from pathway.beds import actions, board, queries, timing
from pathway.beds.rules import Happened, PlacementStatus
from pathway.db import transaction
from pathway.duty import actions as duty
from pathway.duty import queries as rota
from pathway.duty import walks
from pathway.nights import clock, device_time, when
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from pathway.timetable import WALKS
from pathway.trail import queries as trail
from pathway.trail.rules import Asked
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

FORWARD = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
BACK = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""Half an hour before the clocks change: 00:30 in London, and 01:30 for the first time."""

CHANGES = (FORWARD, BACK)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("change", "begun", "ended"),
    [(FORWARD, "00:30", "02:15"), (BACK, "01:30 BST", "01:15 GMT")],
)
def test_a_hold_runs_minutes_that_pass_whatever_the_clocks_show(
    store: Flask, change: datetime, begun: str, ended: str
) -> None:
    with transaction():
        hold = a_hold(an_act(at=change))
    until = hold.expires_at
    assert until == change + timedelta(minutes=45)
    assert (clock(change), clock(until)) == (begun, ended)
    assert hold.status_at(until - timedelta(seconds=1)) is PlacementStatus.HELD
    assert hold.status_at(until) is PlacementStatus.EXPIRED


@pytest.mark.parametrize(
    "change",
    [
        *CHANGES,
        datetime(2028, 3, 1, 0, 30, tzinfo=UTC),
        datetime(2027, 1, 1, 0, 30, tzinfo=UTC),
    ],
)
def test_a_bed_is_taken_for_the_one_night_of_its_evening(store: Flask, change: datetime) -> None:
    """Over both changes, from 29 February into March and from 31 December into January."""
    with transaction():
        hub = an_act(Role.HUB, HUB, at=change - HOUR)
        actions.walk_in(hub, person=a_person().ref, site=HUB)
    evening = date.fromordinal(change.date().toordinal() - 1)
    for hours in (-1, 0, 1, 2, 9):
        seen = board.tonight(change + hours * HOUR, scope(hub, Doing.COUNT_BEDS))
        (here,) = (one for one in seen.sites if one.site.code == HUB)
        assert seen.night == evening
        assert here.counts is not None
        assert here.counts.occupied == 1


@pytest.mark.parametrize(("change", "hours"), [(FORWARD, 8), (BACK, 10)])
def test_a_turn_from_22_to_7_covers_every_hour_of_its_night(
    store: Flask, change: datetime, hours: int
) -> None:
    evening = date.fromordinal(change.date().toordinal() - 1)
    begins = datetime.fromisoformat(f"{evening}T22:00+0{int(change is BACK)}:00")
    ends = datetime.fromisoformat(f"{change.date()}T07:00+0{int(change is FORWARD)}:00")
    assert ends - begins == hours * HOUR
    with transaction():
        manager = an_act(Role.MANAGER, at=begins)
        duty.add_turn(
            manager, staff_id=manager.staff_id or 0, step=1, starts_at=begins, ends_at=ends
        )
    covered = [1 in rota.on_duty(begins + part * HOUR / 4) for part in range(4 * hours + 1)]
    assert covered == [True] * 4 * hours + [False]


@pytest.mark.parametrize("change", CHANGES)
def test_a_walk_over_a_change_is_due_when_its_minutes_have_passed(
    store: Flask, change: datetime
) -> None:
    with transaction():
        worker = an_act(at=change)
        walk = walks.set_out(worker, site=HUB, minutes=45)
    assert rota.overdue_walks(change + timedelta(minutes=44, seconds=59)) == []
    assert rota.overdue_walks(change + timedelta(minutes=45)) == [walk.id]


def test_the_slots_of_the_look_after_walkers_pass_each_once_when_clocks_go_back() -> None:
    slot, found = WALKS.schedule.latest(BACK), []
    while slot < BACK + 2 * HOUR:
        slot = WALKS.schedule.following(slot)
        found.append(slot)
    assert len(found) == len(set(found)) == 240


STEPPED = NOW - HOUR
"""What the server's clock shows once it has stepped back."""


def back(act: Act) -> Act:
    return at(act, STEPPED)


@pytest.fixture
def hub(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


def test_after_a_step_back_a_hold_is_still_checked_in_and_out(hub: Act) -> None:
    with transaction():
        hold = a_hold(hub)
        arrived = actions.check_in(back(hub), hold.id)
    assert arrived.checked_in_at == hold.made_at == NOW
    with transaction():
        gone = actions.depart(back(hub), hold.id, reason="moved on", destination="street")
    assert gone.departed_at == NOW
    told = queries.events_of(hold.id)
    assert [one["what"] for one in told] == [
        Happened.HELD,
        Happened.CHECKED_IN,
        Happened.DEPARTED,
    ]
    assert [one["recorded_at"] for one in told] == [NOW, STEPPED, STEPPED]
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)


def test_after_a_step_back_a_hold_is_extended_and_released(hub: Act) -> None:
    with transaction():
        hold = a_hold(hub)
        longer = actions.extend(back(hub), hold.id, minutes=15)
        assert longer.expires_at == later(minutes=60)
        actions.release(back(hub), hold.id)
    with transaction():
        actions.hold(back(hub), person=hold.person.ref, bed=hold.bed_id)


def test_after_a_step_back_somebody_who_walked_in_leaves(hub: Act) -> None:
    with transaction():
        inside = actions.walk_in(hub, person=a_person().ref, site=HUB)
        gone = actions.depart(back(hub), inside.id, reason="moved on", destination="street")
    assert gone.departed_at == inside.checked_in_at


def test_after_a_step_back_beds_go_out_of_use_and_come_back(hub: Act) -> None:
    bed = board.beds_of(a_site(), NOW)[0].id
    with transaction():
        actions.void(hub, bed, reason="Wet")
        actions.void(back(hub), bed, reason="Wet", until=NOW)
        assert actions.reinstate(back(hub), bed).void_from is None


def test_after_a_step_back_the_rota_is_taken_over_and_changed(store: Flask) -> None:
    with transaction():
        first = an_act(Role.MANAGER)
        second = an_act(Role.SWEP_COORDINATOR)
        duty.take_over(first, until=later(hours=8))
        duty.take_over(back(second), until=later(hours=8))
        ident = duty.take_over(back(first), until=later(hours=8))
        duty.remove_turn(back(first), ident)
    assert rota.on_duty(later(hours=9)) == {}


def test_after_a_step_back_a_walk_gets_longer_and_ends(store: Flask) -> None:
    with transaction():
        worker = an_act()
        walk = walks.set_out(worker, site=HUB, minutes=5)
        assert walks.longer(back(worker), 5).due_at == later(minutes=10)
        ended = walks.safe(back(worker))
    assert ended is not None
    assert ended.id == walk.id
    assert rota.overdue_walks(later(hours=1)) == []


def test_after_a_step_back_one_lateness_is_not_told_twice(store: Flask) -> None:
    with transaction():
        worker = an_act()
        walk = walks.set_out(worker, site=HUB, minutes=5)
    late = later(minutes=5)
    for moment, raised in ((late, True), (late - HOUR, False), (late, False)):
        assert (walk.id in rota.overdue_walks(moment)) == raised
        with transaction():
            assert walks.alarm_one(at(worker, moment), walk.id) == raised


def test_the_trail_keeps_the_order_in_which_things_were_written_down(hub: Act) -> None:
    with transaction():
        hold = a_hold(hub)
    with transaction():
        actions.extend(back(hub), hold.id, minutes=15)
    with transaction():
        actions.release(hub, hold.id)
    found = trail.lines(Asked(), [], {}, limit=3)
    assert [(one.what, one.at) for one in found] == [
        ("released", NOW),
        ("extended", STEPPED),
        ("held", NOW),
    ]


def test_what_a_device_says_is_an_instant_or_nothing() -> None:
    assert device_time("2026-01-10T03:10:00.000+01:00") == datetime(2026, 1, 10, 2, 10, tzinfo=UTC)
    for said in ("", "soon", "2026-01-09T22:15", "0001-01-01T00:00Z", "9999-12-31T23:59-12:00"):
        assert device_time(said) is None


def test_a_phone_that_is_right_within_two_minutes_is_not_worth_a_word() -> None:
    almost = NOW + timedelta(minutes=2)
    assert timing.odd_clock(None, NOW) is None
    assert timing.odd_clock(almost, NOW) is None
    wrong = almost + timedelta(seconds=1)
    assert timing.odd_clock(wrong, NOW) == wrong


def test_a_phone_two_days_wrong_is_kept_beside_the_servers_time(app: Flask, as_role: Ask) -> None:
    client = as_role()
    wrong = (now() - timedelta(days=2)).isoformat()
    person = client.post("/api/v1/people", json={"given_name": "Wren"}).get_json()["ref"]
    body = {"person": person, "site": HUB}
    told = {"X-Device-Time": wrong, "Idempotency-Key": "one hold"}
    made = client.post("/api/v1/placements", json=body, headers=told)
    assert made.status_code == 201
    again = client.post("/api/v1/placements", json=body, headers={"Idempotency-Key": "one hold"})
    assert again.get_json() == made.get_json()
    page = f"/api/v1/placements/{made.get_json()['id']}"
    said = ("soon", "2026-01-09T22:15", "9999-12-31T23:59:59-12:00", now().isoformat())
    for device in said:
        more = client.post(f"{page}/extend", json={"minutes": 1}, headers={"X-Device-Time": device})
        assert more.status_code == 200, device
    first, *rest = client.get(page).get_json()["events"]
    assert datetime.fromisoformat(first["device_at"]).isoformat() == wrong
    assert first["recorded_at"] == first["at"]
    assert now() - datetime.fromisoformat(first["at"]) < timedelta(minutes=1)
    assert [one["device_at"] for one in rest] == [None] * len(said)


def test_a_form_says_the_phones_time_and_is_the_same_form_whatever_it_says(
    app: Flask, signed_in: Ask
) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        person = a_person()
    fields = {"person": person.ref, "site": HUB, "csrf_token": csrf_of(client, "/help")}
    fields["idempotency_key"] = "one form"
    wrong = now() + timedelta(days=2)
    for device in (wrong.isoformat(), "soon", ""):
        held = client.post("/placements", data=fields | {"device_at": device})
        assert held.status_code == 303
    seen = client.get(held.location).get_data(as_text=True)
    assert seen.count(f"(phone's clock said {when(wrong, now())})") == 1
