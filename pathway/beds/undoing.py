"""Taking back the newest thing that happened to a placement, and what should never have been.

To undo is to write back what the row said before, with an event that names the
one it takes back; nothing is deleted. The guards are asked again: the bed has
to be free and in use, the person nowhere else. A move from bed to bed is two
records, and both are undone together.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pathway.acts import Act
from pathway.beds import board, queries, rewinding, stretch
from pathway.beds.journal import mark_lapsed, move
from pathway.beds.judging import already_placed, refuse_to_bring_back
from pathway.beds.models import IS_LIVE, Bed, Placement, PlacementEvent
from pathway.beds.reach import covered, lock_beds_of_a_move, mine
from pathway.beds.rewinding import Doer, Last
from pathway.beds.rules import LIVE, Happened, PlacementFacts, PlacementStatus, has_lapsed
from pathway.beds.sight import may_see
from pathway.beds.upkeep import undo_turnaround
from pathway.db import db
from pathway.errors import Refused
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def undo(act: Act, ident: int) -> PlacementFacts:
    """Take back the newest thing that happened, and with a move its other record.

    Raises:
        Absent: there is none, or it is not theirs.
        Refused: there is nothing to undo, it is too late or somebody else's
            doing, or the bed or the person is taken meanwhile.
    """
    covered(act, ident, Doing.KEEP_HOLD)
    lock_beds_of_a_move(ident)
    placement = mine(act, ident, Doing.KEEP_HOLD)
    mark_lapsed(act, [placement.id])
    placement = queries.placement(ident) or placement
    last = newest(ident)
    fault = rewinding.why_not(_facts(last), act.at, _doer(act, placement, last))
    if fault or last is None:
        raise Refused(fault or rewinding.NOTHING)
    other = _other_half(act, placement, last)
    halves = [(placement, last)] + ([other] if other else [])
    for half, event in sorted(halves, key=lambda one: -one[0].id):
        with _discreet(act, half):
            take_back(act, half, event)
    return queries.placement(ident) or placement


@contextmanager
def _discreet(act: Act, half: PlacementFacts) -> Iterator[None]:
    """Refuse without a word of a bed that is not theirs to see, as one at a confidential site."""
    try:
        yield
    except Refused:
        if may_see(act, half):
            raise
        raise Refused(rewinding.OTHER_BED) from None


def strike(act: Act, ident: int, *, reason: str) -> PlacementFacts:
    """Say that a placement was recorded in error: it counts on no board, now or past.

    Raises:
        Absent: there is none, or whoever acts is no lead of its site.
    """
    placement = mine(act, ident, Doing.OVERRIDE)
    if placement.status is PlacementStatus.VOIDED:
        return placement
    mark_lapsed(act, [placement.id])
    placement = queries.placement(ident) or placement
    values = {"status": PlacementStatus.VOIDED.value, "ended_at": act.at}
    struck = move(act, placement, Happened.VOIDED, values, detail={"reason": reason})
    _settle_plan(struck, planned=False)
    return struck


def undoable(act: Act, placement: PlacementFacts) -> str | None:
    """Return the newest thing that happened, if whoever acts may take it back."""
    last = newest(placement.id)
    lapsed = placement.status_at(act.at) is PlacementStatus.EXPIRED
    if last is None or lapsed or not _reaches(act, placement):
        return None
    fault = rewinding.why_not(_facts(last), act.at, _doer(act, placement, last))
    return last.what if fault is None else None


def _reaches(act: Act, placement: PlacementFacts) -> bool:
    return scope(act, Doing.KEEP_HOLD).covers(placement.site, placement.made_by)


def newest(ident: int) -> PlacementEvent | None:
    """Return what happened last to a placement."""
    query = select(PlacementEvent).where(PlacementEvent.placement_id == ident)
    return db.session.scalars(query.order_by(PlacementEvent.id.desc()).limit(1)).first()


def _facts(last: PlacementEvent | None) -> Last | None:
    return Last(last.what, last.recorded_at, kept=last.before is not None) if last else None


def _doer(act: Act, placement: PlacementFacts, last: PlacementEvent | None) -> Doer:
    return Doer(
        numbers=placement.site.numbers,
        own=last is not None and last.by is not None and last.by == act.staff_id,
        lead=scope(act, Doing.OVERRIDE).covers(placement.site),
        runs=scope(act, Doing.RUN_SITE).covers(placement.site),
    )


_ARRIVED = {Happened.MOVED_IN, Happened.CHECKED_IN}


def _other_half(
    act: Act, placement: PlacementFacts, last: PlacementEvent
) -> tuple[PlacementFacts, PlacementEvent] | None:
    """Return the other record of a move with its newest event, if this was one.

    Raises:
        Refused: something happened to it since, or it is of a site that is
            neither theirs nor was moved from or to by them.
    """
    if last.what == Happened.DEPARTED:
        found = _to(placement, last)
    elif last.what in _ARRIVED and placement.transfer_from is not None:
        found = _from(placement.transfer_from, last)
    else:
        return None
    if found is None:
        return None
    other = queries.placement(found.placement_id, lock=True)
    if other and last.by != act.staff_id and not scope(act, Doing.RUN_SITE).covers(other.site):
        raise Refused(rewinding.SOMEBODY_ELSES)
    its = newest(found.placement_id)
    if other is None or its is None or its.id != found.id:
        raise Refused(rewinding.NOT_THE_LAST)
    return other, its


def _from(old: int, arrived: PlacementEvent) -> PlacementEvent | None:
    """Return the departure from the first bed that an arrival at the second made."""
    return _of_one_act(arrived, PlacementEvent.placement_id == old, {Happened.DEPARTED})


def _to(placement: PlacementFacts, left: PlacementEvent) -> PlacementEvent | None:
    """Return the arrival at the second bed by which a first one was left."""
    linked = select(Placement.id).where(Placement.transfer_from == placement.id)
    return _of_one_act(left, PlacementEvent.placement_id.in_(linked), _ARRIVED)


def _of_one_act(event: PlacementEvent, where: Any, what: set[Happened]) -> PlacementEvent | None:
    query = select(PlacementEvent).where(
        where,
        PlacementEvent.what.in_([one.value for one in what]),
        PlacementEvent.recorded_at == event.recorded_at,
        PlacementEvent.by == event.by,
    )
    return db.session.scalars(query.order_by(PlacementEvent.id.desc()).limit(1)).first()


def take_back(act: Act, placement: PlacementFacts, event: PlacementEvent) -> None:
    """Write back what the row said before one event, if nothing stands in the way."""
    values = _as_before(act, event)
    status = PlacementStatus(values.get("status", placement.status))
    if event.what in _ARRIVED and status is not PlacementStatus.VOIDED:
        _refuse_while_planned(act, placement)
    if status in LIVE and placement.status not in LIVE:
        refuse_to_bring_back(act, placement.person, status)
        values |= _guard(act, placement, event)
        _settle_plan(placement, planned=True)
        _claim_again(placement, values)
    _refuse_if_slept_since(placement, values, event)
    told = {"undone": event.what}
    changed = move(act, placement, Happened.UNDONE, values, detail=told, undoes=event.id)
    if status is PlacementStatus.VOIDED:
        _settle_plan(placement, planned=False)
    if event.what == Happened.DEPARTED:
        undo_turnaround(act, changed)


def _refuse_while_planned(act: Act, placement: PlacementFacts) -> None:
    """Refuse that somebody never came from whose bed a move is planned: it would be their second.

    Raises:
        Refused: another bed is kept for them.
    """
    planned = queries.planned_of(placement.person.id)
    if planned is None or planned.transfer_from != placement.id:
        return
    if not _is_over(planned, act.at):
        raise Refused(rewinding.MOVE_PLANNED)
    mark_lapsed(act, [planned.id])


def _refuse_if_slept_since(
    placement: PlacementFacts, values: Mapping[str, Any], event: PlacementEvent
) -> None:
    """Refuse to lengthen or to bring back a stay over nights that were slept otherwise since.

    Raises:
        Refused: somebody slept in the bed then, or this person in another one.
    """
    if event.what not in {Happened.DEPARTED, Happened.VOIDED} or event.before is None:
        return
    then = replace(placement, **values)
    if then.status not in {PlacementStatus.IN, PlacementStatus.DEPARTED}:
        return
    since = placement.departed_at if event.what == Happened.DEPARTED else then.checked_in_at
    again = stretch.Stretch(since or event.at, then.departed_at)
    if stretch.slept_otherwise(placement, again):
        raise Refused(rewinding.slept_since(placement))


def _claim_again(placement: PlacementFacts, values: Mapping[str, Any]) -> None:
    """Put the claim back, unless the person was placed elsewhere this very moment."""
    row = update(Placement).where(Placement.id == placement.id)
    try:
        with db.session.begin_nested():
            db.session.execute(row.values(**values))
    except IntegrityError:
        raise Refused(rewinding.taken(placement)) from None


def _as_before(act: Act, event: PlacementEvent) -> dict[str, Any]:
    """Return what the row said before; what nothing was before is as if it had never been.

    A hold that has lapsed since is over: it claims neither bed nor person again.
    """
    if event.before is None or event.what in rewinding.BEGINS:
        return {"status": PlacementStatus.VOIDED.value, "ended_at": act.at}
    values = {name: _read(name, value) for name, value in event.before.items()}
    status, ends = values.get("status"), values.get("expires_at", event.expires_at)
    if status and has_lapsed(PlacementStatus(status), ends, act.at):
        values |= {"status": PlacementStatus.EXPIRED.value, "ended_at": ends}
    return values


def _read(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name == "away_until" else value


def _guard(act: Act, placement: PlacementFacts, event: PlacementEvent) -> dict[str, Any]:
    """Refuse a claim that could not be made again: bed and person have to be free for it.

    Return what else is so of it now: a hold that was planned from another bed is
    the only claim of somebody who has left that bed.
    """
    bed_id = placement.bed_id or 0
    on_it, standing = queries.live_on(bed_id), queries.live_placement_of(placement.person.id)
    lapsed = [one.id for one in (on_it, standing) if one and _is_over(one, act.at)]
    if on_it is not None and on_it.id not in lapsed:
        raise Refused(rewinding.taken(placement))
    linked = standing is not None and _linked(placement, standing)
    if standing is not None and standing.id not in lapsed and not linked:
        raise already_placed(act, standing)
    bed, since = board.bed(bed_id, act.at), event.recorded_at
    fault = rewinding.bad_bed(placement, bed, since, act.at, extra=_is_extra(bed_id))
    if fault:
        raise Refused(fault)
    mark_lapsed(act, lapsed)
    return {"planned": False} if placement.planned and not linked else {}


def _is_over(placement: PlacementFacts, now: datetime) -> bool:
    return placement.status_at(now) is PlacementStatus.EXPIRED


def _linked(placement: PlacementFacts, standing: PlacementFacts) -> bool:
    """Return whether one of two claims was planned from the bed of the other."""
    if placement.planned:
        return standing.id == placement.transfer_from
    return standing.transfer_from == placement.id and standing.status is not PlacementStatus.IN


def _is_extra(bed_id: int) -> bool:
    return bool(db.session.scalar(select(Bed.extra).where(Bed.id == bed_id)))


def _settle_plan(placement: PlacementFacts, *, planned: bool) -> None:
    """Make a hold that was planned from this bed the person's second claim, or their only one."""
    held = (
        Placement.transfer_from == placement.id,
        IS_LIVE,
        Placement.status != PlacementStatus.IN.value,
    )
    db.session.execute(update(Placement).where(*held).values(planned=planned))
