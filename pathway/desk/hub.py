"""The hub's night: who comes and who is in, on one shared screen, and on paper for a fire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, session
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.answers import fresh
from pathway.beds import board, callers, overdue, slips
from pathway.beds import queries as beds
from pathway.beds.board import SiteTonight
from pathway.beds.rules import (
    LIVE,
    BedFacts,
    BedStatus,
    PlacementFacts,
    PlacementStatus,
    bed_status,
    void_stands,
)
from pathway.beds.words import DONE, due_at, due_words
from pathway.desk.pages import POLL, note_seen, own_sites
from pathway.desk.pages import bp as desk
from pathway.errors import Absent
from pathway.nights import night_of
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.acting import SESSION_SECRET, permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("hub", __name__)

Room = tuple[BedFacts, BedStatus]

TAKEN = {BedStatus.OCCUPIED, BedStatus.HELD, BedStatus.BOOKED}


@dataclass(frozen=True, slots=True)
class Night:
    """One site at one moment, as far as it is open to whoever looks."""

    site: SiteFacts
    now: datetime
    tonight: SiteTonight | None
    rooms: Sequence[Room]
    coming: Sequence[PlacementFacts]
    lapsed: Sequence[PlacementFacts]
    inside: Sequence[PlacementFacts]

    @property
    def shown(self) -> list[PlacementFacts]:
        """Return everybody whose name is on the page."""
        return [*self.coming, *self.lapsed, *self.inside]

    @property
    def away(self) -> list[PlacementFacts]:
        """Return whose bed is kept while they are not in the building."""
        return [one for one in self.inside if one.away_at]

    @property
    def closed(self) -> list[Room]:
        """Return the beds of those whose records are closed to whoever looks."""
        known = {one.bed_id for one in self.shown if one.status_at(self.now) in LIVE}
        return [room for room in self.rooms if room[1] in TAKEN and room[0].id not in known]

    @property
    def unready(self) -> list[tuple[BedFacts, BedStatus, bool]]:
        """Return the beds that are out of use, will be, or are being made ready."""
        found = [(bed, status, void_stands(bed, self.now)) for bed, status in self.rooms]
        return [one for one in found if one[2] or one[1] is BedStatus.TURNAROUND]


@desk.get("/hub/<code>")
@permits(Doing.RUN_SITE)
def hub(code: str) -> ResponseReturnValue:
    """Show who is coming to one site and when, and who is in."""
    act = this_act()
    night = _night(act, code)
    done = slips.to_undo(act, night.site, night.shown)
    differing = slips.differences(night.site, act.at)

    def page() -> str:
        note_seen(act, "view site", _people(night, done), subject=f"site:{code}")
        return render_template("desk/hub.html", **_shown(act, night, done, differing))

    if POLL not in request.headers:
        return page()
    seen = [_seen(night), [(one.placement.id, one.what) for one in done], len(differing)]
    return fresh([session[SESSION_SECRET], seen], page)


@bp.get("/hub/<code>/roll")
@permits(Doing.RUN_SITE)
def roll(code: str) -> ResponseReturnValue:
    """Show who is in the building, to be printed for a fire."""
    act = this_act()
    night = _night(act, code)
    note_seen(act, "view site", [one.person for one in night.shown], subject=f"site:{code}")
    closed = [(bed.label, status is BedStatus.OCCUPIED) for bed, status in night.closed]
    inside = [one for one in night.inside if not one.away_at]
    return render_template(
        "desk/roll.html",
        night=night,
        inside=inside,
        closed=closed,
        within=len(inside) + sum(is_in for _, is_in in closed),
        expected=len(night.coming) + sum(not is_in for _, is_in in closed),
        unnamed=sum(one.person.unnamed for one in inside),
        due_at=due_at,
        now=act.at,
    )


def _night(act: Act, code: str) -> Night:
    """Return one site now, or answer as if there were none."""
    site = sites.site(code)
    if site is None or not scope(act, Doing.RUN_SITE).covers(site):
        raise Absent
    found = beds.at_site(act, site)
    stages = {one.id: one.status_at(act.at) for one in found}
    seen = board.tonight(act.at, scope(act, Doing.RUN_SITE))
    inside = [one for one in found if stages[one.id] is PlacementStatus.IN]
    coming = [one for one in found if stages[one.id] in LIVE and one not in inside]
    return Night(
        site=site,
        now=act.at,
        tonight=next((one for one in seen.sites if one.site.id == site.id), None),
        rooms=[(bed, bed_status(bed, act.at)) for bed in board.beds_of(site, act.at)],
        coming=sorted(coming, key=due_at),
        lapsed=[one for one in found if stages[one.id] is PlacementStatus.EXPIRED],
        inside=sorted(inside, key=lambda one: (len(one.bed_label or ""), one.bed_label or "")),
    )


def _people(night: Night, done: Iterable[slips.Done]) -> list[Any]:
    return [one.person for one in night.shown] + [one.placement.person for one in done]


def _shown(
    act: Act,
    night: Night,
    done: Sequence[slips.Done],
    differing: Sequence[slips.Difference],
) -> dict[str, Any]:
    """Return what the hub's page is made of."""
    site = night.site
    known = sites.details(act, site)
    lead = scope(act, Doing.OVERRIDE).covers(site)
    return {
        "night": night,
        "site": site,
        "tonight": night.tonight,
        "address": known.address if known else None,
        "done": [(one, DONE.get(one.what, one.what)) for one in done],
        "differing": differing if lead else differing[:1],
        "lead": lead,
        "unnamed": sum(one.person.unnamed for one in night.inside),
        "may_describe": scope(act, Doing.DESCRIBE_SITE).covers(site),
        "may_set_beds": scope(act, Doing.SET_BEDS).covers(site),
        "may_keep": scope(act, Doing.KEEP_BEDS).covers(site),
        "may_call": callers.may_hold_unnamed(act, site),
        "may_book": scope(act, Doing.BOOK).covers(site),
        "own": own_sites(act),
        "due_at": due_at,
        "due_words": due_words,
        "may_be_missing": lambda one: overdue.not_yet_a_no_show(one, act.at) is None,
        "asks": lambda one: overdue.away_asks(one, act.at),
        "overstays": lambda one: overdue.overstaying(one, act.at),
        "staff_id": act.staff_id,
        "now": act.at,
        "ring": "ring" in request.args,
    }


def _seen(night: Night) -> list[Any]:
    """Return what changes on the page during a night, for an ETag."""
    return [
        [_told(one, night.now) for one in night.shown],
        [(bed.id, status, bed.void_until, bed.void_reason) for bed, status in night.rooms],
        night.tonight.seen if night.tonight else None,
        night_of(night.now),
    ]


def _told(one: PlacementFacts, now: datetime) -> list[Any]:
    booked = one.status is PlacementStatus.BOOKED
    return [
        *(one.id, one.status_at(now), one.person.name, one.person.unnamed, one.expires_at),
        *(one.away_at, one.away_reason, one.away_until, one.kept_at, one.planned),
        *(one.stay_authorised, one.stay_reason, due_words(one, now) if booked else None),
        *(overdue.away_asks(one, now), overdue.overstaying(one, now)),
    ]
