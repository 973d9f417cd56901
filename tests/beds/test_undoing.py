"""Taking back the last thing, and what should never have been recorded."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from pathway.acts import Act, now
from pathway.beds import actions, board, claims, queries, rewinding, undoing
from pathway.beds.journal import move, note
from pathway.beds.models import BedEvent, Placement, PlacementEvent
from pathway.beds.rewinding import Doer, Last
from pathway.beds.rules import Happened, PlacementFacts
from pathway.db import db, transaction
from pathway.errors import Absent, Refused
from pathway.messages.models import Notice
from pathway.sites.models import Site
from pathway.sites.rules import USUAL
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later, token_of
from tests.races import ask, at_once, in_process

LEFT: dict[str, Any] = {"reason": "Moved on", "destination": "prs"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def worker(store: object) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def door(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def lead(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB)


@pytest.fixture
def inside(door: Act) -> PlacementFacts:
    with transaction():
        return actions.walk_in(door, person=a_person().ref, site=HUB)


@pytest.fixture
def left(door: Act, inside: PlacementFacts) -> PlacementFacts:
    with transaction():
        return actions.depart(door, inside.id, **LEFT)


def undone(act: Act, ident: int) -> PlacementFacts:
    with transaction():
        return actions.undo(act, ident)


def refused(act: Act, ident: int) -> str:
    with pytest.raises(Refused) as refusal, transaction():
        actions.undo(act, ident)
    return refusal.value.detail


@pytest.mark.parametrize(
    ("what", "minutes", "doer", "fault"),
    [
        ("departed", 15, {"own": True}, None),
        ("departed", 16, {"own": True}, "That was more than 15 minutes ago. Ask your lead."),
        ("departed", 1, {"runs": True}, rewinding.SOMEBODY_ELSES),
        ("departed", 24 * 60, {"lead": True}, None),
        ("departed", 24 * 60 + 1, {"lead": True}, "That was more than 24 hours ago."),
        ("no_show", 120, {"runs": True}, None),
        ("no_show", 121, {"runs": True}, "That was more than 120 minutes ago. Ask your lead."),
        ("no_show", 1, {}, rewinding.SOMEBODY_ELSES),
        ("expired", 1, {"lead": True}, rewinding.LAPSED),
        ("undone", 1, {"own": True, "lead": True}, rewinding.UNDONE_ALREADY),
    ],
)
def test_who_may_undo_what_and_for_how_long(
    what: str, minutes: int, doer: dict[str, bool], fault: str | None
) -> None:
    found = rewinding.why_not(Last(what, NOW), NOW + minutes * MINUTE, Doer(USUAL, **doer))
    assert (found or "").startswith(fault or "")
    assert (found is None) is (fault is None)


def test_a_departure_is_taken_back_with_its_turnaround(door: Act, inside: PlacementFacts) -> None:
    with transaction() as session:
        session.execute(update(Site).values(turnaround=True))
        actions.depart(door, inside.id, **LEFT)
    here = undone(door, inside.id)
    assert (here.status, here.departed_at, here.destination) == ("in", None, None)
    (bed,) = [bed for bed in board.beds_of(a_site(), NOW) if bed.id == inside.bed_id]
    assert bed.turnaround_since is None
    events = list(db.session.scalars(select(BedEvent.what).order_by(BedEvent.id)))
    assert events[-2:] == ["turnaround", "turnaround_undone"]
    last = queries.events_of(inside.id)[-1]
    assert (last["what"], last["undone"]) == ("undone", "departed")
    assert refused(door, inside.id) == rewinding.UNDONE_ALREADY


def test_what_began_with_it_is_void(worker: Act, door: Act, inside: PlacementFacts) -> None:
    with transaction():
        held = a_hold(worker)
        soon = later(hours=1)
        booked = claims.book(door, person=a_person().ref, site=HUB, expected_at=soon)
    for act, one in ((worker, held), (door, booked), (door, inside)):
        assert undone(act, one.id).status == "voided"
    assert queries.live_placement_of(held.person.id) is None


def test_a_changed_time_and_a_booking_are_taken_back(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
        actions.book(door, held.id)
        actions.book(door, held.id, expected_at=later(hours=9))
    assert undone(door, held.id).expected_at == held.expires_at


def test_a_check_in_taken_back_after_the_hold_ended_leaves_it_lapsed(
    worker: Act, door: Act
) -> None:
    with transaction():
        held = a_hold(worker)
        actions.check_in(at(door, later(minutes=40)), held.id)
    again = undone(at(door, later(minutes=50)), held.id)
    assert (again.status, again.ended_at, again.checked_in_at) == ("expired", held.expires_at, None)


def test_what_is_waited_for_again_is_told_again(worker: Act, door: Act) -> None:
    with transaction():
        held = a_hold(worker)
        actions.cancel(door, held.id)
    undone(door, held.id)
    told = {one.key: one.over_at for one in db.session.scalars(select(Notice))}
    assert told == {
        f"placement:{held.id}:coming": None,
        f"placement:{held.id}:lapsed": NOW,
    }


def test_a_bed_that_was_given_away_or_went_out_of_use_is_not_had_again(
    worker: Act, door: Act, left: PlacementFacts
) -> None:
    with transaction():
        actions.void(at(door, later(minutes=1)), left.bed_id or 0, reason="Wet")
    assert "is out of use since" in refused(at(door, later(minutes=2)), left.id)
    with transaction():
        actions.reinstate(at(door, later(minutes=3)), left.bed_id or 0)
        actions.hold(at(worker, later(minutes=3)), person=a_person().ref, bed=left.bed_id)
    assert "has gone to somebody else since" in refused(at(door, later(minutes=4)), left.id)


def test_a_void_from_before_stands_for_when_they_leave(door: Act, inside: PlacementFacts) -> None:
    with transaction():
        actions.void(door, inside.bed_id or 0, reason="Wet")
        actions.depart(at(door, later(minutes=1)), inside.id, **LEFT)
    assert undone(at(door, later(minutes=2)), inside.id).status == "in"


def test_somebody_who_is_placed_again_is_not_put_back(door: Act, left: PlacementFacts) -> None:
    with transaction():
        actions.walk_in(door, person=left.person.ref, bed=(left.bed_id or 0) + 1)
    assert "is in at" in refused(door, left.id)


def test_only_a_lead_says_that_it_was_recorded_in_error(
    door: Act, lead: Act, inside: PlacementFacts
) -> None:
    with pytest.raises(Absent), transaction():
        actions.strike(door, inside.id, reason="Wrong person")
    with transaction():
        struck = actions.strike(lead, inside.id, reason="Wrong person")
        assert actions.strike(lead, inside.id, reason="Again") == struck
    assert (struck.status, queries.events_of(inside.id)[-1]["reason"]) == ("voided", "Wrong person")
    assert undone(lead, inside.id).status == "in"


def moved(act: Act, old: PlacementFacts, *, planned: bool = False) -> PlacementFacts:
    """Move somebody to the next bed, as one act: now, or by arriving on a planned hold."""
    values = {"status": "in", "checked_in_at": act.at, "transfer_from": old.id}
    claimed = values | {"bed_id": (old.bed_id or 0) + 1, "person_id": old.person.id}
    row = claimed | {"site_id": old.site.id, "made_at": act.at, "planned": planned}
    with transaction() as session:
        if planned:
            held = {"status": "held", "checked_in_at": None, "expires_at": later(hours=1)}
            session.add(new := Placement(**row | held))
            session.flush()
        gone = {"status": "departed", "departed_at": act.at, "destination": HUB}
        move(act, old, Happened.DEPARTED, gone)
        if not planned:
            session.add(new := Placement(**row))
            session.flush()
        target = queries.placement(new.id)
        assert target is not None
        if not planned:
            note(act, target, Happened.MOVED_IN)
            return target
        arrived = {"status": "in", "checked_in_at": act.at, "planned": False}
        return move(act, target, Happened.CHECKED_IN, arrived)


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("by_the_old", [False, True])
def test_a_move_is_undone_with_both_its_records(
    door: Act, inside: PlacementFacts, *, planned: bool, by_the_old: bool
) -> None:
    new = moved(door, inside, planned=planned)
    undone(door, inside.id if by_the_old else new.id)
    old, target = queries.placement(inside.id), queries.placement(new.id)
    assert old is not None
    assert target is not None
    assert (old.status, old.departed_at) == ("in", None)
    assert (target.status, target.planned) == (("held", True) if planned else ("voided", False))


def test_a_move_after_which_more_happened_is_not_undone_by_its_first_record(
    door: Act, inside: PlacementFacts
) -> None:
    new = moved(door, inside)
    with transaction():
        actions.away(door, new.id, reason="Hospital")
    assert refused(door, inside.id) == rewinding.NOT_THE_LAST


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


@pytest.fixture
def slip(app: Flask) -> tuple[str, PlacementFacts, str]:
    """The token of a hub, somebody who was checked out by mistake, and somebody who waits."""
    with app.app_context(), transaction():
        door = an_act(Role.HUB, HUB, at=now())
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
        left = actions.depart(door, inside.id, **LEFT)
        return token_of(f"hub-{HUB}@example.org"), left, a_person().ref


def undo_at(address: str, token: str, ident: int) -> int:
    return ask(address, f"/api/v1/placements/{ident}/undo", token, {}).status


def two_undos_take_it_back_once(
    app: Flask, address: str, slip: tuple[str, PlacementFacts, str]
) -> bool:
    token, left, _ = slip
    statuses = at_once([partial(undo_at, address, token, left.id)] * 2)
    taken_back = PlacementEvent.what == Happened.UNDONE.value
    with app.app_context():
        count = db.session.scalar(select(func.count()).where(taken_back))
    return sorted(statuses) == [200, 409] and count == 1


def test_of_two_undos_at_once_one_takes_it_back(
    app: Flask, address: str, slip: tuple[str, PlacementFacts, str]
) -> None:
    assert two_undos_take_it_back_once(app, address, slip)


def test_without_looking_at_the_last_event_both_take_something_back(
    app: Flask,
    address: str,
    slip: tuple[str, PlacementFacts, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: whatever is last, the departure is what they meant."""
    meant = select(PlacementEvent).where(PlacementEvent.what == Happened.DEPARTED.value)
    monkeypatch.setattr(undoing, "newest", lambda _: db.session.scalars(meant).one())
    assert not two_undos_take_it_back_once(app, address, slip)


