"""Counting guesses in the database, so that every process sees every other's.

A guess is counted before it is judged, in one statement that adds and answers:
however many arrive at once, no more than the limit are judged.
"""

import hashlib
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, delete, select, update

from pathway.db import UtcDateTime, db, engine_name, insert_for, run
from pathway.errors import TooMany
from pathway.staff.models import Tries
from pathway.staff.secrecy import LIMITS, Guess, Limit

FORGOTTEN = timedelta(days=1)
"""How long a count that nobody adds to is kept (ours)."""

_KEY: Any = bindparam("of")
_STANDING = select(Tries.since, Tries.count).where(Tries.key == _KEY)
_FORGET = delete(Tries).where(Tries.key == _KEY)
_OLD = select(Tries.key).where(Tries.since < bindparam("before", type_=UtcDateTime()))
_FORGET_OLD = delete(Tries).where(Tries.key.in_(_OLD.with_for_update(skip_locked=True)))
"""What somebody counts at this moment is passed over: two that sweep never wait for each other."""

_TAKE_BACK = update(Tries).where(Tries.key == _KEY, Tries.count > 0).values(count=Tries.count - 1)


def refuse_if_spent(at: datetime, guess: Guess, *who: object) -> None:
    """Refuse without writing anything when the tries are spent already.

    Raises:
        TooMany: the limit is reached; it says for how long.
    """
    row = run(_STANDING, of=_key(guess, who)).first()
    limit = LIMITS[guess]
    since, count = row or (at, 0)
    if count >= limit.most and since > at - limit.within:
        raise _too_many(since, limit, at)


def count_try(at: datetime, guess: Guess, *who: object) -> None:
    """Count one try, in the transaction at hand, before it is judged.

    Raises:
        TooMany: this one is beyond the limit.
    """
    limit = LIMITS[guess]
    since, count = _add(_key(guess, who), at, at - limit.within)
    if count > limit.most:
        raise _too_many(since, limit, at)


def sweep(at: datetime) -> None:
    """Forget old counts: after the last count of a transaction, so that it waits for nobody."""
    run(_FORGET_OLD, before=at - FORGOTTEN)


def forgive(guess: Guess, *who: object) -> None:
    """Forget the tries of somebody who got it right."""
    run(_FORGET, of=_key(guess, who))


def take_back(guess: Guess, *who: object) -> None:
    """Take one try back that turned out to be right; the wrong ones before it stay counted."""
    run(_TAKE_BACK, of=_key(guess, who))


def _add(key: str, at: datetime, cutoff: datetime) -> tuple[datetime, int]:
    """Add one to a count, or begin anew when the old one is over; answer what stands."""
    values = {"key": key, "since": at, "count": 1, "cutoff": cutoff}
    since, count = run(_adding(engine_name(db.session())), **values).one()
    return since, count


@cache
def _adding(engine: str) -> Executable:
    over = Tries.since <= bindparam("cutoff", type_=UtcDateTime())
    statement = insert_for(engine, Tries)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=[Tries.key],
        set_={
            "count": case((over, 1), else_=Tries.count + 1),
            "since": case((over, statement.excluded.since), else_=Tries.since),
        },
    ).returning(Tries.since, Tries.count)


def _too_many(since: datetime, limit: Limit, at: datetime) -> TooMany:
    return TooMany(max(1, int((since + limit.within - at).total_seconds())))


def _key(guess: Guess, who: tuple[object, ...]) -> str:
    """Return what a count is kept under: no address stands in the table itself."""
    return hashlib.sha256(repr((guess.name, *map(str, who))).encode()).hexdigest()
