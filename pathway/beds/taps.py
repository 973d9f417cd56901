"""What the pages of placements share: a form read, a verb done once, a view recorded."""

from collections.abc import Callable
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see
from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.fields import sentences
from pathway.idempotency import once
from pathway.people import lookouts
from pathway.staff.acting import this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def load(form: type[Schema]) -> dict[str, Any]:
    """Return a form's values, or refuse them by field."""
    values = {name: value.strip() for name, value in request.form.items() if value.strip()}
    try:
        return dict(form(unknown=EXCLUDE).load(values))
    except ValidationError as fault:
        told = {str(name): sentences(said) for name, said in fault.messages_dict.items()}
        raise Invalid(told) from None


def done(act: Act, do: Callable[[], PlacementFacts]) -> dict[str, Any]:
    """Do it once, however often the button was tapped; return the placement's id and site.

    ``ring`` is said where somebody has come in for whom somebody else looked out.
    """

    def told() -> dict[str, Any]:
        placement = do()
        came = placement.status is PlacementStatus.IN and lookouts.rung(act, placement.person.id)
        return {"id": placement.id, "site": placement.site.code, "ring": "yes" if came else None}

    return once(act, this_form(), told)


def theirs(act: Act, ident: int, doing: Doing) -> PlacementFacts:
    """Return a placement with which whoever acts may do this, or answer as if there were none."""
    placement = queries.open_placement(act, ident)
    if placement is None or not may_see(act, placement):
        raise Absent
    if not scope(act, doing).covers(placement.site, placement.made_by):
        raise Absent
    return placement


def viewed(act: Act, ident: int, doing: Doing) -> PlacementFacts:
    """Return a placement as :func:`theirs`, and record the view."""
    placement = theirs(act, ident, doing)
    with transaction():
        person = placement.person.ref
        audit.record(act, "view placement", f"placement:{ident}", person=person)
    return placement
