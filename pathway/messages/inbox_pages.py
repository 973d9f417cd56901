"""The list of notices, and what one wants to be told by text."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.answers import fresh
from pathway.db import transaction
from pathway.errors import Absent
from pathway.fields import LARGEST_ID, ident_of
from pathway.messages import choosing, inbox, quiet
from pathway.messages.quiet import NEVER, USUAL, Hours
from pathway.messages.rules import Kind
from pathway.messages.wording import CHOICES
from pathway.nights import night_of
from pathway.staff.acting import SESSION_SECRET, permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("notices", __name__)


@bp.get("/notices")
@permits(Doing.SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show the notices of the last days. Looking marks none of them as read."""
    act = this_act()
    found = inbox.listed(act)
    rows = [(one, one.is_over(act.at)) for one in found]
    return fresh(
        [session[SESSION_SECRET], night_of(act.at), rows],
        lambda: render_template(
            "messages/notices.html", rows=rows, days=inbox.SHOWN.days, now=act.at
        ),
    )


@bp.post("/notices/read")
@permits(Doing.SIGNED_IN)
def read_all() -> ResponseReturnValue:
    """Mark as read what the page showed; what came since stays unread."""
    up_to = ident_of(request.form.get("up_to", "")) or 0
    with transaction():
        inbox.mark_all_read(this_act(), up_to)
    return redirect(url_for("notices.show"), code=303)


@bp.post(f"/notices/<int(max={LARGEST_ID}):ident>/open")
@permits(Doing.SIGNED_IN)
def open_one(ident: int) -> ResponseReturnValue:
    """Mark one as read and go where it leads; whether that opens is judged there."""
    act = this_act()
    found = inbox.notice(act, ident)
    if found is None:
        raise Absent
    with transaction():
        inbox.mark_read(act, [ident])
    return redirect(found.link or url_for("notices.show"), code=303)


@bp.get("/account/texts")
@permits(Doing.SIGNED_IN)
def choices() -> ResponseReturnValue:
    """Show what one is told by text, and when not."""
    act = this_act()
    known = choosing.choices_of(act.staff_id or 0)
    hours = known.hours or quiet.suggested(act.roles)
    never = hours.begins == hours.ends
    begins, ends = USUAL if never else hours
    typed = {
        "quiet": "no" if never else "yes",
        "begins": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
    }
    return _page(set(known.kinds), typed, {})


@bp.post("/account/texts")
@permits(Doing.SIGNED_IN)
def choose() -> ResponseReturnValue:
    """Keep what one wants by text, and when not."""
    form = request.form
    typed = {name: form.get(name, "")[:40] for name in ("quiet", "begins", "ends")}
    kinds = {kind for kind in CHOICES if kind.value in form.getlist("kinds")}
    hours, faults = _hours(typed)
    if hours is None:
        return _page(kinds, typed, faults), 422
    with transaction():
        choosing.choose(this_act(), kinds, hours)
    return redirect(url_for("notices.choices"), code=303)


def _hours(typed: dict[str, str]) -> tuple[Hours | None, dict[str, list[str]]]:
    if typed["quiet"] == "no":
        return NEVER, {}
    if typed["quiet"] != "yes":
        return None, {"quiet": ["Say whether there are hours without texts."]}
    return quiet.typed(typed["begins"], typed["ends"])


def _page(kinds: set[Kind], typed: dict[str, str], errors: dict[str, list[str]]) -> str:
    known = choosing.choices_of(this_act().staff_id or 0)
    return render_template(
        "messages/choices.html",
        kinds={kind.value: words for kind, words in CHOICES.items()},
        chosen=[kind.value for kind in kinds],
        typed=typed,
        phone=known.phone,
        stopped=known.stopped,
        registering=url_for("phone.show"),
        errors=errors,
    )
