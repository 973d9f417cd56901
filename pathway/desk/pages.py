"""Pages that bring several packages together: home, finding a bed, a person."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import apart, board, lately, queue
from pathway.beds import queries as beds
from pathway.beds.board import SiteTonight
from pathway.beds.care import may_edit, may_record
from pathway.beds.couples import both
from pathway.beds.fit import WhyNot, none_fits, stopped, why_not
from pathway.beds.rules import (
    PlacementStatus,
)
from pathway.beds.sight import may_see
from pathway.beds.turn import PRIORITIES, USUAL
from pathway.db import transaction
from pathway.desk import line
from pathway.errors import Absent
from pathway.nights import london
from pathway.people import numbers, warnings
from pathway.people import queries as people
from pathway.people.behind import listed
from pathway.people.rules import PersonFacts
from pathway.people.sight import closed_by
from pathway.people.sought import asked_for, sealed, sought
from pathway.people.timeline import by_night
from pathway.referrals.queries import in_touch
from pathway.sites import queries as sites
from pathway.sites.queries import public_lines
from pathway.sites.rules import SiteFacts, accepts_in_words
from pathway.staff.acting import permits, public, this_act, who
from pathway.staff.doing import Doing
from pathway.staff.rules import Scope, may, scope

bp = Blueprint("desk", __name__)

POLL = "X-Poll"
"""The header of a page that looks again by itself.

Only that may be told that nothing has changed: a page that was left and opened
again needs the server's time for its countdowns.
"""

FOUND_AT_ONCE = 20
"""How many people one page of a search shows (ours)."""


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Go where this role's night begins."""
    act = who()
    if act is None:
        return redirect(url_for("staff.sign_in"))
    own = own_sites(act)
    if own:
        return redirect(url_for("desk.hub", code=own[0].code))
    return redirect(url_for("beds.tonight"))


@bp.get("/help")
@public
def ring() -> ResponseReturnValue:
    """Show whom to ring."""
    return render_template("desk/ring.html", lines=public_lines(), sites=_phones())


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """Show how accessible the service is, and what to do where it is not."""
    return render_template("desk/accessibility.html", lines=public_lines())


@bp.get("/people")
@permits(Doing.SEE_PEOPLE)
def find() -> ResponseReturnValue:
    """Find a person: those met last, or a search."""
    act = this_act()
    typed = sought(act)
    site = request.args.get("site") or None
    found = people.search(act, typed, limit=FOUND_AT_ONCE + 1) if typed else []
    shown = found[:FOUND_AT_ONCE] or lately.recent_people(act)
    note_seen(act, "search people" if typed else "list recent people", shown)
    if len(found) == 1 and may(act.roles, Doing.HOLD):
        return redirect(url_for("desk.find_bed", ref=found[0].ref, site=site), code=303)
    return render_template(
        "desk/people.html",
        typed=typed,
        found=found[:FOUND_AT_ONCE],
        more=len(found) > FOUND_AT_ONCE,
        recent=[] if found else shown,
        site=site,
        sealed=sealed(act, typed),
    )


@bp.post("/people")
@permits(Doing.SEE_PEOPLE)
def look() -> ResponseReturnValue:
    """Look for what was typed, without its standing in the address."""
    words = sealed(this_act(), asked_for())
    site = request.form.get("site") or None
    return redirect(url_for("desk.find", sought=words, site=site), code=303)


@bp.get("/people/<ref>")
@permits(Doing.SEE_PEOPLE)
def person(ref: str) -> ResponseReturnValue:
    """Show a person, and their placements as far as one may see them."""
    act = this_act()
    whom = _person(act, ref)
    entries, more = line.read(act, whom, most=line.GLANCE)
    return render_template(
        "desk/person.html",
        person=whom,
        placements=lately.placements_seen(act, whom.id),
        waits=queue.of_person(act, whom),
        listed=sites.site(request.args.get("waits", "").replace("\x00", "")),
        nights=by_night(entries),
        more=more is not None,
        stop=stopped(whom, london(act.at).date()),
        beware=warnings.standing(act, whom.id),
        may_edit=may_edit(act, whom),
        may_record=may(act.roles, Doing.RECORD) and may_record(act, whom),
        may_lift=whom.restricted and closed_by(act, whom),
        merged=people.merged_into(whom),
        in_touch=in_touch(act, whom),
        numbers=numbers.in_words(numbers.of(act, [whom.id]).get(whom.id, ())),
        all_sites=sites.sites(),
        now=act.at,
    )


