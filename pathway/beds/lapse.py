"""Writing down that holds are over, where nobody came by to do it.

A lapsed hold frees its bed at read time, the second it lapses. Here that is
written down, so that whoever is told of it is told soon.
"""

from datetime import datetime

from sqlalchemy import and_, select

from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.journal import mark_lapsed
from pathway.beds.models import IS_HELD, IS_LIVE, Placement
from pathway.db import db

MOST_AT_ONCE = 200
"""How many lapsed holds are written down in one run at most (ours)."""


def lapsed(now: datetime, most: int = MOST_AT_ONCE) -> list[tuple[int, int]]:
    """Return holds that are over and not yet written down so, with their beds, oldest first.

    That a hold is live is said for the index of live placements: without those
    very words SQLite reads every placement there ever was.
    """
    over = and_(IS_LIVE, IS_HELD, Placement.expires_at <= now)
    query = select(Placement.id, Placement.bed_id).where(over)
    rows = db.session.execute(query.order_by(Placement.expires_at).limit(most))
    return [(ident, bed_id) for ident, bed_id in rows if bed_id is not None]


def lapse(act: Act, ident: int, bed_id: int) -> None:
    """Write down that one hold is over, if it still is.

    One for each transaction: a claim locks its bed and then a hold of the same
    person on another one, so whoever locks two beds could wait for it for ever.
    """
    queries.lock_bed(bed_id)
    mark_lapsed(act, [ident])
