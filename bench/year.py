"""A London year: who slept rough in it and who they are, beside bare SQL of the same answer.

Thirteen thousand people are seen ninety thousand times in a year, after five
years of history. Both sides read the same SQLite file and take turns; each
pair of turns must give the same answer.
"""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock
from statistics import median
from typing import Any

from sqlalchemy import insert, text

from bench.figures import Figure
from bench.night import new_people
from bench.place import Place, a_database
from pathway import acts
from pathway.acts import Act
from pathway.assessments.models import Leaving
from pathway.db import db, transaction
from pathway.nights import from_london
from pathway.outreach.classify import BAND_NAMES, Group
from pathway.outreach.models import Contact
from pathway.people.queries import ids_by_ref
from pathway.reports import street
from pathway.reports.framework import FLAGS
from pathway.reports.rules import Period
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope

SEEN, CONTACTS = 13_000, 90_000
"""People and contacts of the year."""
BEFORE = {2022: 11_900, 2021: 10_100, 2020: 8_300, 2019: 11_000, 2018: 10_700}
"""By year before it: how many were seen. About as London's were."""
EACH = 7
"""Contacts of one person in a year before, on average."""
LEFT = 600
YEAR = Period(date(2023, 4, 1), date(2024, 3, 31))
BATCH = 20_000
ROUNDS = 4

SEEN_IN_YEAR = """
WITH seen AS (
    SELECT person_id, MAX(CASE WHEN night < '2023-04-01' THEN night END) AS before
    FROM contact WHERE kind = 'bedded_down' AND struck_at IS NULL AND night <= '2024-03-31'
    GROUP BY person_id HAVING MAX(night) >= '2023-04-01'
)
SELECT CASE WHEN before IS NULL THEN 'flow' WHEN before >= '2022-04-01' THEN 'stock'
            ELSE 'returner' END AS one, gender, nationality, COUNT(*)
FROM seen JOIN person ON person.id = seen.person_id GROUP BY 1, 2, 3
"""

MONTHS = """
WITH counted AS (
    SELECT DISTINCT person_id, night FROM contact
    WHERE kind = 'bedded_down' AND struck_at IS NULL AND night <= '2024-03-31'
    AND person_id IN (SELECT person_id FROM contact WHERE kind = 'bedded_down'
        AND struck_at IS NULL AND night BETWEEN '2023-04-01' AND '2024-03-31')
), months AS (
    SELECT person_id, substr(night, 1, 4) * 12 + substr(night, 6, 2) - 1 AS month,
        MIN(night) AS first, MAX(night) AS last
    FROM counted GROUP BY 1, 2
), told AS (
    SELECT *, LAG(last) OVER (PARTITION BY person_id ORDER BY month) AS ago,
        COUNT(*) OVER (PARTITION BY person_id ORDER BY month
            RANGE BETWEEN 11 PRECEDING AND CURRENT ROW) AS months
    FROM months
), judged AS (
    SELECT *,
        (SELECT COUNT(DISTINCT night) FROM contact AS c WHERE c.person_id = told.person_id
            AND kind = 'bedded_down' AND struck_at IS NULL
            AND night <= last AND night >= date(last, '-179 days')) AS nights,
        EXISTS (SELECT 1 FROM leaving CROSS JOIN contact AS c USING (person_id)
            WHERE leaving.person_id = told.person_id
            AND kind = 'bedded_down' AND struck_at IS NULL AND c.night BETWEEN first AND last
            AND c.night BETWEEN left_on AND date(left_on, '85 days')) AS leaver
    FROM told WHERE month >= 2023 * 12 + 3
)
SELECT month, COUNT(*), SUM(ago IS NULL OR ago < date(first, '-60 months')), SUM(months >= 3),
    COALESCE(SUM(julianday(first) - julianday(ago) >= 180), 0), SUM(leaver), SUM(nights = 1),
    SUM(nights = 2), SUM(nights BETWEEN 3 AND 5), SUM(nights BETWEEN 6 AND 10), SUM(nights > 10)
FROM judged GROUP BY month ORDER BY month
"""
"""Sixty months before 29 February is 1 March to SQLite: that day is in no month's edge here."""


def figures(place: Place) -> Iterator[Figure]:
    """Measure the two measures of a year on SQLite."""
    with a_database(place, "sqlite", "year") as database:
        rows = _fill()
        yield Figure("Bedded-down contacts, history and all", rows)
        bare = sqlite3.connect(database.url.removeprefix("sqlite:///"))
        for what, ours, theirs in (
            ("Rough sleeping of a year", _sleeping, lambda: _bare_sleeping(bare)),
            ("Framework of its twelve months", _framework, lambda: _bare_framework(bare)),
        ):
            seconds, ratio = _beside(ours, theirs)
            yield Figure(f"{what}, sqlite", seconds, "s", most=2)
            yield Figure(f"{what}, beside bare SQL", ratio, most=3)
        bare.close()


