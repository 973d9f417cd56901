"""A stay that stands on a paper sheet, entered afterwards: when they came, and when they left."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from pathway.acts import Act
from pathway.beds import queries, stretch
from pathway.beds.claims import LOOKS, named, walk_in
from pathway.beds.journal import Entry, note
from pathway.beds.leaving import NO_SUCH_DESTINATION, can_go_to
from pathway.beds.models import Placement, PlacementEvent
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see
from pathway.beds.stretch import Stretch
from pathway.db import db
from pathway.errors import Forbidden, Invalid, Refused
from pathway.nights import london
from pathway.people.rules import DIED, PersonFacts
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def record_stay(  # noqa: PLR0913 - as many as a sheet has columns
    act: Act,
    *,
    person: str,
    site: str | None = None,
    bed: int | None = None,
    at: datetime,
    sheet: str | None = None,
    departed_at: datetime | None = None,
    reason: str | None = None,
    destination: str | None = None,
) -> PlacementFacts:
    """Write down a stay from a paper sheet: over, or without a departure until now.

    The same entry again changes nothing. Nobody is asked whether they fit: they
    have slept there.

    Raises:
        Invalid: the times cannot be, or the bed was not free then.
        Forbidden: it is not their site.
        Refused: the person was somewhere else then.
    """
    who, where = named(act, person, site, bed, at)
    if not scope(act, Doing.RUN_SITE).covers(where):
        raise Forbidden("You enter paper sheets of your own sites only.")
    stretch.check_moment(act, where, at, sheet)
    if who.died_on is not None and london(at).date() > who.died_on:
        raise Refused(DIED)
    left = {"departed_at": departed_at, "departure_reason": reason, "destination": destination}
    _check_departure(where, at, left, act.at)
    asked = Stretch(at, departed_at)
    same = _entered_already(who, where, bed, asked)
    if same is not None:
        return same
    if departed_at is None:
        return walk_in(act, person=person, site=site, bed=bed, at=at, sheet=sheet)
    return _insert(act, who, where, _bed(act, who, where, bed, asked), asked, left, sheet)


def _check_departure(site: SiteFacts, at: datetime, left: dict[str, Any], now: datetime) -> None:
    """Refuse a departure that cannot be, or of which half is missing."""
    departed_at, reason, destination = left.values()
    faults = {}
    if departed_at is None:
        if reason or destination:
            faults["departed_at"] = ["Write when they left, or leave the rest of it empty."]
    else:
        if departed_at < at:
            faults["departed_at"] = ["That is before the arrival."]
        elif departed_at > now:
            faults["departed_at"] = ["That time has not come yet."]
        if not reason:
            faults["reason"] = ["Write why they left."]
        if not destination or not can_go_to(site, destination):
            faults["destination"] = [NO_SUCH_DESTINATION]
    if faults:
        raise Invalid(faults)


def _entered_already(
    who: PersonFacts, where: SiteFacts, bed: int | None, asked: Stretch
) -> PlacementFacts | None:
    """Return the stay that this same entry has already made."""
    found = queries.matching(
        Placement.person_id == who.id,
        Placement.site_id == where.id,
        Placement.checked_in_at == asked.since,
        Placement.status != PlacementStatus.VOIDED.value,
    )
    same = (one for one in found if bed in {None, one.bed_id} and one.departed_at == asked.until)
    return next(same, None)


def _bed(act: Act, who: PersonFacts, where: SiteFacts, bed: int | None, asked: Stretch) -> int:
    """Return a bed that was free for the stretch, locked: the one that is named, or any."""
    for _ in range(LOOKS):
        found = bed or stretch.free_then(where, who.id, asked, act.at)
        if found is None:
            break
        queries.lock_bed(found)
        stretch.refuse_if_elsewhere(act, who, asked)
        fault = stretch.bed_fault(found, who.id, asked, act.at)
        if not fault:
            return found
        if bed:
            raise Invalid({"bed": [fault]})
    raise Refused(
        f"No bed of {where.name} was free for all of that time. Check the times on the sheet.",
        alternatives=[],
    )


def _insert(
    act: Act,
    who: PersonFacts,
    where: SiteFacts,
    bed: int,
    asked: Stretch,
    left: dict[str, Any],
    sheet: str | None,
) -> PlacementFacts:
    row = {
        "person_id": who.id,
        "site_id": where.id,
        "bed_id": bed,
        "status": PlacementStatus.DEPARTED.value,
        "planned": False,
        "made_by": act.staff_id,
        "made_at": act.at,
        "checked_in_at": asked.since,
        **left,
    }
    ident = db.session.scalar(insert(Placement).values(row).returning(Placement.id))
    made = queries.placement(ident or 0)
    assert made is not None  # noqa: S101 - the row was inserted just now
    note(act, made, Happened.WALKED_IN, at=asked.since, about=Entry(sheet=sheet))
    before = {"status": PlacementStatus.IN.value, **dict.fromkeys(left)}
    note(act, made, Happened.DEPARTED, at=asked.until, about=Entry(sheet=sheet, before=before))
    return made


def on_sheet(act: Act, site: SiteFacts, sheet: str) -> list[PlacementFacts]:
    """Return what has been entered from a sheet of a site, as far as it is theirs to see."""
    entered = (
        select(PlacementEvent.placement_id)
        .where(PlacementEvent.site_id == site.id, PlacementEvent.sheet == sheet)
        .distinct()
        .order_by(PlacementEvent.placement_id)
        .limit(queries.LONGEST_LIST)
    )
    found = (queries.open_placement(act, ident) for ident in db.session.scalars(entered).all())
    return [one for one in found if one is not None and may_see(act, one)]
