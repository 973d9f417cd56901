"""The lead's page: who opened closed records, and who was kept from records again and again."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.db import transaction
from pathway.people.queries import broken_glass
from pathway.people.rules import probing
from pathway.staff import queries as staff
from pathway.staff.acting import permits, this_act
from pathway.staff.rules import Doing

bp = Blueprint("watch", __name__)

SHOWN = timedelta(days=30)
"""How far back the page goes (ours)."""

BY_ROLE = 403
"""A page that a role does not have is a wrong turn, not a search for somebody."""


@bp.get("/watch")
@permits(Doing.WATCH)
def show() -> ResponseReturnValue:
    """Show alarms first, then every opening with its reason."""
    act = this_act()
    since = act.at - SHOWN
    denied = [(who, at) for who, at, what in audit.denials(since) if what.get("status") != BY_ROLE]
    opened = broken_glass(since)
    with transaction():
        audit.record(act, "view watch", "list:people", people=[one.ref for one in opened])
    return render_template(
        "desk/watch.html",
        alarms=probing(denied),
        opened=opened,
        names=staff.names(),
        days=SHOWN.days,
        now=act.at,
    )
