"""Who must not meet: every door refuses as it does for a mark, and of two at once one gets in."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from pathway.acts import Act, now
from pathway.beds import actions, apart, board, callers, care, claims, paper
from pathway.beds.fit import NOT_TONIGHT
from pathway.beds.models import Placement
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.shortcodes import short_code
from pathway.db import db, transaction
from pathway.duty.models import Alarm
from pathway.errors import Refused, Unfit
from pathway.messages.models import Notice
from pathway.nights import london
from pathway.people import editing, tied, ties
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import texting
from tests.conftest import SECRET, Ask, csrf_of
from tests.factories import HUB, NOW, a_person, a_site, an_act, at, token_of
from tests.races import Answer, ask, at_once, in_process

TARGET = "grays-inn-road"
LIVE = Placement.status.in_(("held", "booked", "in"))

Claim = Callable[[Act, PersonFacts], Any]

BEFORE: dict[tuple[str, int], PlacementFacts] = {}
"""What a door needs to have happened before, by the door and whose it is."""


def matched(act: Act, who: PersonFacts) -> PlacementFacts:
    caller = callers.hold_unnamed(act, description="red coat", site=TARGET)
    return callers.match(act, caller.id, person=who.ref)


def revived(act: Act, who: PersonFacts) -> PlacementFacts:
    held = BEFORE["revive", who.id]
    return actions.check_in(at(act, held.made_at + timedelta(hours=1)), held.id)


DOORS: dict[str, Claim] = {
    "hold": lambda act, who: actions.hold(act, person=who.ref, site=TARGET),
    "hold a bed": lambda act, who: actions.hold(act, person=who.ref, bed=a_bed()),
    "book": lambda act, who: claims.book(
        act, person=who.ref, site=TARGET, expected_at=act.at + timedelta(hours=1)
    ),
    "walk in": lambda act, who: actions.walk_in(act, person=who.ref, site=TARGET),
    "match": matched,
    "paper sheet": lambda act, who: paper.record_stay(
        act, person=who.ref, site=TARGET, at=act.at - timedelta(minutes=1), sheet="7"
    ),
    "move": lambda act, who: actions.transfer(act, BEFORE["move", who.id].id, site=TARGET),
    "plan": lambda act, who: actions.transfer(
        act, BEFORE["plan", who.id].id, site=TARGET, planned=True
    ),
    "revive": revived,
    "undo": lambda act, who: actions.undo(act, BEFORE["undo", who.id].id),
}

ONLY_WARNED = {"revive", "undo"}
"""Doors at which a mark that was made since does not stop somebody; a warning does."""


def a_bed() -> int:
    return board.free_of(a_site(TARGET), NOW)[0].id


def another_bed() -> int:
    return board.free_of(a_site(TARGET), NOW)[-1].id


def come_before(act: Act, door: str) -> PersonFacts:
    who = a_person(gender=Gender.WOMAN)
    if door in ONLY_WARNED:
        BEFORE[door, who.id] = actions.hold(act, person=who.ref, site=TARGET)
    if door == "undo":
        actions.release(act, BEFORE[door, who.id].id)
    if door in {"move", "plan"}:
        BEFORE[door, who.id] = actions.walk_in(act, person=who.ref, site=HUB)
    return who


def tie(act: Act, why: str, who: PersonFacts, there: PersonFacts) -> None:
    """Keep somebody from the target by one of two ways."""
    if why == "apart":
        ties.keep_apart(act, there.ref, other=who.ref, why="A fight")
    else:
        until = london(act.at).date()
        ties.exclude(act, who.ref, site=TARGET, reason="A fight", until_on=until)


def somebody_there(act: Act) -> PersonFacts:
    there = a_person(gender=Gender.WOMAN)
    actions.walk_in(act, person=there.ref, site=TARGET)
    return there


def both_roles() -> tuple[Act, Act]:
    return an_act(Role.HUB, TARGET, HUB), an_act(Role.HUB_LEAD, TARGET, HUB)


def what_refuses(act: Act, door: str, who: PersonFacts) -> tuple[type, str, Any]:
    with pytest.raises(Refused) as refusal, transaction():
        DOORS[door](act, who)
    return type(refusal.value), refusal.value.detail, dict(refusal.value.extra)


@pytest.mark.parametrize("why", ["apart", "excluded"])
def test_every_door_refuses_exactly_as_it_does_for_a_mark(store: Flask, why: str) -> None:
    BEFORE.clear()
    with transaction():
        act, lead = both_roles()
        there = somebody_there(act)
        tied_ones = {door: come_before(act, door) for door in DOORS}
        compared = [door for door in DOORS if why == "apart" and door not in ONLY_WARNED]
        marked = {door: come_before(act, door) for door in compared}
        for who in tied_ones.values():
            tie(lead, why, who, there)
        for who in marked.values():
            editing.not_here(act, who.ref, site=TARGET)
    for door, who in tied_ones.items():
        seen = what_refuses(act, door, who)
        assert seen[:2] == (Refused, NOT_TONIGHT), door
        assert not issubclass(seen[0], Unfit)
        assert TARGET not in {one["site"] for one in seen[2]["alternatives"]}, door
        assert door not in marked or seen == what_refuses(act, door, marked[door]), door
    with transaction():
        held = actions.hold(act, person=tied_ones["hold"].ref, site=HUB)
        assert held.status is PlacementStatus.HELD
        for who in tied_ones.values():
            for pair in tied.pairs(lead, who):
                ties.end_apart(lead, who.ref, pair.id)
            for one in tied.exclusions_of(lead, who):
                ties.end_exclusion(lead, who.ref, one.id)
        actions.release(act, held.id)
    for door, who in tied_ones.items():
        with transaction(keep=False):
            assert DOORS[door](act, who), door


def test_the_lead_decides_about_an_exclusion_and_nobody_about_who_is_there(store: Flask) -> None:
    with transaction():
        act, lead = both_roles()
        there, by_tie, by_ban = somebody_there(act), a_person(), a_person()
        tie(lead, "apart", by_tie, there)
        tie(lead, "excluded", by_ban, there)
    for whose, who in ((act, by_ban), (lead, by_tie)):
        with pytest.raises(Refused, match=NOT_TONIGHT), transaction():
            actions.hold(whose, person=who.ref, site=TARGET, override="It is cold")
    with transaction():
        held = actions.hold(lead, person=by_ban.ref, site=TARGET, override="It is cold")
    assert held.status is PlacementStatus.HELD


def test_only_a_live_claim_of_the_other_keeps_somebody_away(store: Flask) -> None:
    with transaction():
        act, lead = both_roles()
        one, two = a_person(), a_person()
        tie(lead, "apart", one, two)
        held = actions.hold(act, person=two.ref, site=TARGET)
    late = at(act, held.expires_at or act.at)
    with transaction(keep=False):
        assert actions.hold(late, person=one.ref, site=TARGET).status is PlacementStatus.HELD
    with transaction():
        actions.check_in(act, held.id)
        actions.transfer(act, held.id, site=HUB, planned=True)
    for site in (TARGET, HUB):
        with pytest.raises(Refused, match=NOT_TONIGHT), transaction():
            actions.hold(act, person=one.ref, site=site)


def alarms() -> list[Alarm]:
    return list(db.session.scalars(select(Alarm).where(Alarm.kind == "apart")))


def test_who_is_there_already_stays_and_the_duty_manager_is_told_once(store: Flask) -> None:
    with transaction():
        act, lead = both_roles()
        one, two = somebody_there(act), a_person()
        held = actions.hold(act, person=two.ref, site=TARGET)
        for _ in range(2):
            apart.keep_apart(lead, one.ref, other=two.ref, why="A fight")
        assert actions.check_in(act, held.id).status is PlacementStatus.IN
    (raised,) = alarms()
    assert (raised.words, raised.site_id) == (apart.AT_ONE_SITE, None)
    assert raised.link == f"/people/{one.ref}/apart"


def test_of_a_confidential_site_only_its_own_are_told(store: Flask) -> None:
    with transaction():
        act = an_act(Role.HUB, "respite-rooms")
        writer = an_act()
        one, two = (a_person(gender=Gender.WOMAN) for _ in range(2))
        for who in (one, two):
            actions.walk_in(act, person=who.ref, site="respite-rooms")
        apart.keep_apart(writer, one.ref, other=two.ref, why="A fight")
    assert alarms() == []
    told = db.session.scalars(select(Notice).where(Notice.site_id.is_not(None))).all()
    assert [(row.words, row.site_id) for row in told if row.kind == "apart"] == [
        (apart.AT_ONE_SITE, a_site("respite-rooms").id)
    ]


def test_who_never_left_after_all_or_becomes_one_with_somebody_there_is_told_of(
    store: Flask,
) -> None:
    with transaction():
        act, lead = both_roles()
        one, two, three = somebody_there(act), a_person(), a_person()
        tie(lead, "apart", one, two)
        stay = db.session.scalars(select(Placement.id).where(Placement.person_id == one.id)).one()
        actions.depart(act, stay, reason="Left", destination="street")
        there = actions.walk_in(act, person=two.ref, bed=another_bed())
        assert actions.undo(act, stay).status is PlacementStatus.IN
    assert len(alarms()) == 1
    with transaction():
        actions.depart(act, there.id, reason="Left", destination="street")
        actions.walk_in(act, person=three.ref, site=TARGET)
        care.merge(lead, two.ref, three.ref)
    assert len(alarms()) == 2


def test_page_program_and_text_answer_as_for_a_mark(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    app.config["TWILIO"] = texting.TWILIO
    program, page = as_role(Role.OUTREACH), signed_in(Role.OUTREACH)
    with app.app_context(), transaction():
        act = an_act(at=now())
        phone = update(Staff).where(Staff.id == act.staff_id).values(phone=texting.WORKER)
        db.session.execute(phone)
        door = an_act(Role.HUB, TARGET, at=now())
        there = somebody_there(door)
        kept, marked = (a_person(gender=Gender.WOMAN) for _ in range(2))
        tie(act, "apart", kept, there)
        editing.not_here(act, marked.ref, site=TARGET)
        for who in (kept, marked):
            actions.release(act, actions.hold(act, person=who.ref, site=HUB).id)
        codes = [short_code(SECRET, act.staff_id or 0, who.ref) for who in (kept, marked)]
    token = {"csrf_token": csrf_of(page, f"/people/{kept.ref}/bed"), "site": TARGET}
    told = []
    for who, code in zip((kept, marked), codes, strict=True):
        sent = program.post("/api/v1/placements", json={"person": who.ref, "site": TARGET})
        body = sent.get_json()
        typed = page.post("/placements", data=token | {"person": who.ref})
        shown = page.get(f"/people/{who.ref}/bed").get_data(as_text=True)
        texting.text(app.test_client(), f"HOLD {TARGET} {code}")
        said = texting.replies(app)[-1][1]
        assert NOT_TONIGHT in typed.get_data(as_text=True)
        told.append((sent.status_code, body["detail"], body["alternatives"], typed.status_code))
        assert (shown.count(NOT_TONIGHT), said.startswith(NOT_TONIGHT)) == (1, True)
    assert told[0] == told[1]
    assert told[0][:2] == (409, NOT_TONIGHT)


ASKED = ("/people/{}", "/people/{}/bed", "/people/{}/card", "/people/{}/timeline", "/beds")
"""Pages that may be looked at before and after somebody is refused."""


def test_at_a_confidential_site_every_page_and_answer_is_the_same_as_for_an_exclusion(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    site = "respite-rooms"
    program, page = as_role(Role.OUTREACH), signed_in(Role.OUTREACH)
    with app.app_context(), transaction():
        door, lead = an_act(Role.HUB, site, at=now()), an_act(Role.HUB_LEAD, site, at=now())
        there, kept, excluded = (a_person(gender=Gender.WOMAN) for _ in range(3))
        actions.walk_in(door, person=there.ref, site=site)
        ties.keep_apart(lead, kept.ref, other=there.ref, why="A fight", readers=[Role.HUB_LEAD])
        until = london(lead.at).date()
        ties.exclude(lead, excluded.ref, site=site, reason="A fight", until_on=until)
    token = {"csrf_token": csrf_of(page, f"/people/{kept.ref}/bed"), "site": site}
    told = []
    for who in (kept, excluded):
        seen = [page.get(path.format(who.ref)) for path in ASKED]
        for path in ("/placements", "/waiting"):
            seen.append(page.post(path, data=token | {"person": who.ref}))
            seen.append(program.post(f"/api/v1{path}", json={"person": who.ref, "site": site}))
        seen += [page.get(path.format(who.ref)) for path in ASKED]
        told.append([[str(one.status_code), *without(one, who).splitlines()] for one in seen])
    for number, (one, other) in enumerate(zip(*told, strict=True)):
        assert set(one).symmetric_difference(other) == set(), number


def without(answer: Any, who: PersonFacts) -> str:
    """Return what an answer says, but for who is meant, the time and what is drawn at random."""
    said = answer.get_data(as_text=True).replace(who.ref, "P-X")
    said = re.sub(
        r'(name="(?:csrf_token|idempotency_key)" value=|"instance": ?)"[^"]*"', r"\1", said
    )
    return re.sub(r"\b\d\d:\d\d(:\d\d)?(\.\d+)?\b", "", said)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with in_process(app) as address:
        yield address


class Starter:
    """Lets two claims go on only once both have been judged, where they can be at one time."""

    def __init__(self, judge: Callable[[Act, PersonFacts], PersonFacts], engine: str) -> None:
        self._judge, self._waits = judge, engine == "postgresql"
        self._both = threading.Barrier(2)

    def __call__(self, act: Act, person: PersonFacts) -> PersonFacts:
        found = self._judge(act, person)
        if self._waits:
            with suppress(threading.BrokenBarrierError):
                self._both.wait(3)
            self._waits = False
        return found


def a_race(app: Flask, address: str, engine: str, patch: pytest.MonkeyPatch) -> list[Answer]:
    """Let two who are kept apart be claimed for one site at the same moment."""
    with app.app_context(), transaction():
        act = an_act(at=now())
        one, two = a_person(), a_person()
        tie(act, "apart", one, two)
        token = token_of("outreach-all@example.org")
    patch.setattr(apart, "kept", Starter(apart.kept, engine))
    bodies = [{"person": who.ref, "site": TARGET} for who in (one, two)]
    return at_once([partial(ask, address, "/api/v1/placements", token, body) for body in bodies])


def live(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Placement).where(LIVE)) or 0


def test_of_two_who_must_not_meet_exactly_one_gets_in(
    app: Flask, address: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = a_race(app, address, engine, monkeypatch)
    assert sorted(answer.status for answer in answers) == [201, 409]
    refused = next(answer.body for answer in answers if answer.status == 409)
    assert refused["detail"] == NOT_TONIGHT
    assert TARGET not in {one["site"] for one in refused["alternatives"]}
    assert live(app) == 1


def test_without_the_second_look_both_get_in(
    app: Flask, address: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control; on SQLite, where writers take turns, the first look goes as well."""
    monkeypatch.setattr(apart, "meets", lambda *_, **__: False)
    if engine == "sqlite":
        monkeypatch.setattr(apart, "kept", lambda _, person: person)
    answers = a_race(app, address, engine, monkeypatch)
    assert [answer.status for answer in answers] == [201, 201]
    assert live(app) == 2


