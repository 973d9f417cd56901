"""The page of whom somebody must never meet, wants to stay with, and which site excludes them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import apart
from pathway.beds.care import may_keep_apart
from pathway.db import transaction
from pathway.desk.found import loaded, open_person
from pathway.errors import Forbidden, Invalid
from pathway.idempotency import once
from pathway.nights import london
from pathway.people import queries, tied, ties, warnings
from pathway.people.rules import PersonFacts
from pathway.people.sought import asked_for, sealed, sought
from pathway.people.tie_schemas import ApartForm, ExclusionForm, TieEnded, TogetherForm
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("ties", __name__)

OWN_RESIDENTS = "You say this of your own residents only. Ring their worker."

FOUND_AT_ONCE = 10
"""How many people a search for the other person shows (ours)."""


@bp.get("/people/<ref>/apart")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show what stands as far as whoever looks may know, and forms for more."""
    act = this_act()
    return _page(act, open_person(act, ref), {}, {})


@bp.post("/people/<ref>/apart")
@permits(Doing.KEEP_APART)
def keep_apart(ref: str) -> ResponseReturnValue:
    """Write down that two people must never meet."""
    act = this_act()
    person = _bound(act, ref)
    typed = {**request.form.to_dict(), "readers": request.form.getlist("readers")}

    def do() -> dict[str, Any]:
        return {"id": apart.keep_apart(act, person.ref, **loaded(ApartForm, typed)).id}

    return _done(act, person, typed, do)


@bp.post("/people/<ref>/apart/look")
@permits(Doing.KEEP_APART)
def look(ref: str) -> ResponseReturnValue:
    """Look for the other person: what is typed goes into no address."""
    act = this_act()
    person, words = _bound(act, ref), sealed(act, asked_for())
    return redirect(url_for("ties.show", ref=person.ref, sought=words), code=303)


@bp.post("/people/<ref>/apart/end")
@permits(Doing.KEEP_APART)
def end_apart(ref: str) -> ResponseReturnValue:
    """Say that two people may meet again."""
    act = this_act()
    person = _bound(act, ref)
    ident = loaded(TieEnded, request.form)["tie"]
    return _done(act, person, {}, lambda: {"id": ties.end_apart(act, person.ref, ident).id})


@bp.post("/people/<ref>/together")
@permits(Doing.KEEP_APART)
def want_together(ref: str) -> ResponseReturnValue:
    """Write down what somebody wants for themselves."""
    act = this_act()
    person = _bound(act, ref)
    typed = request.form.to_dict()

    def do() -> dict[str, Any]:
        return {"id": ties.want_together(act, person.ref, **loaded(TogetherForm, typed)).id}

    return _done(act, person, {"with": typed.get("other", "")}, do, {"other": "with"})


@bp.post("/people/<ref>/together/withdraw")
@permits(Doing.KEEP_APART)
def withdraw_together(ref: str) -> ResponseReturnValue:
    """Take such a wish back, without a word to anybody."""
    act = this_act()
    person = _bound(act, ref)
    ident = loaded(TieEnded, request.form)["tie"]

    def do() -> dict[str, Any]:
        ties.withdraw_together(act, person.ref, ident)
        return {"id": ident}

    return _done(act, person, {}, do)


@bp.post("/people/<ref>/exclusions")
@permits(Doing.EXCLUDE)
def exclude(ref: str) -> ResponseReturnValue:
    """Let a site take somebody no more until a day."""
    act = this_act()
    person = open_person(act, ref)
    typed = request.form.to_dict()

    def do() -> dict[str, Any]:
        return {"id": ties.exclude(act, person.ref, **loaded(ExclusionForm, typed)).id}

    return _done(act, person, typed, do)


@bp.post("/people/<ref>/exclusions/end")
@permits(Doing.EXCLUDE)
def end_exclusion(ref: str) -> ResponseReturnValue:
    """Let a site take somebody again."""
    act = this_act()
    person = open_person(act, ref)
    ident = loaded(TieEnded, request.form)["tie"]
    return _done(act, person, {}, lambda: {"id": ties.end_exclusion(act, person.ref, ident).id})


def _bound(act: Act, ref: str) -> PersonFacts:
    """Return of whom it is said: hubs say it of their residents only.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Forbidden: they are no resident of a site that whoever acts runs.
    """
    person = open_person(act, ref)
    if not may_keep_apart(act, person):
        raise Forbidden(OWN_RESIDENTS)
    return person


def _done(
    act: Act,
    person: PersonFacts,
    typed: Mapping[str, Any],
    do: Callable[[], dict[str, Any]],
    fields: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Do it and show the page again, or what is wrong; ``fields`` are named otherwise there."""
    try:
        once(act, this_form(), do)
    except Invalid as fault:
        errors = {(fields or {}).get(name, name): told for name, told in fault.errors.items()}
        return _page(act, person, typed, errors), 422
    return redirect(url_for("ties.show", ref=person.ref), code=303)


def _page(
    act: Act, person: PersonFacts, typed: Mapping[str, Any], errors: Mapping[str, object]
) -> str:
    looked_for = sought(act)
    found = queries.search(act, looked_for, limit=FOUND_AT_ONCE) if looked_for else []
    found = [one for one in found if one.id != person.id]
    pairs = tied.apart_of(act, person)
    wishes = tied.wishes_of(act, person)
    _note(act, person, [*found, *(one.other for one in pairs)], [one.id for one in wishes])
    today = london(act.at).date()
    return render_template(
        "desk/ties.html",
        person=person,
        pairs=[one for one in pairs if one.stands(today)],
        pairs_over=[one for one in pairs if not one.stands(today)],
        wishes=wishes,
        excluded=[one for one in tied.exclusions_of(act, person) if one.stands(today)],
        looked_for=looked_for,
        found={one.ref: f"{one.name}, {one.ref}" for one in found},
        roles={role.value: role.words[:1].upper() + role.words[1:] for role in warnings.READERS},
        sites={site.code: site.name for site in tied.led_by(act)},
        typed={"readers": sorted(warnings.PROPOSED), **typed},
        errors=errors,
        may_say=may_keep_apart(act, person),
        now=act.at,
    )


def _note(
    act: Act, person: PersonFacts, shown: Iterable[PersonFacts | None], wishes: list[int]
) -> None:
    """Write down who was seen; a wish by its number, so that whom it names has no line of it."""
    told = {"wishes": wishes} if wishes else None
    refs = [one.ref for one in shown if one]
    with transaction():
        audit.record(act, "view ties", f"person:{person.ref}", told, people=refs)
