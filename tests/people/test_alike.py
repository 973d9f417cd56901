"""Who may be the same person, among those who are recorded."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from pathway.acts import by_service
from pathway.commands import _write_missing_keys
from pathway.db import db, transaction
from pathway.people import alike, editing, merging
from pathway.people.alike import likely
from pathway.people.likeness import Told
from pathway.people.models import PersonKey, PersonSound
from pathway.people.rules import PersonFacts
from tests import factories
from tests.factories import NOW

BORN = date(1990, 5, 17)
ACT = by_service(NOW)

pytestmark = pytest.mark.usefixtures("store")


def a_person(**facts: Any) -> PersonFacts:
    with transaction():
        return factories.a_person(**facts)


def found(*names: str, **told: Any) -> list[str]:
    return [one.person.ref for one in likely(ACT, Told(names, **told))]


def test_catherine_and_kathryn_born_the_same_day_are_shown_with_the_reason() -> None:
    kathryn = a_person(given_name="Kathryn", family_name="O'Brien", date_of_birth=BORN)
    [one] = likely(ACT, Told(("Catherine", "O’Brien"), BORN))
    assert one.person.ref == kathryn.ref
    assert one.reasons == ("name sounds the same", "same date of birth")


@pytest.mark.parametrize("name", ["Nguyễn Thị Hằng", "محمد علي", "שרה", "O’Brien", "🙂"])
def test_a_name_of_any_writing_is_found_in_both_unicode_forms(name: str) -> None:
    person = a_person(given_name=unicodedata.normalize("NFD", name))
    assert found(unicodedata.normalize("NFC", name)) == [person.ref]


def test_a_slip_of_the_key_in_a_name_or_a_date_hides_nobody() -> None:
    person = a_person(given_name="Jonathan", family_name="Fable", date_of_birth=date(1990, 5, 7))
    assert found("Jonathan", "Fabel") == [person.ref]
    assert found("Fable", "Jonahtan") == [person.ref]
    assert found("Konathan", "Fable", born=date(1990, 7, 5)) == [person.ref]


def test_who_changed_is_found_by_what_is_recorded_now() -> None:
    person = a_person(given_name="Moss")
    told = {"given_name": "Kathryn", "family_name": "Ink", "aliases": ["Badger"]}
    with transaction():
        editing.edit(ACT, person.ref, person.version, told)
    assert found("Catherine Inc") == found("Badger") == [person.ref]
    assert found("Moss") == []


def test_whoever_was_merged_in_is_found_under_the_name_they_had() -> None:
    kept = a_person(given_name="Moss", family_name="Ink")
    gone = a_person(given_name="Kathryn", family_name="Fable")
    with transaction():
        merging.merge(ACT, gone.ref, kept.ref)
    [one] = likely(ACT, Told(("Catherine Fable",)))
    assert (one.person.ref, one.reasons) == (kept.ref, ("also known as",))
    with transaction():
        merging.unmerge(ACT, gone.ref)
    assert found("Catherine Fable") == [gone.ref]


def test_the_dog_and_the_place_bring_somebody_back_by_half_a_name() -> None:
    person = a_person(given_name="Jon", family_name="Fable")
    told = Told(("Jon",), dog_name="Rex", seen=("Euston Road",))
    assert likely(ACT, told) == []
    with transaction():
        db.session.execute(text("UPDATE person SET dog_name = 'REX'"))
    assert likely(ACT, told, places={person.id: ("Camden Road",)}) == []
    [one] = likely(ACT, told, places={person.id: ("Euston",)})
    assert one.reasons[1:] == ("same dog's name", "seen at the same place lately")


def test_of_many_with_a_common_name_a_few_are_read_and_whoever_is_born_that_day_is_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alike, "COMPARED", 8)
    alike._by_keys.cache_clear()
    monkeypatch.setattr(alike, "OF_ONE_KEY", 5)
    oldest = a_person(given_name="Jon", family_name="Fable", date_of_birth=BORN)
    for year in range(1950, 1965):
        a_person(given_name="Jon", family_name="Fable", date_of_birth=date(year, 5, 17))
    told = Told(("Jon Fable",), BORN)
    assert likely(ACT, told)[0].person.ref == oldest.ref
    assert len(alike._candidates(told, frozenset(), {})) <= 8
    alike._by_keys.cache_clear()


def test_of_two_as_likely_the_one_of_the_same_day_comes_first() -> None:
    told = Told(("Jon", "Fable"), BORN, dog_name="Rex")
    a_person(given_name="Jon", family_name="Fable")
    same = a_person(given_name="Jon", family_name="Fable", date_of_birth=BORN)
    a_person(given_name="Jon", family_name="Fable")
    assert likely(ACT, told)[0].person.ref == same.ref


def test_nobody_who_was_recorded_before_is_left_out_after_an_upgrade() -> None:
    person = a_person(given_name="Kathryn", family_name="Fable")
    a_person(given_name="Moss", family_name="Ink", aliases=["Badger"], date_of_birth=BORN)
    a_person(given_name=None)
    before = sounds()
    with transaction():
        db.session.execute(delete(PersonSound))
    assert found("Catherine Fable") == []
    _write_missing_keys()
    assert found("Catherine Fable") == [person.ref]
    assert sounds() == before
    assert _found_by_word("fable")


def sounds() -> list[tuple[int, str]]:
    rows = db.session.execute(select(PersonSound.person_id, PersonSound.sound))
    return sorted((ident, sound) for ident, sound in rows)


def _found_by_word(word: str) -> bool:
    return db.session.scalar(select(PersonKey.person_id).where(PersonKey.key == word)) is not None
