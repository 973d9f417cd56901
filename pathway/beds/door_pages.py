"""Pages of a hub's taps: who comes when, who did not, who is away, and what is taken back.

Each belongs to whoever runs the site; staff of another find nothing there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import actions, callers, queries
from pathway.beds.door_schemas import (
    AwayForm,
    BookForm,
    CallerForm,
    MatchForm,
    NameForm,
    NoShowForm,
    StayForm,
    StrikeForm,
)
from pathway.beds.rules import PlacementFacts
from pathway.beds.sight import may_see
from pathway.beds.taps import done, load, theirs, viewed
from pathway.beds.words import AWAY, WELFARE
from pathway.db import transaction
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID
from pathway.nights import london
from pathway.people import queries as people
from pathway.people.rules import NAME_LENGTH, split_name
from pathway.people.sought import asked_for, sealed, sought
from pathway.sites import queries as sites
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("door", __name__)

PLACEMENT = f"/placements/<int(max={LARGEST_ID}):ident>"

FOUND_AT_ONCE = 10
"""How many people a search at the door shows (ours)."""


@bp.get(f"{PLACEMENT}/no-show")
@permits(Doing.RUN_SITE)
def missing(ident: int) -> ResponseReturnValue:
    """Say to ring first, and whom to ask."""
    return _missing_page(viewed(this_act(), ident, Doing.RUN_SITE), {})


@bp.post(f"{PLACEMENT}/no-show")
@permits(Doing.RUN_SITE)
def no_show(ident: int) -> ResponseReturnValue:
    """Free the bed of somebody who did not come, once somebody rang."""
    act = this_act()
    asked = load(NoShowForm)
    placement = queries.open_placement(act, ident)
    if placement and placement.person.vulnerable and "welfare" not in asked:
        told = {"welfare": ["Choose what is done for them."]}
        return _missing_page(viewed(act, ident, Doing.RUN_SITE), told), 422
    return _then_hub(act, lambda: actions.no_show(act, ident, called=True, **asked))


@bp.get(f"{PLACEMENT}/book")
@permits(Doing.BOOK)
def expecting(ident: int) -> ResponseReturnValue:
    """Ask when somebody comes whose bed is kept until then."""
    placement = viewed(this_act(), ident, Doing.BOOK)
    due = placement.expected_at or placement.expires_at
    return _expecting_page(placement, {}, f"{london(due):%Y-%m-%dT%H:%M}" if due else "")


@bp.post(f"{PLACEMENT}/book")
@permits(Doing.BOOK)
def book(ident: int) -> ResponseReturnValue:
    """Keep a held bed until a stated time, or change that time."""
    act = this_act()
    try:
        asked = load(BookForm)
        return _then_hub(act, lambda: actions.book(act, ident, **asked))
    except Invalid as refusal:
        placement = viewed(act, ident, Doing.BOOK)
        typed = request.form.get("expected_at", "")
        return _expecting_page(placement, refusal.errors, typed), 422


@bp.get(f"{PLACEMENT}/error")
@permits(Doing.OVERRIDE)
def in_error(ident: int) -> ResponseReturnValue:
    """Ask a lead why a placement should never have been recorded."""
    return _error_page(viewed(this_act(), ident, Doing.OVERRIDE), {})


@bp.post(f"{PLACEMENT}/error")
@permits(Doing.OVERRIDE)
def strike(ident: int) -> ResponseReturnValue:
    """Take a placement that was recorded in error off every board."""
    act = this_act()
    try:
        asked = load(StrikeForm)
        return _then_hub(act, lambda: actions.strike(act, ident, **asked))
    except Invalid as refusal:
        return _error_page(viewed(act, ident, Doing.OVERRIDE), refusal.errors), 422


@bp.post(f"{PLACEMENT}/cancel")
@permits(Doing.KEEP_HOLD)
def cancel(ident: int) -> ResponseReturnValue:
    """Give back a bed that somebody was expected in."""
    act = this_act()
    return _then_hub(act, lambda: actions.cancel(act, ident))


@bp.get(f"{PLACEMENT}/away")
@permits(Doing.RUN_SITE)
def going(ident: int) -> ResponseReturnValue:
    """Ask where somebody is, and when they are expected back."""
    return _away_page(viewed(this_act(), ident, Doing.RUN_SITE), {}, {})


@bp.post(f"{PLACEMENT}/away")
@permits(Doing.RUN_SITE)
def away(ident: int) -> ResponseReturnValue:
    """Keep the bed of somebody who is away."""
    act = this_act()
    try:
        asked = load(AwayForm)
        reason = asked.get("place") or AWAY[asked["where"]]
        until = asked.get("expected_on")
        return _then_hub(act, lambda: actions.away(act, ident, reason=reason, expected_on=until))
    except Invalid as refusal:
        placement = viewed(act, ident, Doing.RUN_SITE)
        return _away_page(placement, dict(refusal.errors), request.form.to_dict()), 422


@bp.post(f"{PLACEMENT}/back")
@permits(Doing.RUN_SITE)
def back(ident: int) -> ResponseReturnValue:
    """Write down that somebody is back, in one tap."""
    act = this_act()
    return _then_hub(act, lambda: actions.back(act, ident))


@bp.post(f"{PLACEMENT}/stay")
@permits(Doing.OVERRIDE)
def stay(ident: int) -> ResponseReturnValue:
    """Keep what a lead decides about somebody who stays past the limit."""
    act = this_act()
    asked = load(StayForm)
    return _then_hub(act, lambda: actions.decide_stay(act, ident, **asked))


@bp.post(f"{PLACEMENT}/undo")
@permits(Doing.KEEP_HOLD)
def undo(ident: int) -> ResponseReturnValue:
    """Take back the last thing that happened, then show where it was done."""
    act = this_act()
    return _then_hub(act, lambda: actions.undo(act, ident))


@bp.get("/callers/new")
@permits(Doing.HOLD_UNNAMED)
def call() -> ResponseReturnValue:
    """Ask how the door will know somebody who gives no name."""
    return _caller_page({}, {"site": request.args.get("site", "")})


@bp.post("/callers")
@permits(Doing.HOLD_UNNAMED)
def hold() -> ResponseReturnValue:
    """Hold a bed for a caller without a name."""
    act = this_act()
    try:
        asked = load(CallerForm)
        made = done(act, lambda: callers.hold_unnamed(act, **asked))
    except Invalid as refusal:
        if refusal.denial:
            raise
        return _caller_page(dict(refusal.errors), request.form), 422
    return _after(act, made)


@bp.get(f"{PLACEMENT}/who")
@permits(Doing.RUN_SITE)
def who(ident: int) -> ResponseReturnValue:
    """Look for the person that an unnamed one turns out to be."""
    act = this_act()
    return _who_page(act, ident, sought(act), {})


@bp.post(f"{PLACEMENT}/who")
@permits(Doing.RUN_SITE)
def look(ident: int) -> ResponseReturnValue:
    """Look for what was typed, without its standing in the address."""
    act = this_act()
    theirs(act, ident, Doing.RUN_SITE)
    return redirect(url_for("door.who", ident=ident, sought=sealed(act, asked_for())), code=303)


@bp.post(f"{PLACEMENT}/match")
@permits(Doing.RUN_SITE)
def match(ident: int) -> ResponseReturnValue:
    """Say that an unnamed person is somebody who is known."""
    act = this_act()
    asked = load(MatchForm)
    return _then_hub(act, lambda: callers.match(act, ident, **asked))


@bp.post(f"{PLACEMENT}/name")
@permits(Doing.RUN_SITE)
def name(ident: int) -> ResponseReturnValue:
    """Give an unnamed person the name that they say."""
    act = this_act()
    try:
        given, family = split_name(load(NameForm)["name"])
        told = {"given_name": given, "family_name": family}
        return _then_hub(act, lambda: callers.name(act, ident, **told))
    except Invalid as refusal:
        return _who_page(act, ident, "", dict(refusal.errors)), 422


def _then_hub(act: Act, do: Callable[[], PlacementFacts]) -> ResponseReturnValue:
    return _after(act, done(act, do))


def _after(act: Act, made: Mapping[str, Any]) -> ResponseReturnValue:
    """Show the hub's page again, or what whoever is no hub may see."""
    site = sites.site(made["site"])
    if site and scope(act, Doing.RUN_SITE).covers(site):
        return redirect(url_for("desk.hub", code=site.code), code=303)
    placement = queries.open_placement(act, int(made["id"]))
    if placement and may_see(act, placement):
        return redirect(url_for("beds.show", ident=placement.id), code=303)
    return redirect(url_for("beds.tonight"), code=303)


