"""Beds and placements over JSON."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.answers import done, fresh
from pathway.beds import actions, board, claims, history, queries
from pathway.beds.board import Board, SiteTonight
from pathway.beds.moves_schemas import ReadyAsked
from pathway.beds.rules import BedFacts, PlacementFacts, bed_status, void_pending
from pathway.beds.schemas import (
    BedShown,
    BedsShown,
    BoardShown,
    CheckInAsked,
    ConfirmAsked,
    ConfirmShown,
    DepartAsked,
    ExtendAsked,
    PlacementAsked,
    PlacementShown,
    PlacementWithEvents,
    ThenAsked,
    VoidAsked,
)
from pathway.beds.shown import placement_done as _done
from pathway.beds.shown import placement_shown
from pathway.beds.sight import may_see
from pathway.db import transaction
from pathway.errors import Absent
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.people.schemas import Nothing
from pathway.sites import queries as sites
from pathway.sites.rules import ADMISSIBLE, accepts_in_words
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

blp = ApiBlueprint("beds_api", __name__, url_prefix="/api/v1", description="Beds and placements")

IDENT = f"int(max={LARGEST_ID})"
NO_COUNTS = dict.fromkeys(
    ("capacity", "occupied", "booked", "held", "void", "turnaround", "free", "over")
)


@blp.route("/beds/tonight", methods=["GET"])
@permits(Doing.COUNT_BEDS)
@blp.response(200, BoardShown)
@blp.alt_response(304, description="Nothing that you see has changed.")
def tonight() -> ResponseReturnValue:
    """Return tonight's board; its ETag covers everything but the time."""
    act = this_act()
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    shown = BoardShown().dump(board_shown(seen))
    return fresh({**shown, "as_of": None}, lambda: shown)


@blp.route("/beds/then", methods=["GET"])
@permits(Doing.COUNT_BEDS)
@blp.arguments(ThenAsked, location="query")
@blp.response(200, BoardShown)
def then(asked: dict[str, Any]) -> Any:
    """Return the board of a past moment, masked as of today."""
    act = this_act()
    moment = history.past(asked["at"], act.at)
    return board_shown(history.board_at(moment, scope(act, Doing.COUNT_BEDS)))


@blp.route("/sites/<code>/beds", methods=["GET"])
@permits(Doing.COUNT_BEDS)
@blp.response(200, BedsShown)
def beds(code: str) -> Any:
    """Return tonight's beds of one site."""
    act = this_act()
    site = sites.site(code)
    counts, runs = scope(act, Doing.COUNT_BEDS), scope(act, Doing.RUN_SITE)
    if site is None or not counts.covers(site) or not (runs.covers(site) or not site.confidential):
        raise Absent
    found = board.beds_of(site, act.at)
    return {"items": [_bed_shown(bed, act) for bed in found], "next": None}


@blp.route("/placements", methods=["POST"])
@permits(Doing.HOLD)
@blp.arguments(PlacementAsked)
@blp.response(201, PlacementShown)
def place(asked: dict[str, Any]) -> ResponseReturnValue:
    """Hold or book a bed, or place somebody who walks in."""
    act = this_act()
    body = dict(asked)
    verb: Callable[..., PlacementFacts] = claims.book if "expected_at" in body else actions.hold
    if body.pop("walk_in", False):
        verb = actions.walk_in
    return _done(act, asked, lambda: verb(act, **body), 201)


@blp.route(f"/placements/<{IDENT}:ident>", methods=["GET"])
@permits(Doing.SEE_PLACEMENTS)
@blp.response(200, PlacementWithEvents)
def show(ident: int) -> Any:
    """Return one placement with its events."""
    act = this_act()
    placement = queries.open_placement(act, ident)
    if placement is None or not may_see(act, placement):
        raise Absent
    with transaction():
        person = placement.person.ref
        audit.record(act, "view placement", f"placement:{ident}", person=person)
    return placement_shown(placement, act) | {"events": queries.events_of(ident)}


