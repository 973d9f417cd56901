"""One thing that one member of staff does at one moment."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when, and with which standing.

    Every action takes an act first, so that nothing below the edges reads the
    clock or the request. ``staff_id`` is None when the service itself acts.
    ``device_at`` is what the caller's own device takes for now, if it said so:
    nothing is ever reckoned from it.
    ``organisation_id`` is whose staff they are.
    """

    at: datetime
    staff_id: int | None
    staff_name: str
    roles: frozenset[str] = frozenset()
    site_ids: frozenset[int] = frozenset()
    device_at: datetime | None = None
    organisation_id: int | None = None


def now() -> datetime:
    """Return the present moment: the only reading of the clock in the service."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds on a clock that never steps, for how long something took."""
    return time.monotonic()


def by_service(at: datetime) -> Act:
    """Return an act of the service itself, from the command line or a job."""
    return Act(at=at, staff_id=None, staff_name="Pathway")
