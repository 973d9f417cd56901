"""Beds over capacity: one for one person, there only while it is held or slept in.

Such a bed has the nights of no bed, so that nobody else can ever claim it and
the board, which shows whoever is in a bed that is not there, counts it as over.
"""

from itertools import count

from sqlalchemy import func, insert, select

from pathway.acts import Act
from pathway.beds.capacity import NEVER, lock_site
from pathway.beds.models import IS_LIVE, Bed, Placement
from pathway.beds.queries import FreeBed
from pathway.db import db
from pathway.errors import Forbidden, Invalid
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def check(act: Act, site: SiteFacts, bed: int | None) -> None:
    """Refuse anybody but a lead of the site, who names no bed: it is a bed more."""
    if bed is not None:
        raise Invalid({"over": ["Name the site and no bed to go over capacity."]})
    if not scope(act, Doing.SET_BEDS).covers(site):
        raise Forbidden(f"Only the lead of {site.name} may go over capacity. Ring them.")


def add(site_id: int) -> FreeBed:
    """Put up one bed more, with the first number over capacity that nobody has."""
    lock_site(site_id)
    taken = set(
        db.session.scalars(
            select(Bed.label)
            .join(Placement, Placement.bed_id == Bed.id)
            .where(Bed.site_id == site_id, Bed.extra, IS_LIVE)
        )
    )
    label = next(f"+{number}" for number in count(1) if f"+{number}" not in taken)
    last = db.session.scalar(select(func.max(Bed.position)).where(Bed.site_id == site_id)) or 0
    first_night, last_night = NEVER
    made = insert(Bed).values(
        site_id=site_id,
        label=label,
        position=last + 1,
        extra=True,
        first_night=first_night,
        last_night=last_night,
    )
    ident = db.session.scalar(made.returning(Bed.id))
    assert ident is not None  # noqa: S101 - the row was inserted just now
    return FreeBed(ident, label, None)
