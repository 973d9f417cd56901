"""What a member of staff is told by text, and when they are left in peace."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from pathway import audit
from pathway.acts import Act
from pathway.db import AnySelect, db, engine_name, insert_for
from pathway.messages.models import QuietHours, StoppedNumber, TextChoice
from pathway.messages.quiet import Hours, hours_of
from pathway.messages.rules import Kind
from pathway.messages.wording import CHOICES
from pathway.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Choices:
    """What one member of staff chose, and where their texts go.

    ``hours`` is None until they choose. ``stopped`` is when their number
    answered STOP: nothing goes there.
    """

    kinds: frozenset[Kind]
    hours: Hours | None
    phone: str | None
    stopped: bool


def choices_of(staff_id: int) -> Choices:
    """Return what a member of staff chose; nothing is told by text until they do."""
    kinds = db.session.scalars(select(TextChoice.kind).where(TextChoice.staff_id == staff_id))
    mine: AnySelect = (
        select(Staff.phone, StoppedNumber.number, QuietHours.begins, QuietHours.ends)
        .outerjoin(StoppedNumber, StoppedNumber.number == Staff.phone)
        .outerjoin(QuietHours, QuietHours.staff_id == Staff.id)
        .where(Staff.id == staff_id)
    )
    phone, stopped, begins, ends = db.session.execute(mine).one()
    chosen = {Kind(kind) for kind in kinds} & set(CHOICES)
    hours = hours_of(begins, ends) if begins is not None else None
    return Choices(frozenset(chosen), hours, phone, stopped is not None)


def choose(act: Act, kinds: Iterable[Kind], hours: Hours) -> None:
    """Keep what whoever acts wants by text, in place of what they wanted before."""
    mine = act.staff_id or 0
    wanted = sorted({kind.value for kind in kinds})
    _keep_hours(mine, hours)
    db.session.execute(delete(TextChoice).where(TextChoice.staff_id == mine))
    if wanted:
        rows = [{"staff_id": mine, "kind": kind} for kind in wanted]
        db.session.execute(insert(TextChoice), rows)
    audit.record(act, "choose texts", f"staff:{mine}", {"kinds": wanted})


def _keep_hours(staff_id: int, hours: Hours) -> None:
    """Write the hours first: two who choose at once take turns at that row."""
    row = {"begins": hours.begins, "ends": hours.ends}
    adding = insert_for(engine_name(db.session()), QuietHours).values(staff_id=staff_id, **row)
    db.session.execute(adding.on_conflict_do_update(index_elements=["staff_id"], set_=row))
