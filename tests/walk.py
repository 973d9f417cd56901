"""A database with one of each thing, and what to write into every route.

Tests that walk over all routes or all calls take their values from here, so
that a new route is walked as soon as its parameters have a value. A parameter
without one fails with the words that say where to add it.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import CompoundSelect, String, insert, literal_column, select, union_all
from werkzeug.routing import Rule

from pathway.acts import Act, by_service, now
from pathway.beds import actions as beds
from pathway.beds import board, queries, upkeep
from pathway.beds.rules import PlacementStatus
from pathway.db import Base, db, transaction
from pathway.duty import actions as duty
from pathway.duty.models import AlarmTold
from pathway.duty.rules import AlarmKind
from pathway.messages.notices import notify
from pathway.messages.rules import Kind
from pathway.outreach import count_queries, spots
from pathway.outreach.actions import record_contact
from pathway.outreach.models import ShiftSpot
from pathway.outreach.rules import ContactKind
from pathway.staff import signing_in
from pathway.staff.acting import SESSION_SECRET
from pathway.staff.actions import kept_password, make_link, set_password
from pathway.staff.doing import Role
from pathway.staff.models import SignIn
from tests import factories

SITES_OF: Mapping[Role, tuple[str, ...]] = {
    Role.HUB: (factories.HUB,),
    Role.HUB_LEAD: (factories.HUB,),
}
"""The sites that a member of staff in this role is named for, on a walk."""

INSIDE = {"depart", "transfer", "away", "back", "stay"}
"""The verbs whose placement is of somebody who is in; any other takes a hold."""

ABSENT = {
    "code": "nowhere",
    "ref": "P-NOBODY",
    "other": "P-NOBODY",
    "ident": "2147483647",
    "secret": "no-such-link",
    "shift": "2147483647",
    "spot": "2147483647",
    "contact": "2147483647",
    "promise": "2147483647",
    "turn": "2147483647",
    "alarm": "2147483647",
    "area": "2147483647",
    "asked": "2147483647",
    "wait": "2147483647",
    "filename": "nothing.css",
    "kind": "nothing",
}
"""For each parameter of a route a value that does not exist."""

PARAMETER = re.compile(r"<(?:[^<>]*:)?(\w+)>|{(\w+)}")

SPARED = {
    "audit_entry",  # who saw what
    "audit_mention",  # and whom
    "tries",  # how often a token or a link was guessed at
}
"""What a view may write."""


@dataclass
class World:
    """One of each thing, made by one member of staff."""

    app: Flask
    act: Act
    role: Role
    email: str

    def path(
        self, route: str, *, there: bool = True, given: Mapping[str, str] | None = None
    ) -> str:
        """Return a route's address, its parameters filled in."""

        def fill(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if given and name in given:
                return given[name]
            noun = route[: found.start()].rstrip("/").rsplit("/", 1)[-1]
            return self._there(route, noun, name) if there else _absent(route, name)

        return PARAMETER.sub(fill, route)

    def value(self, name: str) -> Any:
        """Return what a field of this name takes, or None where any text will do."""
        makers: Mapping[str, Callable[[], Any]] = {
            "person": self.person,
            "site": lambda: factories.HUB,
            "bed": self.bed,
            "destination": lambda: "prs",
            "minutes": lambda: 20,
            "free": lambda: 3,
            "gender": lambda: "woman",
            "nationality": lambda: "PL",
            "date_of_birth": lambda: "1990-05-17",
            "at": lambda: now().isoformat(),
            "expected_at": (now() + timedelta(hours=1)).isoformat,
            "expected_on": lambda: (now() + timedelta(days=2)).date().isoformat(),
            "email": lambda: self.email,
            "password": lambda: factories.PASSWORD,
            "current_password": lambda: factories.PASSWORD,
            "q": lambda: "Fern",
            "limit": lambda: 5,
            "cursor": lambda: "0",
        }
        return makers[name]() if name in makers else None

    def person(self) -> str:
        """Return a new person's reference; there is a bed for them."""
        with self.app.app_context(), transaction():
            _make_room(Act(now(), self.act.staff_id, "", frozenset({"hub"}), _hub()))
            return factories.a_person().ref

    def count(self) -> str:
        """Return the id of a street count that is open: the same until it is signed off."""
        with self.app.app_context(), transaction():
            standing = [
                one.id for one in count_queries.all_counts() if not (one.signed_at or one.earlier)
            ]
            return str(standing[0] if standing else factories.a_count(self.act))

    def area(self) -> str:
        """Return the id of an area of that count."""
        ident = int(self.count())
        with self.app.app_context():
            return str(count_queries.areas(ident)[0].id)

    def resident(self) -> str:
        """Return the reference of somebody who is in at the hub."""
        placement = self.placement("depart")
        with self.app.app_context():
            found = queries.placement(int(placement))
            assert found is not None
            return found.person.ref

    def contact(self) -> str:
        """Return the id of a new contact, recorded by this member of staff."""
        with self.app.app_context(), transaction():
            act, whom = replace(self.act, at=now()), factories.a_person()
            return str(record_contact(act, kind=ContactKind.BEDDED_DOWN, person=whom.ref).id)

    def spot(self) -> str:
        """Return the id of a new spot."""
        with self.app.app_context(), transaction():
            return str(spots.add(self.act, name=f"Arch {uuid.uuid4().hex}").id)

    def bed(self) -> str:
        """Return the id of a bed of the hub that is free."""
        with self.app.app_context(), transaction():
            runs = Act(now(), self.act.staff_id, "", frozenset({"hub"}), _hub())
            _make_room(runs)
            for bed in board.beds_of(factories.a_site(), now()):
                if bed.void_from is not None:
                    upkeep.reinstate(runs, bed.id)
            found = board.beds_of(factories.a_site(), now())
        return str(next(bed.id for bed in found if bed.claim is None))

    def colleague(self) -> str:
        """Return the id of another, new member of staff."""
        with self.app.app_context(), transaction():
            return str(factories.an_act(email=f"{uuid.uuid4().hex}@example.org").staff_id)

    def turn(self) -> str:
        """Return the id of a new turn on the rota."""
        with self.app.app_context(), transaction():
            at = now()
            act = factories.an_act(Role.MANAGER, at=at, email=f"{uuid.uuid4().hex}@example.org")
            times = {"starts_at": at, "ends_at": at + timedelta(hours=8)}
            return str(duty.add_turn(act, staff_id=act.staff_id or 0, step=1, **times))

    def alarm(self) -> str:
        """Return the id of a new alarm, of which this member of staff was told."""
        with self.app.app_context(), transaction():
            raised = duty.raise_alarm(by_service(now()), AlarmKind.SERVICE, "No forecast.")
            told = {"alarm_id": raised, "staff_id": self.act.staff_id, "step": 9, "at": now()}
            db.session.execute(insert(AlarmTold).values(**told))
            return str(raised)

    def sign_in(self) -> str:
        """Return the id of a new sign-in of this member of staff."""
        with_browser(self)
        with self.app.app_context():
            mine = select(SignIn.id).where(SignIn.staff_id == self.act.staff_id)
            return str(max(db.session.scalars(mine)))

    def notice(self) -> str:
        """Return the id of a new notice to this member of staff."""
        until = now() + timedelta(hours=1)
        with self.app.app_context(), transaction():
            mine = self.act.staff_id
            told = notify(self.act, Kind.HOLD_LAPSED, "x", useful_until=until, staff_id=mine)
        return str(told)

    def night_out(self, what: str) -> str:
        """Return the id of a new shift, of a contact on it or of a promise."""
        with self.app.app_context(), transaction():
            act = factories.an_act(at=now(), email=f"{uuid.uuid4().hex}@example.org")
            return str(factories.a_night_out(act)[what])

    def spot_of_shift(self) -> str:
        """Return the id of the spot of the newest shift."""
        with self.app.app_context():
            return str(max(db.session.scalars(select(ShiftSpot.spot_id))))

    def concern(self) -> str:
        """Return the id of a new safeguarding concern."""
        with self.app.app_context(), transaction():
            return str(factories.a_concern(self.act))

    def wait(self) -> str:
        """Return the id of a new wait for a bed, of somebody whom this member put on the list."""
        with self.app.app_context(), transaction():
            return str(factories.a_wait(replace(self.act, at=now())))

    def drug_alert(self) -> str:
        """Return the id of a new drug alert."""
        with self.app.app_context(), transaction():
            return str(factories.a_drug_alert())

    def request(self) -> str:
        """Return the id of a new request about what is kept of somebody."""
        with self.app.app_context(), transaction():
            return str(factories.a_request(self.act))

    def link(self) -> str:
        """Return the secret of a new link to set a password."""
        with self.app.app_context(), transaction():
            return make_link(self.act, self.act.staff_id or 0)

    def lost_text(self) -> str:
        """Return the id of a new text that did not arrive."""
        with self.app.app_context(), transaction():
            return str(factories.a_lost_text())

    def placement(self, verb: str = "") -> str:
        """Return a new placement of the hub; older ones end when it fills up."""
        made_by = self.act
        with self.app.app_context(), transaction():
            runs = Act(now(), self.act.staff_id, "", frozenset({"hub"}), _hub())
            _make_room(runs)
            holds = Act(now(), made_by.staff_id, "", frozenset({"outreach"}))
            make = beds.walk_in if verb in INSIDE else beds.hold
            by = runs if verb in INSIDE else holds
            placed = make(by, person=factories.a_person().ref, site=factories.HUB)
        return str(placed.id)

    def _there(self, route: str, noun: str, name: str) -> str:
        verb = route.rsplit("/", 1)[-1]
        makers: Mapping[tuple[str, str], Callable[[], str]] = {
            ("contacts", "ident"): self.contact,
            ("spots", "ident"): self.spot,
            ("placements", "ident"): lambda: self.placement("" if verb[0] in "<{" else verb),
            ("beds", "ident"): self.bed,
            ("people", "ref"): self.person,
            ("same", "other"): self.person,
            ("sites", "code"): lambda: factories.HUB,
            ("hub", "code"): lambda: factories.HUB,
            ("set-password", "secret"): self.link,
            ("staff", "ident"): self.colleague,
            ("sign-ins", "ident"): self.sign_in,
            ("texts", "ident"): self.lost_text,
            ("turns", "turn"): self.turn,
            ("alarms", "alarm"): self.alarm,
            ("notices", "ident"): self.notice,
            ("shifts", "shift"): lambda: self.night_out("shift"),
            ("spots", "spot"): self.spot_of_shift,
            ("mornings", "contact"): lambda: self.night_out("contact"),
            ("promises", "promise"): lambda: self.night_out("promise"),
            ("counts", "ident"): self.count,
            ("areas", "area"): self.area,
            ("concerns", "ident"): self.concern,
            ("waiting", "wait"): self.wait,
            ("drug-alerts", "ident"): self.drug_alert,
            ("requests", "asked"): self.request,
            ("static", "filename"): lambda: "icon.svg",
            ("retention", "kind"): lambda: "notes",
        }
        make = makers.get((noun, name))
        if make is None:
            pytest.fail(f"{route}: World._there in tests/walk.py has no value for {noun}/{name}")
        return make()


def a_world(app: Flask, role: Role = Role.HUB_LEAD, name: str = "walking") -> World:
    """Add a member of staff with this role; everything else is made as it is asked for."""
    email = f"{name}-{role}@example.org"
    with app.app_context(), transaction():
        act = factories.an_act(role, *SITES_OF.get(role, ()), at=now(), email=email)
        set_password(act, act.staff_id or 0, kept_password(factories.PASSWORD))
    return World(app, act, role, email)


def with_token(world: World) -> FlaskClient:
    """Return a JSON client of the world's member of staff."""
    with world.app.app_context(), transaction():
        token = factories.token_of(world.email)
    client = world.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def with_browser(world: World) -> FlaskClient:
    """Return a browser-like client in which the world's member of staff is signed in."""
    with world.app.app_context(), transaction():
        act = Act(now(), world.act.staff_id, "")
        secret = signing_in.begin(act, world.act.staff_id or 0, device="Walker")
    client = world.app.test_client()
    with client.session_transaction() as session:
        session[SESSION_SECRET] = secret
    return client


def routes(app: Flask, method: str) -> Iterator[Rule]:
    """Yield every route that takes this method."""
    yield from (rule for rule in app.url_map.iter_rules() if method in (rule.methods or set()))


def dump(app: Flask) -> dict[str, list[Any]]:
    """Return every row of every table but the audit trail."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in SPARED]
    with app.app_context():
        kept = {
            table.name: sorted(map(repr, db.session.execute(select(*table.columns))))
            for table in tables
        }
        db.session.rollback()
    return kept


def counts(app: Flask) -> dict[str, int]:
    """Return how many rows each table but the audit trail has."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in SPARED]
    asked: CompoundSelect[Any] = union_all(
        *(
            select(literal_column(f"'{table.name}'"), literal_column("count(*)")).select_from(table)
            for table in tables
        )
    )
    with app.app_context():
        found: dict[str, int] = dict(db.session.execute(asked).all())
        db.session.rollback()
    return found


def holds(app: Flask, text: str) -> bool:
    """Return whether any column of any table but the audit trail holds exactly this text."""
    columns = [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name not in SPARED and isinstance(column.type, String)
    ]
    with app.app_context():
        return any(
            db.session.execute(select(column).where(column == text).limit(1)).first() is not None
            for column in columns
        )


def document_of(app: Flask) -> dict[str, Any]:
    """Return the API's document, as anybody gets it."""
    told: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return told


@dataclass(frozen=True)
class Call:
    """One call of the API, as the document tells of it."""

    method: str
    route: str
    parameters: list[dict[str, Any]]
    properties: dict[str, dict[str, Any]]
    required: list[str]
    answers: list[str]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.route}"


