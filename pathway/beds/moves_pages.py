"""The page that moves somebody to another bed."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.beds import actions, board, queries
from pathway.beds.apart import judged
from pathway.beds.board import SiteTonight
from pathway.beds.fit import stopped, why_not
from pathway.beds.moves_schemas import TransferForm
from pathway.beds.rules import BedFacts, BedStatus, PlacementFacts, bed_status
from pathway.beds.taps import done, load, viewed
from pathway.errors import Absent, Invalid, Refused
from pathway.fields import LARGEST_ID
from pathway.nights import london
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("moves", __name__)

IDENT = f"int(max={LARGEST_ID})"


@bp.get(f"/placements/<{IDENT}:ident>/transfer")
@permits(Doing.RUN_SITE)
def choose(ident: int) -> ResponseReturnValue:
    """Ask where somebody moves to, and whether at once."""
    return _page(this_act(), ident, {})


@bp.post(f"/placements/<{IDENT}:ident>/transfer")
@permits(Doing.RUN_SITE)
def transfer(ident: int) -> ResponseReturnValue:
    """Move somebody, then show the hub's page again."""
    act = this_act()
    try:
        asked = load(TransferForm)
        done(act, lambda: actions.transfer(act, ident, **asked))
    except Absent:
        raise
    except Invalid as refusal:
        return _page(act, ident, dict(refusal.errors)), 422
    except Refused as refusal:
        return _page(act, ident, {"site": [refusal.detail]}), refusal.status
    placement = queries.open_placement(act, ident)
    if placement is None:
        return redirect(url_for("desk.home"), code=303)
    return redirect(url_for("desk.hub", code=placement.site.code), code=303)


def _page(act: Act, ident: int, errors: dict[str, Any]) -> str:
    placement = viewed(act, ident, Doing.RUN_SITE)
    return render_template(
        "beds/transfer.html",
        placement=placement,
        stop=stopped(placement.person, london(act.at).date()),
        choices=_choices(act, placement),
        beds={str(bed.id): bed.label for bed in _beds(act, placement)},
        errors=errors,
        typed=request.form.to_dict(),
    )


def _choices(act: Act, placement: PlacementFacts) -> dict[str, str]:
    """Return the other sites that take somebody, by code, unless they are known to be full."""
    if stopped(placement.person, london(act.at).date()):
        return {}
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    who = judged(act, placement.person)
    return {
        one.site.code: f"{one.site.name}, {_free_words(one)}"
        for one in seen.sites
        if (one.counts is None or one.counts.free)
        and one.site.id != placement.site.id
        and not why_not(one.site, who)
    }


def _free_words(one: SiteTonight) -> str:
    return f"{one.counts.free} free" if one.counts else "ring first"


def _beds(act: Act, placement: PlacementFacts) -> list[BedFacts]:
    """Return the free beds of the site where somebody is."""
    beds = board.beds_of(placement.site, act.at)
    return [bed for bed in beds if bed_status(bed, act.at) is BedStatus.FREE]
