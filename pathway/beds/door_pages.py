"""Pages of a hub's taps: who did not come, who is away, what is undone, who an unnamed person is.

Each belongs to whoever runs the site; staff of another find nothing there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.beds import actions, callers, queries
from pathway.beds.door_schemas import (
    AwayForm,
    CallerForm,
    MatchForm,
    NameForm,
    NoShowForm,
    StayForm,
)
from pathway.beds.rules import PlacementFacts
from pathway.beds.sight import may_see
from pathway.beds.words import AWAY, WELFARE
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.fields import LARGEST_ID, sentences
from pathway.idempotency import once
from pathway.people import queries as people
from pathway.people.rules import NAME_LENGTH, split_name
from pathway.sites import queries as sites
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.rules import Doing, scope

bp = Blueprint("door", __name__)

PLACEMENT = f"/placements/<int(max={LARGEST_ID}):ident>"

FOUND_AT_ONCE = 10
"""How many people a search at the door shows (ours)."""


@bp.get(f"{PLACEMENT}/no-show")
@permits(Doing.RUN_SITE)
def missing(ident: int) -> ResponseReturnValue:
    """Say to ring first, and whom to ask."""
    return _missing_page(_at_own_site(this_act(), ident), {})


@bp.post(f"{PLACEMENT}/no-show")
@permits(Doing.RUN_SITE)
def no_show(ident: int) -> ResponseReturnValue:
    """Free the bed of somebody who did not come, once somebody rang."""
    act = this_act()
    asked = _load(NoShowForm)
    placement = queries.open_placement(act, ident)
    if placement and placement.person.vulnerable and "welfare" not in asked:
        told = {"welfare": ["Choose what is done for them."]}
        return _missing_page(_at_own_site(act, ident), told), 422
    return _then_hub(act, lambda: actions.no_show(act, ident, called=True, **asked))


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
    return _away_page(_at_own_site(this_act(), ident), {}, {})


@bp.post(f"{PLACEMENT}/away")
@permits(Doing.RUN_SITE)
def away(ident: int) -> ResponseReturnValue:
    """Keep the bed of somebody who is away."""
    act = this_act()
    try:
        asked = _load(AwayForm)
        reason = asked.get("place") or AWAY[asked["where"]]
        until = asked.get("expected_on")
        return _then_hub(act, lambda: actions.away(act, ident, reason=reason, expected_on=until))
    except Invalid as refusal:
        placement = _at_own_site(act, ident)
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
    asked = _load(StayForm)
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
        asked = _load(CallerForm)
        done = _done(act, lambda: callers.hold_unnamed(act, **asked))
    except Invalid as refusal:
        if refusal.denial:
            raise
        return _caller_page(dict(refusal.errors), request.form), 422
    return _after(act, done)


@bp.get(f"{PLACEMENT}/who")
@permits(Doing.RUN_SITE)
def who(ident: int) -> ResponseReturnValue:
    """Look for the person that an unnamed one turns out to be."""
    return _who_page(this_act(), ident, request.args.get("q", ""), {})


@bp.post(f"{PLACEMENT}/match")
@permits(Doing.RUN_SITE)
def match(ident: int) -> ResponseReturnValue:
    """Say that an unnamed person is somebody who is known."""
    act = this_act()
    asked = _load(MatchForm)
    return _then_hub(act, lambda: callers.match(act, ident, **asked))


@bp.post(f"{PLACEMENT}/name")
@permits(Doing.RUN_SITE)
def name(ident: int) -> ResponseReturnValue:
    """Give an unnamed person the name that they say."""
    act = this_act()
    try:
        given, family = split_name(_load(NameForm)["name"])
        told = {"given_name": given, "family_name": family}
        return _then_hub(act, lambda: callers.name(act, ident, **told))
    except Invalid as refusal:
        return _who_page(act, ident, "", dict(refusal.errors)), 422


def _load(form: type[Schema]) -> dict[str, Any]:
    """Return a form's values, or refuse them by field."""
    values = {key: value.strip() for key, value in request.form.items() if value.strip()}
    try:
        return dict(form(unknown=EXCLUDE).load(values))
    except ValidationError as fault:
        told = {str(key): sentences(one) for key, one in fault.messages_dict.items()}
        raise Invalid(told) from None


def _done(act: Act, do: Callable[[], PlacementFacts]) -> dict[str, Any]:
    """Do it once, however often the button was tapped."""

    def told() -> dict[str, Any]:
        placement = do()
        return {"id": placement.id, "site": placement.site.code}

    return once(act, this_form(), told)


def _then_hub(act: Act, do: Callable[[], PlacementFacts]) -> ResponseReturnValue:
    return _after(act, _done(act, do))


def _after(act: Act, done: Mapping[str, Any]) -> ResponseReturnValue:
    """Show the hub's page again, or what whoever is no hub may see."""
    site = sites.site(done["site"])
    if site and scope(act, Doing.RUN_SITE).covers(site):
        return redirect(url_for("desk.hub", code=site.code), code=303)
    placement = queries.open_placement(act, int(done["id"]))
    if placement and may_see(act, placement):
        return redirect(url_for("beds.show", ident=placement.id), code=303)
    return redirect(url_for("beds.tonight"), code=303)


def _at_own_site(act: Act, ident: int) -> PlacementFacts:
    """Return a placement at a site that whoever acts runs, and record the view."""
    placement = _of_own_site(act, ident)
    with transaction():
        person = placement.person.ref
        audit.record(act, "view placement", f"placement:{ident}", person=person)
    return placement


def _of_own_site(act: Act, ident: int) -> PlacementFacts:
    placement = queries.open_placement(act, ident)
    if placement is None or not scope(act, Doing.RUN_SITE).covers(placement.site):
        raise Absent
    return placement


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
    placement = _of_own_site(act, ident)
    asked = typed.strip()[:NAME_LENGTH].replace("\x00", "")
    found = people.search(act, asked, limit=FOUND_AT_ONCE) if asked else []
    with transaction():
        refs = [placement.person.ref, *(one.ref for one in found)]
        audit.record(act, "look for caller", f"placement:{ident}", people=refs)
    others = [one for one in found if not one.unnamed]
    return render_template(
        "beds/who.html", placement=placement, typed=asked, found=others, errors=errors
    )
