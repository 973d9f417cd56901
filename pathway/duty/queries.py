"""Reads of the duty rota and of alarms."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.exc import DBAPIError

from pathway.acts import Act
from pathway.db import AnySelect, db, run
from pathway.duty import rules
from pathway.duty.models import Alarm, AlarmTold, DutyTurn, Walk
from pathway.duty.rules import (
    ANSWER_WITHIN,
    EVERYBODY,
    LAST_STEP,
    RUNNERS,
    SERVES,
    TOLD_AGAIN_EVERY,
    AlarmFacts,
    Told,
    Turn,
)
from pathway.duty.walking import WalkFacts
from pathway.sites.models import Site
from pathway.staff.doing import Doing, Role
from pathway.staff.models import Staff, StaffRole
from pathway.staff.rules import may

_TURNS = (
    select(
        DutyTurn.id,
        DutyTurn.staff_id,
        Staff.name,
        Staff.phone,
        DutyTurn.step,
        DutyTurn.starts_at,
        DutyTurn.ends_at,
    )
    .join(Staff, Staff.id == DutyTurn.staff_id)
    .where(DutyTurn.removed_at.is_(None), Staff.left_at.is_(None))
    .order_by(DutyTurn.starts_at, DutyTurn.step, DutyTurn.id)
)
"""A turn of somebody who left is nobody's."""


def turns(start: datetime, end: datetime) -> list[Turn]:
    """Return the turns that run at any time from one moment until another, in order."""
    running = _TURNS.where(DutyTurn.ends_at > start, DutyTurn.starts_at < end)
    return [Turn(*row) for row in db.session.execute(running)]


def turn(ident: int) -> Turn | None:
    """Return a turn that was not taken off the rota."""
    row = db.session.execute(_TURNS.where(DutyTurn.id == ident)).first()
    return Turn(*row) if row else None


def on_duty(now: datetime) -> dict[int, Turn]:
    """Return who is on call now, by step."""
    return rules.on_duty(turns(now, now + timedelta(microseconds=1)), now)


def on_duty_if_known(now: datetime) -> dict[int, Turn] | None:
    """Return who is on call now, or None when the database does not answer."""
    try:
        return on_duty(now)
    except DBAPIError:
        db.session.rollback()
        return None


def candidates() -> dict[int, str]:
    """Return everybody who may be on call at all, by name."""
    serving = sorted(frozenset().union(*SERVES.values()))
    return {one.id: one.name for one in _in_roles(serving)}


def runners() -> list[tuple[int, str | None]]:
    """Return the id and number of everybody who runs the rota."""
    return [(one.id, one.phone) for one in _in_roles(RUNNERS)]


def _in_roles(roles: Iterable[Role]) -> Iterable[Any]:
    holding = select(StaffRole.staff_id).where(StaffRole.role.in_(sorted(roles)))
    return db.session.execute(
        select(Staff.id, Staff.name, Staff.phone)
        .where(Staff.left_at.is_(None), Staff.id.in_(holding))
        .order_by(Staff.name, Staff.id)
    )


def roles_of(staff_id: int) -> frozenset[str] | None:
    """Return the roles of a member of staff who has not left, or None for nobody."""
    found = db.session.execute(
        select(StaffRole.role)
        .select_from(Staff)
        .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.id == staff_id, Staff.left_at.is_(None))
    ).scalars()
    held = list(found)
    return frozenset(role for role in held if role) if held else None


def alarm(act: Act, ident: int) -> AlarmFacts | None:
    """Return an alarm, for those who were told of it and those who run the rota."""
    return next(iter(_alarms(act, Alarm.id == ident)), None)


def alarms(act: Act, since: datetime) -> list[AlarmFacts]:
    """Return the open alarms, then those answered since a moment, as far as they are one's own."""
    shown = or_(Alarm.acknowledged_at.is_(None), Alarm.acknowledged_at >= since)
    return rules.in_order(_alarms(act, shown))


def _alarms(act: Act, which: Any) -> list[AlarmFacts]:
    query = (
        select(
            *(Alarm.id, Alarm.at, Alarm.words, Alarm.link, Alarm.step, Alarm.told_at),
            *(Alarm.acknowledged_at, Alarm.acknowledged_by, Staff.name),
        )
        .outerjoin(Staff, Staff.id == Alarm.acknowledged_by)
        .where(which)
    )
    if not may(act.roles, Doing.RUN_ROTA):
        mine = select(AlarmTold.alarm_id).where(AlarmTold.staff_id == act.staff_id)
        query = query.where(Alarm.id.in_(mine))
    found = [AlarmFacts(*row) for row in db.session.execute(query)]
    told = _told([one.id for one in found]) if found else {}
    return [replace(one, told=tuple(told.get(one.id, ()))) for one in found]


