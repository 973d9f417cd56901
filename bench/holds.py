"""How many holds a second are made, beside a bare view that only claims a bed.

Eight clients share sixty holds for sixty beds, each for another person and
with a key of its own. Then every bed is given back outside the timing, and the
bare view does the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from bench import bare, servers
from bench.client import Clients, request
from bench.figures import Figure, percentile, turn_by_turn
from bench.night import CREATED, JSON, end_placements, hold_request, new_people
from bench.place import BEDS, Place, a_database

CLIENTS = 8
ROUNDS = 20


@dataclass(slots=True)
class Seen:
    """What the answers said, over all rounds."""

    seconds: list[float] = field(default_factory=list)
    not_made: int = 0


def figures(place: Place) -> Iterator[Figure]:
    """Measure holds on PostgreSQL."""
    bare_url = place.postgres.create("bare")
    bare.lay_out(bare_url, BEDS)
    with (
        a_database(place, "postgresql", "holds") as database,
        servers.pathway(place, database) as ours,
        servers.bare(place, "hold", bare_url) as other,
        Clients(ours.port, CLIENTS) as our_clients,
        Clients(other.port, CLIENTS) as bare_clients,
        psycopg.connect(bare.dsn(bare_url), autocommit=True) as bare_database,
    ):
        seen, bare_seen = Seen(), Seen()

        def hold() -> float:
            asked = [hold_request(ref, database.bearer) for ref in new_people(BEDS)]
            seconds = _round(our_clients, asked, seen)
            end_placements()
            return seconds

        def bare_hold() -> float:
            asked = [_bare_request(str(number)) for number in range(BEDS)]
            seconds = _round(bare_clients, asked, bare_seen)
            bare_database.execute(bare.END)
            return seconds

        yield from _told(*turn_by_turn(hold, bare_hold, ROUNDS), seen, bare_seen)
        memory = ours.memory()
        yield Figure("Memory of the worker after the holds", memory, "MB", most=150)


def _told(ours: float, other: float, seen: Seen, bare_seen: Seen) -> Iterator[Figure]:
    yield Figure("Holds a second", 1 / ours)
    yield Figure("Holds a second, bare", 1 / other)
    yield Figure("Holds beside bare", other / ours, least=0.10, aim=0.15)
    yield Figure("Hold, median", percentile(seen.seconds, 50) * 1000, "ms")
    yield Figure("Hold, 95th percentile", percentile(seen.seconds, 95) * 1000, "ms", most=100)
    yield Figure("Holds not made", seen.not_made, f"of {len(seen.seconds)}", most=0)
    told = f"of {len(bare_seen.seconds)}"
    yield Figure("Holds not made, bare", bare_seen.not_made, told, most=0)


def _round(clients: Clients, asked: list[bytes], seen: Seen) -> float:
    answers, seconds = clients.share(asked)
    seen.seconds += [answer.seconds for answer in answers]
    seen.not_made += sum(answer.status != CREATED for answer in answers)
    return seconds


def _bare_request(person: str) -> bytes:
    return request("POST", "/hold", JSON, json.dumps({"person": person}).encode())
