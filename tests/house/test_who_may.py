"""Every route, every role, every kind of record: what one gets is what the table says."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pathway import acts
from pathway.acts import Act, by_service
from pathway.beds import actions as beds
from pathway.beds import board, care
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Placement
from pathway.db import db, transaction
from pathway.duty import actions as duty
from pathway.duty import queries as out
from pathway.duty import walks
from pathway.duty.models import AlarmTold
from pathway.duty.rules import AlarmKind
from pathway.messages.notices import notify
from pathway.messages.rules import Kind
from pathway.nights import night_of
from pathway.outreach import count_queries
from pathway.people import merging
from pathway.people.models import Person
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender
from pathway.staff import queries, signing_in
from pathway.staff.doing import Role
from tests import factories
from tests.factories import HUB, PASSWORD, a_person, a_site, an_act, token_of
from tests.house import who_may
from tests.house.who_may import BEDS, PEOPLE, PLACEMENTS, PUBLIC, ROLES, SIMPLE, SITES

PLACES = (HUB, "st-giles", "respite-rooms")
OWN = frozenset({"hub", "hub_lead"})
ROOMY = 250
"""So many beds that every cell of the table gets its own."""

DONE = {200, 201, 303, 422}
REFUSED = {"F": {403}, "A": {404}, "Y": DONE}
TYPED_WRONG = {"account.do_set_up", "account.recovery_codes"}
"""What cannot succeed with made-up words: a wrong code, no second factor to renew."""


@dataclass
class House:
    """A borough with room for everybody, and one member of staff in each role."""

    app: Flask
    others: dict[str, Act]
    me: dict[str, Act]
    tokens: dict[str, str]

    def somebody(self, site: str | None = None) -> PersonFacts:
        """Return a new person, in at a site if one is named."""
        person = a_person(gender=Gender.WOMAN)
        if site is not None:
            beds.walk_in(self.others[site], person=person.ref, site=site)
        return person

    def client(self, role: str, *, api: bool) -> FlaskClient:
        client = self.app.test_client()
        if api:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[role]}"
            return client
        act = self.me[role]
        with self.app.app_context(), transaction():
            screen_id, screen = signing_in.share_screen(act)
            secret = signing_in.begin(act, act.staff_id or 0, screen_id=screen_id)
        with client.session_transaction() as session:
            session.update(sign_in=secret, screen=screen)
        return client


@pytest.fixture
def house(app: Flask) -> House:
    app.config["WTF_CSRF_ENABLED"] = False
    now = acts.now()
    with app.app_context(), transaction():
        service = by_service(now)
        for code in PLACES:
            set_capacity(service, a_site(code), ROOMY, night_of(now))
        others = {
            code: an_act(Role.HUB_LEAD, code, at=now, email=f"{code}@example.org")
            for code in PLACES
        }
        me = {
            role: an_act(
                Role(role), *([HUB] if role in OWN else []), at=now, email=f"{role}@example.org"
            )
            for role in ROLES
        }
        tokens = {role: token_of(f"{role}@example.org") for role in ROLES}
    return House(app, others, me, tokens)


def rules(app: Flask) -> dict[str, Rule]:
    return {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}


def test_every_route_is_in_the_table_and_every_row_is_a_route(app: Flask) -> None:
    written = [PUBLIC, SIMPLE, SITES, BEDS, PLACEMENTS, PEOPLE]
    told = list(itertools.chain.from_iterable(written))
    assert len(told) == len(set(told))
    assert set(told) == set(rules(app))


def test_every_row_has_a_word_for_every_role() -> None:
    for table, letters in ((SIMPLE, 1), (SITES, 3), (BEDS, 3), (PLACEMENTS, 4), (PEOPLE, 4)):
        for endpoint, row in table.items():
            words = row.split()
            assert [len(word) for word in words] == [letters] * len(ROLES), endpoint
            assert set(row) <= {"Y", "F", "A", " "}, endpoint


@pytest.mark.parametrize("role", ROLES)
def test_what_is_about_no_record(house: House, role: str) -> None:
    walk(house, role, SIMPLE, simple)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_about_a_site(house: House, role: str) -> None:
    walk(house, role, SITES, lambda *asked: {"code": PLACES[asked[-1]]})


@pytest.mark.parametrize("role", ROLES)
def test_what_is_about_a_bed(house: House, role: str) -> None:
    walk(house, role, BEDS, lambda *asked: {"ident": a_bed(PLACES[asked[-1]])})


@pytest.mark.parametrize("role", ROLES)
def test_what_is_about_a_placement(house: House, role: str) -> None:
    walk(house, role, PLACEMENTS, placement)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_about_a_person(house: House, role: str) -> None:
    walk(house, role, PEOPLE, person)


def test_a_letter_that_is_wrong_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the walk fails where the table and the service differ."""
    monkeypatch.setitem(who_may.SIMPLE, "watch.show", "Y Y Y Y Y Y Y")
    with pytest.raises(AssertionError, match=r"watch\.show"):
        walk(house, "hub", {"watch.show": who_may.SIMPLE["watch.show"]}, lambda *_: {})


