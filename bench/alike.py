"""How long it takes to rank who may be the same person, among a hundred thousand.

Names are as unevenly common as in the measured set of the tests: a few are borne by many.
What is typed has slips of the key in it, as it would. The time is the server's own.
"""

import random
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import insert, text

from bench.figures import Figure, percentile
from bench.place import Place, a_database
from pathway import acts
from pathway.acts import Act
from pathway.db import Base, db, transaction
from pathway.people.actions import UNKNOWN
from pathway.people.alike import likely
from pathway.people.likeness import Told
from pathway.people.models import Person, PersonSound
from pathway.people.sieve import sounds_of
from tests.people.labelled import a_told, mistyped

PEOPLE = 100_000
TYPED = 200
LIMIT_MS = 150
OURS_MS = 60
AT_ONCE = 5_000
ENOUGH = 0.8

STANDING = {"version": 1, "unnamed": False}
"""What a record has from its first moment on."""


def figures(place: Place) -> Iterator[Figure]:
    """Measure the ranking on both engines."""
    for engine in ("sqlite", "postgresql"):
        with a_database(place, engine, "alike"):
            told = _recorded(random.Random(7))  # noqa: S311 - no secret
            if engine == "postgresql":
                with transaction():
                    db.session.execute(text("ANALYZE"))
            yield from _measured(engine, told)


def _measured(engine: str, told: list[Told]) -> Iterator[Figure]:
    """Type some of those who are recorded again, with slips."""
    rng = random.Random(8)  # noqa: S311 - no secret
    act = acts.by_service(acts.now())
    taken, worked, right = [], [], 0
    for place in rng.sample(range(len(told)), TYPED):
        typed = mistyped(rng, told[place])
        begun = time.process_time()
        seconds, refs = _asked(act, typed)
        worked.append((time.process_time() - begun) * 1000)
        taken.append(seconds * 1000)
        right += _ref(place) in refs
    what = f"Likely among {PEOPLE:,}, {engine}"
    p95 = percentile(taken, 95)
    yield Figure(f"{what}, p50", percentile(taken, 50), "ms")
    yield Figure(f"{what}, p95", p95, "ms", most=LIMIT_MS)
    yield Figure(f"{what}, p95 as a share of the bound", p95 / LIMIT_MS)
    yield Figure(f"{what}, longest", max(taken), "ms")
    ours = percentile(worked, 95)
    yield Figure(f"{what}, p95 of the processor's time of ours", ours, "ms", most=OURS_MS)
    yield Figure(f"{what}, found among the five shown", right / TYPED, least=ENOUGH)


def _asked(act: Act, typed: Told) -> tuple[float, list[str]]:
    """Ask once as a request does, with a session of its own; return seconds and who came."""
    begun = time.perf_counter()
    found = likely(act, typed)
    seconds = time.perf_counter() - begun
    db.session.remove()
    return seconds, [one.person.ref for one in found]


def _ref(place: int) -> str:
    return f"B-{place:06}"


def _recorded(rng: random.Random) -> list[Told]:
    """Write down a hundred thousand people with what they are compared by; return what is told."""
    told = [a_told(rng) for _ in range(PEOPLE)]
    everybody = enumerate(told, start=1)
    heard = (
        {"person_id": ident, "sound": key}
        for ident, one in enumerate(told, start=1)
        for key in sorted(sounds_of(one))
    )
    with transaction():
        _write(
            Person,
            ({"id": ident, "ref": _ref(ident - 1), **_columns(one)} for ident, one in everybody),
        )
        _write(PersonSound, heard)
    return told


def _write(model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as fast as the engine takes them: it is the reading that is measured."""
    line = db.session.connection()
    table = model.__tablename__
    for some in _batched(rows, AT_ONCE):
        if line.dialect.name == "sqlite":
            line.execute(insert(model.__table__), some)  # type: ignore[arg-type]
            continue
        names = ", ".join(some[0])
        cursor = line.connection.cursor()
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in some:
                copy.write_row(tuple(row.values()))


def _batched(rows: Iterable[dict[str, Any]], many: int) -> Iterator[list[dict[str, Any]]]:
    """Yield rows, so many at once."""
    left = iter(rows)
    while some := list(islice(left, many)):
        yield some


def _columns(told: Told) -> dict[str, Any]:
    given, family = told.names
    return {
        "given_name": given,
        "family_name": family,
        "date_of_birth": told.born,
        "birth_year": told.birth_year,
        "birth_month": told.birth_month,
        "birth_guessed": told.birth_guessed or None,
        "dog_name": told.dog_name,
        "created_at": acts.now(),
        **UNKNOWN,
        **STANDING,
    }