def test_who_is_claimed_while_it_is_written_is_refused_or_told_of(app: Flask, address: str) -> None:
    with app.app_context(), transaction():
        act = an_act(at=now())
        one, two = a_person(), a_person()
        actions.hold(act, person=one.ref, site=TARGET)
        token = token_of("outreach-all@example.org")

    def write() -> Answer:
        with app.app_context(), transaction():
            apart.keep_apart(replace(act, at=now()), one.ref, other=two.ref, why="A fight")
        return Answer(0, {})

    body = {"person": two.ref, "site": TARGET}
    claim = partial(ask, address, "/api/v1/placements", token, body)
    deeds: list[Callable[[], Answer]] = [write, claim]
    _, answer = at_once(deeds)
    with app.app_context():
        assert (answer.status, len(alarms())) in {(201, 1), (409, 0)}


def statements_of_a_hold(act: Act, who: PersonFacts) -> int:
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with transaction(keep=False):
            actions.hold(act, person=who.ref, site=HUB)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


def test_who_is_kept_apart_from_nobody_costs_no_statement_more(store: Flask) -> None:
    """Of a pair the other is looked for before the claim and, behind a lock, after it."""
    with transaction():
        act = an_act(Role.HUB_LEAD, HUB)
        free, one, two, ended = (a_person() for _ in range(4))
        tie(act, "apart", one, two)
        tie(act, "apart", two, ended)
        ties.end_apart(act, ended.ref, tied.pairs(act, ended)[0].id)
    usual = statements_of_a_hold(act, free)
    assert statements_of_a_hold(act, ended) == usual
    assert statements_of_a_hold(act, one) == usual + 3
