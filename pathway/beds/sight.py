"""Who may open a placement: a rule of scope that depends on what has happened to it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from pathway.acts import Act
from pathway.beds.models import Placement, Waiting
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.sites.models import Site
from pathway.staff.doing import Doing
from pathway.staff.rules import Scope, scope

_BEFORE_ARRIVAL = {
    PlacementStatus.HELD,
    PlacementStatus.BOOKED,
    PlacementStatus.EXPIRED,
    PlacementStatus.RELEASED,
    PlacementStatus.CANCELLED,
}

_OF_THE_HOLD = (
    *(Happened.HELD, Happened.BOOKED, Happened.EXTENDED),
    *(Happened.RELEASED, Happened.CANCELLED, Happened.EXPIRED),
)


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


def visible(act: Act) -> ColumnElement[bool]:
    """Return the same as a condition of a query that joins the placement's site."""
    reach = scope(act, Doing.SEE_PLACEMENTS)
    waiting = Placement.status.in_([status.value for status in _BEFORE_ARRIVAL])
    made = Placement.made_by == reach.own_of if reach.own_of is not None else false()
    return or_(_covered(reach), and_(made, or_(Site.confidential.is_(False), waiting)))


def at_most_the_hold(act: Act, what: Any) -> ColumnElement[bool]:
    """Return the condition that an event may be told of a placement that :func:`visible` lets by.

    An arrival that was taken back is a hold again; that it was one is not told.
    """
    holds = what.in_([one.value for one in _OF_THE_HOLD])
    reach = scope(act, Doing.SEE_PLACEMENTS)
    return or_(_covered(reach), Site.confidential.is_(False), holds)


def waits_seen(act: Act) -> ColumnElement[bool]:
    """Return the condition that whoever acts may know of a wait; the query joins its site.

    Their own, and those for sites whose placements they see. Who waits for a bed at a
    confidential site soon stays there, so of it nobody else hears.
    """
    return or_(_covered(scope(act, Doing.SEE_PLACEMENTS)), Waiting.by == (act.staff_id or 0))


def _covered(reach: Scope) -> ColumnElement[bool]:
    """Return the condition that a scope covers a site, whoever made the placement."""
    return or_(
        true() if reach.everywhere else false(),
        Site.confidential.is_(False) if reach.open_sites else false(),
        Site.venue.is_(True) if reach.venues else false(),
        Site.id.in_(sorted(reach.site_ids)),
    )
