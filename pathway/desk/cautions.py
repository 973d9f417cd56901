"""The page of structured warnings of somebody, as far as whoever looks may read them."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.beds.care import may_record
from pathway.desk.found import loaded, note_view, open_person, writable
from pathway.errors import Invalid
from pathway.idempotency import once
from pathway.nights import london
from pathway.people import warnings
from pathway.people.rules import PersonFacts, WarningKind
from pathway.people.schemas import WarningEnded, WarningForm, WarningRenewed
from pathway.people.warned import WARNED_FOR
from pathway.sites import queries as sites
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("cautions", __name__)


@bp.get("/people/<ref>/warnings")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show the warnings that whoever looks may read, and a form for another."""
    act = this_act()
    return _page(act, open_person(act, ref), None, {})


@bp.post("/people/<ref>/warnings")
@permits(Doing.RECORD)
def warn(ref: str) -> ResponseReturnValue:
    """Write down a warning."""
    act = this_act()
    person = writable(act, ref)
    typed = _typed()
    try:
        told = loaded(WarningForm, typed)
        once(act, this_form(), lambda: {"id": warnings.warn(act, person.ref, **told).id})
    except Invalid as fault:
        return _page(act, person, typed, fault.errors), 422
    return redirect(url_for("cautions.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/warnings/end")
@permits(Doing.RECORD)
def end(ref: str) -> ResponseReturnValue:
    """Take a warning back."""
    act = this_act()
    person = writable(act, ref)
    ident = loaded(WarningEnded, request.form)["warning"]
    once(act, this_form(), lambda: {"id": warnings.end(act, person.ref, ident).id})
    return redirect(url_for("cautions.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/warnings/renew")
@permits(Doing.RECORD)
def renew(ref: str) -> ResponseReturnValue:
    """Let a warning stand until another day."""
    act = this_act()
    person = writable(act, ref)
    try:
        told = loaded(WarningRenewed, request.form)
        ident, until = told["warning"], told["expires_on"]
        once(
            act,
            this_form(),
            lambda: {"id": warnings.renew(act, person.ref, ident, expires_on=until).id},
        )
    except Invalid as fault:
        return _page(act, person, None, fault.errors), 422
    return redirect(url_for("cautions.show", ref=person.ref), code=303)


def _typed() -> dict[str, Any]:
    """Return what was typed; the boxes that were ticked are lists."""
    lists = {name: request.form.getlist(name) for name in ("readers", "sites")}
    return {**request.form.to_dict(), **lists}


def _page(
    act: Act,
    person: PersonFacts,
    typed: Mapping[str, Any] | None,
    errors: Mapping[str, object],
) -> str:
    note_view(act, "view warnings", person)
    today = london(act.at).date()
    found = warnings.of(act, person.id)
    proposed = {"readers": sorted(warnings.PROPOSED), "expires_on": str(today + WARNED_FOR)}
    return render_template(
        "desk/warnings.html",
        person=person,
        standing=[one for one in found if one.stands(today)],
        over=[one for one in found if not one.stands(today)],
        kinds={kind.value: kind.words for kind in WarningKind},
        roles={role.value: role.words[:1].upper() + role.words[1:] for role in warnings.READERS},
        sites={site.code: site.name for site in sites.sites()},
        typed=proposed if typed is None else typed,
        errors=errors,
        usual=str(today + WARNED_FOR),
        may_record=may_record(act, person),
        now=act.at,
    )