def test_without_a_sign_in_nothing_opens(house: House) -> None:
    for endpoint, rule in rules(house.app).items():
        if endpoint in PUBLIC:
            continue
        values = {"code": HUB, "ref": "P-222222", "ident": 1, "own": 1, "text": 1}
        values |= {"turn": 1, "alarm": 1, "notice": 1, "area": 1, "count": 1}
        values |= {"shift": 1, "spot": 1, "contact": 1, "promise": 1}
        values |= {
            "concern": 1,
            "drug_alert": 1,
            "other": "P-333333",
            "asked": 1,
            "wait": 1,
            "kind": "notes",
        }
        answer = call(house.app.test_client(), endpoint, rule, values)
        if rule.rule.startswith("/api/"):
            assert answer.status_code in {401, 429}, endpoint
        else:
            assert answer.status_code == 303, endpoint
            assert "/sign-in" in answer.headers["Location"], endpoint


Fill = Callable[[House, str, int], dict[str, Any]]


def walk(house: House, role: str, table: dict[str, str], fill: Fill) -> None:
    """Call every route of a table as one role, once for each letter."""
    known = rules(house.app)
    for endpoint, row in table.items():
        for place, letter in enumerate(row.split()[ROLES.index(role)]):
            with house.app.app_context(), transaction():
                values = fill(house, role, place) | {"of": endpoint}
            client = house.client(role, api=known[endpoint].rule.startswith("/api/"))
            answer = call(client, endpoint, known[endpoint], values)
            told = f"{endpoint} as {role}, record {place}: {answer.status_code}, wanted {letter}"
            if letter == "Y" and endpoint in TYPED_WRONG:
                assert answer.status_code in {404, 422}, told
                continue
            assert answer.status_code in REFUSED[letter], told
            assert "/sign-in" not in answer.headers.get("Location", "") or (
                endpoint in {"staff.sign_out", "screens.end"}
            ), told
        with house.app.app_context():
            db.session.remove()


def simple(house: House, role: str, _place: int) -> dict[str, Any]:
    other = an_act(
        Role.OUTREACH, at=acts.now(), email=f"{len(house.tokens)}-{next(_n)}@example.org"
    )
    mine = house.me[role].staff_id or 0
    signing_in.begin(house.me[role], mine)
    if out.walk_of(house.me[role]) is None:
        walks.set_out(house.me[role], site=HUB)
    own = queries.sign_ins_of(mine, acts.now(), None)[0].id
    now = by_service(acts.now())
    turn = duty.add_turn(
        now,
        staff_id=house.others[HUB].staff_id or 0,
        step=1,
        starts_at=now.at,
        ends_at=now.at + timedelta(hours=1),
    )
    alarm = duty.raise_alarm(now, AlarmKind.SERVICE, "The forecast is missing.")
    told = {"alarm_id": alarm, "staff_id": mine, "step": 2, "at": now.at}
    db.session.execute(insert(AlarmTold).values(**told))
    until = acts.now() + timedelta(hours=1)
    notice = notify(house.me[role], Kind.HOLD_LAPSED, "x", useful_until=until, staff_id=mine)
    made: dict[str, Any] = {"concern": factories.a_concern(house.me[role])}
    made |= {
        "drug_alert": factories.a_drug_alert(),
        "asked": factories.a_request(now),
        "turn": turn,
        "alarm": alarm,
        "text": factories.a_lost_text(),
        "notice": notice,
    }
    made |= {"wait": factories.a_wait(replace(house.me[role], at=acts.now())), "kind": "notes"}
    count = factories.a_count(now)
    made |= {"count": count, "area": count_queries.areas(count)[0].id}
    made |= factories.a_night_out(house.me[role])
    return {"ident": other.staff_id, "own": own, "me": house.me[role], **made}


