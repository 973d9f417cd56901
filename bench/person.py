"""What the page of somebody costs of whom much is recorded, and their line of time.

Two thousand entries of every kind: contacts, what happened to placements, notes,
assessments, promises and warnings, over two years. The time is the server's own:
from the request to the last byte, within one process.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from bench.figures import Figure, percentile
from bench.place import EMAIL, SECRET, Place, a_database
from pathway import acts
from pathway.acts import Act
from pathway.assessments.models import Assessment, Note
from pathway.beds.models import Bed, Placement, PlacementEvent
from pathway.config import Settings
from pathway.db import db, transaction
from pathway.nights import night_of
from pathway.outreach.models import Contact, Promise
from pathway.people.models import PersonWarning
from pathway.staff import signing_in
from pathway.staff.acting import SESSION_SECRET
from pathway.staff.models import Staff
from pathway.web import create_app
from tests import factories

CONTACTS, STAYS, NOTES, ASSESSMENTS, PROMISES, WARNINGS = 1_000, 150, 250, 80, 40, 30
EVENTS = ("held", "extended", "checked_in", "departed")
ROUNDS = 60
LIMIT_MS = 50
OK = 200
KNOWN = dict.fromkeys(("alcohol", "drugs", "mental_health", "physical_health", "recourse"), "no")


def figures(place: Place) -> Iterator[Figure]:
    """Measure the person's page, and the first and the last page of the line, on both engines."""
    for engine in ("sqlite", "postgresql"):
        with a_database(place, engine, "person") as database:
            ref, staff_id = _lived()
            app = create_app(Settings(database_url=database.url, secret_key=SECRET))
            client = _signed_in(app, staff_id)
            line = f"/people/{ref}/timeline"
            last = _last(client, line)
            for what, path in (("page", f"/people/{ref}"), ("line", line), ("last of line", last)):
                yield from _measured(app, client, f"Person, {what}, {engine}", path)


def _measured(app: Flask, client: FlaskClient, what: str, path: str) -> Iterator[Figure]:
    """Ask for a page again and again."""
    taken = [_taken(client, path) for _ in range(ROUNDS + 5)][5:]
    yield Figure(f"{what}, p50", percentile(taken, 50), "ms", most=LIMIT_MS)
    yield Figure(f"{what}, p95", percentile(taken, 95), "ms")
    yield Figure(f"{what}, statements", _statements(app, client, path))


def _taken(client: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    answer.get_data()
    seconds = time.perf_counter() - begun
    if answer.status_code != OK:
        msg = f"{path} answered {answer.status_code}"
        raise RuntimeError(msg)
    return seconds * 1000


def _statements(app: Flask, client: FlaskClient, path: str) -> int:
    """Return how many statements one look takes."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        _taken(client, path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(said)


def _last(client: FlaskClient, path: str) -> str:
    """Return the address of the last page of a line, found by following the pages."""
    while True:
        page = client.get(path).get_data(as_text=True)
        link = page.partition('">Earlier</a>')
        if not link[1]:
            return path
        path = link[0].rpartition('href="')[2].replace("&amp;", "&")


def _signed_in(app: Flask, staff_id: int) -> FlaskClient:
    with app.app_context(), transaction():
        secret = signing_in.begin(Act(acts.now(), staff_id, ""), staff_id, device="Bench")
    client = app.test_client()
    with client.session_transaction() as session:
        session[SESSION_SECRET] = secret
    return client


def _lived() -> tuple[str, int]:
    """Write down two years of somebody; return their reference, and who made it all."""
    now = acts.now()
    with transaction():
        staff_id = db.session.scalars(select(Staff.id).where(Staff.email == EMAIL)).one()
        organisation = db.session.scalars(select(Staff.organisation_id)).first()
        person = factories.a_person()
        mine = {"person_id": person.id}
        by = mine | {"by": staff_id}
        who = {"staff_id": staff_id, "organisation_id": organisation, "kind": "bedded_down"}
        _add(Contact, CONTACTS, now, mine | who | {"place": "Euston Road", "offered": "food"})
        _add(Note, NOTES, now, by | {"words": "Fern was well, and wants to be rung at noon."})
        _add(Assessment, ASSESSMENTS, now, by | KNOWN | {"gender": "woman"})
        due = {"words": "A sleeping bag", "due_on": now.date()}
        _add(Promise, PROMISES, now, by | due)
        told = {"kind": "violence", "detail": "x", "source": "Police", "readers": "outreach"}
        _add(PersonWarning, WARNINGS, now, by | told)
        _stays(person.id, staff_id)
    return person.ref, staff_id


def _add(model: Any, many: int, now: Any, values: dict[str, Any]) -> None:
    """Add rows of one kind, spread over two years."""
    rows = []
    for number in range(many):
        at = now - timedelta(days=730) * (number + 1) / (many + 1)
        times = {"at": at, "recorded_at": at, "night": night_of(at)}
        there = {name: value for name, value in times.items() if name in model.__table__.c}
        rows.append(values | there)
    db.session.execute(insert(model), rows)


def _stays(person_id: int, staff_id: int) -> None:
    """Add stays that are over, each with its events."""
    now = acts.now()
    site_id, bed_id = db.session.execute(select(Bed.site_id, Bed.id)).first() or (0, 0)
    where = {"site_id": site_id, "bed_id": bed_id}
    for number in range(STAYS):
        at = now - timedelta(days=4 * (number + 1))
        ended = at + timedelta(days=3)
        made = {"status": "departed", "made_by": staff_id, "made_at": at, "checked_in_at": at}
        row = where | made | {"person_id": person_id, "planned": False, "departed_at": ended}
        ident = db.session.scalars(insert(Placement).values(**row).returning(Placement.id)).one()
        told = [
            where | {"placement_id": ident, "what": what, "by": staff_id, "at": when}
            for what, when in zip(EVENTS, (at, at, at, ended), strict=True)
        ]
        db.session.execute(
            insert(PlacementEvent), [one | {"recorded_at": one["at"]} for one in told]
        )
