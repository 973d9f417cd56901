"""Recording a contact in a few taps, the page of one, and taking one back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import care
from pathway.db import transaction
from pathway.desk.found import note_view, writable
from pathway.errors import Absent, Forbidden, Invalid
from pathway.fields import LARGEST_ID, filled, loaded
from pathway.idempotency import for_good, once
from pathway.nights import is_twice, london, night_of
from pathway.outreach import actions, queries
from pathway.outreach.rules import ContactKind, Hidden, Naloxone, Offer, typed_moment
from pathway.outreach.schemas import ContactForm
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("contact", __name__)

CONTACT = f"/contacts/<int(max={LARGEST_ID}):ident>"


@bp.get("/contacts/new")
@permits(Doing.RECORD)
def new() -> ResponseReturnValue:
    """Ask what somebody looks like who gives no name."""
    _refuse_at_the_door(this_act())
    return _page(None, {}, {})


@bp.post("/contacts/new")
@permits(Doing.RECORD)
def add() -> ResponseReturnValue:
    """Write down that somebody was met of whom there is a description."""
    _refuse_at_the_door(this_act())
    return _record(None)


@bp.get("/people/<ref>/contact")
@permits(Doing.RECORD)
def of_person(ref: str) -> ResponseReturnValue:
    """Ask how and where somebody was met."""
    return _page(_recordable(this_act(), ref), {}, {})


@bp.post("/people/<ref>/contact")
@permits(Doing.RECORD)
def record(ref: str) -> ResponseReturnValue:
    """Write down that somebody was met."""
    return _record(ref)


@bp.get(CONTACT)
@permits(Doing.SEE_CONTACTS)
def show(ident: int) -> ResponseReturnValue:
    """Show one contact, and what to do next."""
    act = this_act()
    found = queries.contact(act, ident)
    if found is None:
        raise Absent
    with transaction():
        audit.record(act, "view contact", f"contact:{ident}", person=found.person_ref)
    return render_template(
        "desk/contact_shown.html",
        contact=found,
        person=people.whole_person(act, found.person_ref),
        saved="saved" in request.args,
        ring="ring" in request.args,
        may_strike=actions.may_strike(act, found),
        now=act.at,
    )


@bp.post(f"{CONTACT}/strike")
@permits(Doing.SEE_CONTACTS)
def strike(ident: int) -> ResponseReturnValue:
    """Take back a contact that was recorded in error."""
    with transaction():
        actions.strike(this_act(), ident)
    return redirect(url_for("contact.show", ident=ident), code=303)


def _record(ref: str | None) -> ResponseReturnValue:
    """Write it down once, however often the button was tapped; then show it."""
    act = this_act()

    def do() -> dict[str, Any]:
        told = care.record_contact(act, person=ref, **_asked(act))
        return {"id": told.id, "ring": told.ring_duty}

    try:
        answer = once(act, for_good(this_form()), do)
    except Invalid as refusal:
        if ref is not None and "person" in refusal.errors:
            raise Absent(glass=url_for("record.glass", ref=ref)) from None
        whom = _recordable(act, ref) if ref else None
        return _page(whom, _typed(), _by_field(refusal.errors)), 422
    ring = "yes" if answer["ring"] else None
    shown = url_for("contact.show", ident=answer["id"], saved="yes", ring=ring)
    return redirect(shown, code=303)


def _asked(act: Act) -> dict[str, Any]:
    """Return what the form says, its date and time as one instant."""
    values: dict[str, Any] = dict(filled(request.form))
    if "offered" in values:
        values["offered"] = request.form.getlist("offered")
    asked = loaded(ContactForm, values)
    try:
        asked["at"] = _moment(act.at, asked)
    except ValueError as fault:
        raise Invalid({"time": [str(fault)]}) from None
    return asked


def _moment(now: datetime, asked: dict[str, Any]) -> datetime | None:
    """Take the date and the time out of what a form says, and return the instant."""
    on, time, which = (asked.pop(name, None) for name in ("on", "time", "which"))
    return typed_moment(on, time, now, second=None if which is None else which == "second")


def _by_field(errors: Mapping[str, Any]) -> dict[str, Any]:
    """Return faults by the fields that the page has: when it was is asked as a time."""
    return {"time" if name == "at" else name: told for name, told in errors.items()}


def _typed() -> dict[str, Any]:
    return {**request.form.to_dict(), "offered": request.form.getlist("offered")}


def _recordable(act: Act, ref: str) -> PersonFacts:
    """Return somebody of whom whoever acts may record a contact; the view is on the trail."""
    person = writable(act, ref)
    note_view(act, "view person", person)
    return person


def _refuse_at_the_door(act: Act) -> None:
    """Refuse a description from staff of a site: whom they record has a bed with them."""
    if not scope(act, Doing.RECORD).everywhere:
        raise Forbidden("You record contacts of your own residents only. Look them up by name.")


def _page(person: PersonFacts | None, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    now = this_act().at
    return render_template(
        "desk/contact.html",
        person=person,
        typed=typed,
        errors=errors,
        kinds={one.value: one.words for one in ContactKind},
        offers={one.value: one.words for one in Offer},
        naloxone={one.value: one.words for one in Naloxone},
        hidden={one.value: one.words for one in Hidden},
        spots={str(one.id): one.name for one in queries.spots()},
        twice=_is_asked_twice(typed, now),
    )


def _is_asked_twice(typed: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the time that was typed happens twice, so that the page asks which."""
    try:
        on = typed.get("on") or f"{night_of(now):%Y-%m-%d}"
        wall = datetime.fromisoformat(f"{on}T{typed.get('time', '')}")
    except ValueError:
        return False
    return london(now).year >= wall.year and wall.tzinfo is None and is_twice(wall)
