"""Seals on the audit trail: a chain of hashes that shows what was changed or taken away.

The database refuses to change a line, but whoever owns the database can take
that refusal away. A seal is the SHA-256 of a run of lines and of the seal
before it; kept elsewhere, the newest one, the head, vouches for every line
before it. Chaining inside each hold would make every hold wait for the last.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select, text

from pathway.acts import Act
from pathway.audit import AuditEntry, AuditSeal
from pathway.db import AnyRow, db, engine_name, insert_or_skip, run, transaction
from pathway.errors import Refused

BLOCK = 1_000
"""The most lines under one seal (ours)."""

START = "0" * 64
"""What the first seal continues."""

FIRST_ID = 1
"""Where both engines begin to number lines."""

LOCK_SECONDS = 1
"""How long sealing waits for lines that are being written, and holds up new ones (ours)."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal: the lines from first to last, both included, and the seal before."""

    first_id: int
    last_id: int
    entries: int
    previous: str
    hash: str
    at: datetime

    @property
    def lines(self) -> str:
        """Return the lines it covers, in words."""
        return f"lines {self.first_id} to {self.last_id}"


@dataclass(frozen=True, slots=True)
class Sealing:
    """What sealing did: how many lines, and the head to keep elsewhere."""

    lines: int
    head: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: nothing when the trail is whole."""

    findings: tuple[str, ...]
    sealed: int
    unsealed: int


def seal(act: Act, fenced: Callable[[], None] = lambda: None) -> Sealing:
    """Put every line that is there now under seal.

    ``fenced`` begins each transaction: a job that was overtaken stops there.

    Raises:
        Refused: somebody else is sealing at this moment.
        Busy: lines were being written for longer than sealing waits.
    """
    upto = _settled(fenced)
    last = _last_seal()
    lines = 0
    while (block := _next_block(act, last, upto)) is not None:
        with transaction():
            fenced()
            if insert_or_skip(AuditSeal, asdict(block)) is None:
                raise Refused("Somebody else is sealing the audit trail at this moment.")
        last = block
        lines += block.entries
    return Sealing(lines, last.hash if last else START)


def verify(head: str | None = None) -> Verdict:
    """Compare every sealed line with its seal, and every seal with the one before.

    ``head`` is a hash that was kept elsewhere: it has to be in the chain.
    """
    findings: list[str] = []
    before: Seal | None = None
    sealed = 0
    missing = head is not None and head != START
    for one in _seals():
        findings += [*_links(one, before), *_contents(one)]
        sealed += one.entries
        missing = missing and one.hash != head
        before = one
    stray = _count(AuditEntry.id < FIRST_ID)
    if stray:
        findings.append(f"{stray} lines stand before the first that can be sealed.")
    if missing:
        findings.append(f"The head {head} is not in the chain: seals are gone or were made anew.")
    unsealed = _count(AuditEntry.id > (before.last_id if before else FIRST_ID - 1))
    return Verdict(tuple(findings), sealed, unsealed)


def unsealed_since() -> datetime | None:
    """Return when the oldest line was written that has no seal yet."""
    last = _last_seal()
    unsealed = AuditEntry.id > (last.last_id if last else FIRST_ID - 1)
    return db.session.scalar(select(AuditEntry.at).where(unsealed).order_by(AuditEntry.id).limit(1))


def _links(one: Seal, before: Seal | None) -> Iterator[str]:
    """Yield what is wrong between a seal and the one before it."""
    expected = before.last_id + 1 if before else FIRST_ID
    if one.first_id > expected:
        yield f"The seal of lines {expected} to {one.first_id - 1} is missing."
    elif one.first_id < expected:
        yield f"The seal of {one.lines} covers lines that were sealed before it."
    elif one.previous != (before.hash if before else START):
        yield f"The seal of {one.lines} does not continue the one before it."


def _contents(one: Seal) -> Iterator[str]:
    """Yield what is wrong with the lines under a seal."""
    found, entries = _digest(_lines(one.first_id, one.last_id), one)
    if entries != one.entries:
        yield f"{one.lines.capitalize()}: {one.entries} were sealed, {entries} are there now."
    elif found != one.hash:
        yield f"In {one.lines} something was changed after they were sealed."


def _settled(fenced: Callable[[], None]) -> int:
    """Return the newest id up to which no line can still appear.

    PostgreSQL hands ids out before it commits: a line with a smaller id may
    still be on its way. The lock waits for those and is let go at once. On
    SQLite the transaction itself has everybody else wait.
    """
    with transaction() as session:
        fenced()
        if engine_name(session) == "postgresql":
            session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            session.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))
        return session.scalar(select(func.max(AuditEntry.id))) or 0


def _next_block(act: Act, before: Seal | None, upto: int) -> Seal | None:
    """Return the seal that follows, or None when every line has one.

    It begins right after the one before, so that a line put into a gap of the
    numbers later shows too.
    """
    first = before.last_id + 1 if before else FIRST_ID
    rows = list(islice(_lines(first, upto), BLOCK))
    if not rows:
        return None
    previous = before.hash if before else START
    bare = Seal(first, rows[-1].id, len(rows), previous, "", act.at)
    return Seal(first, rows[-1].id, len(rows), previous, _digest(rows, bare)[0], act.at)


def _digest(rows: Iterable[AnyRow], under: Seal) -> tuple[str, int]:
    """Return the hash of these lines under a seal, and how many they are."""
    digest = hashlib.sha256()
    entries = 0
    for row in rows:
        facts = [row.id, _utc(row.at), row.staff_id, row.what, row.subject, row.person, row.detail]
        digest.update(_canonical(facts))
        entries += 1
    said = [under.first_id, under.last_id, under.entries, _utc(under.at), under.previous]
    digest.update(_canonical(said))
    return digest.hexdigest(), entries


def _canonical(facts: list[Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


_LINES = (
    select(*AuditEntry.__table__.columns)
    .where(AuditEntry.id.between(bindparam("first"), bindparam("last")))
    .order_by(AuditEntry.id)
    .limit(BLOCK)
)

_SEALS = (
    select(*AuditSeal.__table__.columns)
    .where(AuditSeal.id > bindparam("after"))
    .order_by(AuditSeal.id)
    .limit(BLOCK)
)

_LAST = select(*AuditSeal.__table__.columns).order_by(AuditSeal.last_id.desc()).limit(1)


def _lines(first: int, last: int) -> Iterator[AnyRow]:
    """Yield the lines from first to last, a block at a time in memory."""
    while rows := run(_LINES, first=first, last=last).all():
        yield from rows
        first = rows[-1].id + 1


def _seals() -> Iterator[Seal]:
    """Yield every seal in the order in which they were made."""
    after = 0
    while rows := run(_SEALS, after=after).all():
        yield from (_read(row) for row in rows)
        after = rows[-1].id


def _last_seal() -> Seal | None:
    row = run(_LAST).first()
    return _read(row) if row else None


def _read(row: AnyRow) -> Seal:
    return Seal(row.first_id, row.last_id, row.entries, row.previous, row.hash, row.at)


def _count(condition: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry).where(condition)) or 0
