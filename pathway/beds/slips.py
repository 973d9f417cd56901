"""What was done at a site lately, so that a slip can be undone, and counts that differed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.models import Confirmation, PlacementEvent
from pathway.beds.rewinding import Doer, Last, why_not
from pathway.beds.rules import Happened, PlacementFacts
from pathway.db import AnySelect, db
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.models import Staff
from pathway.staff.rules import scope

MOST = 10
"""How many of the last things done are shown (ours)."""

DIFFERENCES = timedelta(days=14)
"""How long a difference in the count is shown to the lead (ours)."""

NOBODYS = frozenset({Happened.EXPIRED.value, Happened.UNDONE.value, Happened.VOIDED.value})
"""What no person did, or took back already."""


@dataclass(frozen=True, slots=True)
class Done:
    """The newest thing done to a placement, and by whom."""

    placement: PlacementFacts
    what: str
    recorded_at: datetime
    kept: bool
    staff_id: int | None
    by: str


def to_undo(act: Act, site: SiteFacts, known: Iterable[PlacementFacts]) -> list[Done]:
    """Return what was done last at a site and whoever acts may undo, newest first.

    Of each placement the newest alone, and none whose record is closed to whoever
    acts. ``known`` are placements that were read already.
    """
    seen = {one.id: one for one in known}
    mine = Doer(site.numbers, lead=scope(act, Doing.OVERRIDE).covers(site), runs=True)
    found = []
    for ident, *rest in db.session.execute(_newest(act, site, _reach(mine))):
        placement = seen.get(ident) or queries.open_placement(act, ident)
        if placement is None:
            continue
        done = Done(placement, *rest)
        own = replace(mine, own=done.staff_id is not None and done.staff_id == act.staff_id)
        if why_not(Last(done.what, done.recorded_at, done.kept), act.at, own) is None:
            found.append(done)
        if len(found) == MOST:
            break
    return found


def _reach(doer: Doer) -> timedelta:
    """Return how far back anything may be undone by somebody who runs a site."""
    if doer.lead:
        return timedelta(hours=doer.numbers.lead_undo_hours)
    most = max(doer.numbers.undo_minutes, doer.numbers.no_show_undo_minutes)
    return timedelta(minutes=most)


def _newest(act: Act, site: SiteFacts, within: timedelta) -> AnySelect:
    later = aliased(PlacementEvent)
    newer = select(later.id).where(
        later.placement_id == PlacementEvent.placement_id, later.id > PlacementEvent.id
    )
    return (
        select(
            *(PlacementEvent.placement_id, PlacementEvent.what, PlacementEvent.recorded_at),
            *(
                PlacementEvent.before.is_not(None),
                PlacementEvent.by,
                func.coalesce(Staff.name, "Pathway"),
            ),
        )
        .outerjoin(Staff, Staff.id == PlacementEvent.by)
        .where(
            PlacementEvent.site_id == site.id,
            PlacementEvent.recorded_at >= act.at - within,
            PlacementEvent.what.not_in(NOBODYS),
            ~newer.exists(),
        )
        .order_by(PlacementEvent.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A hub counted otherwise than the records said."""

    at: datetime
    said: int
    recorded: int
    staff_id: int | None
    by: str


def differences(site: SiteFacts, now: datetime) -> list[Difference]:
    """Return where the count differed lately, newest first."""
    rows = db.session.execute(
        select(
            *(Confirmation.at, Confirmation.said_free, Confirmation.recorded_free),
            *(Confirmation.by, func.coalesce(Staff.name, "Pathway")),
        )
        .outerjoin(Staff, Staff.id == Confirmation.by)
        .where(
            Confirmation.site_id == site.id,
            Confirmation.at >= now - DIFFERENCES,
            Confirmation.said_free != Confirmation.recorded_free,
        )
        .order_by(Confirmation.at.desc(), Confirmation.id.desc())
    )
    return [Difference(*row) for row in rows]
