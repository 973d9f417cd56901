"""Two records that may be one person's: who may be meant, what is said of it, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import lately
from pathway.db import transaction
from pathway.desk import alike
from pathway.desk.found import open_person
from pathway.fields import filled, loaded
from pathway.nights import day
from pathway.outreach import queries as outreach
from pathway.people import numbers, queries, sameness
from pathway.people.rules import PersonFacts, Verdict
from pathway.people.schemas import SameForm
from pathway.people.sought import asked_for, sealed, sought
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("same", __name__)

FOUND_AT_ONCE = 10
"""How many people a search shows (ours)."""

PAIRS_AT_ONCE = 50
"""How many pairs the page of those who may merge shows (ours)."""

PLACEMENTS_SHOWN = 3
"""How many placements of each record are shown beside the other's (ours)."""

BORN = "Date of birth"
_SAID = {True: "Yes", False: "No", None: ""}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is recorded of two people, or of one of them."""

    label: str
    one: str
    other: str
    fits: bool = False

    @property
    def mark(self) -> str:
        """Return in what the two records differ here, or nothing; a year fits its days."""
        if self.one == self.other:
            return ""
        if not (self.one and self.other):
            return "only in one"
        return "fits" if self.fits else "differs"


@bp.get("/people/same")
@permits(Doing.MERGE)
def queue() -> ResponseReturnValue:
    """Show which records may be one person's, newest word first."""
    act = this_act()
    pairs = sameness.pairs(act, PAIRS_AT_ONCE)
    refs = [one.ref for pair in pairs for one in (pair.one, pair.other)]
    with transaction():
        audit.record(act, "list perhaps the same", "list:people", people=refs)
    return render_template("desk/same_queue.html", pairs=pairs, now=act.at)


@bp.get("/people/<ref>/same")
@permits(Doing.SAY_SAME)
def others(ref: str) -> ResponseReturnValue:
    """Show who may be recorded as somebody else and be this person."""
    act = this_act()
    person = open_person(act, ref)
    words = sought(act)
    found = queries.search(act, words, limit=FOUND_AT_ONCE + 1) if words else []
    likely = alike.like(act, person)
    two = sameness.two_people(act, person)
    refs = [one.ref for one in (*[each.person for each in likely], *found, *two)]
    with transaction():
        audit.record(act, "show people alike", f"person:{person.ref}", people=refs)
    return render_template(
        "desk/same_others.html",
        person=person,
        typed=words,
        found=[one for one in found[:FOUND_AT_ONCE] if one.id != person.id],
        likely=likely,
        two=two,
    )


@bp.post("/people/<ref>/same")
@permits(Doing.SAY_SAME)
def look(ref: str) -> ResponseReturnValue:
    """Look for the other record: a reference leads to it, a name to who may be meant."""
    act = this_act()
    person, words = open_person(act, ref), asked_for()
    other = queries.person(act, words.upper())
    if other is not None and other.id != person.id:
        return redirect(url_for("same.compare", ref=person.ref, other=other.ref), code=303)
    return redirect(url_for("same.others", ref=person.ref, sought=sealed(act, words)), code=303)


@bp.get("/people/<ref>/same/<other>")
@permits(Doing.SAY_SAME)
def compare(ref: str, other: str) -> ResponseReturnValue:
    """Show two records side by side; or, when they are one, how to part them again."""
    return compared(this_act(), ref, other)


@bp.post("/people/<ref>/same/<other>")
@permits(Doing.SAY_SAME)
def say(ref: str, other: str) -> ResponseReturnValue:
    """Keep that the two are perhaps one person, or are not, or take that back."""
    act = this_act()
    verdict = loaded(SameForm, filled(request.form))["verdict"]
    with transaction():
        if verdict is None:
            sameness.take_back(act, ref, other)
        else:
            sameness.say(act, ref, other, verdict)
    return redirect(url_for("same.compare", ref=ref, other=other), code=303)


def compared(act: Act, ref: str, other: str, refusal: str = "") -> str:
    """Return the page of two records, with why they were not made one if that was refused."""
    one, two = open_person(act, ref), open_person(act, other)
    with transaction():
        audit.record(act, "compare people", f"person:{one.ref}", people=[two.ref])
    if one.id == two.id:
        parts = [gone for gone in queries.merged_into(one) if gone in {ref, other}]
        return render_template("desk/same_merged.html", person=one, parts_of=parts)
    said = sameness.said_of(act, one, two)
    return render_template(
        "desk/same_compare.html",
        records=[_record(act, one), _record(act, two)],
        first=min(one, two, key=lambda each: each.id).ref,
        facts=_facts(act, one, two),
        said=said,
        may_say={each: said is None or said.verdict is not each for each in Verdict},
        refusal=refusal,
        now=act.at,
    )


def _record(act: Act, person: PersonFacts) -> Mapping[str, Any]:
    """Return what one of two records has, as far as whoever looks may see it."""
    return {
        "person": person,
        "placements": lately.placements_seen(act, person.id)[:PLACEMENTS_SHOWN],
        "contact": next(iter(outreach.contacts_of(act, person.id, limit=1)), None),
    }


def _facts(act: Act, one: PersonFacts, other: PersonFacts) -> list[Fact]:
    """Return what is recorded of two people, line by line, without what nobody knows."""
    known = numbers.of(act, [one.id, other.id])
    mine, theirs = (
        _of(each) | {"Numbers": numbers.in_words(known.get(each.id, ()))} for each in (one, other)
    )
    fitting = {BORN} if one.birth.may_be(other.birth) else set()
    facts = [Fact(label, mine[label], theirs[label], label in fitting) for label in mine]
    return [fact for fact in facts if fact.one or fact.other]


def _of(person: PersonFacts) -> dict[str, str]:
    """Return what is recorded of a person, in words."""
    return {
        "Name": person.name,
        "Also known as": ", ".join(person.aliases),
        BORN: person.birth.words,
        "Gender": "" if person.gender == "not_known" else person.gender.capitalize(),
        "Nationality": person.nationality or "",
        "Recourse to public funds": {"yes": "Yes", "no": "No"}.get(person.recourse, ""),
        "Local connection": (person.local_connection or "").capitalize(),
        "Support level": (person.support_level or "").capitalize(),
        "Support needs": ", ".join(person.needs).replace("_", " ").capitalize(),
        "Needs a step-free bed": _SAID[person.needs_step_free],
        "Has a dog with them": _SAID[person.has_dog],
        "Dog’s name": person.dog_name or "",
        "Comes with a partner": _SAID[person.with_partner],
        "Ask before giving up on them": _SAID[person.vulnerable],
        "At risk of violence or abuse": _SAID[person.at_risk],
        "Language": person.language or "",
        "Died on": day(person.died_on) if person.died_on else "",
    }
