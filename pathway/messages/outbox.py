"""What those who look after texts read: what went out, what did not arrive, whom none reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from pathway.db import db
from pathway.messages.models import StoppedNumber, Text
from pathway.messages.queries import stands
from pathway.messages.rules import ANSWERS, CURIOUS_FOR, LOST, STOPPED, Purpose, TextState
from pathway.messages.words import UNKNOWN_LONG, Backlog
from pathway.staff.models import Staff


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
        withdrawn = and_(
            Text.state == TextState.CANCELED.value, Text.purpose == Purpose.ALARM.value
        )
        query = query.where(Text.state.in_(troubled), ~withdrawn)
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
    waiting = select(func.min(Text.due_at)).where(stands(TextState.WAITING))
    old = Text.claimed_at <= now - UNKNOWN_LONG
    unknown = select(func.count()).where(stands(TextState.UNKNOWN), old)
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

    staff_id: int
    name: str
    why: str
    since: datetime


def unreachable() -> list[Unreachable]:
    """Return who answered STOP, or whose last text did not arrive; by name."""
    here = and_(Staff.phone.is_not(None), Staff.left_at.is_(None))
    silenced = (
        select(Staff.id, Staff.name, StoppedNumber.at)
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
        select(Staff.id, Staff.name, Text.changed_at)
        .join(Text, Text.id == last)
        .where(here, Text.state.in_([TextState.FAILED.value, TextState.UNDELIVERED.value]))
        .where(Staff.phone.not_in(select(StoppedNumber.number)))
    )
    found = [
        Unreachable(ident, name, "answered STOP", at)
        for ident, name, at in db.session.execute(silenced)
    ]
    found += [
        Unreachable(ident, name, "the last text did not arrive", at)
        for ident, name, at in db.session.execute(missed)
    ]
    return sorted(found, key=lambda one: one.name)
