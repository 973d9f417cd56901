"""Somebody who asks is given everything that is theirs, and nothing of anybody else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pathway import audit
from pathway.acts import by_service
from pathway.assessments import notes
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.errors import Absent
from pathway.people import merging
from pathway.people.models import Person
from pathway.privacy.columns import KEPT
from pathway.privacy.exporting import export
from pathway.privacy.given import Answer
from pathway.privacy.kinds import Holds, kept
from pathway.privacy.writing import as_json, as_text
from pathway.staff.doing import Role
from tests import factories
from tests.factories import NOW
from tests.privacy.sowing import GIVEN, Planter

ACT = by_service(NOW)

TWO = 2
"""Where two columns lead to a person, what is told is about both."""

MANY = 200


class Field:
    """Three records, one merged into another, with a row about each in every table."""

    def __init__(self) -> None:
        self.planter = Planter()
        self.other = self.planter.person()
        others_words = set(self.planter.words)
        self.one = self.planter.person()
        self.merged = self.planter.person(merged_into_id=self.one)
        for whose in (self.one, self.merged):
            self.planter.everywhere(whose, self.other)
        self.own_words = set(self.planter.words) - others_words
        self.planter.everywhere(self.other, self.one)

    @property
    def ref(self) -> str:
        return str(db.session.get_one(Person, self.one).ref)

    def foreign(self) -> dict[str, str]:
        """Return whatever was planted that is not the person's, and where it stands."""
        found = dict(self.planter.secret)
        for table, row in self.planter.told_of(self.other):
            ways = [name for name in KEPT[table].leads if table != "person"]
            both = sum(KEPT[table].columns[name] is not Holds.OTHERS for name in ways) >= TWO
            if table in GIVEN and not both:
                told = [one for one in row.values() if isinstance(one, str)]
                found |= {one: table for one in told if one.startswith("planted")}
        words = self.planter.words.items()
        return found | {text: where for text, where in words if text not in self.own_words}


@pytest.fixture
def field(store: Flask) -> Field:
    with transaction():
        return Field()


def given(field: Field, *, read: bool = False) -> tuple[Answer, dict[str, Any], str]:
    """Return what somebody is given, as JSON, and whole as one text."""
    with transaction():
        told = export(ACT, field.ref)
        if read:
            told = export(ACT, field.ref, {one.id: one.text for one in told.to_read})
    whole = as_json(told)
    return told, json.loads(whole), whole + as_text(told)


def test_every_column_that_is_theirs_is_in_what_they_are_given(field: Field) -> None:
    _, told, whole = given(field)
    for whose in (field.one, field.merged):
        for table, row in field.planter.told_of(whose):
            if table in GIVEN:
                theirs = {name: row[name] for name in KEPT[table].of(Holds.THEIRS)}
                shown = [{name: one.get(name) for name in theirs} for one in told["records"][table]]
                assert theirs in shown, table
                assert all(one in whole for one in theirs.values() if isinstance(one, str)), table
    assert set(told["records"]) == set(GIVEN) - {"audit_mention"}


def test_nothing_of_anybody_else_is_in_it(field: Field) -> None:
    _, _, whole = given(field)
    forbidden = field.foreign() | dict.fromkeys(field.own_words, "unread")
    assert len(forbidden) > MANY
    assert {one: where for one, where in forbidden.items() if one in whole} == {}
    assert str(db.session.get_one(Person, field.other).ref) not in whole


def test_words_are_given_once_somebody_has_read_and_marked_them(field: Field) -> None:
    """But never what is written of a risk from somebody who is named."""
    with transaction():
        made = field.planter.one("person_warning", field.one, field.other, kind="named_person")
    told, _, whole = given(field, read=True)
    assert "named person" in whole
    assert made["person_warning.detail"] not in whole
    assert any("risk from somebody who is named" in why for _, why in told.left_out)
    assert told.to_read == []
    assert [one for one in field.own_words if one not in whole] == []
    assert {one: where for one, where in field.foreign().items() if one in whole} == {}


def test_a_column_said_to_be_theirs_that_is_not_would_be_found(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what ``KEPT`` says of them the same search finds what was planted there."""
    lax = {"person_apart": "why", "concern": "words", "person_warning": "source"}
    for table, column in lax.items():
        said = kept(theirs=column, leads="person_id", nothing="id person_id")
        monkeypatch.setitem(KEPT, table, said)
    _, _, whole = given(field)
    found = {where for one, where in field.foreign().items() if one in whole}
    assert found == {f"{table}.{column}" for table, column in lax.items()}


def test_words_that_were_changed_or_not_marked_are_withheld(store: Flask) -> None:
    with transaction():
        one, act = factories.a_person(), factories.an_act()
        for words in ("She sang", "=1+1", "He fell", "They slept"):
            notes.write(act, person=one.ref, words=words, shared=True)
        changed, formula, _, marked = export(ACT, one.ref).to_read
        marks = {changed.id: f"{changed.text} too", formula.id: "'=1+1", marked.id: marked.text}
        told = export(ACT, one.ref, marks)
    assert [words.text for words in told.to_read] == ["She sang", "He fell"]
    assert told.given == 2


def test_staff_are_told_by_role_and_organisation_and_who_looked_is_there(store: Flask) -> None:
    with transaction():
        one, other = factories.a_person(), factories.a_person(given_name="Moss")
        looker = replace(factories.an_act(Role.OUTREACH, organisation="rts"), at=NOW)
        audit.record(looker, "view person", f"person:{one.ref}")
        audit.record(looker, "search people", "people", people=[one.ref, other.ref])
        audit.record(looker, "raise concern", "concern:1", person=one.ref)
        audit.record(looker, "view person", f"person:{other.ref}")
        told = export(ACT, one.ref)
    assert [look.who for look in told.looked] == ["outreach, Routes off the Streets"] * 2
    whole = as_json(told) + as_text(told)
    assert other.ref not in whole
    assert "The outreach" not in whole


def test_what_is_left_out_is_told_to_everybody_alike(store: Flask) -> None:
    with transaction():
        one, other = factories.a_person(), factories.a_person(given_name="Moss")
        factories.a_concern(factories.an_act(), one)
        lists = [export(ACT, ref).left_out for ref in (one.ref, other.ref)]
    assert lists[0] == lists[1]
    assert any(what == "Safeguarding concerns: all of it" for what, _ in lists[0])


def test_a_merged_reference_leads_to_the_person_and_the_trail_says_what_was_given(
    store: Flask,
) -> None:
    with transaction():
        gone, kept_one = factories.a_person(), factories.a_person(given_name="Moss")
        merging.merge(factories.an_act(Role.MANAGER), gone.ref, kept_one.ref)
        told = export(ACT, gone.ref)
        with pytest.raises(Absent, match="no person"):
            export(ACT, "P-NONE")
    assert (told.ref, list(told.other_refs)) == (kept_one.ref, [gone.ref])
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "export person")).one()
    assert (line.person, line.detail) == (kept_one.ref, {"words_given": 0, "words_withheld": 0})
