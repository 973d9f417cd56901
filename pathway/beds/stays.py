"""While somebody is in: away for a few nights, back again, and staying past the limit."""

from datetime import date

from pathway.acts import Act
from pathway.beds.journal import move
from pathway.beds.overdue import away_asks
from pathway.beds.reach import mine
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.errors import Invalid, Refused
from pathway.nights import london
from pathway.staff.doing import Doing


def away(act: Act, ident: int, *, reason: str, expected_on: date | None = None) -> PlacementFacts:
    """Keep the bed of somebody who is away for a while.

    Said again while they are away it is a decision to keep the bed: when
    something else is said of them, or when the hub was asked to decide.
    """
    placement = _in(act, ident, Doing.RUN_SITE, "be away")
    if expected_on is not None and expected_on < london(act.at).date():
        raise Invalid({"expected_on": ["That day has passed. Leave it empty if nobody knows."]})
    told = {"away_reason": reason, "away_until": expected_on}
    if placement.away_at is None:
        begun = told | {"away_at": act.at, "kept_at": None}
        return move(act, placement, Happened.AWAY, begun, detail=_said(reason, expected_on))
    same = (placement.away_reason, placement.away_until) == (reason, expected_on)
    if same and not away_asks(placement, act.at):
        return placement
    kept = told | {"kept_at": act.at}
    return move(act, placement, Happened.AWAY, kept, detail=_said(reason, expected_on))


def _said(reason: str, expected_on: date | None) -> dict[str, str | None]:
    return {"reason": reason, "expected_on": expected_on.isoformat() if expected_on else None}


_AWAY = ("away_at", "away_reason", "away_until", "kept_at")


def back(act: Act, ident: int) -> PlacementFacts:
    """Write down that somebody is back; who was not away stays as they are."""
    placement = _in(act, ident, Doing.RUN_SITE, "come back")
    if placement.away_at is None:
        return placement
    return move(act, placement, Happened.BACK, dict.fromkeys(_AWAY))


def decide_stay(act: Act, ident: int, *, authorised: bool, reason: str) -> PlacementFacts:
    """Keep what a lead decided about somebody who stays past the limit, and why.

    It frees nothing: whoever may not stay is checked out when they leave.
    """
    placement = _in(act, ident, Doing.OVERRIDE, "stay longer")
    if (placement.stay_authorised, placement.stay_reason) == (authorised, reason):
        return placement
    decided = {"stay_authorised": authorised, "stay_reason": reason}
    told = {"authorised": authorised, "reason": reason}
    return move(act, placement, Happened.STAY_DECIDED, decided, detail=told)


def _in(act: Act, ident: int, doing: Doing, what: str) -> PlacementFacts:
    placement = mine(act, ident, doing)
    if placement.status is PlacementStatus.IN:
        return placement
    status = placement.status_at(act.at).words
    raise Refused(
        f"{placement.person.name} is {status}, not in. Only someone who is in can {what}."
    )
