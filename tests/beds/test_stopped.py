"""Nothing is claimed for a child, for somebody who may be one, or after a death: no path does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from pathway.acts import Act, now
from pathway.assessments import safeguarding
from pathway.beds import actions, board, callers, care, claims, fit, paper, queries, texts
from pathway.beds.fit import CHILD, PERHAPS_CHILD, stopped
from pathway.beds.rules import Happened, PlacementStatus
from pathway.beds.shortcodes import short_code
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.nights import london
from pathway.people.models import Person
from pathway.people.rules import DIED, PersonFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.models import Staff
from pathway.staff.rules import scope
from tests import texting
from tests.conftest import SECRET, Ask
from tests.factories import HUB, NOW, a_hold, a_person, an_act, at, later

TODAY = date(2026, 1, 9)

STOPS: dict[str, tuple[dict[str, Any], str]] = {
    "child": ({"date_of_birth": date(2010, 1, 1)}, "under 18.*MASH"),
    "perhaps": ({"perhaps_child": True}, "possibly under 18.*MASH"),
    "died": ({"died_on": date(2026, 1, 8)}, "death is recorded"),
}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, None),
        ({"perhaps_child": False}, None),
        ({"perhaps_child": True}, PERHAPS_CHILD),
        ({"perhaps_child": True, "date_of_birth": date(1980, 1, 1)}, PERHAPS_CHILD),
        ({"date_of_birth": date(2008, 1, 9)}, None),
        ({"date_of_birth": date(2008, 1, 10)}, CHILD),
        ({"birth_year": 2009}, CHILD),
        ({"birth_year": 2008, "birth_month": 2}, CHILD),
        ({"birth_year": 2008}, PERHAPS_CHILD),
        ({"birth_year": 2008, "birth_month": 1}, PERHAPS_CHILD),
        ({"birth_year": 2007}, None),
        ({"birth_year": 2012, "birth_guessed": True}, None),
        ({"date_of_birth": date(1990, 1, 1), "birth_year": 2012}, None),
        ({"died_on": date(2026, 1, 1), "perhaps_child": True}, DIED),
    ],
)
def test_a_missing_date_and_no_mark_say_nothing(
    facts: dict[str, Any], sentence: str | None
) -> None:
    found = stopped(replace(PersonFacts(1, "P"), **facts), TODAY)
    assert (found.sentence if found else None) == sentence


def mark(person: PersonFacts, facts: dict[str, Any]) -> PersonFacts:
    """Let this be so of somebody without anything else that it would do."""
    db.session.execute(update(Person).where(Person.id == person.id).values(**facts))
    return replace(person, **facts)


Way = Callable[[], object]


def every_way(facts: dict[str, Any]) -> tuple[dict[str, Way], Act, PersonFacts]:
    """Return the ways to a bed for people of whom this is so, a worker, and one of the people."""
    with transaction():
        worker, lead, street = an_act(), an_act(Role.HUB_LEAD, HUB), an_act(Role.HUB, "st-giles")
        lapsed, running, given = (a_hold(worker) for _ in range(3))
        inside = actions.walk_in(lead, person=a_person().ref, site=HUB)
        caller = callers.hold_unnamed(lead, description="red coat", site=HUB)
        actions.release(worker, given.id)
        fresh = mark(a_person(), facts)
        for one in (lapsed, running, given, inside):
            mark(one.person, facts)
    soon, after = later(minutes=5), later(minutes=50)
    ways: dict[str, Way] = {
        "hold": lambda: actions.hold(worker, person=fresh.ref, site=HUB),
        "hold by decision": lambda: actions.hold(lead, person=fresh.ref, site=HUB, override="x y"),
        "hold of a bed": lambda: actions.hold(lead, person=fresh.ref, bed=given.bed_id),
        "over capacity": lambda: actions.hold(lead, person=fresh.ref, site=HUB, over="x y"),
        "booking": lambda: claims.book(lead, person=fresh.ref, site=HUB, expected_at=soon),
        "walk-in": lambda: actions.walk_in(street, person=fresh.ref, site="st-giles"),
        "paper sheet": lambda: paper.record_stay(lead, person=fresh.ref, site=HUB, at=NOW),
        "revival": lambda: actions.check_in(at(lead, after), lapsed.id),
        "longer": lambda: actions.extend(worker, running.id, minutes=15),
        "hold booked": lambda: actions.book(lead, running.id, expected_at=soon),
        "undone release": lambda: actions.undo(worker, given.id),
        "transfer": lambda: actions.transfer(lead, inside.id, site="st-giles"),
        "planned move": lambda: actions.transfer(lead, inside.id, site="st-giles", planned=True),
        "match at the door": lambda: callers.match(lead, caller.id, person=fresh.ref),
    }
    return ways, worker, fresh


@pytest.mark.parametrize("stop", STOPS)
def test_every_way_to_a_bed_refuses_with_the_same_words(store: Flask, stop: str) -> None:
    facts, words = STOPS[stop]
    ways, worker, fresh = every_way(facts)
    for way, claim in ways.items():
        with pytest.raises(Refused, match=words), transaction():
            claim()
            pytest.fail(way)
    seen = board.tonight(worker.at, scope(worker, Doing.COUNT_BEDS)).sites
    assert board.alternatives(seen, fresh, scope(worker, Doing.HOLD), worker.at) == []


def test_without_the_rule_every_way_is_open(store: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nothing else keeps them from any of these beds."""
    ways, *_ = every_way(STOPS["perhaps"][0])
    monkeypatch.setattr(fit, "stopped", lambda *_: None)
    shut = {}
    for way, claim in ways.items():
        try:
            with transaction(keep=False):
                claim()
        except Refused as refusal:
            shut[way] = refusal.detail
    assert shut == {}


