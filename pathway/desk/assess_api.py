"""Assessments over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.answers import done
from pathway.assessments import actions, queries
from pathway.assessments.schemas import (
    AssessmentAsked,
    AssessmentMade,
    AssessmentsAsked,
    AssessmentsShown,
)
from pathway.beds.care import may_record
from pathway.db import transaction
from pathway.desk.found import OWN_RESIDENTS
from pathway.errors import Absent, Forbidden, Unknown
from pathway.idempotency import for_good, once
from pathway.openapi import ApiBlueprint
from pathway.people import queries as people
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("assess_api", __name__, url_prefix="/api/v1", description="Assessments")


@blp.route("/assessments", methods=["POST"])
@permits(Doing.RECORD)
@blp.arguments(AssessmentAsked)
@blp.response(201, AssessmentMade)
def assess(asked: dict[str, Any]) -> ResponseReturnValue:
    """Write down what was found out about a person, as a new version.

    What is left out is as it was. The key of the request is kept for good: a
    device may send again what it has kept for weeks.
    """
    act = this_act()

    def do() -> dict[str, Any]:
        whom = people.person(act, asked["person"])
        if whom is None:
            named = {"person": ["There is no person with this reference."]}
            raise Unknown(named, person=asked["person"])
        if not may_record(act, whom):
            raise Forbidden(OWN_RESIDENTS)
        made = actions.assess(act, **asked)
        return {"id": str(made.id), "decides": made.decides}

    return done(once(act, for_good(this_request(asked)), do), 201)


@blp.route("/people/<ref>/assessments", methods=["GET"])
@permits(Doing.SEE_CONTACTS)
@blp.arguments(AssessmentsAsked, location="query")
@blp.response(200, AssessmentsShown)
def versions(asked: dict[str, Any], ref: str) -> dict[str, Any]:
    """Return the assessments of a person, newest first."""
    act = this_act()
    person = people.person(act, ref)
    if person is None:
        raise Absent
    with transaction():
        audit.record(act, "view assessments", f"person:{person.ref}")
    after, limit = int(asked["cursor"]), asked["limit"]
    found = queries.versions(act, person.id, after=after, limit=limit + 1)
    return {"items": found[:limit], "next": str(after + limit) if len(found) > limit else None}
