"""Who may open a placement: a rule of scope that depends on what has happened to it."""

from pathway.acts import Act
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

_BEFORE_ARRIVAL = {
    PlacementStatus.HELD,
    PlacementStatus.BOOKED,
    PlacementStatus.EXPIRED,
    PlacementStatus.RELEASED,
    PlacementStatus.CANCELLED,
}


def may_see(act: Act, placement: PlacementFacts) -> bool:
    """Return whether whoever acts may open a placement.

    Who held a bed at a confidential site sees the hold; once the person has
    arrived, only staff named for the site do. Source: DOMAIN.md section 8.
    """
    reach = scope(act, Doing.SEE_PLACEMENTS)
    if not reach.covers(placement.site, placement.made_by):
        return False
    if not placement.site.confidential or placement.status in _BEFORE_ARRIVAL:
        return True
    return reach.covers(placement.site)
