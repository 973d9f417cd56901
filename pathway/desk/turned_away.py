"""Somebody for whom there was no bed: said in one tap, or told by a refusal."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from pathway.beds import turning
from pathway.beds.door_schemas import TurnedAwayForm
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import InVain
from pathway.idempotency import once
from pathway.staff.acting import permits, this_act, this_form, who
from pathway.staff.doing import Doing

bp = Blueprint("turned_away", __name__)


@bp.post("/people/<ref>/turned-away")
@permits(Doing.TURN_AWAY)
def write(ref: str) -> ResponseReturnValue:
    """Write down that there was no bed for somebody, then show their page of beds again."""
    act = this_act()
    asked = load(TurnedAwayForm)
    made = once(act, this_form(), lambda: {"person": turning.turn_away(act, ref, **asked).ref})
    return redirect(url_for("desk.find_bed", ref=made["person"]), code=303)


def note(asked: InVain) -> None:
    """Write down that a bed was asked for in vain, in a transaction of its own."""
    act = who()
    if act is not None:
        with transaction():
            turning.note(act, asked)
