"""The notices of one member of staff: how many are unread, the list, and what they read."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Integer, and_, bindparam, func, or_, select

from pathway.acts import Act
from pathway.db import AnyRow, AnySelect, UtcDateTime, db, engine_name, insert_for, run
from pathway.messages.models import Notice, NoticeMark
from pathway.messages.rules import Audience, Kind
from pathway.messages.wording import YOUR_SITE, NoticeFacts
from pathway.sites.models import Site
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

SHOWN = timedelta(days=7)
"""How long a notice stays on the list (ours)."""

LONGEST_LIST = 200
"""The most notices of one list (ours)."""

NOW = bindparam("now", type_=UtcDateTime())
SINCE = bindparam("since", type_=UtcDateTime())
ME = bindparam("me", type_=Integer())

MINE = and_(NoticeMark.notice_id == Notice.id, NoticeMark.staff_id == ME)
"""The mark that whoever looks has put on a notice."""

OF_USE = (Notice.over_at.is_(None), Notice.useful_until > NOW)
"""The conditions that a notice is not over."""


def unread(act: Act) -> int:
    """Return how many notices wait to be read that are still of use. It stands on every page."""
    return run(_unread(watches=watches(act)), **looking(act)).scalar() or 0


def listed(act: Act) -> list[NoticeFacts]:
    """Return the notices of the last days, newest first."""
    rows = run(listing(watches=watches(act)), **looking(act))
    return [facts(row) for row in rows]


def notice(act: Act, ident: int) -> NoticeFacts | None:
    """Return one notice of those that are listed."""
    return next((one for one in listed(act) if one.id == ident), None)


def mark_read(act: Act, idents: Iterable[int]) -> None:
    """Note that these have been read. Those of others, or read before, stay as they are."""
    mine = [one.id for one in listed(act) if not one.read]
    mark(act.staff_id or 0, set(idents) & set(mine), "read_at", act.at)


def mark_all_read(act: Act, up_to: int) -> None:
    """Note that everything up to this notice has been read: what came since was not seen."""
    mark_read(act, [one.id for one in listed(act) if one.id <= up_to])


def mark(staff_id: int, idents: Iterable[int], column: str, at: datetime) -> None:
    """Put a time where there is none yet, whether or not the row is there.

    In the order of their ids, so that two who mark the same never wait for each other.
    """
    run(_marking(engine_name(db.session()), column), me=staff_id, at=at, ids=list(idents))


def _is_mine(*, watches: bool) -> ColumnElement[bool]:
    """Return the condition that a notice is for whoever looks; bound by ``me`` and ``sites``."""
    here = Notice.site_id.in_(bindparam("sites", expanding=True))
    reach = [
        and_(Notice.audience == Audience.STAFF.value, Notice.staff_id == ME),
        and_(Notice.audience == Audience.SITE.value, here),
    ]
    if watches:
        reach.append(Notice.audience == Audience.WATCH.value)
    return or_(*reach)


@cache
def _unread(*, watches: bool) -> AnySelect:
    return (
        select(func.count())
        .select_from(Notice)
        .outerjoin(NoticeMark, MINE)
        .where(_is_mine(watches=watches), Notice.at > SINCE, *OF_USE, NoticeMark.read_at.is_(None))
    )


@cache
def listing(*, watches: bool) -> AnySelect:
    """Return the query of the notices of whoever looks, newest first."""
    return (
        select(*_COLUMNS)
        .outerjoin(NoticeMark, MINE)
        .outerjoin(Site, Site.id == Notice.site_id)
        .where(_is_mine(watches=watches), Notice.at > SINCE)
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(LONGEST_LIST)
    )


_COLUMNS = (
    *(Notice.id, Notice.at, Notice.kind, Notice.words, Notice.link),
    *(Notice.useful_until, Notice.over_at, NoticeMark.read_at),
    *(Site.name, Site.code, Site.confidential),
)


@cache
def _marking(engine: str, column: str) -> Executable:
    given = select(Notice.id, ME, bindparam("at", type_=UtcDateTime()))
    rows = given.where(Notice.id.in_(bindparam("ids", expanding=True))).order_by(Notice.id)
    adding = insert_for(engine, NoticeMark).from_select(["notice_id", "staff_id", column], rows)
    kept: Executable = adding.on_conflict_do_update(
        index_elements=["notice_id", "staff_id"],
        set_={column: adding.excluded[column]},
        where=NoticeMark.__table__.c[column].is_(None),
    )
    return kept


def looking(act: Act) -> Mapping[str, Any]:
    """Return what the queries here are told of whoever looks."""
    sites = sorted(scope(act, Doing.RUN_SITE).site_ids)
    return {"me": act.staff_id or 0, "sites": sites, "now": act.at, "since": act.at - SHOWN}


def watches(act: Act) -> bool:
    """Return whether notices to those who watch over closed records are for whoever looks."""
    return may(act.roles, Doing.WATCH)


def facts(row: AnyRow) -> NoticeFacts:
    """Return a row of a listing as facts; a confidential site goes without its name."""
    return NoticeFacts(
        id=row.id,
        at=row.at,
        kind=Kind(row.kind),
        words=row.words,
        link=row.link,
        useful_until=row.useful_until,
        over_at=row.over_at,
        read=row.read_at is not None,
        site=YOUR_SITE if row.confidential else row.name,
        code=YOUR_SITE if row.confidential else row.code,
    )
