"""Walking somebody to a site, over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway.answers import done
from pathway.duty import walks
from pathway.duty.schemas import LongerAsked, NoBody, WalkAsked, WalkShown
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("walks_api", __name__, url_prefix="/api/v1", description="Walking to a site")


@blp.route("/walks", methods=["POST"])
@permits(Doing.BE_WALKED)
@blp.arguments(WalkAsked)
@blp.response(201, WalkShown)
def set_out(asked: dict[str, Any]) -> ResponseReturnValue:
    """Say that one walks somebody to a site; the duty manager is told if one is late."""
    act = this_act()

    def shown() -> dict[str, Any]:
        return dict(WalkShown().dump(walks.set_out(act, **asked)))

    return done(once(act, this_request(asked), shown), 201)


@blp.route("/walks/safe", methods=["POST"])
@permits(Doing.BE_WALKED)
@blp.arguments(NoBody, required=False)
@blp.response(200, WalkShown)
def safe(asked: dict[str, Any]) -> ResponseReturnValue:
    """Say that one is safe. Said again, nothing changes."""
    act = this_act()

    def shown() -> dict[str, Any]:
        return dict(WalkShown().dump(walks.safe(act) or {}))

    return done(once(act, this_request(asked), shown))


@blp.route("/walks/longer", methods=["POST"])
@permits(Doing.BE_WALKED)
@blp.arguments(LongerAsked)
@blp.response(200, WalkShown)
def longer(asked: dict[str, Any]) -> ResponseReturnValue:
    """Ask for more minutes, from when one was due or from now."""
    act = this_act()

    def shown() -> dict[str, Any]:
        return dict(WalkShown().dump(walks.longer(act, **asked)))

    return done(once(act, this_request(asked), shown))
