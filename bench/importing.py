"""A hundred thousand placements and contacts from a file, with holds beside them, and reads.

The import runs as the command that people type. Meanwhile one client holds beds
of the site over HTTP without a pause; what counts is the longest that one waited.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench import servers
from bench.client import Answer, Connection
from bench.figures import Figure, percentile
from bench.night import CREATED, OK, hold_request, new_people, post
from bench.place import EMAIL, Place, Prepared, a_database
from bench.servers import PATHWAY
from pathway import acts
from pathway.acts import Act
from pathway.beds import history
from pathway.reports import queries
from pathway.reports.rules import Period
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope

ROWS = 100_000
PEOPLE = 2_000
SITES = ("165-hub", "st-giles", "finchley-hub", "respite-rooms")
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
APART = timedelta(minutes=15)
STAY = timedelta(hours=9)
YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
LOOKS = 5
MOST_HOLDS = 5_000

REFUSED = float("inf")
"""The wait of a hold that was not made."""

MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(done.returncode)
"""
"""A small program between: a child counts as its own what its parent had in memory."""


def figures(place: Place) -> Iterator[Figure]:
    """Measure the import and the reads on both engines."""
    for engine in ("sqlite", "postgresql"):
        with (
            a_database(place, engine, f"import_{engine}") as database,
            servers.pathway(place, database) as server,
        ):
            refs = new_people(PEOPLE)
            for kind, lines in (("placements", _stays), ("contacts", _contacts)):
                path = place.folder / f"{engine}_{kind}.csv"
                path.write_text("".join(lines(refs)), encoding="utf-8")
                yield from _measured(kind, engine, server.port, database, path)
            yield from _reads(engine)


def _measured(
    kind: str, engine: str, port: int, database: Prepared, path: Path
) -> Iterator[Figure]:
    """Import one file twice, with holds beside it."""
    seconds, megabytes, waits = _imported(kind, port, database, path)
    refused = waits.count(REFUSED)
    waits = [wait for wait in waits if wait != REFUSED]
    beside = f"beside {kind}"
    yield Figure(f"{ROWS:,} {kind} imported, {engine}", seconds, "s", most=60)
    yield Figure(f"Most memory of the import of {kind}, {engine}", megabytes, "MB", most=300)
    yield Figure(f"Holds {beside}, {engine}", len(waits))
    yield Figure(f"Holds refused {beside}, {engine}", refused, most=0)
    yield Figure(f"Hold {beside}, median, {engine}", percentile(waits, 50) * 1000, "ms")
    yield Figure(f"Hold {beside}, longest wait, {engine}", max(waits), "s", most=2)
    again, _, _ = _imported(kind, port, database, path)
    yield Figure(f"The same file of {kind} again, {engine}", again, "s", most=60)


def _stays(refs: list[str]) -> Iterator[str]:
    """Yield the lines of a file of stays that are over, in turn of people and sites."""
    yield "person,site,checked_in_at,departed_at,departure_reason,destination\n"
    for number in range(ROWS):
        at = FIRST + number * APART
        who, where = refs[number % PEOPLE], SITES[number % len(SITES)]
        span = f"{at.isoformat()},{(at + STAY).isoformat()}"
        yield f"{who},{where},{span},left in the morning,street\n"


def _contacts(refs: list[str]) -> Iterator[str]:
    """Yield the lines of a file of contacts, in turn of people."""
    yield "person,at,kind,place,staff\n"
    for number in range(ROWS):
        at = FIRST + number * APART
        yield f"{refs[number % PEOPLE]},{at.isoformat()},bedded_down,Euston Road,{EMAIL}\n"


def _imported(
    kind: str, port: int, database: Prepared, path: Path
) -> tuple[float, float, list[float]]:
    """Import a file while holds are made; return its seconds, its memory and their waits."""
    command = [sys.executable, "-c", MEASURE, str(PATHWAY), "import", kind, str(path)]
    environment = os.environ | {"PATHWAY_DATABASE_URL": database.url}
    with _holding(port, database) as waits:
        begun = time.perf_counter()
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
    return seconds, float(done.stdout), waits


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        msg = f"the answer was {answer.status} instead of {status}"
        raise RuntimeError(msg)


@contextmanager
def _holding(port: int, database: Prepared) -> Iterator[list[float]]:
    """Hold and give back a bed all the while; collect how long each hold took."""
    waits: list[float] = []
    over = threading.Event()
    refs = new_people(MOST_HOLDS)

    def hold() -> None:
        connection = Connection(port)
        for ref in refs:
            if over.is_set():
                break
            answer = connection.ask(hold_request(ref, database.bearer))
            if answer.status != CREATED:
                waits.append(REFUSED)
                continue
            waits.append(answer.seconds)
            path = f"/api/v1/placements/{json.loads(answer.body)['id']}/release"
            _expect(connection.ask(post(path, database.bearer, {})), OK)
            time.sleep(0.02)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def _seconds(read: Callable[[], object]) -> float:
    begun = time.perf_counter()
    read()
    return time.perf_counter() - begun


def _reads(engine: str) -> Iterator[Figure]:
    """Measure a past board and a year's occupancy over what was imported."""
    act = Act(acts.now(), None, EMAIL, frozenset({Role.MANAGER.value}))
    counts, reach = scope(act, Doing.COUNT_BEDS), scope(act, Doing.SEE_OCCUPANCY)
    then = FIRST + timedelta(days=500)
    board = min(_seconds(lambda: history.board_at(then, counts)) for _ in range(LOOKS))
    year = min(_seconds(lambda: queries.occupancy(YEAR, act.at, reach)) for _ in range(LOOKS))
    yield Figure(f"Board of a past moment, {engine}", board * 1000, "ms", most=500)
    yield Figure(f"Occupancy of twelve months, {engine}", year, "s", most=5)
