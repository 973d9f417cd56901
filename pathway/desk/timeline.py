"""The page of one line of time: what the reader may see of a person, night by night."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.db import transaction
from pathway.desk import line
from pathway.desk.line_schemas import LineAsked
from pathway.errors import Absent
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.people.timeline import Kind, by_night
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("timeline", __name__)


@bp.get("/people/<ref>/timeline")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show one page of a person's line of time."""
    act = this_act()
    person = _seen(act, ref)
    asked = _asked()
    entries, following = line.read(act, person, kinds=asked["kinds"], after=asked["after"])
    return render_template(
        "desk/timeline.html",
        person=person,
        nights=by_night(entries),
        kinds={str(kind): kind.words for kind in Kind},
        chosen=[str(kind) for kind in asked["kinds"]],
        earlier=following,
        first=not request.args.get("after"),
        now=act.at,
    )


def _seen(act: Act, ref: str) -> PersonFacts:
    """Return a person whose line is looked at, and write that down.

    Raises:
        Absent: there is no such person, or the record is closed to whoever acts.
    """
    person = people.whole_person(act, ref)
    if person is None:
        raise Absent(glass=url_for("record.glass", ref=ref))
    with transaction():
        audit.record(act, "view timeline", f"person:{person.ref}")
    return person


def _asked() -> dict[str, Any]:
    """Return what the address asks for; what no page wrote there asks for nothing."""
    schema = LineAsked(unknown=EXCLUDE)
    typed = {"kind": request.args.getlist("kind"), "after": request.args.get("after", "")}
    try:
        asked: dict[str, Any] = schema.load(typed)
    except ValidationError as fault:
        sound = {name: value for name, value in typed.items() if name not in fault.messages_dict}
        asked = schema.load(sound)
    return asked
