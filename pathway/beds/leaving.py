"""How a bed is left: the row, its turnaround, and a hold that was planned from it."""

from datetime import datetime

from sqlalchemy import update

from pathway.acts import Act
from pathway.beds import rules
from pathway.beds.journal import move
from pathway.beds.models import IS_LIVE, Placement
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.upkeep import begin_turnaround
from pathway.db import db
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts

MOVED = "Moved to another bed"
"""Why somebody left who was moved; where to stands in the destination, if it may."""


NO_SUCH_DESTINATION = "Choose where they went from the list."


def can_go_to(site: SiteFacts, destination: str) -> bool:
    """Return whether a destination exists and may be written down at this site.

    A confidential site is named by nobody, its own staff included: whoever may
    read this placement later reads its destination too.
    """
    if destination in rules.ONWARD:
        return True
    other = sites.site(destination)
    return other is not None and other.id != site.id and not other.confidential


def leave(
    act: Act,
    placement: PlacementFacts,
    *,
    reason: str,
    destination: str | None,
    at: datetime | None = None,
    sheet: str | None = None,
) -> PlacementFacts:
    """Write down that somebody left. A hold planned from this bed becomes their only claim."""
    then = at or max(act.at, placement.checked_in_at or act.at)
    left = {
        "status": PlacementStatus.DEPARTED.value,
        "departed_at": then,
        "departure_reason": reason,
        "destination": destination,
    }
    gone = move(act, placement, Happened.DEPARTED, left, at=then, sheet=sheet)
    begin_turnaround(act, gone)
    let_the_planned_stand(gone.person.id)
    return gone


def let_the_planned_stand(person_id: int) -> None:
    """Make what was planned from a bed that is left, held or booked, the person's only claim."""
    planned = (Placement.person_id == person_id, IS_LIVE, Placement.planned)
    db.session.execute(update(Placement).where(*planned).values(planned=False))


def leave_for(act: Act, old: PlacementFacts, where: SiteFacts, at: datetime) -> None:
    """Leave one bed for another. A confidential site is not named in another site's record."""
    confidential = where.confidential and where.id != old.site.id
    at = max(at, old.checked_in_at or at)
    leave(act, old, reason=MOVED, destination=None if confidential else where.code, at=at)
