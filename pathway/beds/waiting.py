"""Putting somebody on the list for a bed, taking them off it, and changing their priority.

One person waits for a site once. Two lists of the same person, as a merge may leave them,
are one: the earlier counts, and they end together.
"""

from sqlalchemy import and_, insert, or_, update

from pathway import audit
from pathway.acts import Act
from pathway.beds import apart, queries, queue
from pathway.beds.claims import named
from pathway.beds.judging import already_placed, check_fit
from pathway.beds.models import Waiting
from pathway.beds.openings import EXPECTED
from pathway.beds.rules import LIVE
from pathway.beds.sight import may_see
from pathway.beds.turn import NO_SUCH_PRIORITY, OFFERED, PRIORITIES, USUAL, WITHDRAWN, Wait
from pathway.db import db
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.people import marks
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def wait(act: Act, *, person: str, site: str, priority: int = USUAL) -> Wait:
    """Let somebody wait for a bed at a site; who waits there already keeps their place.

    The hours in which a site takes people in do not stop anybody from waiting.

    Raises:
        Invalid: an unknown person or site, or no such priority.
        Forbidden: the role puts nobody on the list of that site.
        Refused: they are placed there already, or do not fit.
    """
    who, where = named(act, person, site, None)
    if not scope(act, Doing.WAIT).covers(where):
        raise Forbidden(f"You put people on the lists of your own sites only. Ring {where.name}.")
    if priority not in PRIORITIES:
        raise Invalid({"priority": [NO_SUCH_PRIORITY]})
    who = apart.kept(act, marks.locked(act, who.ref))
    stands = _heard_of(act, who, where)
    if stands is not None:
        audit.record(act, "view waiting", f"waiting:{stands.id}", person=who.ref)
        return stands
    check_fit(act, who, where, None)
    _refuse_if_there(act, who, where)
    row = {"person_id": who.id, "site_id": where.id, "priority": priority}
    added = insert(Waiting).values(**row, since=act.at, by=act.staff_id)
    ident = db.session.execute(added.returning(Waiting.id)).scalar_one()
    audit.record(act, "wait for bed", f"waiting:{ident}", person=who.ref)
    return Wait(ident, who, where, priority, act.at, act.staff_id)


def withdraw(act: Act, ident: int) -> Wait:
    """Take somebody off the list of a site; who is off it already stays off.

    Raises:
        Absent: there is no such wait, or it is not theirs to see.
        Refused: a bed is held for them by now.
    """
    seen = _mine(act, ident)
    if seen.ended_at is None:
        if _take_off(act, seen):
            audit.record(act, "stop waiting", f"waiting:{ident}", person=seen.person.ref)
            return _again(act, ident)
        seen = _again(act, ident)
    _refuse_if_held(act, seen)
    return seen


def set_priority(act: Act, ident: int, *, priority: int) -> Wait:
    """Change how soon somebody's turn comes; they keep the time since when they wait.

    Raises:
        Absent: there is no such wait at a site that whoever acts leads.
        Invalid: there is no such priority.
        Refused: they do not wait any more.
    """
    seen = queue.open_wait(act, ident)
    if seen is None or not scope(act, Doing.OVERRIDE).covers(seen.site):
        raise Absent
    if priority not in PRIORITIES:
        raise Invalid({"priority": [NO_SUCH_PRIORITY]})
    theirs = (Waiting.person_id == seen.person.id, Waiting.site_id == seen.site.id)
    changed = update(Waiting).where(*theirs, Waiting.ended_at.is_(None))
    db.session.execute(changed.values(priority=priority))
    now = _again(act, ident)
    if now.ended_at is not None:
        raise Refused("They do not wait any more. Put them on the list again.")
    if seen.priority != priority:
        audit.record(act, "change waiting", f"waiting:{ident}", person=seen.person.ref)
    return now


def may_withdraw(act: Act, wait: Wait) -> bool:
    """Return whether whoever acts may take somebody off a list: who put them there, or its site."""
    return wait.by == act.staff_id or scope(act, Doing.RUN_SITE).covers(wait.site)


def _heard_of(act: Act, who: PersonFacts, where: SiteFacts) -> Wait | None:
    """Return the wait that stands, if it may be told.

    For a confidential site nobody learns that somebody else put them on its list: they
    get a place of their own, which counts for nothing beside the earlier one.
    """
    found = queue.standing(act, who, where)
    told = [one for one in found if not where.confidential or queue.may_see(act, one)]
    return told[0] if told else None


def _refuse_if_there(act: Act, who: PersonFacts, where: SiteFacts) -> None:
    """Refuse who has a bed there already, if whoever acts may know."""
    standing = queries.live_placement_of(who.id)
    if standing is None or standing.site.id != where.id or not may_see(act, standing):
        return
    if standing.status_at(act.at) in LIVE:
        raise already_placed(act, standing)


def _take_off(act: Act, seen: Wait) -> bool:
    """End a wait, and whichever a merge left beside it; return whether it stood until now."""
    theirs = and_(Waiting.person_id == seen.person.id, Waiting.site_id == seen.site.id)
    if not scope(act, Doing.RUN_SITE).covers(seen.site):
        theirs = and_(theirs, Waiting.by == act.staff_id)
    over = {"ended_at": act.at, "ended_why": WITHDRAWN, "ended_by": act.staff_id}
    standing = update(Waiting).where(or_(Waiting.id == seen.id, theirs), Waiting.ended_at.is_(None))
    ended = db.session.execute(standing.values(**over).returning(Waiting.id))
    return seen.id in ended.scalars().all()


def _refuse_if_held(act: Act, seen: Wait) -> None:
    if seen.status != OFFERED or seen.placement_id is None:
        return
    made = queries.placement(seen.placement_id)
    if made is not None and made.status_at(act.at) in EXPECTED:
        raise Refused("A bed is held for them by now. Give that back instead.")


def _mine(act: Act, ident: int) -> Wait:
    seen = queue.open_wait(act, ident)
    if seen is None or not may_withdraw(act, seen):
        raise Absent
    return seen


def _again(act: Act, ident: int) -> Wait:
    found = queue.wait(act, ident)
    assert found is not None  # noqa: S101 - rows are never deleted
    return found
