"""Walking somebody to a site, with somebody who looks out for the worker.

The worker says when they will be safe there. Whoever has not said so by then
may need help: the duty manager is told, once for each time they were due. A
walk goes on without a sign-in, and if the worker is taken off the staff.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.duty import queries, walking
from pathway.duty.actions import raise_alarm, stand_down
from pathway.duty.models import Walk
from pathway.duty.rules import AlarmKind
from pathway.duty.walking import USUAL_MINUTES, WalkFacts
from pathway.errors import Invalid, Refused, Unknown
from pathway.sites import queries as sites

LOOK = "/duty"
"""Where an alarm leads: the page that says who is out and how to ring them."""


def set_out(act: Act, *, site: str, minutes: int = USUAL_MINUTES) -> WalkFacts:
    """Say that one walks somebody to a site and is safe there in so many minutes.

    Raises:
        Invalid: no such site, or no length for a walk.
        Refused: they are on a walk already.
    """
    where = sites.site(site)
    if where is None:
        raise Unknown({"site": ["There is no such site."]})
    _check(minutes)
    row = {
        "staff_id": act.staff_id,
        "site_id": where.id,
        "started_at": act.at,
        "due_at": act.at + timedelta(minutes=minutes),
    }
    ident = insert_or_skip(Walk, row)
    walk = queries.walk_of(act)
    if ident is None or walk is None:
        raise Refused(walking.under_way(walk) if walk else walking.JUST_ENDED)
    _note(act, "set out", walk)
    return walk


def safe(act: Act) -> WalkFacts | None:
    """Say that one is safe; whoever was told otherwise is told so.

    Said again, the walk stays over as it is. Return it, or None where there was none.
    """
    walk = queries.walk_of(act, lock=True)
    if walk is None:
        return queries.last_walk_of(act)
    _change(walk.id, ended_at=act.at)
    _note(act, "arrived safe", walk)
    if walk.alarmed_at is not None:
        stand_down(act, walk.alarm_key, walking.safe_words(walk))
    return replace(walk, ended_at=act.at)


def longer(act: Act, minutes: int) -> WalkFacts:
    """Ask for more minutes, from when one was due or from now.

    Whoever was told that they are late is told so, and told anew if they are
    late again.

    Raises:
        Invalid: no such number of minutes.
        Refused: there is no walk, or it would be due too far ahead.
    """
    _check(minutes)
    walk = queries.walk_of(act, lock=True)
    if walk is None:
        raise Refused(walking.NOT_OUT)
    due = walking.due_later(walk.due_at, minutes, act.at)
    if isinstance(due, str):
        raise Refused(due)
    _change(walk.id, due_at=due, alarmed_at=None)
    later = replace(walk, due_at=due, alarmed_at=None)
    _note(act, "more time to walk", later)
    if walk.alarmed_at is not None:
        stand_down(act, walk.alarm_key, walking.longer_words(walk, due))
    return later


def alarm_one(act: Act, ident: int) -> bool:
    """Tell the duty manager that somebody is late, if they still are; return whether we did.

    Two processes at once tell it once: only one of them finds it untold.
    """
    if not _mark(act, ident):
        return False
    walk = queries.walk(ident)
    if walk is None:
        return False
    raised = raise_alarm(
        act,
        AlarmKind.WALK,
        walking.alarm_words(walk),
        key=walk.alarm_key,
        link=LOOK,
        about=walk.staff_id,
    )
    return raised is not None


def _mark(act: Act, ident: int) -> bool:
    late = (Walk.id == ident, Walk.ended_at.is_(None), Walk.due_at <= act.at)
    told = update(Walk).where(*late, Walk.alarmed_at.is_(None)).values(alarmed_at=act.at)
    return db.session.execute(told.returning(Walk.id)).first() is not None


def _check(minutes: int) -> None:
    fault = walking.bad_minutes(minutes)
    if fault:
        raise Invalid({"minutes": [fault]})


def _change(ident: int, **values: object) -> None:
    db.session.execute(update(Walk).where(Walk.id == ident).values(**values))


def _note(act: Act, what: str, walk: WalkFacts) -> None:
    """Leave a line of the trail, which never says who goes to a confidential site."""
    where = None if walk.confidential else walk.site
    detail = {"site": where, "due": walk.due_at.isoformat()}
    audit.record(act, what, f"walk:{walk.id}", detail)
