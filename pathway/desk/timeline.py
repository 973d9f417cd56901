"""The page of one line of time: what the reader may see of a person, night by night."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.desk import line
from pathway.desk.found import note_view, open_person
from pathway.desk.line_schemas import LineAsked
from pathway.people.timeline import Kind, by_night
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("timeline", __name__)


@bp.get("/people/<ref>/timeline")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show one page of a person's line of time."""
    act = this_act()
    person = open_person(act, ref)
    note_view(act, "view timeline", person)
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