def _told(alarm_ids: Collection[int]) -> dict[int, list[Told]]:
    """Return who was told of each alarm, in order."""
    rows = db.session.execute(
        select(AlarmTold.alarm_id, AlarmTold.staff_id, Staff.name, AlarmTold.step, AlarmTold.at)
        .join(Staff, Staff.id == AlarmTold.staff_id)
        .where(AlarmTold.alarm_id.in_(alarm_ids))
        .order_by(AlarmTold.step, Staff.name, Staff.id)
    )
    found: dict[int, list[Told]] = {}
    for row in rows:
        told = Told(row.staff_id, row.name, row.step, row.at)
        found.setdefault(row.alarm_id, []).append(told)
    return found


def told_of(ident: int) -> frozenset[int]:
    """Return who was told of an alarm."""
    told = select(AlarmTold.staff_id).where(AlarmTold.alarm_id == ident)
    return frozenset(db.session.scalars(told))


def alarm_by_key(key: str) -> int | None:
    """Return the alarm that was raised under a key."""
    return db.session.scalar(select(Alarm.id).where(Alarm.key == key))


def open_alarms_about(links: Iterable[str]) -> list[int]:
    """Return the alarms that nobody has answered and that lead to these pages."""
    query = select(Alarm.id).where(Alarm.acknowledged_at.is_(None), Alarm.link.in_(list(links)))
    return list(db.session.scalars(query.order_by(Alarm.id)))


def reached_by(ident: int) -> list[tuple[int, str | None]]:
    """Return the id and number of everybody who was told of an alarm and has not left."""
    told = select(AlarmTold.staff_id).where(AlarmTold.alarm_id == ident)
    query = select(Staff.id, Staff.phone).where(Staff.id.in_(told), Staff.left_at.is_(None))
    return [(row.id, row.phone) for row in db.session.execute(query.order_by(Staff.id))]


def due_for_escalation(now: datetime) -> list[int]:
    """Return the alarms that nobody answered in time, the oldest first."""
    waited = or_(
        and_(Alarm.step < EVERYBODY, Alarm.told_at <= now - ANSWER_WITHIN),
        and_(Alarm.step.between(EVERYBODY, LAST_STEP - 1), Alarm.told_at <= now - TOLD_AGAIN_EVERY),
    )
    due = select(Alarm.id).where(Alarm.acknowledged_at.is_(None), waited)
    return list(db.session.scalars(due.order_by(Alarm.at, Alarm.id)))


def open_alarm(ident: int) -> tuple[int, datetime, str] | None:
    """Return how far an alarm that nobody answered went, when, and its words."""
    found = select(Alarm.step, Alarm.told_at, Alarm.words)
    row = db.session.execute(
        found.where(Alarm.id == ident, Alarm.acknowledged_at.is_(None))
    ).first()
    return (row.step, row.told_at, row.words) if row else None


_WALKS = (
    select(
        *(Walk.id, Walk.staff_id, Staff.name, Staff.phone, Site.code, Site.name),
        *(Site.confidential, Site.id, Walk.started_at, Walk.due_at, Walk.ended_at),
        Walk.alarmed_at,
    )
    .join(Staff, Staff.id == Walk.staff_id)
    .join(Site, Site.id == Walk.site_id)
)
_UNDER_WAY = Walk.ended_at.is_(None)
_MINE = _WALKS.where(Walk.staff_id == bindparam("mine"), _UNDER_WAY)
_OUT: AnySelect = _WALKS.where(_UNDER_WAY).order_by(Walk.due_at, Walk.id)
_LAST = _WALKS.where(Walk.staff_id == bindparam("mine")).order_by(Walk.id.desc()).limit(1)


def walk_of(act: Act, *, lock: bool = False) -> WalkFacts | None:
    """Return the walk that whoever acts is on; locked, nobody else changes it until the end."""
    query = _MINE.with_for_update(of=Walk) if lock else _MINE
    return _walk(query, mine=act.staff_id)


def last_walk_of(act: Act) -> WalkFacts | None:
    """Return the newest walk of whoever acts, under way or not."""
    return _walk(_LAST, mine=act.staff_id)


def walk(ident: int) -> WalkFacts | None:
    """Return one walk."""
    return _walk(_WALKS.where(Walk.id == ident))


def _walk(query: Any, **values: Any) -> WalkFacts | None:
    row = run(query, **values).first()
    return WalkFacts(*row) if row else None


def out_now() -> list[WalkFacts]:
    """Return the walks that are under way, the first due first; of those who left, too."""
    return [WalkFacts(*row) for row in run(_OUT)]


def overdue_walks(now: datetime) -> list[int]:
    """Return the walks that should be over and of which nobody was told yet."""
    late = (_UNDER_WAY, Walk.alarmed_at.is_(None), Walk.due_at <= now)
    return list(db.session.scalars(select(Walk.id).where(*late).order_by(Walk.due_at, Walk.id)))
