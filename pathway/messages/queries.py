"""Reads of texts: what is due, what got stuck, what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from pathway.db import AnyRow, db
from pathway.messages.models import StoppedNumber, Text
from pathway.messages.rules import (
    ANSWERS,
    ASK_GAPS,
    BATCH,
    CURIOUS_FOR,
    LOST,
    SILENT,
    SILENT_AFTER,
    STOPPED,
    Outgoing,
    Purpose,
    TextState,
)
from pathway.messages.words import UNKNOWN_LONG, Backlog
from pathway.staff.models import Staff

OUTGOING = (Text.id, Text.to_number, Text.body, Text.tries, Text.claimed_at, Text.good_until)
"""What :class:`pathway.messages.rules.Outgoing` is made of, in its order."""

_URGENT = (Purpose.ALARM.value, Purpose.CODE.value, Purpose.REPLY.value)


def outgoing(rows: Sequence[AnyRow]) -> list[Outgoing]:
    """Return what is called in of rows of ``OUTGOING``."""
    return [Outgoing(*row) for row in rows]


def anything_due(now: datetime) -> bool:
    """Return whether a text waits to be sent now."""
    return db.session.scalar(select(Text.id).where(_due(now)).limit(1)) is not None


def oldest_due(now: datetime) -> datetime | None:
    """Return since when the text waits that should have been sent first."""
    waits = (Text.state == TextState.WAITING.value, Text.due_at <= now)
    return db.session.scalar(select(func.min(Text.due_at)).where(*waits))


def anything_open() -> bool:
    """Return whether a text is not settled yet."""
    states = [state.value for state in (TextState.CALLING, TextState.UNKNOWN, TextState.WAITING)]
    return db.session.scalar(select(Text.id).where(Text.state.in_(states)).limit(1)) is not None


def claimable(now: datetime) -> list[int]:
    """Return texts to claim, urgent ones first, locked; no two alike.

    A text whose twin is on its way waits: were the twin's answer lost, nobody
    could tell the two apart at the provider.
    """
    twin = aliased(Text)
    states = [TextState.CALLING.value, TextState.UNKNOWN.value]
    alike = and_(twin.to_number == Text.to_number, twin.body == Text.body)
    pending = select(twin.id).where(alike, twin.state.in_(states))
    rows = db.session.execute(
        select(Text.id, Text.to_number, Text.body)
        .where(_due(now), ~pending.exists())
        .order_by(case((Text.purpose.in_(_URGENT), 0), else_=1), Text.due_at, Text.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    first = {(to, body): ident for ident, to, body in reversed(rows.all())}
    return sorted(first.values())


def is_stopped() -> ColumnElement[bool]:
    """Return the condition that a text is for a number that answered STOP."""
    return Text.to_number.in_(select(StoppedNumber.number))


def is_number_stopped(number: str) -> bool:
    """Return whether a number answered STOP."""
    query = select(StoppedNumber.number).where(StoppedNumber.number == number)
    return db.session.scalar(query) is not None


def to_ask(now: datetime) -> list[Outgoing]:
    """Return unknown texts that the provider is to be asked about now."""
    gaps = [
        and_(
            Text.asks == done,
            or_(Text.asked_at.is_(None), Text.asked_at <= now - gap),
        )
        for done, gap in enumerate(ASK_GAPS)
    ]
    unknown = Text.state == TextState.UNKNOWN.value
    query = (
        select(*OUTGOING).where(unknown, or_(*gaps)).order_by(Text.asked_at.nulls_first(), Text.id)
    )
    return outgoing(db.session.execute(query.limit(BATCH)).all())


def gone_silent(now: datetime) -> list[tuple[int, str]]:
    """Return texts that the provider has and has long said nothing about, with its names."""
    rows = db.session.execute(
        select(Text.id, Text.sid)
        .where(
            Text.state.in_([state.value for state in SILENT]),
            Text.changed_at <= now - SILENT_AFTER,
            Text.at > now - CURIOUS_FOR,
            or_(Text.asked_at.is_(None), Text.asked_at <= now - SILENT_AFTER),
            Text.sid.is_not(None),
        )
        .order_by(Text.asked_at.nulls_first(), Text.id)
        .limit(BATCH)
    )
    return [(ident, sid) for ident, sid in rows if sid]


def known_sids(sids: Sequence[str]) -> set[str]:
    """Return which of the provider's names stand on texts of ours."""
    found = db.session.scalars(select(Text.sid).where(Text.sid.in_(sids)))
    return {sid for sid in found if sid}


@dataclass(frozen=True, slots=True)
class Known:
    """One text as a report meets it."""

    id: int
    state: TextState
    sid: str | None
    to: str
    body: str
    purpose: Purpose
    staff_id: int | None
    good_until: datetime
    again_of: int | None


