"""Beds out of use and back, and beds to be made ready: on both engines."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import Act, now
from pathway.audit import AuditEntry
from pathway.beds import actions, board, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Bed
from pathway.beds.rules import BedStatus, PlacementFacts, bed_status, void_pending
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.nights import night_of
from pathway.sites.models import Site
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

RESPITE = "respite-rooms"


@pytest.fixture
def door(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def held(door: Act) -> PlacementFacts:
    with transaction():
        return a_hold(an_act())


@pytest.fixture
def turnaround(door: Act) -> None:
    with transaction() as session:
        session.execute(update(Site).where(Site.code == HUB).values(turnaround=True))


def first_bed(code: str = HUB) -> int:
    return board.beds_of(a_site(code), NOW)[0].id


def status(ident: int, act: Act) -> BedStatus:
    bed = board.bed(ident, act.at)
    assert bed is not None
    return bed_status(bed, act.at)


def trail(ident: int) -> list[str]:
    query = select(AuditEntry.what).where(AuditEntry.subject == f"bed:{ident}")
    return list(db.session.scalars(query.order_by(AuditEntry.id)))


def void(act: Act, ident: int, **more: object) -> None:
    with transaction():
        actions.void(act, ident, **{"reason": "Window broken", **more})  # type: ignore[arg-type]


def test_a_free_bed_is_out_of_use_at_once_and_comes_back(door: Act) -> None:
    bed = first_bed()
    void(door, bed)
    assert status(bed, door) is BedStatus.VOID
    with transaction():
        assert a_hold(an_act()).bed_label == "2"
        actions.reinstate(door, bed)
    assert status(bed, door) is BedStatus.FREE
    assert trail(bed) == ["void bed", "reinstate bed"]


def test_the_same_void_again_is_fine_and_another_changes_it(door: Act) -> None:
    bed = first_bed()
    until = later(hours=4)
    for _ in range(2):
        void(door, bed, until=until)
    assert trail(bed) == ["void bed"]
    void(at(door, later(hours=1)), bed, until=later(hours=8))
    kept = board.bed(bed, NOW)
    assert kept is not None
    assert (kept.void_from, kept.void_until) == (NOW, later(hours=8))
    assert trail(bed) == ["void bed", "void bed"]


def test_a_void_that_is_over_is_begun_anew(door: Act) -> None:
    bed, then = first_bed(), later(hours=5)
    void(door, bed, until=later(hours=4))
    assert status(bed, at(door, then)) is BedStatus.FREE
    void(at(door, then), bed)
    kept = board.bed(bed, then)
    assert kept is not None
    assert (kept.void_from, kept.void_until) == (then, None)


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_void_does_not_end_before_it_begins(door: Act, minutes: int) -> None:
    with pytest.raises(Invalid) as refusal:
        void(door, first_bed(), until=later(minutes=minutes))
    assert set(refusal.value.errors) == {"until"}
    assert trail(first_bed()) == []


def test_a_held_bed_stays_in_use_and_says_for_whom(door: Act, held: PlacementFacts) -> None:
    assert held.bed_id is not None
    with pytest.raises(Refused) as refusal:
        void(door, held.bed_id)
    assert refusal.value.detail == (
        "Fern has bed 1 held until 02:15. "
        "Cancel that first and hold another for them, then take the bed out of use."
    )
    assert status(held.bed_id, door) is BedStatus.HELD
    assert trail(held.bed_id) == []


def test_a_lapsed_hold_stands_in_no_voids_way_and_does_not_revive(
    door: Act, held: PlacementFacts
) -> None:
    then = at(door, later(minutes=45))
    assert held.bed_id is not None
    void(then, held.bed_id)
    lapsed = queries.placement(held.id)
    assert lapsed is not None
    assert lapsed.status == "expired"
    with pytest.raises(Refused, match="not free any more"), transaction():
        actions.check_in(at(door, later(minutes=46)), held.id)


def test_a_hold_does_not_run_on_once_its_bed_is_out_of_use(door: Act, held: PlacementFacts) -> None:
    """By a clock that is a second behind, the hold had not lapsed yet."""
    assert held.bed_id is not None
    void(at(door, later(minutes=45)), held.bed_id)
    behind = at(door, later(minutes=44, seconds=59))
    with pytest.raises(Refused, match="Hold a bed again"), transaction():
        actions.extend(behind, held.id, minutes=15)
    with pytest.raises(Refused, match="not free any more"), transaction():
        actions.check_in(behind, held.id)


def test_a_bed_out_of_use_is_claimed_by_no_clock_that_is_behind(door: Act) -> None:
    with transaction():
        set_capacity(door, a_site(), 1, night_of(NOW))
        worker = an_act()
    void(door, first_bed())
    with pytest.raises(Refused, match="No bed is free"), transaction():
        a_hold(at(worker, later(seconds=-1)))


def test_an_occupied_bed_goes_out_of_use_when_whoever_is_in_it_leaves(door: Act) -> None:
    with transaction():
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
    bed = inside.bed_id
    assert bed is not None
    with transaction():
        kept = actions.void(door, bed, reason="Window broken")
    assert (bed_status(kept, NOW), void_pending(kept, NOW)) == (BedStatus.OCCUPIED, True)
    with transaction():
        actions.depart(door, inside.id, reason="x", destination="street")
    assert status(bed, door) is BedStatus.VOID


def test_what_was_to_go_out_of_use_may_stay_after_all(door: Act) -> None:
    with transaction():
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
        assert inside.bed_id is not None
        actions.void(door, inside.bed_id, reason="Window broken")
        actions.reinstate(door, inside.bed_id)
        actions.depart(door, inside.id, reason="x", destination="street")
    assert status(inside.bed_id, door) is BedStatus.FREE


@pytest.mark.usefixtures("turnaround")
def test_a_bed_is_made_ready_after_a_departure_where_the_site_does_so(door: Act) -> None:
    with transaction():
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
        actions.depart(
            at(door, later(hours=2)),
            inside.id,
            reason="x",
            destination="street",
            at=later(hours=1),
        )
    bed = inside.bed_id
    assert bed is not None
    kept = board.bed(bed, later(hours=2))
    assert kept is not None
    assert kept.turnaround_since == later(hours=1)
    assert status(bed, door) is BedStatus.TURNAROUND
    with transaction():
        assert a_hold(an_act()).bed_id != bed
    for _ in range(2):
        with transaction():
            assert bed_status(actions.ready(door, bed), NOW) is BedStatus.FREE
    assert trail(bed) == ["bed turnaround", "bed ready"]


def test_elsewhere_a_bed_is_free_the_moment_somebody_leaves(door: Act) -> None:
    with transaction():
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
        actions.depart(door, inside.id, reason="x", destination="street")
    assert inside.bed_id is not None
    assert status(inside.bed_id, door) is BedStatus.FREE


@pytest.mark.usefixtures("turnaround")
def test_a_bed_that_was_out_of_use_is_still_to_be_made_ready(door: Act) -> None:
    with transaction():
        inside = actions.walk_in(door, person=a_person().ref, site=HUB)
        actions.depart(door, inside.id, reason="x", destination="street")
    bed = inside.bed_id
    assert bed is not None
    void(door, bed)
    assert status(bed, door) is BedStatus.VOID
    with transaction():
        assert bed_status(actions.reinstate(door, bed), NOW) is BedStatus.TURNAROUND


def test_what_stands_already_is_done_and_writes_nothing(door: Act) -> None:
    bed = first_bed()
    with transaction():
        actions.reinstate(door, bed)
        actions.ready(door, bed)
    assert trail(bed) == []


def test_beds_elsewhere_and_beds_that_are_not_there_answer_alike(door: Act) -> None:
    with transaction():
        set_capacity(door, a_site(), 15, night_of(NOW))
    for ident in (first_bed("st-giles"), first_bed(RESPITE), 999_999):
        with pytest.raises(Absent):
            void(door, ident)
        for verb in (actions.reinstate, actions.ready):
            with pytest.raises(Absent), transaction():
                verb(door, ident)


def test_a_bed_that_was_given_up_is_not_there(door: Act) -> None:
    bed = board.beds_of(a_site(), NOW)[-1].id
    with transaction() as session:
        session.execute(
            update(Bed).where(Bed.id == bed).values(last_night=night_of(later(days=-2)))
        )
    with pytest.raises(Absent):
        void(door, bed)


def test_the_api_answers_with_the_bed(app: Flask, as_role: Ask) -> None:
    client = as_role(Role.HUB, HUB)
    beds = f"/api/v1/sites/{HUB}/beds"
    bed = client.get(beds).get_json()["items"][0]
    url = f"/api/v1/beds/{bed['id']}"
    until = "2100-01-01T12:00:00+00:00"
    answer = client.post(f"{url}/void", json={"reason": "Window broken", "until": until})
    assert answer.status_code == 200
    assert answer.get_json() == bed | {"status": "void", "until": until}
    assert client.get(beds).get_json()["items"][0] == answer.get_json()
    assert client.post(f"{url}/reinstate").get_json() == bed
    assert client.post(f"{url}/ready").get_json() == bed


def test_the_api_says_that_a_void_waits(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction():
        act = an_act(Role.HUB, HUB, at=now(), email="door@example.org")
        bed = actions.walk_in(act, person=a_person().ref, site=HUB).bed_id
    answer = as_role(Role.HUB, HUB).post(f"/api/v1/beds/{bed}/void", json={"reason": "x"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "occupied")
    assert answer.get_json()["void_pending"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"reason": "x", "until": "2020-01-01T12:00"}, "until"),
        ({"reason": "x", "until": "soon"}, "until"),
        ({"reason": "x", "until": "2026-03-29T01:30"}, "until"),
        ({"reason": "x", "surprise": 1}, "surprise"),
    ],
)
def test_a_void_that_makes_no_sense_is_named(
    app: Flask, as_role: Ask, body: dict[str, object], field: str
) -> None:
    with app.app_context():
        ident = first_bed()
    answer = as_role(Role.HUB, HUB).post(f"/api/v1/beds/{ident}/void", json=body)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {field}


@pytest.mark.parametrize(
    ("role", "codes", "code", "wanted"),
    [
        (Role.OUTREACH, (), HUB, 403),
        (Role.HUB, (HUB,), HUB, 200),
        (Role.HUB, (HUB,), "st-giles", 404),
        (Role.HUB, (HUB,), RESPITE, 404),
        (Role.HUB_LEAD, (RESPITE,), RESPITE, 200),
        (Role.SWEP_COORDINATOR, (), HUB, 404),
        (Role.SWEP_COORDINATOR, (), "conway-house", 200),
        (Role.TREATMENT, (), HUB, 403),
        (Role.MANAGER, (), HUB, 403),
        (Role.ADMIN, (), HUB, 403),
    ],
)
def test_who_may_look_after_which_beds(
    app: Flask, as_role: Ask, role: Role, codes: tuple[str, ...], code: str, wanted: int
) -> None:
    with app.app_context(), transaction():
        set_capacity(an_act(email="x@example.org"), a_site(code), 1, night_of(now()))
    with app.app_context():
        ident = board.beds_of(a_site(code), now())[0].id
    client = as_role(role, *codes)
    for verb, body in (("void", {"reason": "x"}), ("reinstate", None), ("ready", None)):
        answer = client.post(f"/api/v1/beds/{ident}/{verb}", json=body)
        assert answer.status_code == wanted, verb
        if wanted == 404:
            absent = client.post(f"/api/v1/beds/999999/{verb}", json=body)
            assert absent.get_json() == answer.get_json()


def test_a_hub_takes_a_bed_out_of_use_and_puts_it_back_on_its_page(
    app: Flask, signed_in: Ask
) -> None:
    client, page = signed_in(Role.HUB, HUB), f"/hub/{HUB}"
    with app.app_context():
        ident = str(first_bed())
    fields = {"bed": ident, "reason": "Window broken", "until": "2100-01-01T12:00"}
    answer = submit(client, "/beds/void", fields, page=page)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    html = client.get(page).get_data(as_text=True)
    assert "out of use, until 12:00 on 1 January 2100. Window broken" in html
    assert f'<option value="{ident}">' not in html
    submit(client, f"/beds/{ident}/reinstate", {}, page=page)
    html = client.get(page).get_data(as_text=True)
    assert "Window broken" not in html
    assert f'<option value="{ident}">' in html


def test_a_hub_says_on_its_page_that_a_bed_is_ready(app: Flask, signed_in: Ask) -> None:
    client, page = signed_in(Role.HUB, HUB), f"/hub/{HUB}"
    with app.app_context(), transaction() as session:
        ident = first_bed()
        session.execute(update(Bed).where(Bed.id == ident).values(turnaround_since=now()))
    assert "to be made ready since" in client.get(page).get_data(as_text=True)
    submit(client, f"/beds/{ident}/ready", {}, page=page)
    assert "to be made ready" not in client.get(page).get_data(as_text=True)


def test_the_form_asks_for_what_is_missing(signed_in: Ask) -> None:
    answer = submit(signed_in(Role.HUB, HUB), "/beds/void", {}, page=f"/hub/{HUB}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose a bed." in html
    assert "Write why it is out of use." in html


def test_a_hub_page_that_looks_again_learns_of_a_void(app: Flask, signed_in: Ask) -> None:
    client, poll = signed_in(Role.HUB, HUB), {"X-Poll": "yes"}
    with app.app_context(), transaction():
        act = an_act(Role.HUB, HUB, at=now(), email="door@example.org")
        inside = actions.walk_in(act, person=a_person().ref, site=HUB)
    tag = {"If-None-Match": client.get(f"/hub/{HUB}", headers=poll).headers["ETag"], **poll}
    assert inside.bed_id is not None
    with app.app_context():
        void(act, inside.bed_id)
    answer = client.get(f"/hub/{HUB}", headers=tag)
    assert answer.status_code == 200
    assert "once whoever is in it has left" in answer.get_data(as_text=True)
