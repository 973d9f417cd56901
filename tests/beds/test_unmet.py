"""Somebody for whom there was no bed: what counts, once a night, and what a bed would have been."""

import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import Act
from pathway.beds import actions, board, callers, care, claims, needed, queries, turning
from pathway.beds.fit import NOT_TONIGHT
from pathway.beds.models import Bed, TurnAway
from pathway.beds.rules import BedFacts
from pathway.beds.vacancies import Stood, open_spans, vacancies
from pathway.db import db, transaction
from pathway.errors import Absent, Refused, Unknown
from pathway.people import editing
from pathway.people import queries as people
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SiteFacts, SupportLevel
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_person, a_site, an_act, at, later
from tests.races import at_once

ELSEWHERE = ("st-giles", "finchley-hub", "grays-inn-road", "respite-rooms")


def close(*codes: str) -> None:
    """Take every bed of these sites out of use."""
    idents = [a_site(code).id for code in codes]
    db.session.execute(update(Bed).where(Bed.site_id.in_(idents)).values(void_from=NOW))


def written() -> list[tuple[int, date, int | None]]:
    rows = db.session.execute(select(TurnAway.person_id, TurnAway.night, TurnAway.site_id))
    return [(ident, night, site) for ident, night, site in rows]


def refused(act: Act, who: PersonFacts, site: str = HUB, **beside: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        actions.hold(act, person=who.ref, site=site, **beside)
    return refusal.value


def test_what_is_kept_is_what_a_bed_is_judged_by_and_nothing_else() -> None:
    person = PersonFacts(
        id=7,
        ref="P-1",
        given_name="Fern",
        gender=Gender.WOMAN,
        has_dog=True,
        recourse=Recourse.NO,
        support_level=SupportLevel.HIGH,
        not_here=frozenset({3}),
        vulnerable=True,
    )
    assert needed.kept(person) == {
        "gender": "woman",
        "step_free": False,
        "dog": True,
        "couple": False,
        "no_recourse": True,
        "support_level": "high",
    }


@pytest.mark.parametrize(
    ("site", "needs", "taken"),
    [
        ({}, {}, True),
        ({"admits": frozenset({Gender.WOMAN})}, {"gender": "woman"}, True),
        ({"admits": frozenset({Gender.WOMAN})}, {"gender": "man"}, False),
        ({"admits": frozenset({Gender.WOMAN})}, {"gender": "not_known"}, False),
        ({"dogs": False}, {"dog": True}, False),
        ({"dogs": None}, {"dog": True}, True),
        ({"couples": False}, {"couple": True}, False),
        ({"nrpf": False}, {"no_recourse": True}, False),
        ({"max_support_level": SupportLevel.LOW}, {"support_level": "medium"}, False),
        ({"refuses": frozenset({"arson"})}, {"gender": "man"}, True),
    ],
)
def test_a_site_takes_a_need_as_it_would_take_the_person(
    site: dict[str, Any], needs: dict[str, Any], taken: bool
) -> None:
    assert needed.takes(SiteFacts(1, "a", "A", **site), needs) is taken


def test_steps_and_womens_rooms_decide_which_bed_suits() -> None:
    steps, womens = BedFacts(1, 1, "1", step_free=False), BedFacts(2, 1, "2", womens=True)
    assert not needed.suits(steps, {"step_free": True})
    assert needed.suits(steps, {})
    assert needed.suits(womens, {"gender": "woman"})
    assert not needed.suits(womens, {"gender": "man"})


EVENING = datetime(2026, 1, 9, 20, tzinfo=UTC)


def hours(*numbers: float) -> list[datetime]:
    return [EVENING + timedelta(hours=one) for one in numbers]


def free(
    site: SiteFacts, busy: Iterable[float], asked_at: float, *, unplaced: int = 0, **bed: Any
) -> bool:
    """Return whether the one bed of a site, busy from and until, appeared within two hours."""
    stretch = (hours(-12)[0], hours(12)[0])
    stood = [Stood(BedFacts(1, site.id, "1", **bed), date(2026, 1, 1), None)]
    since, until = hours(*busy)
    found = vacancies(site, stood, {1: [(since, until)]}, [stretch] * unplaced, stretch)
    asked = hours(asked_at)[0]
    return found.appeared({"gender": "man"}, asked, asked + timedelta(hours=2))


def test_a_bed_that_is_left_at_the_very_end_of_the_two_hours_appeared_and_not_a_moment_later() -> (
    None
):
    hub = SiteFacts(1, "a", "A")
    assert free(hub, (-6, 2), 0)
    assert not free(hub, (-6, 2.001), 0)
    assert free(hub, (0.5, 11), 0)
    assert not free(hub, (0, 11), 0)
    assert not free(hub, (-6, 1), 0, womens=True)
    assert not free(hub, (-6, 1), 0, unplaced=1)


def test_a_bed_counts_only_while_its_site_takes_people_in() -> None:
    evenings = SiteFacts(1, "a", "A", intake_from=time(17), intake_to=time(21))
    assert free(evenings, (-6, 0.5), 0)
    assert not free(evenings, (-6, 1), 0)
    assert not free(evenings, (-6, -5), 1.5)
    nights = SiteFacts(1, "a", "A", intake_from=time(22, 30), intake_to=time(1))
    assert not free(nights, (-6, -5), 0)
    assert free(nights, (-6, -5), 0.5)


def test_intake_hours_follow_the_clock_on_the_wall_when_it_goes_back() -> None:
    late = SiteFacts(1, "a", "A", intake_from=time(22), intake_to=time(1, 30))
    day = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = list(open_spans(late, (day, day + timedelta(hours=24))))
    assert sum(((then - since) for since, then in found), timedelta()) == timedelta(hours=4)
    assert [f"{since:%H:%M}" for since, _ in found][-1] == "01:00"


def test_who_can_be_given_no_bed_is_turned_away_once_for_the_night(store: Flask) -> None:
    with transaction():
        act, who = an_act(), a_person(gender=Gender.MAN, has_dog=True)
        close(HUB, *ELSEWHERE)
        refusal = refused(act, who)
        for moment in (NOW, later(hours=2)):
            assert refusal.in_vain is not None
            turning.note(at(act, moment), refusal.in_vain)
        turning.turn_away(at(act, later(hours=3)), who.ref)
        tonight, site = date(2026, 1, 9), a_site().id
        assert written() == [(who.id, tonight, site)]
        turning.turn_away(at(act, later(hours=12)), who.ref)
        assert written() == [(who.id, tonight, site), (who.id, date(2026, 1, 10), None)]
        kept = db.session.execute(select(TurnAway.needed, TurnAway.at, TurnAway.by)).first()
        assert kept is not None
        assert (kept.needed["dog"], kept.at, kept.by) == (True, NOW, act.staff_id)


def test_a_bed_that_whoever_asks_could_hold_elsewhere_is_no_turning_away(store: Flask) -> None:
    with transaction():
        act, who = an_act(), a_person(gender=Gender.MAN)
        close(HUB)
        assert refused(act, who).in_vain is None
        hub = an_act(Role.HUB, HUB)
        assert refused(hub, who).in_vain is not None
        named = board.beds_of(a_site(), NOW)[0].id
        db.session.execute(update(Bed).where(Bed.id != named).values(void_from=None))
        with pytest.raises(Refused) as beside:
            actions.hold(hub, person=who.ref, bed=named)
        assert beside.value.in_vain is None


def test_a_bed_that_is_free_and_not_for_them_is_asked_for_in_vain(store: Flask) -> None:
    with transaction():
        act, who = an_act(), a_person(gender=Gender.MAN, has_dog=True)
        close(*ELSEWHERE)
        db.session.execute(update(Site).where(Site.code == HUB).values(dogs=False))
        assert refused(act, who).in_vain is not None
        steps = a_person(gender=Gender.MAN, needs_step_free=True)
        db.session.execute(update(Bed).where(Bed.site_id == a_site().id).values(step_free=False))
        assert refused(act, steps).in_vain is not None


def test_what_is_private_or_stops_everything_turns_nobody_away_by_itself(store: Flask) -> None:
    with transaction():
        act = an_act()
        close(*ELSEWHERE)
        gone = a_person()
        care.record_death(act, gone.ref, died_on=date(2026, 1, 9))
        child = a_person(date_of_birth=date(2015, 1, 1))
        kept = a_person(gender=Gender.MAN)
        editing.not_here(act, kept.ref, site=HUB)
        placed = a_person(gender=Gender.MAN)
        actions.hold(act, person=placed.ref, site=HUB)
        refusals = [refused(act, one) for one in (gone, child, kept, placed)]
        assert [one.in_vain for one in refusals] == [None] * 4
        assert refusals[2].detail == NOT_TONIGHT
        turning.turn_away(act, child.ref)
        turning.turn_away(act, kept.ref)
        for one in (gone, placed):
            with pytest.raises(Refused):
                turning.turn_away(act, one.ref)
        assert {ident for ident, *_ in written()} == {child.id, kept.id}


def test_a_past_arrival_or_a_move_is_no_asking_and_a_door_is_ones_own(store: Flask) -> None:
    with transaction():
        lead, who = an_act(Role.HUB_LEAD, HUB), a_person(gender=Gender.MAN)
        inside = actions.walk_in(lead, person=who.ref, site=HUB)
        close(HUB, *ELSEWHERE)
        with pytest.raises(Refused) as moved:
            actions.transfer(lead, inside.id, site="st-giles")
        assert moved.value.in_vain is None
        other = a_person(gender=Gender.MAN)
        with pytest.raises(Refused) as earlier:
            claims.walk_in(lead, person=other.ref, site=HUB, at=later(hours=-3))
        assert earlier.value.in_vain is None
        with pytest.raises(Unknown):
            turning.turn_away(lead, other.ref, site="st-giles")
        with pytest.raises(Absent):
            turning.turn_away(lead, "P-NOBODY")
        turning.turn_away(lead, other.ref, site=HUB)
        assert written() == [(other.id, date(2026, 1, 9), a_site().id)]


def test_a_caller_whose_record_went_with_the_refusal_is_not_counted(store: Flask) -> None:
    with transaction():
        hub = an_act(Role.HUB, HUB)
        close(HUB, *ELSEWHERE)
    with pytest.raises(Refused) as refusal, transaction():
        callers.hold_unnamed(hub, description="red coat", site=HUB)
    assert refusal.value.in_vain is not None
    with transaction():
        turning.note(hub, refusal.value.in_vain)
    assert written() == []


def turned_away_at_once(app: Flask) -> int:
    """Turn one person away twice at the same moment; return how often it is written down."""
    with transaction():
        act, who = an_act(), a_person()
    db.session.remove()

    def deed() -> None:
        with app.app_context():
            with transaction():
                turning.turn_away(act, who.ref)
            db.session.remove()

    at_once([deed, deed])
    return len(written())


def test_two_who_say_so_at_once_write_it_down_once(store: Flask) -> None:
    assert turned_away_at_once(store) == 1


@pytest.mark.parametrize("engine", ["postgresql"])
def test_without_the_lock_on_the_person_it_stands_there_twice(
    store: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control; on SQLite nobody reads while another writes."""
    read, met = queries.turned_away_at, threading.Barrier(2)

    def together(person_id: int, night: date) -> datetime | None:
        found = read(person_id, night)
        met.wait(timeout=30)
        return found

    monkeypatch.setattr(queries, "turned_away_at", together)
    monkeypatch.setattr(people, "lock_people", lambda *_: None)
    assert turned_away_at_once(store) == 2


def test_a_refused_hold_is_written_down_by_page_and_by_program(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    with app.app_context(), transaction():
        idents = [a_person(gender=Gender.MAN).ref for _ in range(3)]
        close(HUB, *ELSEWHERE)
    program, browser = as_role(), signed_in()
    told = program.post("/api/v1/placements", json={"person": idents[0], "site": HUB})
    assert told.status_code == 409
    form = {"person": idents[1], "site": HUB}
    assert submit(browser, "/placements", form, page="/help").status_code == 409
    page = browser.get(f"/people/{idents[2]}/bed").text
    assert "There was no bed for them" in page
    tapped = submit(browser, f"/people/{idents[2]}/turned-away", {}, page="/help")
    assert tapped.status_code == 303
    assert "Written down at" in browser.get(f"/people/{idents[2]}/bed").text
    with app.app_context():
        assert len(written()) == 3