def _missing_page(placement: PlacementFacts, errors: Mapping[str, Any]) -> str:
    events = queries.events_of(placement.id)
    return render_template(
        "beds/no_show.html",
        placement=placement,
        held_by=events[0]["by"] if events else "Pathway",
        welfare=WELFARE if placement.person.vulnerable else {},
        errors=errors,
        now=this_act().at,
    )


def _expecting_page(placement: PlacementFacts, errors: Mapping[str, Any], typed: str) -> str:
    return render_template(
        "beds/book.html", placement=placement, errors=errors, typed=typed, now=this_act().at
    )


def _error_page(placement: PlacementFacts, errors: Mapping[str, Any]) -> str:
    return render_template(
        "beds/in_error.html",
        placement=placement,
        errors=errors,
        typed=request.form.get("reason", ""),
        now=this_act().at,
    )


def _away_page(
    placement: PlacementFacts, errors: Mapping[str, Any], typed: Mapping[str, str]
) -> str:
    return render_template(
        "beds/away.html", placement=placement, places=AWAY, errors=errors, typed=typed
    )


def _caller_page(errors: Mapping[str, Any], typed: Mapping[str, str]) -> str:
    act = this_act()
    places = {site.code: site.name for site in sites.sites() if callers.may_hold_unnamed(act, site)}
    return render_template("beds/caller.html", places=places, errors=errors, typed=typed)


def _who_page(act: Act, ident: int, typed: str, errors: Mapping[str, Any]) -> str:
    placement = theirs(act, ident, Doing.RUN_SITE)
    asked = typed.strip()[:NAME_LENGTH].replace("\x00", "")
    found = people.search(act, asked, limit=FOUND_AT_ONCE) if asked else []
    with transaction():
        refs = [placement.person.ref, *(one.ref for one in found)]
        audit.record(act, "look for caller", f"placement:{ident}", people=refs)
    others = [one for one in found if not one.unnamed]
    return render_template(
        "beds/who.html", placement=placement, typed=asked, found=others, errors=errors
    )