_n = itertools.count()


def a_bed(code: str) -> int:
    """Return a bed of a site that nobody has or is on the way to."""
    return board.beds_of(a_site(code), acts.now())[-1].id


def placement(house: House, role: str, place: int) -> dict[str, Any]:
    """Return a hold at one of the places, or one made by whoever asks."""
    code, act = (
        (PLACES[place], house.others[PLACES[place]])
        if place < len(PLACES)
        else (
            "st-giles",
            Act(acts.now(), house.me[role].staff_id, "", frozenset({"outreach"})),
        )
    )
    person = a_person(gender=Gender.WOMAN)
    walks.safe(house.me[role])
    held = beds.hold(act, person=person.ref, site=code)
    return {"ident": held.id, "house": house, "code": code}


def person(house: House, role: str, place: int) -> dict[str, Any]:
    """Return somebody in at one of the places, or somebody whose record is closed."""
    place_code = PLACES[place] if place < len(PLACES) else None
    whom = house.somebody(place_code)
    twin, lead = a_person(), house.others[HUB]
    merged = a_person()
    merging.merge(lead, merged.ref, whom.ref)
    as_sent = update(Person).where(Person.id == whom.id).values(version=BODIES["save"]["version"])
    db.session.execute(as_sent)
    if place_code is None:
        care.restrict(house.others["st-giles"], whom.ref)
    return {"ref": whom.ref, "into": twin.ref, "merged": merged.ref, "other": twin.ref}


BODIES: dict[str, dict[str, Any]] = {
    "agree": {"kind": "outreach", "given": True},
    "answered": {"kind": "outreach", "given": "yes", "version": 1},
    "withdraw": {"kind": "outreach"},
    "reword": {"kind": "outreach", "words": "May we?"},
    "confirm": {"free": 3},
    "away": {"reason": "hospital"},
    "name": {"name": "Wren"},
    "no_show": {"called": True},
    "stay": {"authorised": True, "reason": "nowhere to go yet"},
    "extend": {"minutes": 5},
    "priority": {"priority": 1},
    "longer": {"minutes": 15},
    "set_out": {"site": HUB},
    "settle": {"kept": "yes"},
    "sign": {"words": "All quiet", "why": "the rest was flooded"},
    "remove": {"scheme": "CHAIN", "number": "1"},
    "walk": {"minutes": 30},
    "depart": {"reason": "moved on", "destination": "prs"},
    "transfer": {"site": "grays-inn-road"},
    "state": {"beds": "16", "from_night": "2099-01-01"},
    "break_glass": {"reason": "found unconscious, who is the GP"},
    "here_again": {"site": HUB},
    "not_here": {"site": HUB},
    "save": {"version": 1, "gender": "woman"},
    "save_rooms": {"version": 1},
    "add": {"given_name": "Fern"},
    "set_pin": {"pin": "735192", "current_password": PASSWORD},
    "search": {"q": "fern"},
    "sight": {"kind": "bedded_down", "description": "red coat"},
    "record": {"kind": "bedded_down"},
    "add_spot": {"name": "Arch"},
    "record_request": {"kind": "access", "asked_by": "They do", "received_on": "2026-01-09"},
    "decide": {"decision": "granted"},
    "put_on": {"reason": "Inquest"},
    "erase": {"why": "asked"},
}


