"""Saving the places where people sleep, and no longer offering those where nobody does."""

from sqlalchemy import select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.errors import Absent, Invalid
from pathway.outreach import queries
from pathway.outreach.models import Spot
from pathway.outreach.rules import SpotFacts, bad_location, rounded


def add(
    act: Act,
    *,
    name: str,
    route: str | None = None,
    lat: float | None = None,
    lon: float | None = None,
) -> SpotFacts:
    """Save a spot; one of the same name is used again, also if it had been ended.

    Raises:
        Invalid: it has no name, or its location is not one.
    """
    faults = {field: [told] for field, told in bad_location(lat, lon).items()}
    called = " ".join(name.split())
    if not called:
        faults["name"] = ["Give the spot a name that others will know it by."]
    if faults:
        raise Invalid(faults)
    told = {"route": route or None, "lat": rounded(lat), "lon": rounded(lon)}
    ident = insert_or_skip(Spot, {"name": called, **told})
    if ident is None:
        ident = db.session.scalars(select(Spot.id).where(Spot.name == called)).one()
        said = {field: value for field, value in told.items() if value is not None}
        again = update(Spot).where(Spot.id == ident).values(ended_at=None, **said)
        db.session.execute(again)
    audit.record(act, "add spot", f"spot:{ident}")
    return _spot(ident)


def end(act: Act, ident: int) -> SpotFacts:
    """Take a spot off the lists; what was recorded there keeps its name.

    Raises:
        Absent: there is no such spot.
    """
    found = _spot(ident)
    if found.ended_at is None:
        db.session.execute(update(Spot).where(Spot.id == ident).values(ended_at=act.at))
        audit.record(act, "end spot", f"spot:{ident}")
    return _spot(ident)


def _spot(ident: int) -> SpotFacts:
    found = queries.spot(ident)
    if found is None:
        raise Absent
    return found