def _beside(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Return our median seconds and the median ratio of a pair."""
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(ROUNDS)]
    for (_, answer), (_, wanted) in pairs:
        if answer != wanted:
            msg = f"not the same answer: {answer} and {wanted}"
            raise RuntimeError(msg)
    seconds = median(mine for (mine, _), _ in pairs)
    return seconds, median(mine / bare for (mine, _), (bare, _) in pairs)


def _timed(read: Callable[[], object]) -> tuple[float, object]:
    begun = time.perf_counter()
    answer = read()
    return time.perf_counter() - begun, answer


def _sleeping() -> object:
    act = Act(acts.now(), None, "bench", frozenset({Role.MANAGER.value}))
    found = street.sleeping(YEAR, act.at, scope(act, Doing.SEE_SLEEPING))
    db.session.rollback()
    groups = {one.value: count for one, count in found.groups.items()}
    kinds = [
        {name: of for name, of in found.by(by).items() if of} for by in ("gender", "nationality")
    ]
    return groups, *kinds


def _bare_sleeping(bare: sqlite3.Connection) -> object:
    groups: Counter[str] = Counter({one.value: 0 for one in Group})
    genders: Counter[str] = Counter()
    nations: Counter[str] = Counter()
    for group, gender, nationality, count in bare.execute(SEEN_IN_YEAR):
        groups[group] += count
        genders[gender] += count
        nations[nationality or "not_known"] += count
    return dict(groups), dict(genders), dict(nations)


def _framework() -> object:
    found = street.framework(YEAR, acts.now())
    db.session.rollback()
    return [
        (f"{one.month:%Y-%m}", *(one.count(name) for name in FLAGS), *one.nights.values())
        for one in found
    ]


def _bare_framework(bare: sqlite3.Connection) -> object:
    assert len(BAND_NAMES) == 5  # noqa: S101, PLR2004 - the columns of the statement
    rows = [tuple(map(int, row)) for row in bare.execute(MONTHS)]
    return [(f"{month // 12}-{month % 12 + 1:02}", *counts) for month, *counts in rows]


def _fill() -> int:
    """Add the people and what was seen of them; return how many contacts that is."""
    rng = random.Random(2024)  # noqa: S311 - a believable year, not a secret
    people = list(ids_by_ref(new_people(SEEN + sum(BEFORE.values()))).values())
    rows = [_row(*one) for one in _seen(rng, people)]
    with transaction() as session:
        for start in range(0, len(rows), BATCH):
            session.execute(insert(Contact), rows[start : start + BATCH])
        session.execute(insert(Leaving), [_left(rng, people) for _ in range(LEFT)])
        session.execute(
            text(
                "UPDATE person SET nationality = CASE id % 5 WHEN 0 THEN 'PL' WHEN 1 THEN 'RO' "
                "WHEN 2 THEN NULL ELSE 'GB' END, gender = CASE id % 6 WHEN 0 THEN 'woman' "
                "ELSE 'man' END"
            )
        )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return len(rows)


def _seen(rng: random.Random, people: list[int]) -> Iterator[tuple[int, date]]:
    """Yield whom somebody saw on which night: some every year, most in one only."""
    known: list[int] = []
    fresh = iter(people)
    numbers = dict(sorted(BEFORE.items())) | {YEAR.first.year: SEEN}
    for year, number in numbers.items():
        again = rng.sample(known, min(len(known), number * 4 // 10))
        seen = again + [next(fresh) for _ in range(number - len(again))]
        known = list({*known, *seen})
        rng.shuffle(seen)
        total = CONTACTS if year == YEAR.first.year else number * EACH
        whose = seen + [seen[int(len(seen) * rng.random() ** 3)] for _ in range(total - number)]
        begins = date(year, 4, 1)
        yield from ((who, begins + timedelta(days=rng.randrange(365))) for who in whose)


def _row(person_id: int, night: date) -> dict[str, Any]:
    at = from_london(datetime.combine(night, clock(23)))
    return {
        "person_id": person_id,
        "kind": "bedded_down",
        "at": at,
        "night": night,
        "recorded_at": at,
        "place": "Euston Road",
    }


def _left(rng: random.Random, people: list[int]) -> dict[str, Any]:
    return {
        "person_id": rng.choice(people),
        "institution": "prison",
        "left_on": YEAR.first + timedelta(days=rng.randrange(300)),
        "at": acts.now(),
    }
