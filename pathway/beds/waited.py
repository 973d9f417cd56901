"""Ending waits: because a bed was held, or somebody came in, died or was taken off the list."""

from sqlalchemy import bindparam, update

from pathway.acts import Act
from pathway.beds.models import Waiting
from pathway.beds.rules import Happened
from pathway.db import run

ARRIVED = frozenset({Happened.CHECKED_IN, Happened.WALKED_IN, Happened.MOVED_IN})
"""What ends a wait for the site where it happens."""

_END = (
    update(Waiting)
    .where(Waiting.person_id == bindparam("of"), Waiting.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ended_why=bindparam("why"), ended_by=bindparam("whom"))
)
_END_AT = _END.where(Waiting.site_id == bindparam("site"))


def end(act: Act, person_id: int, why: str, *, site_id: int | None = None) -> None:
    """End every wait of somebody, or those for one site. The rows of waits are locked last."""
    values = {"of": person_id, "at": act.at, "why": why, "whom": act.staff_id}
    if site_id is None:
        run(_END, **values)
    else:
        run(_END_AT, site=site_id, **values)
