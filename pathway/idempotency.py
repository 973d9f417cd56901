"""The same request twice is done once and answered alike.

The key is written in the action's own transaction, under a unique index for
each member of staff. A refusal rolls the key back with everything else, so
only successes are replayed and refusals are judged again.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    String,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    false,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from pathway.acts import Act
from pathway.db import Base, db, insert_or_skip, run, transaction
from pathway.engines import waited_too_long
from pathway.errors import Collided, Invalid, Refused

KEPT = timedelta(hours=24)
"""How long a key is remembered. Source: CONTRACT.md."""

SWEEP_EVERY = 20
"""After how many new keys the old ones are forgotten: their answers hold names (ours)."""

WAIT_SECONDS = 2.0
"""How long a copy waits for the first to finish before it is sent away (ours)."""

TRIES = 3
"""How often in all something is tried that collides with somebody else (ours)."""

KEY_LENGTH = 200

ERASED_SINCE = (
    "This was done before, and what was written then has been erased. Do not send it again."
)
"""What a copy hears whose answer held somebody who was erased."""


class IdempotencyKey(Base):
    """One request that was done, or is being done."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("staff_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    fingerprint: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    for_good: Mapped[bool] = mapped_column(server_default=false())
    answer: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the caller's key and a fingerprint of the request.

    ``for_good`` is that the key is never forgotten: a phone may send again what
    it kept for weeks. Its answer holds ids and references, and no name.
    """

    key: str
    fingerprint: str
    for_good: bool = False


def asked(key: str | None, *parts: str | Mapping[str, Any]) -> Asked | None:
    """Return what a request asks for, or None when it carries no key.

    Raises:
        Invalid: the key is longer than 200 characters.
    """
    if not key:
        return None
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise Invalid({"Idempotency-Key": ["Use at most 200 printable characters."]})
    body = json.dumps(parts, sort_keys=True, default=str)
    return Asked(key, hashlib.sha256(body.encode()).hexdigest())


def for_good(what: Asked | None) -> Asked | None:
    """Return the same under a key that is never forgotten, where it carries one."""
    return replace(what, for_good=True) if what else None


def once(act: Act, what: Asked | None, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do it in one transaction and return its answer; a copy gets the same.

    What collides with somebody else is done again, from its beginning.

    Raises:
        Invalid: the key was used for something else.
        Refused: the first is still being done, or what it made was erased since.
    """
    for _ in range(TRIES - 1):
        with suppress(Collided):
            return _once(act, what, do)
    return _once(act, what, do)


def _once(act: Act, what: Asked | None, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if what is None:
        with transaction():
            return do()
    with _in_this_process((act.staff_id, what.key)), transaction():
        standing = _claim(act, what)
        if standing is not None:
            return standing
        answer = do()
        _keep(act, what, answer)
        return answer


_FORGET_OLD = delete(IdempotencyKey).where(
    IdempotencyKey.at < bindparam("before"), IdempotencyKey.for_good.is_(False)
)


def forget(at: datetime, most: int) -> int:
    """Forget old keys, so many at once; return how many there were."""
    return run(_FORGET_SOME, before=at - KEPT, most=most).rowcount


_OLD = select(IdempotencyKey.id).where(
    IdempotencyKey.at < bindparam("before"), IdempotencyKey.for_good.is_(False)
)
_FORGET_SOME = delete(IdempotencyKey).where(
    IdempotencyKey.id.in_(
        _OLD.order_by(IdempotencyKey.at).limit(bindparam("most")).with_for_update(skip_locked=True)
    )
)


def _claim(act: Act, what: Asked) -> dict[str, Any] | None:
    """Take the key; return the kept answer when it was taken before."""
    row: dict[str, Any] = {
        "staff_id": act.staff_id,
        "key": what.key,
        "fingerprint": what.fingerprint,
    }
    row |= {"at": act.at, "for_good": what.for_good}
    try:
        ident = insert_or_skip(IdempotencyKey, row)
        if ident is not None:
            if ident % SWEEP_EVERY == 0:
                run(_FORGET_OLD, before=act.at - KEPT)
            return None
    except OperationalError as problem:
        if waited_too_long(problem):
            raise _in_flight() from problem
        raise
    _forget_if_old(act, what.key)
    kept = db.session.execute(
        select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(
            IdempotencyKey.staff_id == act.staff_id, IdempotencyKey.key == what.key
        )
    ).first()
    if kept is None:
        return _claim(act, what)
    if kept.fingerprint != what.fingerprint:
        raise Invalid({"Idempotency-Key": ["This key was used for another request."]})
    if kept.answer is None:
        raise Refused(ERASED_SINCE)
    answer: dict[str, Any] = json.loads(kept.answer)
    return answer


def _forget_if_old(act: Act, key: str) -> None:
    db.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.staff_id == act.staff_id,
            IdempotencyKey.key == key,
            IdempotencyKey.at < act.at - KEPT,
            IdempotencyKey.for_good.is_(False),
        )
    )


_ANSWERED = (
    update(IdempotencyKey)
    .where(IdempotencyKey.staff_id == bindparam("of"), IdempotencyKey.key == bindparam("under"))
    .values(answer=bindparam("answer"))
)


def _keep(act: Act, what: Asked, answer: dict[str, Any]) -> None:
    run(_ANSWERED, of=act.staff_id, under=what.key, answer=json.dumps(answer))


def _in_flight() -> Refused:
    return Refused("This is being done at this moment. Look again in a few seconds.")


_busy_keys: set[tuple[int | None, str]] = set()
_freed = threading.Condition()


@contextmanager
def _in_this_process(key: tuple[int | None, str]) -> Iterator[None]:
    """Let copies in one process queue for a short while.

    PostgreSQL queues copies across processes at the unique index; SQLite would
    queue them at the write lock, where waiting too long looks like an outage.
    """
    with _freed:
        if not _freed.wait_for(lambda: key not in _busy_keys, WAIT_SECONDS):
            raise _in_flight()
        _busy_keys.add(key)
    try:
        yield
    finally:
        with _freed:
            _busy_keys.discard(key)
            _freed.notify_all()
