"""The audit trail for those who may read it: a page and a file."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.csvexport import written
from pathway.db import transaction
from pathway.errors import Invalid
from pathway.sites import queries as sites
from pathway.staff import queries as staff
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing, Role
from pathway.trail import queries
from pathway.trail.rules import MOST_EXPORTED, PAGE, SERVICE, Asked, Line, closed_to
from pathway.trail.schemas import TrailAsked

bp = Blueprint("trail", __name__)

COLUMNS = ("at", "who", "what", "on", "people", "detail")

FIELDS = ("person", "staff", "what", "from", "to", "before")


@bp.get("/audit")
@permits(Doing.READ_AUDIT)
def read() -> ResponseReturnValue:
    """Show who saw or changed what, newest first."""
    act = this_act()
    try:
        asked = _asked()
    except Invalid as refusal:
        return _page([], errors=refusal.errors), 422
    found = _found(act, asked, PAGE + 1)
    _note(act, "read audit", asked)
    earlier = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return _page(found[:PAGE], earlier=earlier)


@bp.get("/audit.csv")
@permits(Doing.READ_AUDIT)
def export() -> ResponseReturnValue:
    """Return the same lines as a file, when they are not too many for one."""
    act = this_act()
    try:
        asked = _asked()
        found = _all(act, asked)
    except Invalid as refusal:
        return _page([], errors=refusal.errors), 422
    _note(act, "export audit", asked, lines=len(found))
    rows = [(one.at, one.who, one.what, one.on, ";".join(one.people), one.detail) for one in found]
    answer = Response(
        written(COLUMNS, [(at.isoformat(), *rest) for at, *rest in rows]), mimetype="text/csv"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _asked() -> Asked:
    """Return what the address asks for, or refuse it by field."""
    try:
        asked: Asked = TrailAsked(unknown=EXCLUDE).load(_typed())
    except ValidationError as fault:
        raise Invalid(fault.messages_dict) from None
    return asked


def _typed() -> dict[str, str]:
    """Return the filter as it was typed, without what was left empty."""
    values = {name: request.args.get(name, "").strip() for name in FIELDS}
    return {name: value for name, value in values.items() if value}


def _found(act: Act, asked: Asked, limit: int) -> list[Line]:
    closed = closed_to(act, sites.sites())
    treats = Role.TREATMENT in act.roles
    return queries.lines(asked, closed, staff.names(), limit=limit, treats=treats)


def _all(act: Act, asked: Asked) -> list[Line]:
    """Return every line that answers, or refuse: half an answer would look whole."""
    found = _found(act, asked, MOST_EXPORTED + 1)
    if len(found) > MOST_EXPORTED:
        raise Invalid({"from": [f"There are more than {MOST_EXPORTED:,} lines. Say fewer days."]})
    return found


def _note(act: Act, what: str, asked: Asked, **more: int) -> None:
    with transaction():
        audit.record(act, what, "audit:trail", asked.told | more, person=asked.person)


def _page(
    found: list[Line],
    *,
    earlier: str | None = None,
    errors: Mapping[str, Any] | None = None,
) -> str:
    typed = {name: value for name, value in _typed().items() if name != "before"}
    members = {str(SERVICE): "Pathway itself"} | {
        str(ident): name for ident, name in sorted(staff.names().items(), key=itemgetter(1))
    }
    kinds = dict.fromkeys([*queries.kinds(), *([typed["what"]] if "what" in typed else [])])
    return render_template(
        "desk/trail.html",
        lines=found,
        typed=typed,
        earlier=earlier,
        errors=errors or {},
        members=members,
        kinds={kind: kind[:1].upper() + kind[1:] for kind in kinds},
        most=MOST_EXPORTED,
    )