def prepare(client: FlaskClient, verb: str, path: str, values: dict[str, Any]) -> None:
    """Bring a placement to where the verb can be done to it."""
    if verb in {"match", "name"}:
        with client.application.app_context(), transaction() as session:
            held = select(Placement.person_id).where(Placement.id == values["ident"])
            unnamed = update(Person).where(Person.id == held.scalar_subquery())
            session.execute(unnamed.values(unnamed=True))
    if verb == "no_show":
        with client.application.app_context(), transaction() as session:
            lapsed = acts.now() - timedelta(minutes=1)
            mine = update(Placement).where(Placement.id == values["ident"])
            session.execute(mine.values(expires_at=lapsed))
    if verb == "undo":
        how = "json" if path.startswith("/api/") else "data"
        client.post(path.replace("/undo", "/extend"), **{how: {"minutes": 5}})
    if verb in {"depart", "transfer", "away", "back", "stay"}:
        with client.application.app_context(), transaction():
            door = replace(values["house"].others[values["code"]], at=acts.now())
            beds.check_in(door, values["ident"])


def call(client: FlaskClient, endpoint: str, rule: Rule, values: dict[str, Any]) -> TestResponse:
    """Call one route with what it needs to succeed."""
    verb = endpoint.rsplit(".", maxsplit=1)[-1]
    path = path_of(endpoint, rule, values)
    body = dict(BODIES.get(verb, {}))
    if verb == "set_out" and "me" in values:
        with client.application.app_context(), transaction():
            walks.safe(values["me"])
    if verb in {"place", "match"}:
        house_app = client.application
        with house_app.app_context(), transaction():
            body |= {"person": a_person(gender=Gender.WOMAN).ref, "site": values.get("code")}
    if verb == "enter":
        with client.application.app_context(), transaction():
            body |= {"person": a_person().ref, "sheet": "F-1"}
        body |= {"at": (acts.now() - timedelta(hours=2)).isoformat()}
    body |= on_the_street(client, endpoint, values)
    if endpoint == "door.hold":
        body |= {"description": "red coat", "gender": "woman", "site": values["code"]}
    if endpoint == "door.away":
        body |= {"where": "hospital"}
    if verb == "void":
        body |= {"reason": "window broken"}
        body |= {} if rule.arguments else {"bed": str(values["ident"])}
    if verb == "merge":
        body |= {"into": values.get("into", "P-222222")}
    if "house" in values:
        prepare(client, verb, path, values)
    api = rule.rule.startswith("/api/")
    if "GET" in (rule.methods or set()):
        return client.get(path, query_string=body if verb == "search" else None)
    return client.post(path, json=body) if api else client.post(path, data=body)


def leave_the_bed(client: FlaskClient, ref: str) -> None:
    """Let somebody be in no bed: who has one is not turned away."""
    with client.application.app_context(), transaction() as session:
        whom = select(Person.id).where(Person.ref == ref).scalar_subquery()
        left = {"status": "departed", "departed_at": Placement.checked_in_at}
        session.execute(update(Placement).where(Placement.person_id == whom).values(**left))


def on_the_street(client: FlaskClient, endpoint: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return what a route of the street needs; whom a match names has no name yet."""
    if endpoint in {"who.match", "who.name"}:
        with client.application.app_context(), transaction() as session:
            whom = update(Person).where(Person.ref == values["ref"])
            session.execute(whom.values(unnamed=True))
    if endpoint == "turned_away.write":
        leave_the_bed(client, values["ref"])
    if endpoint == "contact.add":
        return {"description": "red coat", "kind": "bedded_down"}
    return {"person": values.get("ref")} if endpoint == "street_api.record" else {}


MEANT = {
    "account.end_one": "own",
    "concerns.step": "concern",
    "drug_alerts.take_down": "drug_alert",
    "contact.show": "contact",
    "contact.strike": "contact",
    "notices.open_one": "notice",
    "street.end_spot": "spot",
    "street_api.show": "contact",
    "street_api.strike": "contact",
    "texts.again": "text",
}
"""Which of the values a route means by its ident, where it is not the usual one."""


def path_of(endpoint: str, rule: Rule, values: dict[str, Any]) -> str:
    ref = values.get("merged" if endpoint.endswith(".unmerge") else "ref")
    usual = "count" if endpoint.startswith("counts.") else "ident"
    ident = values.get(MEANT.get(endpoint, usual))
    given = values | {"ref": ref or values.get("ref"), "ident": ident}
    path = rule.rule
    for part in rule.arguments:
        start = path.rindex("<", 0, path.index(f"{part}>"))
        path = path[:start] + str(given[part]) + path[path.index(">", start) + 1 :]
    return path
