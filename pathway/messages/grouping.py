"""Texts about notices: several become one, and nobody is flooded or woken.

A job makes them and not whatever caused a notice: a hold has no time to look
for everybody whom it may concern, and only later is known what else there is
to tell. One cause is one row, however many are told of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select

from pathway.acts import Act
from pathway.db import UtcDateTime, db, run
from pathway.messages import inbox
from pathway.messages.actions import queue
from pathway.messages.inbox import ME, OF_USE, SINCE
from pathway.messages.models import (
    Notice,
    NoticeMark,
    QuietHours,
    StoppedNumber,
    Text,
    TextChoice,
)
from pathway.messages.quiet import GAP, hours_of, is_quiet
from pathway.messages.rules import GOOD_FOR, Audience, Purpose
from pathway.messages.wording import CHOICES, NoticeFacts, one_text
from pathway.staff.models import Staff, StaffRole, StaffSite


def to_text(now: datetime) -> list[int]:
    """Return every member of staff for whom a text about notices may be due.

    By their choices, sites, quiet hours and last text; their roles are judged
    by :func:`group_one`, as everything is once more.
    """
    since = now - inbox.SHOWN
    rows = run(_WAITING, now=now, since=since, last=now - GAP)
    return [row.id for row in rows if not is_quiet(hours_of(row.begins, row.ends), now)]


def group_one(act: Act, staff_id: int, url: str) -> int | None:
    """Queue one text that tells a member of staff all they wait for; return its id.

    None where there is nothing to tell any more. ``url`` is the public address
    of the service. Two who do this at once make one text: the second waits for
    the first, then finds everything told.
    """
    _take_turn(staff_id)
    row = run(_ONE, member=staff_id, last=act.at - GAP).first()
    if row is None or is_quiet(hours_of(row.begins, row.ends), act.at):
        return None
    notices = _untold(_as_member(act, staff_id))
    if not notices:
        return None
    newest = max(one.id for one in notices)
    latest = max(one.useful_until for one in notices)
    text = queue(
        act,
        to=row.phone,
        body=one_text(notices, url),
        purpose=Purpose.NOTICE,
        staff_id=staff_id,
        key=_key(newest, staff_id),
        good_for=min(GOOD_FOR[Purpose.NOTICE], latest - act.at),
    )
    inbox.mark(staff_id, [one.id for one in notices], "texted_at", act.at)
    return text


def _take_turn(staff_id: int) -> None:
    """Wait for whoever makes a text for the same member of staff, until they are done."""
    db.session.execute(select(Staff.id).where(Staff.id == staff_id).with_for_update(key_share=True))


def _key(newest: int, staff_id: int) -> str:
    """Name the cause of a text, so that it is queued once whoever tries again."""
    return f"notice:{newest}:{staff_id}"


def _untold(act: Act) -> Sequence[NoticeFacts]:
    """Return what a member of staff chose to be told by text and does not know yet."""
    query = inbox.listing(watches=inbox.watches(act)).where(
        *_untold_by(ME), exists().where(_chosen_by(ME))
    )
    return [inbox.facts(row) for row in run(query, **inbox.looking(act))]


def _as_member(act: Act, staff_id: int) -> Act:
    """Return an act of a member of staff, to see what is theirs to see."""
    roles = db.session.scalars(select(StaffRole.role).where(StaffRole.staff_id == staff_id))
    sites = db.session.scalars(select(StaffSite.site_id).where(StaffSite.staff_id == staff_id))
    return Act(act.at, staff_id, "", frozenset(roles), frozenset(sites))


def _untold_by(staff_id: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that a notice is worth a text to a member of staff."""
    return [
        *OF_USE,
        Notice.at > SINCE,
        Notice.kind.in_([kind.value for kind in CHOICES]),
        or_(Notice.made_by.is_(None), Notice.made_by != staff_id),
        NoticeMark.read_at.is_(None),
        NoticeMark.texted_at.is_(None),
    ]


def _chosen_by(staff_id: Any) -> ColumnElement[bool]:
    return and_(TextChoice.staff_id == staff_id, TextChoice.kind == Notice.kind)


def _is_for(staff_id: Any) -> ColumnElement[bool]:
    """Return the condition that a notice may be for a member of staff, by their sites."""
    named = exists().where(StaffSite.staff_id == staff_id, StaffSite.site_id == Notice.site_id)
    return or_(
        and_(Notice.audience == Audience.STAFF.value, Notice.staff_id == staff_id),
        and_(Notice.audience == Audience.SITE.value, named),
        Notice.audience == Audience.WATCH.value,
    )


_REACHABLE = (
    Staff.left_at.is_(None),
    Staff.phone.is_not(None),
    ~exists().where(StoppedNumber.number == Staff.phone),
    ~exists().where(
        Text.staff_id == Staff.id,
        Text.purpose == Purpose.NOTICE.value,
        Text.at > bindparam("last", type_=UtcDateTime()),
    ),
)
"""The conditions that a member of staff can be texted, and was not a moment ago."""

_MEMBER = select(Staff.id, Staff.phone, QuietHours.begins, QuietHours.ends).outerjoin(
    QuietHours, QuietHours.staff_id == Staff.id
)

_ONE = _MEMBER.where(Staff.id == bindparam("member"), *_REACHABLE)

_WAITING = (
    _MEMBER.join(TextChoice, TextChoice.staff_id == Staff.id)
    .join(Notice, _chosen_by(Staff.id))
    .outerjoin(NoticeMark, and_(NoticeMark.notice_id == Notice.id, NoticeMark.staff_id == Staff.id))
    .where(*_REACHABLE, *_untold_by(Staff.id), _is_for(Staff.id))
    .distinct()
    .order_by(Staff.id)
)
