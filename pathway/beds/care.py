"""A closed record stays open to whoever has the person in their care."""

from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.rules import LIVE, PlacementFacts, PlacementStatus
from pathway.people import closing, merging
from pathway.people.closing import CARE
from pathway.people.rules import PersonFacts
from pathway.staff.rules import Doing, scope


def restrict(act: Act, ref: str, reason: str | None = None) -> PersonFacts:
    """Close a person's record; the site they are at, and who held their bed, keep it.

    Raises as :func:`pathway.people.closing.restrict`.
    """
    person = closing.restrict(act, ref, reason)
    standing = queries.live_placement_of(person.id)
    if standing is not None and standing.status_at(act.at) in LIVE:
        keep_open(act, standing)
        if standing.made_by is not None and standing.status is not PlacementStatus.IN:
            until = standing.expires_at
            closing.let_open(act, person.id, CARE, staff_id=standing.made_by, until=until)
    return person


def merge(act: Act, ref: str, into: str) -> PersonFacts:
    """Let one record become another; a site that has the person in its care keeps it open.

    Raises as :func:`pathway.people.merging.merge`.
    """
    person = merging.merge(act, ref, into)
    standing = queries.live_placement_of(person.id)
    if person.restricted and standing is not None:
        keep_open(act, standing)
    return person


def may_edit(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts may change a record: hubs those of their residents only."""
    reach = scope(act, Doing.EDIT_PEOPLE)
    if reach.everywhere:
        return True
    standing = queries.live_placement_of(person.id)
    return standing is not None and reach.covers(standing.site)


def keep_open(act: Act, placement: PlacementFacts) -> None:
    """Let the site of a closed person's placement open their record while it lasts."""
    closing.end_care(act, placement.person.id)
    if placement.status not in LIVE:
        return
    held = placement.status is PlacementStatus.HELD
    until = placement.expires_at if held else None
    closing.let_open(act, placement.person.id, CARE, site_id=placement.site.id, until=until)
