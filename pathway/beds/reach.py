"""A placement as a verb takes hold of it: in scope, open to whoever acts, and locked."""

from sqlalchemy import select

from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.models import Placement
from pathway.beds.rules import PlacementFacts
from pathway.beds.sight import may_see
from pathway.db import db
from pathway.errors import Absent
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def mine(act: Act, ident: int, doing: Doing) -> PlacementFacts:
    """Return a placement locked for this verb, or answer as if there were none.

    Judged again once it is locked: whoever held a bed at a confidential site has
    nothing more to do with it from the moment the person has arrived.
    """
    seen = covered(act, ident, doing)
    if seen.bed_id is not None:
        queries.lock_bed(seen.bed_id)
    locked = queries.placement(ident, lock=True)
    if locked is None or not may_see(act, locked):
        raise Absent
    return locked


def lock_beds_of_a_move(ident: int) -> None:
    """Lock both beds of a move in one order, so that nobody waits for somebody who waits."""
    linked = Placement.transfer_from == ident
    source = select(Placement.transfer_from).where(Placement.id == ident).scalar_subquery()
    query = select(Placement.bed_id).where(linked | (Placement.id == source))
    own = select(Placement.bed_id).where(Placement.id == ident)
    beds = {bed for bed in db.session.scalars(query.union(own)) if bed is not None}
    if len(beds) > 1:
        for bed in sorted(beds):
            queries.lock_bed(bed)


def covered(act: Act, ident: int, doing: Doing) -> PlacementFacts:
    """Return a placement that is theirs for this verb, or answer as if there were none."""
    seen = queries.open_placement(act, ident)
    theirs = seen is not None and scope(act, doing).covers(seen.site, seen.made_by)
    if seen is None or not theirs or not may_see(act, seen):
        raise Absent
    return seen
