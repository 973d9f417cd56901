"""Whether the past slows the board: a hundred thousand departed placements beside ten.

Every past placement has its two events, since the board also reads when each
site last changed.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import insert, select, text

from bench import servers
from bench.client import Connection, request
from bench.figures import Figure
from bench.night import OK, new_people
from bench.place import Place, Prepared, a_database
from pathway import acts
from pathway.beds.models import Bed, Placement, PlacementEvent
from pathway.beds.rules import Happened, PlacementStatus
from pathway.db import db, transaction
from pathway.people.models import Person

FEW, MANY = 10, 100_000
PEOPLE = 2_000
STAY = timedelta(hours=9)
SPREAD = timedelta(days=730)
BATCH = 20_000
ASKS, WARM = 150, 10


def figures(place: Place) -> Iterator[Figure]:
    """Measure the board of the API on both engines."""
    for engine in ("postgresql", "sqlite"):
        with ExitStack() as stack:
            asked: list[tuple[Connection, bytes]] = []
            for number in (FEW, MANY):
                name = f"past_{number}"
                database = stack.enter_context(a_database(place, engine, name))
                _add_past(number)
                server = stack.enter_context(servers.pathway(place, database))
                connection = Connection(server.port)
                stack.callback(connection.close)
                asked.append((connection, _request(database)))
            few, many = _medians(asked)
        yield Figure(f"Board with {FEW} past placements, {engine}", few * 1000, "ms")
        yield Figure(f"Board with {MANY} past placements, {engine}", many * 1000, "ms")
        yield Figure(f"Board, many beside few, {engine}", many / few, most=1.2)


def _request(database: Prepared) -> bytes:
    return request("GET", "/api/v1/beds/tonight", database.bearer)


def _medians(asked: list[tuple[Connection, bytes]]) -> list[float]:
    """Return each one's median seconds; they take turns."""
    seconds: list[list[float]] = [[] for _ in asked]
    for _ in range(ASKS + WARM):
        for (connection, wanted), times in zip(asked, seconds, strict=True):
            answer = connection.ask(wanted)
            if answer.status != OK:
                msg = f"the board answered {answer.status}"
                raise RuntimeError(msg)
            times.append(answer.seconds)
    return [median(times[WARM:]) for times in seconds]


def _add_past(number: int) -> None:
    """Add placements that are over, spread over beds, people and two years."""
    new_people(min(number, PEOPLE))
    people = list(db.session.scalars(select(Person.id)))
    beds = list(db.session.execute(select(Bed.id, Bed.site_id)).tuples())
    begun = acts.now() - SPREAD
    each = (SPREAD - 2 * STAY) / number
    rows = [
        _row(people[one % len(people)], *beds[one % len(beds)], begun + one * each)
        for one in range(number)
    ]
    with transaction() as session:
        for start in range(0, number, BATCH):
            some = rows[start : start + BATCH]
            made = insert(Placement).returning(Placement.id, sort_by_parameter_order=True)
            idents = list(session.scalars(made, some))
            session.execute(insert(PlacementEvent), _events(idents, some))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _row(person: int, bed: int, site: int, at: datetime) -> dict[str, object]:
    return {
        "person_id": person,
        "site_id": site,
        "bed_id": bed,
        "status": PlacementStatus.DEPARTED.value,
        "planned": False,
        "made_at": at,
        "checked_in_at": at,
        "departed_at": at + STAY,
        "departure_reason": "left in the morning",
        "destination": "street",
    }


def _events(idents: list[int], rows: list[dict[str, object]]) -> list[dict[str, object]]:
    steps = ((Happened.CHECKED_IN, "checked_in_at"), (Happened.DEPARTED, "departed_at"))
    return [
        {
            "placement_id": ident,
            "site_id": row["site_id"],
            "bed_id": row["bed_id"],
            "what": what.value,
            "at": row[when],
            "recorded_at": row[when],
        }
        for ident, row in zip(idents, rows, strict=True)
        for what, when in steps
    ]
