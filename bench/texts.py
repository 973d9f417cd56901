"""How long holds take while two thousand texts go out, beside a quiet night.

Two workers hold beds at the pace of a busy night, on each engine. Rounds with
texts and rounds without take turns, so that a machine that slows down slows
both; a round with texts lasts until the last of them has been sent.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, insert, select

from bench import servers
from bench.client import Clients
from bench.figures import Figure, percentile
from bench.night import CREATED, end_placements, hold_request, new_people
from bench.place import Place, Prepared, a_database
from pathway import acts
from pathway.db import db, transaction
from pathway.messages.models import Text
from pathway.messages.rules import Purpose, TextState

TEXTS = 2000
ROUNDS = 4
CLIENTS = 2
PAUSE = 0.08
"""How long a worker rests between two pairs of holds, in seconds: some 20 holds a second."""

QUIET_PAIRS = 80
MOST_SECONDS = 240.0

MOST = 1.3
"""How many times longer the 95th hold of a hundred may take. Source: the issue of texts."""


@dataclass(slots=True)
class Night:
    """What the holds of one kind of round took."""

    seconds: list[float] = field(default_factory=list)
    not_made: int = 0

    def pair(self, clients: Clients, database: Prepared) -> None:
        """Hold two beds at once and give them back."""
        asked = [hold_request(ref, database.bearer) for ref in new_people(CLIENTS)]
        answers, _ = clients.share(asked)
        self.seconds += [answer.seconds for answer in answers]
        self.not_made += sum(answer.status != CREATED for answer in answers)
        end_placements()
        time.sleep(PAUSE)


def figures(place: Place) -> Iterator[Figure]:
    """Measure on both engines."""
    for engine in ("postgresql", "sqlite"):
        yield from _on(place, engine)


def _on(place: Place, engine: str) -> Iterator[Figure]:
    with (
        a_database(place, engine, "texts") as database,
        servers.provider(place) as provider,
        servers.pathway(place, database, texts_to=provider.port) as ours,
        Clients(ours.port, CLIENTS) as clients,
    ):
        quiet, busy = Night(), Night()
        _settle(clients, database)
        begun = sending = 0.0
        for _ in range(ROUNDS):
            for _ in range(QUIET_PAIRS):
                quiet.pair(clients, database)
            _write(TEXTS // ROUNDS)
            begun = time.monotonic()
            while _unsent() and time.monotonic() - begun < MOST_SECONDS:
                busy.pair(clients, database)
            sending += time.monotonic() - begun
        left = _unsent()
    yield Figure(f"Texts a second, {engine}", TEXTS / sending)
    yield Figure(f"Texts not sent, {engine}", left, f"of {TEXTS}", most=0)
    calm, loud = percentile(quiet.seconds, 95), percentile(busy.seconds, 95)
    yield Figure(f"Hold on a quiet night, 95th percentile, {engine}", calm * 1000, "ms")
    yield Figure(f"Hold while texts go out, 95th percentile, {engine}", loud * 1000, "ms")
    yield Figure(f"Texts beside a quiet night, {engine}", loud / calm, most=MOST)
    yield Figure(f"Holds not made, {engine}", quiet.not_made + busy.not_made, most=0)


def _settle(clients: Clients, database: Prepared) -> None:
    """Warm the server up, and wait until its jobs have begun."""
    warm = Night()
    _write(1)
    begun = time.monotonic()
    while _unsent() and time.monotonic() - begun < MOST_SECONDS:
        warm.pair(clients, database)


def _write(number: int) -> None:
    """Write texts down as one activation does."""
    now = acts.now()
    row = {
        "body": "SWEP is active tonight. Open Pathway for the venues.",
        "purpose": Purpose.ALARM.value,
        "state": TextState.WAITING.value,
        "at": now,
        "due_at": now,
        "good_until": now + timedelta(days=1),
        "changed_at": now,
        "tries": 0,
        "asks": 0,
    }
    numbers = [f"+447700{900000 + place % 1000}{place // 1000}" for place in range(number)]
    with transaction() as session:
        session.execute(insert(Text), [row | {"to_number": one} for one in numbers])


def _unsent() -> int:
    waiting = (TextState.WAITING.value, TextState.CALLING.value)
    query = select(func.count()).select_from(Text).where(Text.state.in_(waiting))
    found = db.session.scalar(query) or 0
    db.session.rollback()
    return found
