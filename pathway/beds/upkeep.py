"""Beds as things: taken out of use, put back, made ready after somebody left.

The bed is locked before what stands on it is read, as a claim does it, so that
a bed never goes out of use under somebody who is on the way to it. What was
done is on the audit trail under the bed, and kept as an event of it, so that any
past board can be counted again.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.beds import board, queries, rules
from pathway.beds.journal import mark_lapsed
from pathway.beds.models import Bed, BedEvent
from pathway.beds.rules import BedFacts, BedHappened, PlacementFacts, PlacementStatus
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused
from pathway.nights import when
from pathway.people import queries as people
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def void(act: Act, ident: int, *, reason: str, until: datetime | None = None) -> BedFacts:
    """Take a bed out of use: now, or once whoever is in it has left.

    Raises:
        Absent: there is no such bed, or it is not theirs to look after.
        Invalid: it would be over already.
        Refused: somebody is on the way to it.
    """
    bed = _mine(act, ident)
    if until is not None and until <= act.at:
        raise Invalid({"until": ["That time has passed. Leave it empty if you do not know."]})
    _refuse_if_wanted(act, ident)
    stands = rules.void_stands(bed, act.at)
    if stands and (bed.void_reason, bed.void_until) == (reason, until):
        return bed
    begun = bed.void_from if stands else act.at
    told = {"void_reason": reason, "void_from": begun, "void_until": until}
    detail = {"until": until and until.isoformat()}
    return _change(act, bed, BedHappened.VOID, told, detail)


def reinstate(act: Act, ident: int) -> BedFacts:
    """Put a bed back in use. One that is not out of use stays as it is."""
    bed = _mine(act, ident)
    if not rules.void_stands(bed, act.at):
        return bed
    return _change(act, bed, BedHappened.REINSTATED, dict.fromkeys(_VOID))


def ready(act: Act, ident: int, *, at: datetime | None = None) -> BedFacts:
    """Say that a bed has been made ready, now or a while ago. One that was ready stays so.

    Raises:
        Invalid: nobody had left it yet, or the time has not come.
    """
    bed = _mine(act, ident)
    since = bed.turnaround_since
    if since is None:
        return bed
    if at is not None and not since <= at <= act.at:
        early = f"They left at {when(since, act.at)}: the bed cannot have been ready before."
        raise Invalid({"at": ["That time has not come yet." if at > act.at else early]})
    return _change(act, bed, BedHappened.READY, {"turnaround_since": None}, at=at)


def begin_turnaround(act: Act, left: PlacementFacts) -> None:
    """Keep a bed that somebody left until it is ready, at a site that does so.

    A bed over capacity is gone as soon as nobody is in it.
    """
    if not left.site.turnaround or left.bed_id is None or left.departed_at is None:
        return
    if db.session.scalar(select(Bed.extra).where(Bed.id == left.bed_id)):
        return
    bed = BedFacts(left.bed_id, left.site.id, left.bed_label or "")
    told = {"since": left.departed_at.isoformat()}
    _change(act, bed, BedHappened.TURNAROUND, {"turnaround_since": left.departed_at}, told)


def undo_turnaround(act: Act, here_again: PlacementFacts) -> None:
    """Take back that a bed waits to be made ready: whoever left it is in it after all."""
    bed = board.bed(here_again.bed_id or 0, act.at)
    if bed is not None and bed.turnaround_since is not None:
        _change(act, bed, BedHappened.TURNAROUND_UNDONE, {"turnaround_since": None})


_ON_THE_TRAIL = {
    BedHappened.VOID: "void bed",
    BedHappened.REINSTATED: "reinstate bed",
    BedHappened.READY: "bed ready",
    BedHappened.TURNAROUND: "bed turnaround",
    BedHappened.TURNAROUND_UNDONE: "bed turnaround undone",
}

_VOID = ("void_reason", "void_from", "void_until")


def _mine(act: Act, ident: int) -> BedFacts:
    """Return a bed locked for this verb, or answer as if there were none."""
    site = queries.site_of_bed(ident)
    if site is None or not scope(act, Doing.KEEP_BEDS).covers(site):
        raise Absent
    queries.lock_bed(ident)
    bed = board.bed(ident, act.at)
    if bed is None:
        raise Absent
    return bed


def _refuse_if_wanted(act: Act, ident: int) -> None:
    """Refuse while somebody is on the way; a hold that lapsed stands in nobody's way."""
    standing = queries.live_on(ident)
    if standing is None:
        return
    status = standing.status_at(act.at)
    if status is PlacementStatus.EXPIRED:
        mark_lapsed(act, [standing.id])
    elif status is not PlacementStatus.IN:
        who = people.person(act, standing.person.ref)
        raise Refused(rules.wanted_sentence(standing, who.name if who else "Somebody"))


def _change(
    act: Act,
    bed: BedFacts,
    what: BedHappened,
    values: Mapping[str, Any],
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> BedFacts:
    """Change a bed's row and write down what was done; the trail has nobody's words."""
    db.session.execute(update(Bed).where(Bed.id == bed.id).values(**values))
    db.session.execute(
        insert(BedEvent).values(
            bed_id=bed.id,
            site_id=bed.site_id,
            what=what.value,
            at=at or values.get("turnaround_since") or act.at,
            recorded_at=act.at,
            by=act.staff_id,
            until=values.get("void_until"),
            reason=values.get("void_reason"),
        )
    )
    audit.record(act, _ON_THE_TRAIL[what], f"bed:{bed.id}", detail)
    return replace(bed, **values)