def text_for(ident: int | None, sid: str) -> Known | None:
    """Return the text that a report is about, locked: by the provider's name, else by ours."""
    found = _locked(Text.sid == sid)
    if found is None and ident is not None:
        found = _locked(and_(Text.id == ident, Text.sid.is_(None)))
    return found


def text(ident: int) -> Known | None:
    """Return one text, locked."""
    return _locked(Text.id == ident)


def _locked(condition: Any) -> Known | None:
    query = select(
        *(Text.id, Text.state, Text.sid, Text.to_number, Text.body),
        *(Text.purpose, Text.staff_id, Text.good_until, Text.again_of),
    )
    row = db.session.execute(query.where(condition).with_for_update(key_share=True)).first()
    if row is None:
        return None
    (ident, state, sid, to, body, purpose, staff_id, good_until, again_of) = row
    return Known(
        id=ident,
        state=TextState(state),
        sid=sid,
        to=to,
        body=body,
        purpose=Purpose(purpose),
        staff_id=staff_id,
        good_until=good_until,
        again_of=again_of,
    )


def followers(first: int) -> int:
    """Return how many texts were made anew of one."""
    query = select(func.count()).where(Text.again_of == first)
    return db.session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Listed:
    """One text on the page of texts."""

    id: int
    at: datetime
    name: str | None
    to: str
    body: str | None
    purpose: Purpose
    state: TextState
    error: int | None
    changed_at: datetime


def listed(since: datetime, *, lost: bool, limit: int) -> list[Listed]:
    """Return texts since a moment, newest first: all of them, or those that did not arrive.

    What somebody asked for, a code or an answer, is for their eyes only: it may
    hold what a role that reads this page does not see.
    """
    query = (
        select(
            *(Text.id, Text.at, Staff.name, Text.to_number, Text.body),
            *(Text.purpose, Text.state, Text.error, Text.changed_at),
        )
        .outerjoin(Staff, Staff.id == Text.staff_id)
        .where(Text.at >= since)
        .order_by(Text.id.desc())
        .limit(limit)
    )
    if lost:
        troubled = [state.value for state in (*LOST, TextState.UNKNOWN)]
        query = query.where(Text.state.in_(troubled))
    return [_listed(*row) for row in db.session.execute(query)]


def _listed(ident: int, at: datetime, name: str | None, to: str, body: str, *rest: Any) -> Listed:
    purpose, state, error, changed_at = rest
    known = Purpose(purpose)
    private = known in ANSWERS and state != TextState.ON_SCREEN.value
    shown = None if private else body
    return Listed(ident, at, name, to, shown, known, TextState(state), error, changed_at)


def counts(since: datetime) -> dict[TextState, int]:
    """Return how many texts written down since a moment stand in each state."""
    query = select(Text.state, func.count()).where(Text.at >= since).group_by(Text.state)
    return {TextState(state): number for state, number in db.session.execute(query)}


def backlog(now: datetime) -> Backlog:
    """Return what is not well with texts; one that a handset was off for is no trouble of ours."""
    waiting = select(func.min(Text.due_at)).where(Text.state == TextState.WAITING.value)
    old = Text.claimed_at <= now - UNKNOWN_LONG
    unknown = select(func.count()).where(Text.state == TextState.UNKNOWN.value, old)
    failed = select(func.count()).where(
        Text.state == TextState.FAILED.value,
        Text.changed_at > now - CURIOUS_FOR,
        or_(Text.error.is_(None), Text.error != STOPPED),
    )
    return Backlog(
        due_since=db.session.scalar(waiting),
        unknown=db.session.scalar(unknown) or 0,
        failed=db.session.scalar(failed) or 0,
    )


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A member of staff whom no text reaches, and why."""

    name: str
    why: str
    since: datetime


def unreachable() -> list[Unreachable]:
    """Return who answered STOP, or whose last text did not arrive; by name."""
    here = and_(Staff.phone.is_not(None), Staff.left_at.is_(None))
    silenced = (
        select(Staff.name, StoppedNumber.at)
        .join(StoppedNumber, StoppedNumber.number == Staff.phone)
        .where(here)
    )
    each = aliased(Text)
    last = (
        select(func.max(each.id))
        .where(each.to_number == Staff.phone)
        .correlate(Staff)
        .scalar_subquery()
    )
    missed = (
        select(Staff.name, Text.changed_at)
        .join(Text, Text.id == last)
        .where(here, Text.state.in_([TextState.FAILED.value, TextState.UNDELIVERED.value]))
        .where(Staff.phone.not_in(select(StoppedNumber.number)))
    )
    found = [Unreachable(name, "answered STOP", at) for name, at in db.session.execute(silenced)]
    found += [
        Unreachable(name, "the last text did not arrive", at)
        for name, at in db.session.execute(missed)
    ]
    return sorted(found, key=lambda one: one.name)


def _due(now: datetime) -> Any:
    return and_(Text.state == TextState.WAITING.value, Text.due_at <= now)
