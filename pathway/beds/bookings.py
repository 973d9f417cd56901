"""Somebody is expected at a stated time: booked, cancelled, or they never came."""

from datetime import datetime

from pathway.acts import Act
from pathway.beds import overdue, queries
from pathway.beds.fit import outside_hours
from pathway.beds.journal import mark_lapsed, move
from pathway.beds.judging import arriving, refuse_if_stopped
from pathway.beds.reach import mine
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus, Welfare
from pathway.duty.actions import raise_alarm
from pathway.duty.rules import AlarmKind
from pathway.errors import Invalid, Refused
from pathway.nights import clock
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

RING_FIRST = "Ring them first. Say that you rang, or that they have no number, then mark it."

_OVER = {PlacementStatus.CANCELLED, PlacementStatus.RELEASED, PlacementStatus.EXPIRED}
"""Nothing is left to cancel: the bed was given back, or the hold lapsed."""


def book(act: Act, ident: int, *, expected_at: datetime | None = None) -> PlacementFacts:
    """Keep a held bed until somebody comes, or change when they are expected.

    Without a time it is the one at which the hold would have lapsed. The same
    time again changes nothing, even when it has passed.

    Raises:
        Absent: there is none, or its site is not theirs to book.
        Invalid: nobody can be expected then.
        Refused: it is neither held nor booked.
    """
    placement = mine(act, ident, Doing.BOOK)
    status = placement.status_at(act.at)
    if status not in {PlacementStatus.HELD, PlacementStatus.BOOKED}:
        raise Refused(_not_to_book(placement, act.at))
    wanted = expected_at or placement.expected_at or placement.expires_at or act.at
    if status is PlacementStatus.BOOKED and wanted == placement.expected_at:
        return placement
    refuse_if_stopped(act, placement.person)
    fault = overdue.bad_expected(wanted, act.at, placement.site.numbers) or _outside_hours(
        act, placement, wanted
    )
    if fault:
        raise Invalid({"expected_at": [fault]})
    booked = {
        "status": PlacementStatus.BOOKED.value,
        "expected_at": wanted,
        "expires_at": None,
    }
    return move(act, placement, Happened.BOOKED, booked)


def _outside_hours(act: Act, placement: PlacementFacts, wanted: datetime) -> str | None:
    """Return why the site takes nobody in then; its lead decides. A hold was judged already."""
    site = placement.site
    if wanted == placement.expires_at or scope(act, Doing.OVERRIDE).covers(site):
        return None
    window = arriving(act, site, {"expected_at": wanted})
    refusal = outside_hours(site, window) if window else None
    return refusal.sentence if refusal else None


def _not_to_book(placement: PlacementFacts, now: datetime) -> str:
    status = placement.status_at(now)
    if status is PlacementStatus.EXPIRED and placement.expires_at is not None:
        return f"This hold ended at {clock(placement.expires_at)}. Hold a bed again."
    return f"{placement.person.name} is {status.words}. Book a bed for them anew."


def cancel(act: Act, ident: int) -> PlacementFacts:
    """Write down that somebody will not come; a claim that is over stays as it ended."""
    placement = mine(act, ident, Doing.KEEP_HOLD)
    status = placement.status_at(act.at)
    if status in _OVER:
        return placement
    if status not in {PlacementStatus.HELD, PlacementStatus.BOOKED}:
        raise Refused(f"{placement.person.name} is {status.words}; there is nothing to cancel.")
    ended = {"status": PlacementStatus.CANCELLED.value, "ended_at": act.at}
    late = placement.expected_at is not None and placement.expected_at < act.at
    return move(act, placement, Happened.CANCELLED, ended, detail={"late": late})


def no_show(
    act: Act, ident: int, *, called: bool = False, welfare: Welfare | None = None
) -> PlacementFacts:
    """Write down that somebody never came, after a call, and free their bed.

    Raises:
        Absent: there is none, or its site is not theirs to run.
        Refused: it is too early, nobody rang, or nobody decided what is done
            for somebody who is marked vulnerable.
    """
    placement = mine(act, ident, Doing.RUN_SITE)
    if placement.status is PlacementStatus.NO_SHOW:
        return placement
    fault = overdue.not_yet_a_no_show(placement, act.at) or _not_done_first(
        placement, welfare, called=called
    )
    if fault:
        raise Refused(fault)
    missed = {"status": PlacementStatus.NO_SHOW.value, "ended_at": act.at}
    told = {"called": True} | ({"welfare": welfare.value} if welfare else {})
    gone = move(act, _lapse_written(act, placement), Happened.NO_SHOW, missed, detail=told)
    if placement.person.vulnerable and welfare:
        _tell_duty(act, gone, welfare)
    return gone


def _not_done_first(
    placement: PlacementFacts, welfare: Welfare | None, *, called: bool
) -> str | None:
    if not called:
        return RING_FIRST
    if placement.person.vulnerable and welfare is None:
        return (
            f"{placement.person.name} is marked vulnerable. Say first what is done for them: "
            "known to be safe, outreach looks for them, police, or the duty manager."
        )
    return None


def _lapse_written(act: Act, placement: PlacementFacts) -> PlacementFacts:
    """Write down that a hold lapsed, where nobody came by to do it."""
    mark_lapsed(act, [placement.id])
    return queries.placement(placement.id) or placement


_DECIDED = {
    Welfare.OUTREACH: "Outreach is asked to look for them",
    Welfare.POLICE: "The police are told",
    Welfare.DUTY: "You are asked to decide",
}


def _tell_duty(act: Act, placement: PlacementFacts, welfare: Welfare) -> None:
    """Tell whoever is on call, unless they are known to be safe. The words name nobody."""
    if welfare is Welfare.SAFE:
        return
    site = placement.site
    where = "one of the sites" if site.confidential else site.code
    raise_alarm(
        act,
        AlarmKind.NO_SHOW,
        f"Somebody marked vulnerable did not arrive at {where}. {_DECIDED[welfare]}.",
        link=f"/placements/{placement.id}",
        site_id=None if site.confidential else site.id,
    )
