"""Somebody is expected at a stated time: booked, late, cancelled, or they never came."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from pathway.acts import Act, by_service, now
from pathway.beds import actions, claims, late, overdue, queries
from pathway.beds.rules import PlacementFacts, Welfare
from pathway.db import db, transaction
from pathway.duty.models import Alarm
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.messages.models import Notice
from pathway.people.models import Person
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import HUB, a_hold, a_person, an_act, at, later

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def worker(store: object) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def booked(door: Act) -> PlacementFacts:
    """Somebody who is expected in two hours, at half past three."""
    with transaction():
        return claims.book(door, person=a_person().ref, site=HUB, expected_at=later(hours=2))


def kept(placement: PlacementFacts) -> PlacementFacts:
    found = queries.placement(placement.id)
    assert found is not None
    return found


def test_a_booking_has_a_time_and_no_end(booked: PlacementFacts) -> None:
    assert (booked.status, booked.expected_at, booked.expires_at) == (
        "booked",
        later(hours=2),
        None,
    )
    assert kept(booked) == booked
    assert booked.status_at(later(days=30)) == "booked"
    (event,) = queries.events_of(booked.id)
    assert (event["what"], event["expected_at"]) == ("booked", later(hours=2).isoformat())


def test_a_hold_is_booked_for_when_it_would_have_lapsed(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
        kept_longer = actions.book(door, held.id)
    assert (kept_longer.status, kept_longer.expected_at) == ("booked", held.expires_at)
    (notice,) = db.session.scalars(select(Notice))
    assert notice.words == "Someone is expected in bed 1 at 02:15."


def test_nobody_is_booked_for_when_a_site_takes_nobody_in_but_by_its_lead(door: Act) -> None:
    with transaction():
        lead, held = an_act(Role.HUB_LEAD, HUB, email="lead@example.org"), a_hold(door)
        hours = {"intake_from": time(17), "intake_to": time(22)}
        db.session.execute(update(Site).where(Site.code == HUB).values(**hours))
    with pytest.raises(Invalid) as refusal, transaction():
        actions.book(door, held.id, expected_at=later(hours=5))
    assert "takes people in from 17:00 to 22:00" in str(refusal.value.errors)
    with transaction():
        assert actions.book(door, held.id).expected_at == held.expires_at
        assert actions.book(door, held.id, expected_at=later(hours=17)).status == "booked"
        assert actions.book(lead, held.id, expected_at=later(hours=5)).status == "booked"


def test_another_time_changes_a_booking_and_the_same_changes_nothing(
    door: Act, booked: PlacementFacts
) -> None:
    soon = at(door, later(hours=3))
    with transaction():
        assert actions.book(soon, booked.id, expected_at=later(hours=2)) == booked
        moved = actions.book(soon, booked.id, expected_at=later(hours=5))
    assert moved.expected_at == later(hours=5)
    assert len(queries.events_of(booked.id)) == 2


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "has passed"), (36.1, "until 13:30 on 11 January")]
)
def test_nobody_is_expected_in_the_past_or_too_far_ahead(
    door: Act, booked: PlacementFacts, hours: float, words: str
) -> None:
    with pytest.raises(Invalid) as refusal, transaction():
        actions.book(door, booked.id, expected_at=later(hours=hours))
    (sentence,) = refusal.value.errors["expected_at"]
    assert words in sentence


def test_a_bed_is_booked_at_ones_own_sites_only(worker: Act, door: Act) -> None:
    with transaction():
        person, held = a_person().ref, a_hold(worker, "st-giles")
    soon = later(hours=1)
    with pytest.raises(Forbidden, match="at your own sites only"), transaction():
        claims.book(worker, person=person, site=HUB, expected_at=soon)
    for act in (worker, door):
        with pytest.raises(Absent), transaction():
            actions.book(act, held.id, expected_at=soon)


def test_a_lapsed_hold_is_neither_booked_nor_cancelled(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
    after = later(minutes=45)
    with pytest.raises(Refused, match="This hold ended at 02:15"), transaction():
        actions.book(at(door, after), held.id)
    with transaction():
        still = actions.cancel(at(worker, after), held.id)
    assert still.status_at(after) == "expired"


def test_a_booking_is_not_extended(door: Act, booked: PlacementFacts) -> None:
    with pytest.raises(Refused, match="change the expected time"), transaction():
        actions.extend(door, booked.id, minutes=15)


@pytest.mark.parametrize(("minutes", "late"), [(120, False), (121, True)])
def test_a_cancellation_after_the_time_is_late(
    door: Act, booked: PlacementFacts, minutes: int, late: bool
) -> None:
    with transaction():
        gone = actions.cancel(at(door, later(minutes=minutes)), booked.id)
    assert (gone.status, gone.ended_at) == ("cancelled", later(minutes=minutes))
    assert overdue.cancelled_late(gone) is late
    assert queries.events_of(booked.id)[-1]["late"] is late


def test_the_holder_is_told_that_somebody_else_cancelled(worker: Act, door: Act) -> None:
    with transaction():
        actions.cancel(door, a_hold(worker).id)
    told = db.session.scalars(select(Notice).order_by(Notice.id)).all()
    assert [one.over_at is None for one in told] == [False, True]
    assert told[1].staff_id == worker.staff_id


def test_a_no_show_waits_for_the_grace_and_for_a_call(door: Act, booked: PlacementFacts) -> None:
    early, due = at(door, later(minutes=179)), at(door, later(hours=3))
    words = "Fern is expected at 03:30; mark a no-show from 04:30."
    with pytest.raises(Refused, match=words), transaction():
        actions.no_show(early, booked.id, called=True)
    with pytest.raises(Refused, match="Ring them first"), transaction():
        actions.no_show(due, booked.id)
    with transaction():
        gone = actions.no_show(due, booked.id, called=True)
        assert actions.no_show(due, booked.id) == gone
    assert gone.status == "no_show"
    assert queries.events_of(booked.id)[-1]["called"] is True


def test_a_hold_that_runs_or_lapsed_long_ago_is_no_no_show(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
    with pytest.raises(Refused, match="runs until 02:15"), transaction():
        actions.no_show(door, held.id, called=True)
    with pytest.raises(Refused, match="Leave it as it is"), transaction():
        actions.no_show(at(door, later(days=2)), held.id, called=True)


@pytest.mark.parametrize(("welfare", "alarms"), [(Welfare.POLICE, 1), (Welfare.SAFE, 0)])
def test_for_somebody_vulnerable_a_decision_comes_first_and_the_duty_manager_hears(
    door: Act, booked: PlacementFacts, welfare: Welfare, alarms: int
) -> None:
    due = at(door, later(hours=4))
    with transaction() as session:
        session.execute(update(Person).values(vulnerable=True))
    with pytest.raises(Refused, match="Fern is marked vulnerable"), transaction():
        actions.no_show(due, booked.id, called=True)
    with transaction():
        actions.no_show(due, booked.id, called=True, welfare=welfare)
    assert queries.events_of(booked.id)[-1]["welfare"] == welfare
    raised = db.session.scalars(select(Alarm)).all()
    assert len(raised) == alarms
    assert not any("Fern" in one.words for one in raised)


def test_an_alarm_about_a_confidential_site_does_not_name_it(store: object) -> None:
    with transaction() as session:
        door = an_act(Role.HUB, "respite-rooms")
        person = a_person(gender=Gender.WOMAN)
        session.execute(update(Person).values(vulnerable=True))
        soon = later(hours=1)
        booked = claims.book(door, person=person.ref, site="respite-rooms", expected_at=soon)
        due = at(door, later(hours=4))
        actions.no_show(due, booked.id, called=True, welfare=Welfare.OUTREACH)
    (alarm,) = db.session.scalars(select(Alarm))
    assert "respite" not in alarm.words
    assert alarm.site_id is None


def test_a_late_booking_asks_its_site_once_until_it_is_answered(
    door: Act, booked: PlacementFacts
) -> None:
    assert late.unasked(later(minutes=179)) == []
    assert asked_at(later(hours=3)) == [booked.id]
    assert asked_at(later(hours=3, minutes=1)) == []
    (notice,) = db.session.scalars(select(Notice))
    assert (notice.key, notice.site_id) == (f"placement:{booked.id}:late", booked.site.id)
    assert notice.words.startswith("Nobody has come to bed 1, booked for 03:30. Ring them")


@pytest.mark.parametrize("verb", ["check_in", "cancel", "release", "no_show", "book"])
def test_the_question_is_over_when_it_is_answered(
    door: Act, booked: PlacementFacts, verb: str
) -> None:
    asked_at(later(hours=3))
    told: dict[str, Any] = {
        "no_show": {"called": True},
        "book": {"expected_at": later(hours=5)},
    }
    with transaction():
        getattr(actions, verb)(at(door, later(hours=4)), booked.id, **told.get(verb, {}))
    (notice,) = db.session.scalars(select(Notice))
    assert notice.over_at == later(hours=4)
    assert asked_at(later(hours=4)) == []
    assert asked_at(later(hours=6)) == ([booked.id] if verb == "book" else [])


def asked_at(moment: datetime) -> list[int]:
    """Do what the job does; return which bookings it asked about."""
    found = late.unasked(moment)
    for ident in found:
        with transaction():
            late.ask(by_service(moment), ident)
    return found


def test_the_api_books_and_tells_what_is_late(as_role: Ask) -> None:
    hub, worker = as_role(Role.HUB, HUB), as_role()
    with transaction():
        ref = a_person().ref
    body = {"person": ref, "site": HUB, "expected_at": (now() + timedelta(hours=1)).isoformat()}
    assert worker.post("/api/v1/placements", json=body).status_code == 403
    assert hub.post("/api/v1/placements", json=body | {"minutes": 30}).status_code == 422
    made = hub.post("/api/v1/placements", json=body)
    assert (made.status_code, made.get_json()["status"]) == (201, "booked")
    path = f"/api/v1/placements/{made.get_json()['id']}"
    moved = hub.post(f"{path}/book", json={"expected_at": (now() + timedelta(hours=2)).isoformat()})
    assert moved.get_json()["expected_at"] > made.get_json()["expected_at"]
    assert hub.post(f"{path}/no-show", json={"called": True}).status_code == 409
    gone = hub.post(f"{path}/cancel").get_json()
    assert (gone["status"], gone["late"]) == ("cancelled", False)
    events = hub.get(path).get_json()["events"]
    assert [event["what"] for event in events] == ["booked", "booked", "cancelled"]
    assert events[0]["expected_at"] == made.get_json()["expected_at"]
