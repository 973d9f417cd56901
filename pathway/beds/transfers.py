"""Moving somebody from bed to bed, at once or as planned: one act, two linked records.

Both beds are locked in the order of their ids before either placement, so that
people moved in opposite directions never wait for each other. A look that comes
to nothing is rolled back to where it began, and with it lets go of its locks.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pathway.acts import Act
from pathway.beds import board, queries
from pathway.beds.apart import judged
from pathway.beds.claims import LOOKS, NO_SUCH_PLACE, insert_claim
from pathway.beds.fit import fitting
from pathway.beds.journal import Entry, mark_lapsed, note
from pathway.beds.judging import Arrival, check_fit, none_free
from pathway.beds.leaving import leave_for
from pathway.beds.queries import FreeBed
from pathway.beds.reach import mine
from pathway.beds.rules import (
    Happened,
    PlacementFacts,
    PlacementStatus,
    planned_sentence,
)
from pathway.beds.sight import may_see
from pathway.db import db
from pathway.errors import Absent, Refused, Unknown
from pathway.nights import night_of
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def transfer(
    act: Act,
    ident: int,
    *,
    site: str | None = None,
    bed: int | None = None,
    planned: bool = False,
    override: str | None = None,
) -> PlacementFacts:
    """Move somebody who is in to another bed: now, or with a hold there until they arrive.

    Raises:
        Absent: there is no such placement, or it is not theirs.
        Unknown: there is no such site or bed.
        Unfit: the other site does not take this person.
        Refused: they are not in, a move is planned already, or no bed is free.
    """
    seen = queries.open_placement(act, ident)
    if seen is None or not may_see(act, seen) or not scope(act, Doing.RUN_SITE).covers(seen.site):
        raise Absent
    where = _target(act, site, bed)
    who = judged(act, seen.person)
    decided = check_fit(act, who, where, override, Arrival(bed_id=bed))
    for _ in range(LOOKS):
        found = bed or _first_free(where, who, act.at)
        with db.session.begin_nested() as look:
            for one in in_order([seen.bed_id or 0, found or 0]):
                queries.lock_bed(one)
            old = mine(act, ident, Doing.RUN_SITE)
            stood = _stands_already(act, old, where, bed, planned=planned)
            if stood is not None:
                return stood
            _refuse_unless_movable(act, old)
            free = found and queries.claimable(where.id, found, act.at, skip=False)
            if free:
                made = _move(act, old, where, free, decided, planned=planned)
                if made is not None:
                    return made
            look.rollback()
        if bed or not found:
            break
    raise none_free(act, who, where, bed)


def leave_for_planned(act: Act, planned: PlacementFacts, at: datetime) -> None:
    """Leave the first bed when somebody arrives at the one that was planned for them."""
    if not planned.planned or planned.transfer_from is None:
        return
    old = queries.placement(planned.transfer_from, lock=True)
    if old is not None and old.status is PlacementStatus.IN:
        leave_for(act, old, planned.site, at)


def in_order(beds: Iterable[int]) -> list[int]:
    """Return the order in which beds are locked: everybody's."""
    return sorted(set(beds))


def _target(act: Act, site: str | None, bed: int | None) -> SiteFacts:
    """Return the site that a move names; it need not be one of theirs.

    Single beds of a confidential site are for its own staff.
    """
    where = sites.site(site) if site else queries.site_of_bed(bed or 0, night_of(act.at))
    if bed and where and where.confidential and not scope(act, Doing.RUN_SITE).covers(where):
        where = None
    if where is None:
        raise Unknown({"site" if site else "bed": [NO_SUCH_PLACE]})
    return where


def _first_free(where: SiteFacts, who: PersonFacts, now: datetime) -> int | None:
    """Return a bed for them that looks free; it is judged again once it is locked."""
    return next((bed.id for bed in fitting(board.free_of(where, now), who)), None)


def _stands_already(
    act: Act, old: PlacementFacts, where: SiteFacts, bed: int | None, *, planned: bool
) -> PlacementFacts | None:
    """Return the placement that this same move has already made, if it stands."""
    made = queries.moved_from(old.id)
    if made is None or made.site.id != where.id or bed not in {None, made.bed_id}:
        return None
    if not _may_hear_of(act, made):
        return None
    status = made.status_at(act.at)
    if planned:
        return made if status is PlacementStatus.HELD and made.planned else None
    left = old.status is PlacementStatus.DEPARTED
    return made if left and status is PlacementStatus.IN else None


def _may_hear_of(act: Act, made: PlacementFacts) -> bool:
    """Return whether whoever acts may be told that a move stands.

    To ask for the same move again must not tell who is at a confidential site:
    it answers whoever made the move, for as long as a slip can be undone.
    """
    lately = act.at - made.made_at <= timedelta(minutes=made.site.numbers.undo_minutes)
    return may_see(act, made) or (made.made_by == act.staff_id and lately)


def _refuse_unless_movable(act: Act, old: PlacementFacts) -> None:
    """Refuse to move who is not in, or for whom another bed is kept."""
    name = old.person.name
    if old.status is not PlacementStatus.IN:
        status = old.status_at(act.at).words
        raise Refused(
            f"{name} is {status}, not in. Only someone who is in can be moved: hold a bed instead."
        )
    planned = queries.planned_of(old.person.id)
    if planned is None:
        return
    if planned.status_at(act.at) is PlacementStatus.EXPIRED:
        mark_lapsed(act, [planned.id])
        return
    own = planned.made_by == act.staff_id and not planned.site.confidential
    raise Refused(planned_sentence(planned, seen=own or may_see(act, planned)))


def _move(
    act: Act,
    old: PlacementFacts,
    where: SiteFacts,
    free: FreeBed,
    decided: str | None,
    *,
    planned: bool,
) -> PlacementFacts | None:
    """Write both records, or none where a constraint says that somebody was quicker."""
    mark_lapsed(act, [free.lapsed_id])
    to = _planned(act, where) if planned else _at_once(act, old)
    if not planned:
        leave_for(act, old, where, act.at)
    made = insert_claim(act, old.person, where, free, {**to, "transfer_from": old.id})
    if made is not None:
        what = Happened.HELD if planned else Happened.MOVED_IN
        note(act, made, what, about=Entry({"override": decided} if decided else None))
    return made


def _planned(act: Act, where: SiteFacts) -> Mapping[str, Any]:
    until = act.at + timedelta(minutes=where.hold_minutes)
    return {"status": PlacementStatus.HELD.value, "expires_at": until, "planned": True}


def _at_once(act: Act, old: PlacementFacts) -> Mapping[str, Any]:
    """Let them be in from now on; the clock may have stepped back since they came."""
    then = max(act.at, old.checked_in_at or act.at)
    return {"status": PlacementStatus.IN.value, "checked_in_at": then}
