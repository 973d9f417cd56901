"""The board equals a recount from the events, and shows each role what it may see."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pathway.acts import Act, now
from pathway.beds import actions, board, lately, queries
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Bed, Placement, PlacementEvent
from pathway.beds.rules import BedStatus, bed_status
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.nights import night_of
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.conftest import Ask
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

SITES = (HUB, "st-giles", "respite-rooms")


def recount(moment: datetime) -> dict[int, Counter[str]]:
    """Count the beds of every site from the events alone."""
    claims: dict[int, tuple[int, str, datetime | None]] = {}
    for event in db.session.scalars(select(PlacementEvent).order_by(PlacementEvent.id)):
        if event.what in {"held", "extended"}:
            claims[event.placement_id] = (event.bed_id or 0, "held", event.expires_at)
        elif event.what in {"checked_in", "walked_in"}:
            claims[event.placement_id] = (event.bed_id or 0, "occupied", None)
        else:
            claims.pop(event.placement_id, None)
    taken = {
        bed: status
        for bed, status, expires_at in claims.values()
        if expires_at is None or expires_at > moment
    }
    counted: dict[int, Counter[str]] = {}
    night = night_of(moment)
    for bed in db.session.scalars(select(Bed).where(queries.in_force(night))):
        counted.setdefault(bed.site_id, Counter())[taken.get(bed.id, "free")] += 1
    return counted


def assert_board_is_right(act: Act) -> None:
    counted = recount(act.at)
    for one in board.tonight(act.at, scope(act, Doing.COUNT_BEDS)).sites:
        assert one.counts is not None
        beds = counted[one.site.id]
        assert one.counts.occupied == beds["occupied"]
        assert one.counts.held == beds["held"]
        assert one.counts.free == beds["free"]
        assert one.counts.capacity == beds.total()


def step(dice: random.Random, acts: dict[str, Act], people: list[str], moment: datetime) -> None:
    """Do one thing that somebody might do; a refusal is an answer too."""
    site = dice.choice(SITES)
    worker, door = at(acts["worker"], moment), at(acts[site], moment)
    placements = list(db.session.scalars(select(Placement.id).order_by(Placement.id)))
    ident = dice.choice(placements[-4:]) if placements else 0
    verb = dice.randrange(7)
    try:
        with transaction():
            if verb <= 1:
                actions.hold(worker, person=dice.choice(people), site=site)
            elif verb == 2:
                actions.walk_in(door, person=dice.choice(people), site=site)
            elif verb == 3:
                actions.extend(worker, ident, minutes=dice.choice((5, 30, 90)))
            elif verb == 4:
                actions.release(worker, ident)
            elif verb == 5:
                actions.check_in(door, ident)
            else:
                actions.depart(door, ident, reason="x", destination="street")
    except Refused:
        db.session.rollback()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_board_equals_a_recount_from_the_events(seed: int) -> None:
    dice = random.Random(seed)
    with transaction():
        acts = {site: an_act(Role.HUB, site) for site in SITES} | {"worker": an_act()}
        for site in SITES:
            set_capacity(acts["worker"], a_site(site), 3, night_of(NOW))
        people = [a_person(gender=Gender.WOMAN).ref for _ in range(12)]
    moment = NOW
    for _ in range(200):
        moment += timedelta(minutes=dice.randrange(12))
        step(dice, acts, people, moment)
        assert_board_is_right(at(acts["worker"], moment))
    happened = set(db.session.scalars(select(PlacementEvent.what)))
    assert happened >= {"held", "checked_in", "walked_in", "released", "departed", "expired"}


@pytest.mark.usefixtures("store")
def test_a_recount_notices_a_row_that_was_changed_behind_its_events() -> None:
    """The negative control of the recount."""
    with transaction():
        act = an_act()
        a_hold(act)
    assert_board_is_right(act)
    with transaction() as session:
        session.execute(update(Placement).values(status="in"))
    with pytest.raises(AssertionError):
        assert_board_is_right(act)


@pytest.mark.usefixtures("store")
def test_a_hold_leaves_the_board_the_very_second_it_lapses() -> None:
    with transaction():
        act = an_act()
        a_hold(act)

    def held(moment: datetime) -> int:
        found = board.tonight(moment, scope(act, Doing.COUNT_BEDS)).sites
        return sum(one.counts.held for one in found if one.counts)

    assert held(later(minutes=45) - timedelta(seconds=1)) == 1
    assert held(later(minutes=45)) == 0


@pytest.mark.usefixtures("store")
def test_beds_that_are_void_or_being_made_ready_are_not_offered() -> None:
    with transaction() as session:
        act = an_act()
        set_capacity(act, a_site(), 2, night_of(NOW))
        first, second = board.beds_of(a_site(), NOW)
        session.execute(update(Bed).where(Bed.id == first.id).values(void_from=NOW))
        session.execute(update(Bed).where(Bed.id == second.id).values(turnaround_since=NOW))
    counts = next(
        one.counts
        for one in board.tonight(NOW, scope(act, Doing.COUNT_BEDS)).sites
        if one.site.code == HUB
    )
    assert counts is not None
    assert (counts.void, counts.turnaround, counts.free) == (1, 1, 0)
    with pytest.raises(Refused, match="No bed is free"), transaction():
        a_hold(act)


@pytest.mark.usefixtures("store")
def test_somebody_in_a_bed_that_is_gone_is_shown_as_over_capacity() -> None:
    tomorrow = later(days=1)
    with transaction():
        act = an_act(Role.HUB, HUB)
        person = a_person(given_name="Still In").ref
        last = board.beds_of(a_site(), NOW)[-1]
        actions.walk_in(act, person=person, bed=last.id)
        set_capacity(act, a_site(), 0, night_of(tomorrow))
    counts = next(
        one.counts
        for one in board.tonight(tomorrow, scope(act, Doing.COUNT_BEDS)).sites
        if one.site.code == HUB
    )
    assert counts is not None
    assert (counts.capacity, counts.over, counts.occupied, counts.free) == (0, 1, 1, 0)
    assert [bed.label for bed in board.beds_of(a_site(), tomorrow)] == [last.label]


@pytest.mark.usefixtures("store")
def test_a_site_opens_on_its_first_night_and_not_before() -> None:
    act = Act(NOW, 1, "x", frozenset({Role.OUTREACH.value}))
    before = datetime.fromisoformat("2024-09-30T23:00+00:00")
    for moment, open_then in ((before, False), (before + timedelta(days=1), True)):
        found = board.tonight(moment, scope(act, Doing.COUNT_BEDS)).sites
        assert any(one.site.code == "grays-inn-road" for one in found) is open_then


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("what", ["held", "void until", "turnaround"])
def test_a_bed_can_be_claimed_exactly_when_it_is_free(what: str, seconds: int) -> None:
    """The select that claims a bed says the same as the rule, at every edge."""
    edge = later(minutes=45)
    with transaction() as session:
        act = an_act()
        set_capacity(act, a_site(), 1, night_of(NOW))
        bed = board.beds_of(a_site(), NOW)[0]
        if what == "held":
            a_hold(act)
        else:
            changes: dict[str, dict[str, object]] = {
                "void until": {"void_from": NOW, "void_until": edge},
                "turnaround": {"turnaround_since": edge},
            }
            session.execute(update(Bed).where(Bed.id == bed.id).values(**changes[what]))
    moment = edge + timedelta(seconds=seconds)
    free = bed_status(board.beds_of(a_site(), moment)[0], moment) is BedStatus.FREE
    with transaction():
        found = queries.claimable(a_site().id, None, moment, skip=True)
    assert (found is not None) is free


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("hours", "listed"), [(11, True), (13, False)])
def test_a_hold_that_lapsed_is_listed_for_twelve_hours(hours: int, listed: bool) -> None:
    with transaction():
        held = a_hold(an_act())
    moment = later(minutes=45, hours=hours)
    assert bool(queries.at_site(Act(moment, 1, ""), held.site)) is listed
    assert bool(lately.made_by(Act(moment, held.made_by, ""))) is (hours < 12)


def by_code(client: FlaskClient) -> dict[str, dict[str, object]]:
    answer = client.get("/api/v1/beds/tonight").get_json()
    return {one["code"]: one for one in answer["sites"]}


COUNTS = {"capacity", "occupied", "booked", "held", "void", "turnaround", "free", "over"}


@pytest.mark.parametrize(
    ("role", "codes", "seen"),
    [
        (Role.OUTREACH, (), True),
        (Role.SWEP_COORDINATOR, (), True),
        (Role.HUB_LEAD, (HUB,), True),
        (Role.HUB, (HUB,), False),
        (Role.HUB, ("respite-rooms",), True),
        (Role.TREATMENT, (), False),
        (Role.MANAGER, (), False),
        (Role.ADMIN, (), False),
    ],
)
def test_a_confidential_sites_counts_are_null_for_roles_that_may_not_see_them(
    as_role: Ask, role: Role, codes: tuple[str, ...], seen: bool
) -> None:
    client = as_role(role, *codes)
    sites = by_code(client)
    assert {sites["respite-rooms"][name] is None for name in COUNTS} == {not seen}
    assert {sites[HUB][name] is None for name in COUNTS} == {False}
    beds = client.get("/api/v1/sites/respite-rooms/beds")
    assert beds.status_code == (200 if "respite-rooms" in codes else 404)


def test_the_board_has_the_five_sites_and_no_venue_that_is_closed(as_role: Ask) -> None:
    assert {code: one["capacity"] for code, one in by_code(as_role()).items()} == {
        HUB: 16,
        "respite-rooms": 15,
        "st-giles": 15,
        "finchley-hub": 12,
        "grays-inn-road": 16,
    }


def test_an_unchanged_board_is_a_304_and_a_changed_one_is_not(app: Flask, as_role: Ask) -> None:
    client = as_role()
    first = client.get("/api/v1/beds/tonight")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/api/v1/beds/tonight", headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    with app.app_context(), transaction():
        a_hold(an_act(at=now()))
    assert client.get("/api/v1/beds/tonight", headers=tag).status_code == 200


def test_the_board_page_is_a_304_too_and_differs_by_who_looks(signed_in: Ask) -> None:
    client, other = signed_in(), signed_in()
    tag = {"If-None-Match": client.get("/beds").headers["ETag"]}
    assert client.get("/beds", headers=tag).status_code == 304
    assert other.get("/beds", headers=tag).status_code == 200


def test_the_beds_of_a_site_say_until_when(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction():
        held = a_hold(an_act(at=now()))
    items = as_role().get(f"/api/v1/sites/{HUB}/beds").get_json()["items"]
    assert [one["status"] for one in items] == ["held"] + ["free"] * 15
    assert held.expires_at is not None
    assert items[0]["until"] == held.expires_at.isoformat()
    assert items[0]["id"] == str(held.bed_id)
