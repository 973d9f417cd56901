"""A person's line of time over JSON."""

from typing import Any

from pathway import audit
from pathway.db import transaction
from pathway.desk import line
from pathway.desk.line_schemas import LineCall, LineShown
from pathway.errors import Absent
from pathway.openapi import ApiBlueprint
from pathway.people import queries as people
from pathway.people.timeline import Entry
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

blp = ApiBlueprint("timeline_api", __name__, url_prefix="/api/v1", description="People")


@blp.route("/people/<ref>/timeline", methods=["GET"])
@permits(Doing.SEE_CONTACTS)
@blp.arguments(LineCall, location="query")
@blp.response(200, LineShown)
def show(asked: dict[str, Any], ref: str) -> dict[str, Any]:
    """Return what you may see of somebody in one line of time, newest first."""
    act = this_act()
    person = people.whole_person(act, ref)
    if person is None:
        raise Absent
    with transaction():
        audit.record(act, "view timeline", f"person:{person.ref}")
    entries, following = line.read(
        act, person, kinds=asked["kinds"], after=asked["cursor"], most=asked["limit"]
    )
    return {"items": [_shown(one) for one in entries], "next": following and str(following)}


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.source.kind,
        "at": entry.at,
        "night": entry.night,
        "all_day": entry.all_day,
        "words": entry.words,
        "detail": entry.detail,
        "by": entry.by,
        "struck": entry.struck,
    }
