"""What people do with placements. Each verb flushes; the edge commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from pathway import audit
from pathway.acts import Act
from pathway.beds import board, stretch, timing
from pathway.beds.bookings import book, cancel, no_show
from pathway.beds.claims import hold, revive, walk_in
from pathway.beds.journal import move
from pathway.beds.judging import refuse_if_stopped
from pathway.beds.leaving import NO_SUCH_DESTINATION, can_go_to, leave
from pathway.beds.models import Confirmation
from pathway.beds.paper import record_stay
from pathway.beds.reach import lock_beds_of_a_move, mine
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.stays import away, back, decide_stay
from pathway.beds.stretch import Stretch
from pathway.beds.transfers import leave_for_planned, transfer
from pathway.beds.undoing import strike, undo
from pathway.beds.upkeep import ready, reinstate, void
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused
from pathway.nights import clock
from pathway.sites import queries as sites
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

__all__ = [
    "away",
    "back",
    "book",
    "cancel",
    "check_in",
    "confirm",
    "decide_stay",
    "depart",
    "extend",
    "hold",
    "no_show",
    "ready",
    "record_stay",
    "reinstate",
    "release",
    "strike",
    "transfer",
    "undo",
    "void",
    "walk_in",
]


def extend(act: Act, ident: int, *, minutes: int) -> PlacementFacts:
    """Let a hold run longer, before it lapses and up to two hours in all."""
    placement = mine(act, ident, Doing.KEEP_HOLD)
    until = timing.extended_until(placement, minutes, act.at)
    if isinstance(until, str):
        raise Refused(until)
    refuse_if_stopped(act, placement.person)
    return move(act, placement, Happened.EXTENDED, {"expires_at": until})


def release(act: Act, ident: int) -> PlacementFacts:
    """Give a held bed back. One that lapsed or was released already stays so."""
    placement = mine(act, ident, Doing.KEEP_HOLD)
    status = placement.status_at(act.at)
    if status in {PlacementStatus.RELEASED, PlacementStatus.EXPIRED}:
        return placement
    if status not in {PlacementStatus.HELD, PlacementStatus.BOOKED}:
        raise Refused(f"{placement.person.name} is {status.words}; there is no hold to release.")
    return move(
        act,
        placement,
        Happened.RELEASED,
        {"status": PlacementStatus.RELEASED.value, "ended_at": act.at},
    )


def check_in(
    act: Act, ident: int, *, at: datetime | None = None, sheet: str | None = None
) -> PlacementFacts:
    """Record that somebody arrived; a lapsed hold revives while its bed is free.

    Who comes to the bed that was planned for them has left the other one.
    """
    lock_beds_of_a_move(ident)
    placement = mine(act, ident, Doing.RUN_SITE)
    status = placement.status_at(act.at)
    if status is PlacementStatus.IN:
        return _came_then(placement, at)
    arrivable = {PlacementStatus.HELD, PlacementStatus.BOOKED, PlacementStatus.EXPIRED}
    too_old = placement.expires_at is not None and act.at - placement.expires_at > timing.REVIVABLE
    if status not in arrivable or (status is PlacementStatus.EXPIRED and too_old):
        raise Refused(
            f"This placement is {status.words}. Start a new one for {placement.person.name}."
        )
    fault = timing.bad_moment(
        at or act.at,
        act.at,
        stretch.hand_of(act, placement.site, sheet),
        not_before=placement.made_at,
        before_words="the hold was made",
    )
    if fault and at:
        raise Invalid({"at": [fault]})
    leave_for_planned(act, placement, at or act.at)
    return _arrive(act, placement, at, sheet)


def _came_then(placement: PlacementFacts, at: datetime | None) -> PlacementFacts:
    """Return an arrival that stands, unless it is now said to have been at another time."""
    stands = placement.checked_in_at or placement.made_at
    if at is None or abs(at - stands) < timing.MINUTE:
        return placement
    raise Refused(
        f"{placement.person.name} is already in, since {clock(stands)}. "
        "If that is wrong, undo it first."
    )


def _arrive(
    act: Act, placement: PlacementFacts, at: datetime | None, sheet: str | None
) -> PlacementFacts:
    arrived: dict[str, Any] = {
        "status": PlacementStatus.IN.value,
        # The clock may have stepped back since the hold: nobody waits at the door for it.
        "checked_in_at": at or max(act.at, placement.made_at),
        "ended_at": None,
        **({"planned": False} if placement.planned else {}),
    }
    if placement.status_at(act.at) is PlacementStatus.EXPIRED:
        return revive(act, placement, arrived, sheet)
    if at is not None and at < act.at:
        since = Stretch(at)
        bed = placement.bed_id or 0
        stretch.refuse_unless_free(act, bed, placement.person, since, placement.id)
    then = arrived["checked_in_at"]
    return move(act, placement, Happened.CHECKED_IN, arrived, at=then, sheet=sheet)


def depart(
    act: Act,
    ident: int,
    *,
    reason: str,
    destination: str,
    at: datetime | None = None,
    sheet: str | None = None,
) -> PlacementFacts:
    """Record that somebody left, why, and where they went."""
    placement = mine(act, ident, Doing.RUN_SITE)
    if placement.status is PlacementStatus.DEPARTED:
        return placement
    if placement.status is not PlacementStatus.IN or placement.checked_in_at is None:
        raise Refused(
            f"{placement.person.name} is {placement.status_at(act.at).words}, not in. "
            "Only someone who is in can be checked out."
        )
    fault = timing.bad_moment(
        at or act.at,
        act.at,
        stretch.hand_of(act, placement.site, sheet),
        not_before=placement.checked_in_at,
        before_words="the arrival",
    )
    faults = {"at": [fault]} if fault and at else {}
    if not can_go_to(placement.site, destination):
        faults["destination"] = [NO_SUCH_DESTINATION]
    if faults:
        raise Invalid(faults)
    return leave(act, placement, reason=reason, destination=destination, at=at, sheet=sheet)


def confirm(act: Act, code: str, *, free: int) -> dict[str, Any]:
    """Keep how many beds a hub sees free, beside what the records say."""
    site = sites.site(code)
    if site is None or not scope(act, Doing.RUN_SITE).covers(site):
        raise Absent
    recorded = board.free_beds(site, act.at)
    db.session.execute(
        insert(Confirmation).values(
            site_id=site.id, at=act.at, by=act.staff_id, said_free=free, recorded_free=recorded
        )
    )
    audit.record(act, "confirm count", f"site:{code}", {"said": free, "recorded": recorded})
    return {"free": recorded, "discrepancy": free - recorded, "confirmed_at": act.at}
