"""The page of what somebody agreed to share, and the page of the words that are read out."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.beds.care import may_consent
from pathway.beds.taps import load
from pathway.desk.found import OWN_RESIDENTS, loaded, note_view, open_person
from pathway.errors import Forbidden, Invalid
from pathway.idempotency import once
from pathway.people import agreed, consents
from pathway.people.consent_rules import ConsentKind, Wording, kinds_for, standing
from pathway.people.consent_schemas import ConsentForm, ConsentMeant, WordingForm
from pathway.people.rules import PersonFacts
from pathway.referrals.queries import in_touch
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import may

bp = Blueprint("consents", __name__)


@bp.get("/people/<ref>/consents")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show what somebody agreed to share, as far as whoever looks may see it."""
    act = this_act()
    return _page(act, open_person(act, ref), {})


@bp.post("/people/<ref>/consents")
@permits(Doing.CONSENT)
def answered(ref: str) -> ResponseReturnValue:
    """Write down what somebody answered."""
    act = this_act()
    person = _theirs(act, ref)
    try:
        told = loaded(ConsentForm, request.form.to_dict())
        told["given"] = told["given"] == "yes"
        once(act, this_form(), lambda: {"ref": consents.take(act, person.ref, **told).ref})
    except Invalid as fault:
        return _page(act, person, fault.errors), 422
    return redirect(url_for("consents.show", ref=person.ref), code=303)


@bp.post("/people/<ref>/consents/withdraw")
@permits(Doing.CONSENT)
def withdraw(ref: str) -> ResponseReturnValue:
    """Take back what somebody agreed to."""
    act = this_act()
    person = _theirs(act, ref)
    kind = loaded(ConsentMeant, request.form)["kind"]
    once(act, this_form(), lambda: {"ref": consents.withdraw(act, person.ref, kind=kind).ref})
    return redirect(url_for("consents.show", ref=person.ref), code=303)


@bp.get("/consent-wordings")
@permits(Doing.SET_RETENTION)
def wordings() -> ResponseReturnValue:
    """Show the words that are read out, and those that were before."""
    return _wordings_page({}, {})


@bp.post("/consent-wordings")
@permits(Doing.SET_RETENTION)
def reword() -> ResponseReturnValue:
    """Let new words be read out from now on."""
    act = this_act()
    try:
        asked = load(WordingForm)
        once(act, this_form(), lambda: {"version": consents.add_wording(act, **asked)})
    except Invalid as fault:
        return _wordings_page(request.form, fault.errors), 422
    return redirect(url_for("consents.wordings"), code=303)


def _theirs(act: Act, ref: str) -> PersonFacts:
    person = open_person(act, ref)
    if not may_consent(act, person):
        raise Forbidden(OWN_RESIDENTS)
    return person


def _read_out() -> dict[ConsentKind, Wording]:
    """Return the newest words of each kind."""
    newest: dict[ConsentKind, Wording] = {}
    for wording in agreed.wordings():
        newest.setdefault(wording.kind, wording)
    return newest


def _page(act: Act, person: PersonFacts, errors: Mapping[str, object]) -> str:
    note_view(act, "view consents", person)
    found = agreed.of(act, person.id)
    read_out = _read_out()
    return render_template(
        "desk/consents.html",
        person=person,
        found=found,
        standing=standing(found),
        read_out=[read_out[kind] for kind in kinds_for(act.roles)],
        treats=Role.TREATMENT in act.roles,
        in_touch=in_touch(act, person),
        may_take=may(act.roles, Doing.CONSENT) and may_consent(act, person),
        errors=errors,
        now=act.at,
    )


def _wordings_page(typed: Mapping[str, Any], errors: Mapping[str, object]) -> str:
    return render_template(
        "desk/consent_wordings.html",
        wordings=agreed.wordings(),
        kinds={kind.value: kind.words for kind in ConsentKind},
        typed=typed,
        errors=errors,
    )
