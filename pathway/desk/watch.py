"""The lead's page: who opened closed records, and who was kept from records again and again."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.db import transaction
from pathway.people.probing import probing
from pathway.people.queries import broken_glass
from pathway.sites import queries as sites
from pathway.staff import queries as staff
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.trail.queries import kept_out
from pathway.trail.rules import closed_to

bp = Blueprint("watch", __name__)

SHOWN = timedelta(days=30)
"""How far back the page goes (ours)."""


@bp.get("/watch")
@permits(Doing.WATCH)
def show() -> ResponseReturnValue:
    """Show alarms first, then every opening, with its reason where that may be told."""
    act = this_act()
    since = act.at - SHOWN
    opened = broken_glass(since, closed_to(act, sites.sites()))
    with transaction():
        audit.record(
            act, "view watch", "list:people", people=[one.ref for one in opened if one.ref]
        )
    return render_template(
        "desk/watch.html",
        alarms=probing(kept_out(since)),
        opened=opened,
        names=staff.names(),
        days=SHOWN.days,
        now=act.at,
    )
