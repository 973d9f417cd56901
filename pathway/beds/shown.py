"""A placement in the words of the contract, whichever call answers with it."""

from collections.abc import Callable
from typing import Any

from flask import Response

from pathway.acts import Act
from pathway.answers import done
from pathway.beds import overdue
from pathway.beds.rules import PlacementFacts
from pathway.beds.schemas import PlacementShown
from pathway.idempotency import once
from pathway.staff.acting import this_request


def placement_shown(placement: PlacementFacts, act: Act) -> dict[str, Any]:
    """Return a placement as of now."""
    moved_from = placement.transfer_from
    return {
        "id": str(placement.id),
        "status": placement.status_at(act.at),
        "person": placement.person.ref,
        "site": placement.site.code,
        "bed": None if placement.bed_id is None else str(placement.bed_id),
        "bed_label": placement.bed_label,
        "expires_at": placement.expires_at,
        "expected_at": placement.expected_at,
        "late": overdue.cancelled_late(placement) or overdue.late_booking(placement, act.at),
        "made_at": placement.made_at,
        "checked_in_at": placement.checked_in_at,
        "departed_at": placement.departed_at,
        "departure_reason": placement.departure_reason,
        "destination": placement.destination,
        "planned": placement.planned,
        "transfer_from": None if moved_from is None else str(moved_from),
        "away_at": placement.away_at,
        "away_reason": placement.away_reason,
        "away_until": placement.away_until,
        "overstaying": overdue.overstaying(placement, act.at),
        "stay_authorised": placement.stay_authorised,
        "stay_reason": placement.stay_reason,
    }


def placement_done(
    act: Act, asked: dict[str, Any], do: Callable[[], PlacementFacts], status: int = 200
) -> Response:
    """Do it once, and answer with the placement."""

    def shown() -> dict[str, Any]:
        return dict(PlacementShown().dump(placement_shown(do(), act)))

    return done(once(act, this_request(asked), shown), status)
