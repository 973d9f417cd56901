"""The page of what is found out about somebody: a form of what is known, and its versions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import Act
from pathway.assessments import actions, queries
from pathway.assessments.rules import (
    FIELDS,
    LABELS,
    AssessmentFacts,
    Change,
    Findings,
    Institution,
    changes,
    in_words,
    known_now,
)
from pathway.assessments.schemas import AssessmentForm
from pathway.beds.care import may_record
from pathway.desk.found import loaded, note_view, open_person, writable
from pathway.errors import Invalid, Refused
from pathway.fields import as_chosen
from pathway.idempotency import once
from pathway.people.rules import PersonFacts
from pathway.staff.acting import permits, this_act, this_form
from pathway.staff.doing import Doing

bp = Blueprint("assess", __name__)

SHOWN = 10
"""How many versions the page shows (ours)."""


@bp.get("/people/<ref>/assess")
@permits(Doing.SEE_CONTACTS)
def show(ref: str) -> ResponseReturnValue:
    """Show what is known, to be found out anew, and the versions before."""
    act = this_act()
    return _page(act, open_person(act, ref), None, {})


@bp.post("/people/<ref>/assess")
@permits(Doing.RECORD)
def save(ref: str) -> ResponseReturnValue:
    """Write down a new version."""
    act = this_act()
    person = writable(act, ref)
    typed = {**dict.fromkeys((*FIELDS, *_BESIDE), ""), **request.form.to_dict()}
    try:
        told = loaded(AssessmentForm, typed)
        key = this_form()
        kept = replace(key, for_good=True) if key else None
        once(act, kept, lambda: {"id": str(actions.assess(act, person=person.ref, **told).id)})
    except Invalid as fault:
        return _page(act, person, typed, fault.errors), 422
    except Refused as refusal:
        if refusal.denial:
            raise
        newest = open_person(act, ref)
        again = {**typed, "seen": str(newest.version)}
        return _page(act, newest, again, {"at": [refusal.detail]}), 409
    return redirect(url_for("assess.show", ref=person.ref, _anchor="versions"), code=303)


_BESIDE = ("at", "seen", "last_institution", "left_on")


def _page(
    act: Act,
    person: PersonFacts,
    typed: Mapping[str, Any] | None,
    errors: Mapping[str, object],
) -> str:
    note_view(act, "view assessments", person)
    found = queries.versions(act, person.id, limit=SHOWN + 1)
    known = known_now(person, found[0].found if found else None)
    return render_template(
        "desk/assess.html",
        person=person,
        labels=LABELS,
        known=known,
        in_words=in_words,
        typed=typed or _typed(known) | {"seen": str(person.version)},
        errors=errors,
        otherwise=changes(found[0].found, known) if found else [],
        versions=_beside_the_one_before(found)[:SHOWN],
        more=len(found) > SHOWN,
        leavings=queries.leavings(person.id),
        institutions={one.value: one.words for one in Institution},
        may_record=may_record(act, person),
        now=act.at,
    )


def _beside_the_one_before(
    found: list[AssessmentFacts],
) -> list[tuple[AssessmentFacts, list[Change]]]:
    """Return versions, newest first, each with what it says otherwise than the one before."""
    before = [one.found for one in found[1:]] + [Findings()]
    return [(one, changes(was, one.found)) for one, was in zip(found, before, strict=False)]


def _typed(known: Findings) -> dict[str, str]:
    """Return what is known as the form shows it; when it was found and leavings are new."""
    shown = dict.fromkeys(_BESIDE, "")
    for name in FIELDS:
        value = getattr(known, name)
        yes_or_no = value is None or isinstance(value, bool)
        shown[name] = as_chosen(value) if yes_or_no and name not in _TEXTS else str(value or "")
    return shown


_TEXTS = ("local_connection", "support_level", "language", "wants")
"""What is empty on the form where it is not known."""