@pytest.mark.parametrize(
    ("stop", "told"), [("perhaps", PERHAPS_CHILD), ("child", CHILD), ("died", texts.UNFIT)]
)
def test_a_hold_by_text_is_refused_as_any_other(app: Flask, stop: str, told: str) -> None:
    app.config["TWILIO"] = texting.TWILIO
    with app.app_context(), transaction():
        act = an_act(at=now())
        phone = update(Staff).where(Staff.id == act.staff_id).values(phone=texting.WORKER)
        db.session.execute(phone)
        person = a_person()
        actions.release(act, a_hold(act, person=person).id)
        code = short_code(SECRET, act.staff_id or 0, person.ref)
        mark(person, STOPS[stop][0])
    texting.text(app.test_client(), f"HOLD {HUB} {code}")
    assert texting.replies(app)[-1][1].startswith(told[:60])
    with app.app_context(), transaction():
        mark(person, {"perhaps_child": None, "died_on": None, "date_of_birth": None})
    texting.text(app.test_client(), f"HOLD {HUB} {code}")
    assert texting.replies(app)[-1][1].startswith("Held until"), "the negative control"


def test_what_is_held_already_stands_and_they_are_let_in(store: Flask) -> None:
    with transaction():
        worker, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        held = a_hold(worker)
        safeguarding.mark_perhaps_child(worker, held.person.ref)
    with transaction():
        assert actions.check_in(lead, held.id).status is PlacementStatus.IN


@pytest.mark.parametrize("stop", ["perhaps", "died"])
def test_a_mark_made_while_a_bed_is_claimed_stops_the_claim(store: Flask, stop: str) -> None:
    """The claim has judged them before; it looks again once its row is bound to theirs."""
    facts, _ = STOPS[stop]
    with transaction():
        worker, person = an_act(), a_person()
        mark(person, facts)
    assert claim_with(worker, person)
    with transaction():
        mark(person, {"perhaps_child": None, "died_on": None})
    assert not claim_with(worker, person), "the negative control"


def claim_with(act: Act, stale: PersonFacts) -> bool:
    """Return whether a claim by what was so before the mark is refused."""
    until = {"status": PlacementStatus.HELD.value, "expires_at": later(minutes=45)}
    where = queries.site_of_bed(1, TODAY)
    assert where is not None
    try:
        with transaction():
            claims.claim(act, stale, where, None, until, Happened.HELD, claims.Beside())
    except Refused as refusal:
        return refusal.detail in {PERHAPS_CHILD, DIED}
    return False


def test_a_mark_goes_with_a_record_into_the_one_it_becomes(store: Flask) -> None:
    with transaction():
        lead, known = an_act(Role.HUB_LEAD, HUB), a_person()
        caller = callers.hold_unnamed(lead, description="red coat", site=HUB)
        safeguarding.mark_perhaps_child(lead, caller.person.ref)
        assert care.merge(lead, caller.person.ref, known.ref).perhaps_child


def test_the_page_of_beds_says_it_first_and_offers_none(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        born = london(NOW).date() - timedelta(days=365 * 10)
        child = a_person(date_of_birth=born)
    html = client.get(f"/people/{child.ref}/bed").get_data(as_text=True)
    assert "LBCMashadmin@camden.gov.uk" in html
    assert "Hold for" not in html
