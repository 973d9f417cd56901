"""How a bed is claimed: by a hold, by walking in, or by reviving a lapsed hold.

The order of reading matters: the bed first, then where the person stands.
The other way round, a double tap tells the winner that the bed is taken.
The order of locking is bed, then placement, everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from pathway.acts import Act
from pathway.beds import apart, extra, overdue, queries, stretch, timing
from pathway.beds.journal import Entry, mark_lapsed, move, note
from pathway.beds.judging import (
    Arrival,
    already_placed,
    arriving,
    check_fit,
    none_free,
    of_whom_it_is_now,
    refuse_to_revive,
)
from pathway.beds.models import Placement
from pathway.beds.queries import FreeBed
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.stretch import Stretch
from pathway.beds.suiting import suits
from pathway.db import db, insert_or_skip
from pathway.errors import Forbidden, Invalid, Unknown
from pathway.nights import night_of
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

NO_SUCH_PLACE = "There is no such site or bed."

LOOKS = 12
"""How often a claim looks again after losing a bed to somebody else (ours)."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What may stand beside a claim: the lead's reasons, an earlier time, a paper sheet."""

    override: str | None = None
    over: str | None = None
    at: datetime | None = None
    sheet: str | None = None


def hold(
    act: Act,
    *,
    person: str,
    site: str | None = None,
    bed: int | None = None,
    minutes: int | None = None,
    override: str | None = None,
    over: str | None = None,
) -> PlacementFacts:
    """Hold a bed for a person: this bed, or any free one of this site.

    ``over`` is a lead's reason to put up a bed more where none is free; while
    one is free it is that one they get.

    Raises:
        Invalid: an unknown person, site or bed, or no lawful length.
        Forbidden: the role may not hold at that site.
        Refused: already placed, does not fit, or none is free.
    """
    who, where = named(act, person, site, bed)
    if not scope(act, Doing.HOLD).covers(where):
        raise Forbidden(f"You hold beds at your own sites only. Ring {where.name}.")
    length = where.hold_minutes if minutes is None else minutes
    fault = timing.bad_length(length, where.numbers)
    if fault:
        raise Invalid({"minutes": [fault]})
    until = act.at + timedelta(minutes=length)
    claimed = {"status": PlacementStatus.HELD.value, "expires_at": until}
    return claim(act, who, where, bed, claimed, Happened.HELD, Beside(override, over))


def book(
    act: Act,
    *,
    person: str,
    site: str | None = None,
    bed: int | None = None,
    expected_at: datetime,
    override: str | None = None,
) -> PlacementFacts:
    """Book a bed for somebody who comes at a stated time. Raises as :func:`hold`."""
    who, where = named(act, person, site, bed)
    if not scope(act, Doing.BOOK).covers(where):
        raise Forbidden(f"You book beds at your own sites only. Ring {where.name}.")
    fault = overdue.bad_expected(expected_at, act.at, where.numbers)
    if fault:
        raise Invalid({"expected_at": [fault]})
    claimed = {"status": PlacementStatus.BOOKED.value, "expected_at": expected_at}
    return claim(act, who, where, bed, claimed, Happened.BOOKED, Beside(override))


def walk_in(
    act: Act,
    *,
    person: str,
    site: str | None = None,
    bed: int | None = None,
    override: str | None = None,
    at: datetime | None = None,
    sheet: str | None = None,
    over: str | None = None,
) -> PlacementFacts:
    """Place somebody who stands at the door, or who came earlier and is still in.

    Raises as :func:`hold`; and Invalid where bed or person was not free since then.
    """
    who, where = named(act, person, site, bed)
    if not scope(act, Doing.RUN_SITE).covers(where):
        raise Forbidden("You check people in at your own sites only.")
    if at is not None:
        stretch.check_moment(act, where, at, sheet)
    claimed = {"status": PlacementStatus.IN.value, "checked_in_at": at or act.at}
    beside = Beside(override, over, at, sheet)
    return claim(act, who, where, bed, claimed, Happened.WALKED_IN, beside)


def revive(
    act: Act, placement: PlacementFacts, arrived: Mapping[str, Any], sheet: str | None = None
) -> PlacementFacts:
    """Check somebody in whose hold lapsed, if their bed is still free.

    A warning that has come to stand since keeps them away as it would anybody.
    """
    bed = queries.claimable(placement.site.id, placement.bed_id, act.at, skip=False)
    who = apart.judged(act, placement.person)
    standing = queries.live_placement_of(placement.person.id)
    if standing and standing.status_at(act.at) is not PlacementStatus.EXPIRED:
        raise already_placed(act, standing)
    refuse_to_revive(act, who, placement.site)
    earlier = arrived["checked_in_at"] < act.at
    if bed is None:
        raise none_free(act, who, placement.site, placement.bed_id, asked=not earlier)
    if earlier:
        since = Stretch(arrived["checked_in_at"])
        stretch.refuse_unless_free(act, bed.id, placement.person, since, placement.id)
    mark_lapsed(act, [bed.lapsed_id, standing.id if standing else None])
    try:
        with db.session.begin_nested():
            at = arrived["checked_in_at"]
            return move(act, placement, Happened.CHECKED_IN, arrived, at=at, sheet=sheet)
    except IntegrityError:
        raise none_free(act, who, placement.site, placement.bed_id) from None


