"""People over JSON."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.answers import done
from pathway.db import transaction
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.people import actions, closing, queries
from pathway.people.alike import likely
from pathway.people.likeness import told_of
from pathway.people.schemas import (
    PeopleAsked,
    PeopleFound,
    PersonAdded,
    PersonAsked,
    PersonShown,
)
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("people_api", __name__, url_prefix="/api/v1", description="People")


@blp.route("/people", methods=["POST"])
@permits(Doing.ADD_PEOPLE)
@blp.arguments(PersonAsked)
@blp.response(201, PersonAdded)
def add(asked: dict[str, Any]) -> ResponseReturnValue:
    """Add a person under a new reference."""
    act = this_act()
    did: list[bool] = []

    def do() -> dict[str, Any]:
        did.append(True)
        added = actions.add_person(act, **actions.said(asked))
        found = likely(act, told_of(added), but=[added.id])
        alike: list[dict[str, Any]] = [
            {"ref": one.person.ref, "score": one.score, "reasons": list(one.reasons)}
            for one in found
        ]
        if alike:
            refs = [one["ref"] for one in alike]
            audit.record(act, "show people alike", "list:people", people=refs)
        shown: dict[str, Any] = PersonShown().dump(added)
        return shown | {"possible_duplicates": alike}

    answer = once(act, this_request(asked), do)
    if not did:
        with transaction():
            closing.see_again(act, answer["ref"])
        alike = answer["possible_duplicates"]
        still = [one for one in alike if queries.person(act, one["ref"])]
        answer["possible_duplicates"] = still
    return done(answer, 201)


@blp.route("/people", methods=["GET"])
@permits(Doing.SEE_PEOPLE)
@blp.arguments(PeopleAsked, location="query")
@blp.response(200, PeopleFound)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Find people by name, alias or reference."""
    act = this_act()
    limit = asked["limit"]
    found = queries.search(act, asked["q"], after=int(asked["cursor"]), limit=limit + 1)
    page = found[:limit]
    with transaction():
        refs = [person.ref for person in page]
        audit.record(act, "search people", "list:people", people=refs)
    return {"items": page, "next": str(page[-1].id) if len(found) > limit else None}
