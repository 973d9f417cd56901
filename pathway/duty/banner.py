"""What every page shows of one's own walk: an adapter to the request."""

from flask import g

from pathway.duty import queries
from pathway.duty.walking import WalkFacts
from pathway.staff.acting import who
from pathway.staff.doing import Doing
from pathway.staff.rules import may


def walking() -> WalkFacts | None:
    """Return the walk that whoever is signed in is on: one look, and for walkers alone."""
    act = who()
    if act is None or not may(act.roles, Doing.BE_WALKED):
        return None
    if "walk" not in g:
        g.walk = queries.walk_of(act)
    walk: WalkFacts | None = g.walk
    return walk
