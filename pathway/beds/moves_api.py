"""Moving somebody from bed to bed, over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway.answers import done
from pathway.beds import actions
from pathway.beds.api import IDENT
from pathway.beds.moves_schemas import TransferAsked
from pathway.beds.schemas import PlacementShown
from pathway.beds.shown import placement_shown
from pathway.beds.sight import may_see
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("moves_api", __name__, url_prefix="/api/v1", description="Moves between beds")


@blp.route(f"/placements/<{IDENT}:ident>/transfer", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(TransferAsked)
@blp.response(200, PlacementShown)
def transfer(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Move somebody to another site or bed; answer with the new placement.

    Whoever is not of a confidential site is not told which bed they were given.
    """
    act = this_act()

    def shown() -> dict[str, Any]:
        placement = actions.transfer(act, ident, **asked)
        told = placement_shown(placement, act)
        if placement.site.confidential and not may_see(act, placement):
            told |= {"bed": None, "bed_label": None}
        return dict(PlacementShown().dump(told))

    return done(once(act, this_request(asked), shown))
