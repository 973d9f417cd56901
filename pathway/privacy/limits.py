"""For how long each kind is kept here: what an admin set, or what stands in the code."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Invalid
from pathway.privacy import ageing
from pathway.privacy.models import Retention
from pathway.privacy.retention import BY_KIND, LIMITS, Kind, Limit, cutoff

LOOK_AHEAD = timedelta(days=31)
"""How far ahead the page tells what will go (ours)."""


@dataclass(frozen=True, slots=True)
class InForce:
    """One kind's limit as it holds here; ``since`` is when somebody set it, if anybody did."""

    limit: Limit
    days: int
    basis: str
    since: datetime | None


def in_force() -> list[InForce]:
    """Return what holds for each kind."""
    columns = (Retention.kind, Retention.days, Retention.basis, Retention.at)
    rows = {kind: told for kind, *told in db.session.execute(select(*columns))}
    return [
        InForce(limit, *rows.get(limit.kind.value, (limit.days, limit.basis, None)))
        for limit in LIMITS
    ]


def set_limit(act: Act, kind: Kind, *, days: int, basis: str) -> None:
    """Say for how long a kind is kept, and on what basis.

    Raises:
        Invalid: the number is out of bounds.
    """
    limit = BY_KIND[kind]
    if not limit.least <= days <= limit.most:
        sentence = f"Give a number of days from {limit.least:,} to {limit.most:,}."
        raise Invalid({f"days-{kind.value}": [sentence]})
    db.session.execute(delete(Retention).where(Retention.kind == kind.value))
    row = {"kind": kind.value, "days": days, "basis": basis}
    db.session.execute(insert(Retention).values(**row, at=act.at, by=act.staff_id))
    audit.record(act, "set retention", f"retention:{kind.value}", {"days": days})


def to_go(now: datetime) -> dict[Kind, int]:
    """Return how many records of each kind go within a month, counts alone."""
    then = now + LOOK_AHEAD
    return {
        one.limit.kind: ageing.count(one.limit.kind, cutoff(then, one.days)) for one in in_force()
    }
