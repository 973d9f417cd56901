"""Contacts over JSON: recorded, read and taken back."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.answers import done
from pathway.beds import care
from pathway.beds.api import IDENT
from pathway.db import transaction
from pathway.errors import Absent
from pathway.idempotency import for_good, once
from pathway.openapi import ApiBlueprint
from pathway.outreach import actions, queries
from pathway.outreach.schemas import ContactAsked, ContactDone, ContactShown
from pathway.people.schemas import Nothing
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("street_api", __name__, url_prefix="/api/v1", description="The street")


@blp.route("/contacts", methods=["POST"])
@permits(Doing.RECORD)
@blp.arguments(ContactAsked)
@blp.response(201, ContactDone)
def record(asked: dict[str, Any]) -> ResponseReturnValue:
    """Record that somebody was met; the same key answers the same for good."""
    act = this_act()

    def do() -> dict[str, Any]:
        told = care.record_contact(act, **asked)
        kept = {"id": told.id, "person": told.person_ref}
        return dict(ContactDone().dump({**kept, "late": told.late, "ring_duty": told.ring_duty}))

    return done(once(act, for_good(this_request(asked)), do), 201)


@blp.route(f"/contacts/<{IDENT}:ident>", methods=["GET"])
@permits(Doing.SEE_CONTACTS)
@blp.response(200, ContactShown)
def show(ident: int) -> Any:
    """Return one contact."""
    act = this_act()
    found = queries.contact(act, ident)
    if found is None:
        raise Absent
    with transaction():
        audit.record(act, "view contact", f"contact:{ident}", person=found.person_ref)
    return found


@blp.route(f"/contacts/<{IDENT}:ident>/strike", methods=["POST"])
@permits(Doing.SEE_CONTACTS)
@blp.arguments(Nothing, required=False)
@blp.response(200, ContactShown)
def strike(asked: dict[str, Any], ident: int) -> Any:
    """Take back a contact that was recorded in error: it is kept, and counts nowhere."""
    act = this_act()

    def do() -> dict[str, Any]:
        actions.strike(act, ident)
        return {"id": ident}

    once(act, this_request(asked), do)
    found = queries.contact(act, ident)
    if found is None:
        raise Absent
    return found
