"""Alarms that need several packages to be noticed: for jobs, without a page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pathway.acts import Act
from pathway.duty.actions import raise_alarm
from pathway.duty.rules import AlarmKind
from pathway.nights import london
from pathway.people.rules import probing
from pathway.trail.queries import kept_out

LOOKED_BACK = timedelta(days=1)
"""How far back each look goes: a job that stood still for a night misses nothing (ours)."""

PROBED = "Somebody was refused records again and again. See Closed records."


def probed(now: datetime) -> list[str]:
    """Return a key for whoever was refused too often, one for each of them and day."""
    return sorted(
        {
            f"probing:{one.staff_id}:{london(one.last).date()}"
            for one in probing(kept_out(now - LOOKED_BACK))
        }
    )


def tell_of_probing(act: Act, keys: Iterable[str]) -> int:
    """Raise an alarm for each of these, if there is none yet.

    The words do not say who: the page of closed records does, to those who may
    read it. Return how many alarms are new; the caller's transaction keeps them.
    """
    raised = [raise_alarm(act, AlarmKind.PROBING, PROBED, key=key, link="/watch") for key in keys]
    return sum(ident is not None for ident in raised)