@blp.route(f"/placements/<{IDENT}:ident>/extend", methods=["POST"])
@permits(Doing.KEEP_HOLD)
@blp.arguments(ExtendAsked)
@blp.response(200, PlacementShown)
def extend(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Let a hold run longer."""
    act = this_act()
    return _done(act, asked, lambda: actions.extend(act, ident, **asked))


@blp.route(f"/placements/<{IDENT}:ident>/release", methods=["POST"])
@permits(Doing.KEEP_HOLD)
@blp.arguments(Nothing, required=False)
@blp.response(200, PlacementShown)
def release(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Give a held bed back."""
    act = this_act()
    return _done(act, asked, lambda: actions.release(act, ident))


@blp.route(f"/placements/<{IDENT}:ident>/check-in", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(CheckInAsked, required=False)
@blp.response(200, PlacementShown)
def check_in(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Record that somebody arrived."""
    act = this_act()
    return _done(act, asked, lambda: actions.check_in(act, ident, **asked))


@blp.route(f"/placements/<{IDENT}:ident>/depart", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(DepartAsked)
@blp.response(200, PlacementShown)
def depart(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Record that somebody left."""
    act = this_act()
    return _done(act, asked, lambda: actions.depart(act, ident, **asked))


@blp.route(f"/beds/<{IDENT}:ident>/void", methods=["POST"])
@permits(Doing.KEEP_BEDS)
@blp.arguments(VoidAsked)
@blp.response(200, BedShown)
def void(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Take a bed out of use, or do so once whoever is in it has left."""
    act = this_act()
    return _bed_done(act, asked, lambda: actions.void(act, ident, **asked))


@blp.route(f"/beds/<{IDENT}:ident>/reinstate", methods=["POST"])
@permits(Doing.KEEP_BEDS)
@blp.arguments(Nothing, required=False)
@blp.response(200, BedShown)
def reinstate(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Put a bed back in use."""
    act = this_act()
    return _bed_done(act, asked, lambda: actions.reinstate(act, ident))


@blp.route(f"/beds/<{IDENT}:ident>/ready", methods=["POST"])
@permits(Doing.KEEP_BEDS)
@blp.arguments(ReadyAsked, required=False)
@blp.response(200, BedShown)
def ready(asked: dict[str, Any], ident: int) -> ResponseReturnValue:
    """Say that a bed has been made ready."""
    act = this_act()
    return _bed_done(act, asked, lambda: actions.ready(act, ident, **asked))


@blp.route("/sites/<code>/confirm", methods=["POST"])
@permits(Doing.RUN_SITE)
@blp.arguments(ConfirmAsked)
@blp.response(200, ConfirmShown)
def confirm(asked: dict[str, Any], code: str) -> ResponseReturnValue:
    """Confirm tonight's count; a difference is kept."""
    act = this_act()

    def shown() -> dict[str, Any]:
        return dict(ConfirmShown().dump(actions.confirm(act, code, **asked)))

    return done(once(act, this_request(asked), shown))


def board_shown(seen: Board) -> dict[str, Any]:
    """Return a board in the words of the contract."""
    rows = [_site_shown(one) for one in seen.sites]
    return {"night": seen.night, "as_of": seen.as_of, "sites": rows}


def _site_shown(one: SiteTonight) -> dict[str, Any]:
    site = one.site
    counts = asdict(one.counts) if one.counts else NO_COUNTS
    return {
        "code": site.code,
        "name": site.name,
        **counts,
        "accepts": {
            "admits": [gender for gender in ADMISSIBLE if gender in site.admits],
            "max_support_level": site.max_support_level,
            "nrpf": site.nrpf,
            "dogs": site.dogs,
            "couples": site.couples,
            "intake_from": site.intake_from,
            "intake_to": site.intake_to,
            "step_free": one.step_free,
            "words": accepts_in_words(site),
        },
        "phone": site.phone,
        "pickup_point": site.pickup_point,
        "confirmed_at": one.confirmed_at,
        "changed_at": one.changed_at,
        "swep": site.venue,
    }


def _bed_shown(bed: BedFacts, act: Act) -> dict[str, Any]:
    status = bed_status(bed, act.at)
    claim = bed.claim.expires_at if bed.claim else None
    until = {"held": claim, "void": bed.void_until}.get(status.value)
    return {
        "id": str(bed.id),
        "label": bed.label,
        "status": status,
        "until": until,
        "void_pending": void_pending(bed, act.at),
        "step_free": bed.step_free,
        "womens": bed.womens,
        "shared": bed.shared,
    }


def _bed_done(act: Act, asked: dict[str, Any], do: Callable[[], BedFacts]) -> Response:
    """Do it once, and answer with the bed."""

    def shown() -> dict[str, Any]:
        return dict(BedShown().dump(_bed_shown(do(), act)))

    return done(once(act, this_request(asked), shown))
