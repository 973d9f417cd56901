"""The list of those who wait for a bed, and being put on it."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import queue, waiting
from pathway.beds.taps import load
from pathway.beds.turn import PRIORITIES, Wait
from pathway.beds.waiting_schemas import PriorityForm, WaitForm
from pathway.db import transaction
from pathway.errors import Absent
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.sites import queries as sites
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("waiting", __name__)

WAIT = f"/waiting/<int(max={LARGEST_ID}):wait>"


@bp.post("/waiting")
@permits(Doing.WAIT)
def add() -> ResponseReturnValue:
    """Put somebody on the list, then show them."""
    act = this_act()
    asked = load(WaitForm)
    made = _done(act, lambda: waiting.wait(act, **asked))
    return redirect(url_for("desk.person", ref=made["person"], waits=made["site"]), code=303)


@bp.post(f"{WAIT}/withdraw")
@permits(Doing.WAIT)
def withdraw(wait: int) -> ResponseReturnValue:
    """Take somebody off the list, then show the list or them."""
    act = this_act()
    made = _done(act, lambda: waiting.withdraw(act, wait))
    site = sites.site(made["site"])
    if site is not None and scope(act, Doing.RUN_SITE).covers(site):
        return redirect(url_for("waiting.show", code=site.code), code=303)
    return redirect(url_for("desk.person", ref=made["person"]), code=303)


@bp.post(f"{WAIT}/priority")
@permits(Doing.OVERRIDE)
def priority(wait: int) -> ResponseReturnValue:
    """Change how soon somebody's turn comes, then show the list."""
    act = this_act()
    asked = load(PriorityForm)
    made = _done(act, lambda: waiting.set_priority(act, wait, **asked))
    return redirect(url_for("waiting.show", code=made["site"]), code=303)


@bp.get("/sites/<code>/waiting")
@permits(Doing.RUN_SITE)
def show(code: str) -> ResponseReturnValue:
    """Show who waits for a bed at a site, in turn."""
    act = this_act()
    site = sites.site(code)
    if site is None or not scope(act, Doing.RUN_SITE).covers(site):
        raise Absent
    line = queue.line(act, site)
    people = [one.wait.person for one in line.places] + [one.person for one in line.offered]
    with transaction():
        audit.record(act, "list waiting", f"site:{code}", people=[one.ref for one in people])
    return render_template(
        "beds/waiting.html",
        site=site,
        line=line,
        priorities=PRIORITIES,
        lead=scope(act, Doing.OVERRIDE).covers(site),
        now=act.at,
    )


def _done(act: Act, do: Callable[[], Wait]) -> dict[str, str]:
    """Do it once, however often the button was tapped; return whom it is about and where."""

    def told() -> dict[str, str]:
        wait = do()
        return {"person": wait.person.ref, "site": wait.site.code}

    return once(act, this_form(), told)
