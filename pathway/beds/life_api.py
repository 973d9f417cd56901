"""What happens between a hold and a departure, and taking it back, over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway.beds import actions
from pathway.beds.life_schemas import AwayAsked, BookAsked, NoShowAsked, StayAsked, StrikeAsked
from pathway.beds.schemas import PlacementShown
from pathway.beds.shown import placement_done
from pathway.fields import LARGEST_ID
from pathway.openapi import ApiBlueprint
from pathway.people.schemas import Nothing
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

blp = ApiBlueprint("life_api", __name__, url_prefix="/api/v1", description="Placements, later on")

PLACEMENT = f"/placements/<int(max={LARGEST_ID}):ident>"


@blp.route(f"{PLACEMENT}/book", methods=["POST"])
@permits(Doing.BOOK)
@blp.arguments(BookAsked, required=False)
@blp.response(200, PlacementShown)
def book(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Keep a held bed until a stated time, or change that time."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.book(act, ident, **asked))


@blp.route(f"{PLACEMENT}/cancel", methods=["POST"])
@permits(Doing.KEEP_HOLD)
@blp.arguments(Nothing, required=False)
@blp.response(200, PlacementShown)
def cancel(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Say that somebody will not come; `late` tells whether they were expected before."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.cancel(act, ident))


@blp.route(f"{PLACEMENT}/no-show", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(NoShowAsked, required=False)
@blp.response(200, PlacementShown)
def no_show(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Say that somebody never came, after a call, and free the bed."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.no_show(act, ident, **asked))


@blp.route(f"{PLACEMENT}/away", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(AwayAsked)
@blp.response(200, PlacementShown)
def away(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Keep the bed of somebody who is away for a while."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.away(act, ident, **asked))


@blp.route(f"{PLACEMENT}/back", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(Nothing, required=False)
@blp.response(200, PlacementShown)
def back(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Say that somebody is back."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.back(act, ident))


@blp.route(f"{PLACEMENT}/stay", methods=["POST"])
@permits(Doing.OVERRIDE)
@blp.arguments(StayAsked)
@blp.response(200, PlacementShown)
def stay(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Keep what the lead decided about a stay past the limit."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.decide_stay(act, ident, **asked))


@blp.route(f"{PLACEMENT}/undo", methods=["POST"])
@permits(Doing.KEEP_HOLD)
@blp.arguments(Nothing, required=False)
@blp.response(200, PlacementShown)
def undo(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Take back the last thing that happened."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.undo(act, ident))


@blp.route(f"{PLACEMENT}/void", methods=["POST"])
@permits(Doing.OVERRIDE)
@blp.arguments(StrikeAsked)
@blp.response(200, PlacementShown)
def void(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Say that a placement was recorded in error."""
    act = this_act()
    return placement_done(act, asked, lambda: actions.strike(act, ident, **asked))