@bp.get("/people/<ref>/bed")
@permits(Doing.SEE_PEOPLE)
def find_bed(ref: str) -> ResponseReturnValue:
    """Show the beds that fit a person first, and why the others do not."""
    act = this_act()
    whom = apart.kept(act, _person(act, ref))
    partner = next(iter(listed(act, whom.partners)), None) if whom.partners else None
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    first = request.args.get("site")
    rated = [_choice(act, one, whom, partner) for one in seen.sites]
    fits = [one for one in rated if one["fits"]]
    fits.sort(key=lambda one: (one["site"].code != first, -one["free"], one["site"].name))
    standing = beds.live_placement_of(whom.id)
    if standing and standing.status_at(act.at) is PlacementStatus.EXPIRED:
        standing = None
    may_open = standing is not None and may_see(act, standing)
    if not (may_open or may(act.roles, Doing.HOLD)):
        standing = None
    own = own_sites(act)
    return render_template(
        "desk/find_bed.html",
        person=whom,
        fits=fits,
        others=[one for one in rated if not one["fits"]],
        beware=warnings.standing(act, whom.id),
        stop=stopped(whom, london(act.at).date()),
        standing=standing,
        may_open=may_open,
        may_hold=may(act.roles, Doing.HOLD),
        turned_away_at=beds.turned_away_at(whom.id, seen.night),
        door=own[0].code if own else None,
        waits={one.wait.site.id: one for one in queue.of_person(act, whom)},
        priorities=PRIORITIES,
        usual=USUAL,
        lines=public_lines(),
        now=act.at,
    )


def _choice(
    act: Act, one: SiteTonight, whom: PersonFacts, partner: PersonFacts | None
) -> dict[str, Any]:
    """Return how one site looks for one person, and whether there is room for both of two."""
    stop = stopped(whom, london(act.at).date())
    late = stop or why_not(one.site, whom, board.arriving(one.site, act.at))
    at_door = scope(act, Doing.RUN_SITE).covers(one.site)
    refusal = why_not(one.site, whom) if at_door and not stop else late
    refusal = refusal or _beds_unfit(one, whom)
    free, holds = one.free_for(whom), scope(act, Doing.HOLD)
    decides = scope(act, Doing.OVERRIDE).covers(one.site) and bool(one.counts and one.counts.free)
    return {
        "site": one.site,
        "words": accepts_in_words(one.site),
        "free": free,
        "fits": refusal is None and bool(free) and holds.covers(one.site),
        "reason": _reason(one, refusal, holds),
        "late": late.sentence if late else None,
        "both": both(one.site, one.free, whom, partner) if partner and one.counts else "",
        "may_walk_in": at_door,
        "may_wait": not free and not stop and _may_wait(act, one.site, whom),
        "may_go_over": _may_go_over(act, one, refusal),
        "may_decide": decides and any(why and why.lead_may_decide for why in (refusal, late)),
    }


def _may_wait(act: Act, site: SiteFacts, whom: PersonFacts) -> bool:
    """Return whether whoever looks may put somebody on the list of a site that takes them."""
    return scope(act, Doing.WAIT).covers(site) and why_not(site, whom) is None


def _may_go_over(act: Act, one: SiteTonight, refusal: WhyNot | None) -> bool:
    """Return whether whoever looks may put up a bed more: where none is free and they fit."""
    full = one.counts is not None and one.counts.free == 0
    return full and refusal is None and scope(act, Doing.SET_BEDS).covers(one.site)


def _beds_unfit(one: SiteTonight, whom: PersonFacts) -> WhyNot | None:
    """Return why none of the free beds of a site is for somebody, or None."""
    return none_fits(one.site, [bed for bed, _ in one.free], whom)


def _reason(one: SiteTonight, refusal: WhyNot | None, holds: Scope) -> str:
    if refusal is not None:
        return refusal.sentence
    if one.counts is None:
        return "You cannot see how many beds are free there. Ring them."
    if not one.counts.free:
        return "No bed is free tonight."
    return "" if holds.covers(one.site) else "Your role does not hold beds there. Ring them."


def _person(act: Act, ref: str) -> PersonFacts:
    whom = people.whole_person(act, ref)
    if whom is None:
        raise Absent(glass=url_for("record.glass", ref=ref))
    with transaction():
        audit.record(act, "view person", f"person:{whom.ref}")
    return whom


def note_seen(
    act: Act, what: str, found: list[PersonFacts], *, subject: str = "list:people"
) -> None:
    """Write down whom a page shows."""
    with transaction():
        audit.record(act, what, subject, people=[one.ref for one in found])


def own_sites(act: Act) -> list[SiteFacts]:
    """Return the sites that whoever acts is named for and runs."""
    if not may(act.roles, Doing.RUN_SITE):
        return []
    return [site for site in sites.sites() if site.id in act.site_ids]


def _phones() -> list[SiteFacts]:
    """Return the sites that whoever is signed in may ring."""
    act = who()
    if act is None:
        return []
    reach = scope(act, Doing.COUNT_BEDS)
    return [site for site in sites.sites() if site.phone and reach.covers(site)]