def bed_has_one_claim(app: Flask, address: str, slip: tuple[str, PlacementFacts, str]) -> bool:
    token, left, person = slip
    body = {"person": person, "bed": str(left.bed_id), "walk_in": True}
    deeds: list[Callable[[], int]] = [
        partial(undo_at, address, token, left.id),
        lambda: ask(address, "/api/v1/placements", token, body).status,
    ]
    at_once(deeds)
    live = Placement.status.in_(("held", "booked", "in"))
    with app.app_context():
        claims_on_it = select(func.count()).where(live, Placement.bed_id == left.bed_id)
        return db.session.scalar(claims_on_it) == 1


def test_an_undo_and_a_claim_of_the_freed_bed_leave_one_of_them(
    app: Flask, address: str, slip: tuple[str, PlacementFacts, str]
) -> None:
    assert bed_has_one_claim(app, address, slip)


def test_without_the_guards_two_people_have_one_bed(
    app: Flask,
    address: str,
    slip: tuple[str, PlacementFacts, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: no look at the bed, and no constraint as the last judge."""
    _, left, _ = slip

    def blindly(*_: Any, **__: Any) -> queries.FreeBed:
        return queries.FreeBed(left.bed_id or 0, left.bed_label or "", None)

    monkeypatch.setattr(queries, "claimable", blindly)
    monkeypatch.setattr(undoing, "_guard", lambda *_: {})
    monkeypatch.setattr(undoing, "_refuse_if_slept_since", lambda *_: None)
    with app.app_context(), transaction() as session:
        session.execute(text("DROP INDEX uq_placement_live_bed"))
    assert not bed_has_one_claim(app, address, slip)
