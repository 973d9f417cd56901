"""Asking a site about a booking nobody came to, so that none lapses unseen.

A booking keeps its bed until somebody decides. From the grace on its site is
asked once; the question is over as soon as it is answered, by whichever verb.
"""

from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, literal, select

from pathway.acts import Act
from pathway.beds import overdue, queries
from pathway.beds.lapse import MOST_AT_ONCE
from pathway.beds.models import IS_LIVE, Placement
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.telling import late_key
from pathway.db import db
from pathway.messages.models import Notice
from pathway.messages.notices import notify, retell
from pathway.messages.rules import Kind
from pathway.nights import when

ASKED_FOR = timedelta(hours=24)
"""For how long a site is asked on its list of notices (ours); its own page asks on."""


def unasked(now: datetime, most: int = MOST_AT_ONCE) -> list[int]:
    """Return bookings that nobody came to and whose site has not been asked, oldest first."""
    key = literal("placement:") + cast(Placement.id, String) + literal(":late")
    asked = and_(Notice.key == key, Notice.over_at.is_(None))
    booked = Placement.status == PlacementStatus.BOOKED.value
    query = (
        select(Placement.id)
        .outerjoin(Notice, asked)
        .where(IS_LIVE, booked, Placement.expected_at <= now, Notice.id.is_(None))
        .order_by(Placement.expected_at)
    )
    late = (ident for ident in db.session.scalars(query) if _is_late(ident, now))
    return [ident for ident, _ in zip(late, range(most), strict=False)]


def ask(act: Act, ident: int) -> None:
    """Ask the site about one booking, if it is still late. The words name nobody."""
    placement = queries.placement(ident, lock=True)
    if placement is None or not overdue.late_booking(placement, act.at):
        return
    words, until = late_words(placement, act.at), act.at + ASKED_FOR
    told = notify(
        act,
        Kind.BOOKING_LATE,
        words,
        useful_until=until,
        site_id=placement.site.id,
        key=late_key(ident),
        link=f"/placements/{ident}",
    )
    if told is None:
        retell(late_key(ident), words, useful_until=until)


def late_words(placement: PlacementFacts, now: datetime) -> str:
    """Return what a site is asked about a booking."""
    expected = when(placement.expected_at or now, now)
    return (
        f"Nobody has come to bed {placement.bed_label}, booked for {expected}. "
        "Ring them, then check them in, change the time or mark a no-show."
    )


def _is_late(ident: int, now: datetime) -> bool:
    placement = queries.placement(ident)
    return placement is not None and overdue.late_booking(placement, now)
