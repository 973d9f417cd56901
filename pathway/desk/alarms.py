"""Alarms that need several packages to be noticed: for jobs, without a page."""

from datetime import timedelta

from pathway.acts import Act
from pathway.duty.actions import raise_alarm
from pathway.duty.rules import AlarmKind
from pathway.nights import london
from pathway.people.rules import probing
from pathway.trail.queries import kept_out

LOOKED_BACK = timedelta(days=1)
"""How far back each look goes: a job that stood still for a night misses nothing (ours)."""

PROBED = "Somebody was refused records again and again. See Closed records."


def watch_for_probing(act: Act) -> int:
    """Raise an alarm for whoever was refused too often, once for each of them and day.

    The words do not say who: the page of closed records does, to those who may
    read it. Return how many alarms are new; the caller's transaction keeps them.
    """
    found = {
        f"probing:{one.staff_id}:{london(one.last).date()}"
        for one in probing(kept_out(act.at - LOOKED_BACK))
    }
    raised = [
        raise_alarm(act, AlarmKind.PROBING, PROBED, key=key, link="/watch") for key in sorted(found)
    ]
    return sum(ident is not None for ident in raised)