def named(
    act: Act, person: str, site: str | None, bed: int | None, at: datetime | None = None
) -> tuple[PersonFacts, SiteFacts]:
    """Return whom and where a body names; every unknown name is told at once.

    Single beds of a confidential site are for its own staff: whoever knows which
    bed somebody was given could watch it.
    """
    who = apart.person(act, person)
    where = sites.site(site) if site else queries.site_of_bed(bed or 0, night_of(at or act.at))
    if bed and where and where.confidential and not scope(act, Doing.RUN_SITE).covers(where):
        where = None
    faults = {}
    if who is None:
        faults["person"] = ["There is no person with this reference."]
    if where is None:
        faults["site" if site else "bed"] = [NO_SUCH_PLACE]
    if who is None or where is None:
        raise Unknown(faults, person=None if who else person)
    return who, where


def claim(
    act: Act,
    who: PersonFacts,
    where: SiteFacts,
    bed_id: int | None,
    claimed: Mapping[str, Any],
    what: Happened,
    beside: Beside,
) -> PlacementFacts:
    """Put a live row on a free bed, or say what stands in the way."""
    if beside.over is not None:
        extra.check(act, where, bed_id)
    decided = None
    for look in range(LOOKS):
        bed = _free_bed(act, who, where, bed_id, beside)
        standing = queries.live_placement_of(who.id)
        if standing and standing.status_at(act.at) is not PlacementStatus.EXPIRED:
            raise already_placed(act, standing)
        if look == 0:
            named_bed = bed_id or (bed.id if bed and _leads(act, where, beside) else None)
            arrival = Arrival(arriving(act, where, claimed), named_bed, beside.at is None)
            decided = check_fit(act, who, where, beside.override, arrival)
        made_up = bed is None and beside.over is not None
        if made_up:
            if beside.at is not None:
                stretch.refuse_if_elsewhere(act, who, Stretch(beside.at))
            bed = extra.add(where.id)
        if bed is None:
            raise none_free(act, who, where, bed_id, asked=beside.at is None)
        mark_lapsed(act, [bed.lapsed_id, standing.id if standing else None])
        placement = insert_claim(act, who, where, bed, claimed)
        if placement is not None:
            detail = {"override": decided, "over": beside.over if made_up else None}
            note(act, placement, what, at=beside.at, about=_entry(detail, beside.sheet))
            return placement
    raise none_free(act, who, where, bed_id, asked=beside.at is None)


def _leads(act: Act, where: SiteFacts, beside: Beside) -> bool:
    """Return whether a lead of the site decides to admit them."""
    return bool(beside.override) and scope(act, Doing.OVERRIDE).covers(where)


def _entry(detail: Mapping[str, str | None], sheet: str | None) -> Entry:
    return Entry({name: said for name, said in detail.items() if said} or None, sheet)


def _free_bed(
    act: Act, who: PersonFacts, where: SiteFacts, bed_id: int | None, beside: Beside
) -> FreeBed | None:
    """Return a bed that is free, locked; for an earlier time one that was free since."""
    if beside.at is None:
        asked = suits(who, decided=_leads(act, where, beside))
        bed = queries.claimable(where.id, bed_id, act.at, skip=True, asked=asked)
        return bed or queries.claimable(where.id, bed_id, act.at, skip=False, asked=asked)
    since = Stretch(beside.at)
    if bed_id is None:
        bed_id = stretch.free_then(where, who.id, since, act.at)
    bed = queries.claimable(where.id, bed_id, act.at, skip=False) if bed_id else None
    if bed is not None:
        stretch.refuse_unless_free(act, bed.id, who, since)
    return bed


def insert_claim(
    act: Act, who: PersonFacts, where: SiteFacts, bed: FreeBed, claimed: Mapping[str, Any]
) -> PlacementFacts | None:
    """Insert the row, or None when a constraint says somebody was quicker."""
    row = {
        "person_id": who.id,
        "site_id": where.id,
        "bed_id": bed.id,
        "planned": False,
        "made_by": act.staff_id,
        "made_at": act.at,
        **claimed,
    }
    ident = insert_or_skip(Placement, row)
    if ident is None:
        return None
    made = PlacementFacts(
        id=ident,
        status=PlacementStatus(claimed["status"]),
        person=who,
        site=where,
        bed_id=bed.id,
        bed_label=bed.label,
        made_by=row["made_by"],
        made_at=act.at,
        expires_at=claimed.get("expires_at"),
        expected_at=claimed.get("expected_at"),
        checked_in_at=claimed.get("checked_in_at"),
        planned=claimed.get("planned", False),
        transfer_from=claimed.get("transfer_from"),
    )
    return of_whom_it_is_now(act, made)
