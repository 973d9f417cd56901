"""Consent over JSON, and one person with what they agreed to have told."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.answers import done
from pathway.beds.care import may_consent
from pathway.db import transaction
from pathway.desk.found import OWN_RESIDENTS
from pathway.errors import Absent, Forbidden
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.people import agreed, consents, numbers
from pathway.people import queries as people
from pathway.people.consent_rules import standing
from pathway.people.consent_schemas import (
    ConsentAsked,
    ConsentMeant,
    ConsentsShown,
    ConsentTaken,
    ConsentWithdrawn,
)
from pathway.people.rules import PersonFacts
from pathway.people.schemas import PersonShown, PersonWhole
from pathway.referrals.queries import in_touch
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("consent_api", __name__, url_prefix="/api/v1", description="People")


@blp.route("/people/<person:ref>", methods=["GET"])
@permits(Doing.SEE_PEOPLE)
@blp.response(200, PersonWhole)
def person(ref: str) -> ResponseReturnValue:
    """Return one person."""
    act = this_act()
    whom = _open(act, ref)
    with transaction():
        audit.record(act, "view person", f"person:{whom.ref}")
    known = numbers.of(act, [whom.id]).get(whom.id, ())
    shown: dict[str, Any] = PersonShown().dump(whom)
    shown["numbers"] = [{"scheme": scheme, "number": number} for scheme, number in known]
    shown["in_touch_with_treatment"] = in_touch(act, whom) or None
    return done(shown, 200)


@blp.route("/people/<ref>/consents", methods=["GET"])
@permits(Doing.SEE_CONTACTS)
@blp.response(200, ConsentsShown)
def show(ref: str) -> dict[str, Any]:
    """Return what somebody agreed to share, as far as you may see it."""
    act = this_act()
    whom = _open(act, ref)
    with transaction():
        audit.record(act, "view consents", f"person:{whom.ref}")
    found = agreed.of(act, whom.id)
    return {"items": found, "standing": sorted(standing(found))}


@blp.route("/people/<ref>/consents", methods=["POST"])
@permits(Doing.CONSENT)
@blp.arguments(ConsentAsked)
@blp.response(201, ConsentTaken)
def agree(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Write down what somebody answered to the newest words of one kind."""
    act = this_act()
    whom = _theirs(act, ref)

    def do() -> dict[str, Any]:
        consents.take(act, whom.ref, **asked)
        return dict(ConsentTaken().dump(asked))

    return done(once(act, this_request(asked), do), 201)


@blp.route("/people/<ref>/consents/withdraw", methods=["POST"])
@permits(Doing.CONSENT)
@blp.arguments(ConsentMeant)
@blp.response(200, ConsentWithdrawn)
def withdraw(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Take back what somebody agreed to; it counts from this moment on."""
    act = this_act()
    whom = _theirs(act, ref)

    def do() -> dict[str, Any]:
        consents.withdraw(act, whom.ref, **asked)
        return dict(ConsentWithdrawn().dump({**asked, "stands": False}))

    return done(once(act, this_request(asked), do))


def _open(act: Act, ref: str) -> PersonFacts:
    whom = people.whole_person(act, ref)
    if whom is None:
        raise Absent
    return whom


def _theirs(act: Act, ref: str) -> PersonFacts:
    whom = _open(act, ref)
    if not may_consent(act, whom):
        raise Forbidden(OWN_RESIDENTS)
    return whom
