"""Waiting for a bed, over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.answers import done
from pathway.beds import queue, waiting
from pathway.beds.turn import Wait
from pathway.beds.waiting_schemas import QueueShown, WaitAsked, WaitShown
from pathway.db import transaction
from pathway.errors import Absent
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.people.schemas import Nothing
from pathway.sites import queries as sites
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

blp = ApiBlueprint("waiting_api", __name__, url_prefix="/api/v1", description="Waiting for a bed")


@blp.route("/waiting", methods=["POST"])
@permits(Doing.WAIT)
@blp.arguments(WaitAsked)
@blp.response(201, WaitShown)
@blp.alt_response(200, schema=WaitShown, description="They wait there already: nothing changed.")
def wait(asked: dict[str, Any]) -> ResponseReturnValue:
    """Put somebody on the list for a bed at a site."""
    act = this_act()

    def shown() -> dict[str, Any]:
        made = waiting.wait(act, **asked)
        return {"status": 201 if made.since == act.at else 200, "wait": _dumped(made)}

    answer = once(act, this_request(asked), shown)
    return done(answer["wait"], answer["status"])


@blp.route(f"/waiting/<int(max={LARGEST_ID}):wait>/withdraw", methods=["POST"])
@permits(Doing.WAIT)
@blp.arguments(Nothing, required=False)
@blp.response(200, WaitShown)
def withdraw(asked: dict[str, Any], wait: int) -> ResponseReturnValue:
    """Take somebody off the list; who is off it already stays off."""
    act = this_act()
    answer = once(act, this_request(asked), lambda: _dumped(waiting.withdraw(act, wait)))
    return done(answer)


@blp.route("/sites/<code>/waiting", methods=["GET"])
@permits(Doing.RUN_SITE)
@blp.response(200, QueueShown)
def line(code: str) -> Any:
    """Return who waits for a bed at a site that one runs, in turn."""
    act = this_act()
    site = sites.site(code)
    if site is None or not scope(act, Doing.RUN_SITE).covers(site):
        raise Absent
    seen = queue.line(act, site)
    with transaction():
        refs = [one.wait.person.ref for one in seen.places]
        audit.record(act, "list waiting", f"site:{code}", people=refs)
    items = [_shown(one.wait) | {"place": one.number, "reason": one.reason} for one in seen.places]
    return {"items": items, "next": None, "closed": seen.closed}


def _dumped(wait: Wait) -> dict[str, Any]:
    return dict(WaitShown().dump(_shown(wait)))


def _shown(wait: Wait) -> dict[str, Any]:
    return {
        "id": str(wait.id),
        "person": wait.person.ref,
        "site": wait.site.code,
        "priority": wait.priority,
        "since": wait.since,
        "status": wait.status,
        "placement": None if wait.placement_id is None else str(wait.placement_id),
    }
