"""Reads of texts: what is due, what got stuck, what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from pathway.db import AnyRow, db
from pathway.messages.models import IS_UNSETTLED, StoppedNumber, Text
from pathway.messages.rules import (
    ASK_GAPS,
    BATCH,
    CURIOUS_FOR,
    SILENT,
    SILENT_AFTER,
    Outgoing,
    Purpose,
    TextState,
)

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
    return db.session.scalar(select(Text.id).where(IS_UNSETTLED).limit(1)) is not None


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


def ever_texted(number: str) -> bool:
    """Return whether a text of ours was ever written for a number."""
    return db.session.scalar(select(Text.id).where(Text.to_number == number).limit(1)) is not None


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
    unknown = stands(TextState.UNKNOWN)
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


def _due(now: datetime) -> Any:
    return and_(stands(TextState.WAITING), Text.due_at <= now)


def stands(state: TextState) -> ColumnElement[bool]:
    """Return the condition that a text stands in a state that its index is for."""
    return and_(IS_UNSETTLED, Text.state == state.value)
