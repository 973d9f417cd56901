"""Alarms that need several packages to be noticed: for jobs, without a page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pathway.acts import Act
from pathway.duty.actions import raise_alarm
from pathway.duty.rules import AlarmKind
from pathway.messages import outbox
from pathway.messages.words import WAITING_LONG
from pathway.nights import london, night_of
from pathway.people.probing import probing
from pathway.trail.queries import kept_out

LOOKED_BACK = timedelta(days=1)
"""How far back each look goes: a job that stood still for a night misses nothing (ours)."""

PROBED = "Somebody was refused records again and again. See Closed records."

STUCK = "Texts do not go out. See the page of texts and /readyz; ring people meanwhile."


def watch_texts(act: Act) -> int | None:
    """Raise an alarm when texts wait too long or nobody knows what became of them.

    Once a night: its own text may be among those that wait, but the screen shows it.
    """
    backlog = outbox.backlog(act.at)
    waits = backlog.due_since is not None and act.at - backlog.due_since > WAITING_LONG
    if not (waits or backlog.unknown):
        return None
    key = f"texts:{night_of(act.at)}"
    return raise_alarm(act, AlarmKind.SERVICE, STUCK, key=key, link="/texts")


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
