"""Shifts: who is out on which night, where they were, and what they hand over."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, insert, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.outreach import shift_queries as queries
from pathway.outreach.models import Shift, ShiftMember, ShiftSpot
from pathway.outreach.shift_rules import ShiftFacts, bad_span

NOT_YOURS = "This is the shift of another organisation. Look at it, and ring them to change it."


def plan(
    act: Act,
    *,
    night: date,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    staff: Collection[int],
    spots: Collection[int],
) -> ShiftFacts:
    """Plan a shift of one's own organisation.

    Raises:
        Forbidden: whoever acts belongs to no organisation.
        Invalid: a time is wrong, or somebody or a spot is not there to choose.
    """
    if act.organisation_id is None:
        raise Forbidden
    _judge(act, night, starts_at, ends_at, staff, spots)
    row = {"organisation_id": act.organisation_id, "night": night, "name": name.strip()}
    row |= {"starts_at": starts_at, "ends_at": ends_at, "made_at": act.at, "made_by": act.staff_id}
    ident = db.session.execute(insert(Shift).values(**row).returning(Shift.id)).scalar_one()
    for staff_id in dict.fromkeys(staff):
        _add_member(ident, staff_id)
    for spot_id in dict.fromkeys(spots):
        db.session.execute(insert(ShiftSpot).values(shift_id=ident, spot_id=spot_id))
    audit.record(act, "plan shift", f"shift:{ident}", {"night": str(night)})
    return _again(ident)


def join(act: Act, ident: int) -> ShiftFacts:
    """Be out on a shift. Raises as :func:`hand_over`."""
    one = _mine(act, ident)
    if not one.has(act.staff_id):
        _add_member(ident, act.staff_id or 0)
        audit.record(act, "join shift", f"shift:{ident}")
    return _again(ident)


def leave(act: Act, ident: int) -> ShiftFacts:
    """Be out on a shift no more. Raises as :func:`hand_over`."""
    one = _mine(act, ident)
    if one.has(act.staff_id):
        mine = ShiftMember.shift_id == ident, ShiftMember.staff_id == act.staff_id
        db.session.execute(delete(ShiftMember).where(*mine))
        audit.record(act, "leave shift", f"shift:{ident}")
    return _again(ident)


def been_there(act: Act, ident: int, spot: int) -> ShiftFacts:
    """Note that a shift has been at a spot, now.

    Raises as :func:`hand_over`, and Absent where the spot is not on the shift.
    """
    return _visit(act, ident, spot, there=True)


def not_been_there(act: Act, ident: int, spot: int) -> ShiftFacts:
    """Take that back. Raises as :func:`been_there`."""
    return _visit(act, ident, spot, there=False)


def hand_over(act: Act, ident: int, *, words: str) -> ShiftFacts:
    """Sign a shift's handover; one that is signed stays as it is.

    Raises:
        Absent: there is no such shift.
        Forbidden: it is the shift of another organisation.
        Refused: it has not begun.
    """
    one = _mine(act, ident)
    if one.handed_over_at is not None:
        return one
    if act.at < one.starts_at:
        raise Refused("This shift has not begun. Hand it over when it is done.")
    signed = {"handed_over_at": act.at, "handed_over_by": act.staff_id, "words": words.strip()}
    db.session.execute(update(Shift).where(Shift.id == ident).values(**signed))
    audit.record(act, "hand over shift", f"shift:{ident}")
    return _again(ident)


def _judge(
    act: Act,
    night: date,
    starts_at: datetime,
    ends_at: datetime,
    staff: Collection[int],
    spots: Collection[int],
) -> None:
    wrong = bad_span(night, starts_at, ends_at, act.at)
    if wrong is not None:
        raise Invalid({wrong[0]: [wrong[1]]})
    if set(staff) - set(queries.colleagues(act)):
        raise Invalid({"staff": ["Choose people of your own organisation who go out on shifts."]})
    if set(spots) - {one.id for one in queries.spots_in_use()}:
        raise Invalid({"spots": ["Choose spots from the list."]})


def _mine(act: Act, ident: int) -> ShiftFacts:
    """Return a shift of one's own organisation, locked."""
    one = queries.shift(ident, lock=True)
    if one is None:
        raise Absent
    if one.organisation_id != act.organisation_id:
        raise Forbidden(NOT_YOURS)
    return one


def _visit(act: Act, ident: int, spot: int, *, there: bool) -> ShiftFacts:
    one = _mine(act, ident)
    meant = next((each for each in one.spots if each.id == spot), None)
    if meant is None:
        raise Absent
    if (meant.visited_at is not None) == there:
        return one
    mine = ShiftSpot.shift_id == ident, ShiftSpot.spot_id == spot
    change = update(ShiftSpot).where(*mine).values(visited_at=act.at if there else None)
    db.session.execute(change)
    what = "been at spot" if there else "not been at spot"
    audit.record(act, what, f"shift:{ident}", {"spot": spot})
    return _again(ident)


def _add_member(ident: int, staff_id: int) -> None:
    db.session.execute(insert(ShiftMember).values(shift_id=ident, staff_id=staff_id))


def _again(ident: int) -> ShiftFacts:
    found = queries.shift(ident)
    assert found is not None  # noqa: S101 - rows are never deleted
    return found