def calls(told: dict[str, Any]) -> list[Call]:
    """Return every call of the document."""
    found = []
    for route, operations in told["paths"].items():
        shared = operations.get("parameters", [])
        for method, operation in operations.items():
            if method == "parameters":
                continue
            body = operation.get("requestBody", {}).get("content", {})
            schema = body.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                schema = told["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
            found.append(
                Call(
                    method,
                    route,
                    shared + operation.get("parameters", []),
                    schema.get("properties", {}),
                    schema.get("required", []),
                    list(operation["responses"]),
                )
            )
    return found


NEEDED_TOO: Mapping[str, tuple[str, ...]] = {
    "/api/v1/contacts": ("person",),
    "/api/v1/placements": ("site",),
    "/api/v1/placements/{ident}/transfer": ("site",),
}
"""What a call needs although the document cannot say so: one of two fields."""


def body_of(world: World, call: Call) -> dict[str, Any]:
    """Return a body that a call takes, with nothing that may be left out."""
    names = [*call.required, *NEEDED_TOO.get(call.route, ())]
    body = {name: sample(world, name, call.properties[name]) for name in names}
    return body | ({"person": world.resident()} if call.route in OF_RESIDENTS else {})


OF_RESIDENTS = {"/api/v1/assessments", "/api/v1/contacts"}
"""What staff of a site write down of those who have a bed with them, and of nobody else."""


def sample(world: World, name: str, schema: dict[str, Any]) -> Any:
    """Return a value that a field takes."""
    known = world.value(name)
    if known is not None:
        return known
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    simple: dict[str, Any] = {
        "string": "Fern, as it was told",
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1),
        "boolean": False,
        "array": [],
        "object": {},
    }
    return simple[kind]


ROOM = 8
"""How many beds of the hub are left in use, so that a walk never runs out of them."""


def _make_room(act: Act) -> None:
    """Let the oldest placements of the hub end."""
    standing = sorted(queries.at_site(act, factories.a_site()), key=lambda one: one.id)
    for placement in standing[:-ROOM]:
        status = placement.status_at(act.at)
        if status is PlacementStatus.HELD:
            beds.release(act, placement.id)
        elif status is PlacementStatus.BOOKED:
            beds.cancel(act, placement.id)
        elif status is PlacementStatus.IN:
            beds.depart(act, placement.id, reason="Left", destination="prs")


def _absent(route: str, name: str) -> str:
    if name not in ABSENT:
        pytest.fail(f"{route}: ABSENT in tests/walk.py has no value for “{name}”")
    return ABSENT[name]


def _hub() -> frozenset[int]:
    return frozenset({factories.a_site().id})
