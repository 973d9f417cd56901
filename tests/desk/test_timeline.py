"""One line of time of a person: what is in it, in which order, and for whom."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from pathway.acts import Act
from pathway.assessments.models import Assessment, Note
from pathway.db import db, transaction
from pathway.desk import line
from pathway.nights import night_of
from pathway.outreach import queries
from pathway.outreach.models import Contact
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.factories import HUB, a_person, an_act, later

KNOWN = {
    "alcohol": "no",
    "drugs": "no",
    "mental_health": "no",
    "physical_health": "no",
    "recourse": "yes",
    "gender": "woman",
}


def add(model: Any, **values: Any) -> int:
    made: int = db.session.execute(insert(model).values(**values).returning(model.id)).scalar_one()
    return made


def a_contact(act: Act, person: PersonFacts, **values: Any) -> int:
    told = {"kind": "bedded_down", "at": act.at, "night": night_of(act.at), "recorded_at": act.at}
    who = {"staff_id": act.staff_id, "organisation_id": act.organisation_id}
    return add(Contact, **{"person_id": person.id, **told, **who, **values})


def a_note(act: Act, person: PersonFacts, words: str, **values: Any) -> int:
    return add(Note, person_id=person.id, at=act.at, by=act.staff_id, words=words, **values)


def an_assessment(act: Act, person: PersonFacts) -> int:
    times = {"at": act.at, "recorded_at": act.at}
    return add(Assessment, person_id=person.id, by=act.staff_id, **times, **KNOWN)


@pytest.fixture
def worker(store: Flask) -> Act:
    with transaction():
        return an_act()


def words(act: Act, person: PersonFacts, **asked: Any) -> list[str]:
    return [one.words for one in line.read(act, person, **asked)[0]]


def test_pages_follow_one_another_without_a_gap_or_a_double(worker: Act) -> None:
    with transaction():
        person = a_person()
        for minute in range(30):
            act = an_act(email=f"{minute}@example.org", at=later(minutes=minute // 3))
            a_contact(act, person)
            a_note(act, person, "x")
        whole, end = line.read(worker, person, most=200)
        assert (len(whole), end) == (60, None)
        pieces, after = line.read(worker, person, most=7)
        while after is not None:
            some, after = line.read(worker, person, after=after, most=7)
            pieces += some
        assert pieces == whole


def test_a_line_and_the_page_of_a_contact_name_the_same_people(worker: Act) -> None:
    """Staff of sites to those who share them, treatment staff to each other, the rest to all."""
    with transaction():
        person = a_person()
        writers = {
            "respite": an_act(Role.HUB, "respite-rooms", email="respite@example.org"),
            "hub": an_act(Role.HUB, HUB, email="hub@example.org"),
            "both": an_act(Role.HUB, HUB, "respite-rooms", email="both@example.org"),
            "treats": an_act(Role.TREATMENT, email="treats@example.org"),
            "street": worker,
        }
        met = {name: a_contact(act, person) for name, act in writers.items()}
    named = {
        "respite": {"respite", "both", "street"},
        "hub": {"hub", "street"},
        "both": {"respite", "hub", "both", "street"},
        "treats": {"treats", "street"},
        "street": {"street"},
    }
    for name, act in writers.items():
        pages = {of: queries.contact(act, ident) for of, ident in met.items()}
        told = {of for of, one in pages.items() if one and one.by_name and one.organisation}
        entries = {one.id: one.by for one in line.read(act, person)[0]}
        assert told == {of for of, ident in met.items() if entries[ident]} == named[name]
