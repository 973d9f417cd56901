"""Pages of requests about what is kept of a person: the list, recording one, deciding one."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds.taps import load
from pathway.db import transaction
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.nights import london
from pathway.people.behind import listed as open_of
from pathway.privacy import requests
from pathway.privacy.asking import SOURCE, WORDS, Decision, RequestFacts
from pathway.privacy.request_schemas import DecisionForm, RequestForm
from pathway.privacy.rules import AskedFor
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("privacy", __name__)

_ONE = f"/privacy/requests/<int(max={LARGEST_ID}):asked>"

Typed = Mapping[str, Any]
Errors = Mapping[str, Sequence[str]]


@bp.get("/privacy/requests")
@permits(Doing.ANSWER_FOR)
def show() -> ResponseReturnValue:
    """Show the requests, what is overdue first."""
    act = this_act()
    found = requests.listed()
    refs = _refs(act, found)
    with transaction():
        audit.record(act, "list requests", "requests", people=refs.values())
    return render_template(
        "privacy/requests.html",
        requests=found,
        refs=refs,
        today=london(act.at).date(),
        source=SOURCE,
    )


@bp.get("/privacy/requests/new")
@permits(Doing.ANSWER_FOR)
def new() -> ResponseReturnValue:
    """Ask what somebody asks for."""
    return _form(request.args, {})


@bp.post("/privacy/requests")
@permits(Doing.ANSWER_FOR)
def record_request() -> ResponseReturnValue:
    """Write down that somebody asked."""
    act = this_act()
    try:
        asked = load(RequestForm)
        once(act, this_form(), lambda: {"id": requests.record(act, **asked)})
    except Invalid as refusal:
        return _form(request.form, refusal.errors), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("privacy.show"), code=303)


@bp.get(_ONE)
@permits(Doing.ANSWER_FOR)
def one_request(asked: int) -> ResponseReturnValue:
    """Show one request, and ask how it is decided."""
    return _one(this_act(), asked, {}, {})


@bp.post(f"{_ONE}/decide")
@permits(Doing.ANSWER_FOR)
def decide(asked: int) -> ResponseReturnValue:
    """Write down how a request was decided."""
    act = this_act()
    try:
        said = load(DecisionForm)
        with transaction():
            requests.decide(act, asked, **said)
    except Invalid as refusal:
        return _one(act, asked, request.form, refusal.errors), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("privacy.show"), code=303)


def _form(typed: Typed, errors: Errors) -> str:
    return render_template(
        "privacy/requests_new.html",
        kinds={kind.value: words for kind, words in WORDS.items()},
        typed=typed,
        errors=errors,
        today=london(this_act().at).date(),
    )


def _one(act: Act, ident: int, typed: Typed, errors: Errors) -> str:
    found = requests.request(ident)
    refs = _refs(act, [found])
    with transaction():
        person = refs.get(found.person_id or 0)
        audit.record(act, "view request", f"request:{ident}", person=person)
    return render_template(
        "privacy/requests_one.html",
        one=found,
        refs=refs,
        choices={choice.value: choice.value.capitalize() for choice in Decision},
        never=found.kind is AskedFor.ENFORCEMENT,
        typed=typed,
        errors=errors,
        today=london(act.at).date(),
        source=SOURCE,
    )


def _refs(act: Act, found: Sequence[RequestFacts]) -> dict[int, str]:
    """Return the references of those whose records are open to whoever looks."""
    idents = {one.person_id for one in found if one.person_id is not None}
    return {person.id: person.ref for person in open_of(act, idents)}
