"""People are kept exactly as typed and found however they are typed again."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from pathway.acts import by_service
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.people import actions, queries
from pathway.people.alike import likely
from pathway.people.likeness import Told, told_of
from pathway.people.models import Person
from pathway.people.rules import NAME_LENGTH, Need, PersonFacts, Recourse
from pathway.sites.rules import Gender, SupportLevel
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("store")

O_BRIENS = ("O'Brien", "O’Brien", "OʼBrien", "obrien", "OBrien", "O Brien", "o brien", "O-Brien")


def a_person(**facts: Any) -> PersonFacts:
    with transaction():
        return factories.a_person(**facts)


def somebody(**facts: str) -> PersonFacts:
    """Add a person of whom no more is said than this."""
    with transaction():
        return actions.add_person(by_service(NOW), **actions.said(facts))


def found(text: str, **options: int) -> list[str]:
    return [person.ref for person in queries.search(by_service(NOW), text, **options)]


@pytest.mark.parametrize("kept", O_BRIENS)
def test_an_o_brien_is_found_however_it_is_written(kept: str) -> None:
    ref = a_person(given_name="Pat", family_name=kept).ref
    for typed in O_BRIENS:
        assert found(typed) == [ref], typed
        assert found(f"Pat {typed}") == [ref], typed


def test_a_family_name_may_be_typed_first() -> None:
    ref = a_person(given_name="Pat", family_name="O'Brien").ref
    assert found("O'Brien Pat") == found("obrien, pat") == [ref]


@pytest.mark.parametrize("kept", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_marks_are_found_however_they_are_encoded(kept: str, typed: str) -> None:
    name = unicodedata.normalize(kept, "Nguyễn")  # type: ignore[arg-type]
    ref = a_person(given_name=name).ref
    assert found(unicodedata.normalize(typed, "Nguyễn")) == [ref]  # type: ignore[arg-type]


def test_marks_may_be_left_out() -> None:
    ref = a_person(given_name="Nguyễn", family_name="Đặng").ref
    assert found("nguyen dang") == found("NGUYEN") == [ref]


@pytest.mark.parametrize(
    ("given", "family"), [("محمد", "علي"), ("שרה", "כהן"), ("李", "小龙"), ("Дмитрий", "Иванов")]
)
def test_names_of_every_script_are_found(given: str, family: str) -> None:
    ref = a_person(given_name=given, family_name=family).ref
    assert found(given) == found(family) == found(f"{given} {family}") == [ref]


def test_a_right_to_left_name_is_found_with_and_without_its_invisible_marks() -> None:
    ref = a_person(given_name="\u200fمحمد\u200f").ref
    assert found("محمد") == found("\u202bمحمد\u202c") == [ref]


@pytest.mark.parametrize("field", ["given_name", "family_name"])
def test_a_person_with_one_name_is_found_by_it(field: str) -> None:
    ref = somebody(**{field: "Sukarno"}).ref
    assert found("sukarno") == [ref]


@pytest.mark.parametrize("name", ["🙂", "☆☆☆", "👩‍👩‍👧", "???", "---"])
def test_a_name_of_signs_is_found_by_those_signs(name: str) -> None:
    a_person(given_name="Moss")
    ref = a_person(given_name=name).ref
    assert found(name) == [ref]


@pytest.mark.parametrize("sign", ["%", "_", "\\", "/", "%%", "a%", "'", '"', "*", ";--"])
def test_a_sign_that_means_something_to_a_database_is_a_plain_sign(sign: str) -> None:
    a_person(given_name="Moss")
    ref = a_person(given_name=f"{sign}").ref
    assert found(sign) == [ref]


@pytest.mark.parametrize("sign", ["%", "_", "\\", "%o%", "_oss"])
def test_a_sign_finds_nobody_else(sign: str) -> None:
    a_person(given_name="Moss")
    assert found(sign) == []


@pytest.mark.parametrize("name", ["Fern", "𝐅𝐞𝐫𝐧", "Ｆｅｒｎ"])
def test_dressed_up_letters_are_found_by_plain_ones(name: str) -> None:
    ref = a_person(given_name=name).ref
    assert found("fern") == found(name) == [ref]


@pytest.mark.parametrize("sign", ["x", "æ", "ﷺ", "🙂"])
def test_the_longest_name_is_found_by_itself(sign: str) -> None:
    longest = sign * NAME_LENGTH
    ref = a_person(given_name=longest, family_name=longest).ref
    assert found(longest) == [ref]


def test_the_beginning_of_each_word_is_enough() -> None:
    ref = a_person(given_name="Anne-Marie", family_name="Storybook").ref
    assert found("an mar story") == found("anne") == found("marie") == [ref]


def test_every_word_has_to_fit() -> None:
    a_person(given_name="Anne", family_name="Storybook")
    assert found("anne fable") == []


def test_the_middle_of_a_word_finds_nobody() -> None:
    a_person(given_name="Storybook")
    assert found("book") == []


def test_a_person_is_found_by_an_alias() -> None:
    ref = a_person(given_name="Fern", aliases=["Badger", "Old Tom"]).ref
    assert found("badger") == found("old tom") == found("oldtom") == [ref]


def test_a_person_known_by_an_alias_alone_is_found() -> None:
    ref = a_person(given_name="", aliases=["Badger"]).ref
    assert found("badger") == [ref]


def test_a_person_is_found_by_their_reference_in_any_case() -> None:
    person = a_person()
    a_person()
    assert found(person.ref.lower()) == found(person.ref) == [person.ref]
    assert found(f"  {person.ref} ") == [person.ref]


def test_spaces_alone_find_nobody() -> None:
    a_person()
    assert found("   ") == []


def test_people_are_found_in_the_order_they_were_recorded_page_by_page() -> None:
    everyone = [a_person() for _ in range(5)]
    first = queries.search(by_service(NOW), "fern", limit=2)
    second = queries.search(by_service(NOW), "fern", after=first[-1].id, limit=2)
    last = queries.search(by_service(NOW), "fern", after=second[-1].id, limit=2)
    assert [*first, *second, *last] == everyone


def test_after_the_last_there_is_nobody() -> None:
    person = a_person()
    assert found("fern", after=person.id) == []


@pytest.mark.parametrize(
    "name",
    [
        "O’Brien",
        unicodedata.normalize("NFD", "Nguyễn"),
        unicodedata.normalize("NFC", "Nguyễn"),
        "\u200fمحمد",
        "👩‍👩‍👧",
        " Fern ",
        "nULL",
        "=1+1",
        "<b>Fern</b>",
        "Robert'); DROP TABLE person;--",
        "{{ 7 * 7 }}",
        "\\",
        "x" * NAME_LENGTH,
    ],
)
def test_a_name_is_kept_exactly_as_it_was_typed(name: str) -> None:
    ref = a_person(given_name=name, family_name=name, aliases=[name]).ref
    kept = queries.whole_person(by_service(NOW), ref)
    assert kept is not None
    assert (kept.given_name, kept.family_name, kept.aliases) == (name, name, (name,))


def test_everything_said_of_a_person_is_kept() -> None:
    facts = {
        "given_name": "Fern",
        "family_name": "Fable",
        "date_of_birth": date(1990, 5, 17),
        "gender": Gender.WOMAN,
        "nationality": "PL",
        "recourse": Recourse.NO,
        "local_connection": "camden",
        "support_level": SupportLevel.HIGH,
        "needs": (Need.ALCOHOL, Need.DRUGS),
    }
    ref = a_person(**facts).ref
    kept = queries.whole_person(by_service(NOW), ref)
    assert {name: getattr(kept, name) for name in facts} == facts


def test_a_person_may_be_added_without_a_word_said_of_them() -> None:
    ref = somebody().ref
    kept = queries.whole_person(by_service(NOW), ref)
    assert kept is not None
    assert kept.name == "No name given"
    assert (kept.gender, kept.recourse, kept.needs) == (Gender.NOT_KNOWN, Recourse.NOT_KNOWN, ())


def test_needs_are_kept_once_each_in_a_fixed_order() -> None:
    person = a_person(needs=[Need.PHYSICAL_HEALTH, Need.ALCOHOL, Need.ALCOHOL])
    assert person.needs == (Need.ALCOHOL, Need.PHYSICAL_HEALTH)


def test_a_reference_in_use_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["P-222222", "P-222222", "P-333333"])
    monkeypatch.setattr(actions, "new_ref", lambda: next(drawn))
    assert [a_person().ref, a_person().ref] == ["P-222222", "P-333333"]


def test_who_may_be_the_same_is_told_most_alike_first() -> None:
    born = date(1990, 5, 17)
    twin = a_person(given_name="Jon", family_name="Fable", date_of_birth=born)
    namesake = a_person(given_name="Jon", family_name="Fable")
    a_person(given_name="Jon", family_name="Ink")
    alike = likely(by_service(NOW), Told(names=("Jon", "Fable"), born=born))
    assert [one.person.ref for one in alike] == [twin.ref, namesake.ref]
    assert alike[0].score > alike[1].score
    assert alike[0].reasons == ("same name", "same date of birth")


def test_nobody_is_alike_to_themselves() -> None:
    person = a_person()
    assert likely(by_service(NOW), told_of(person), but=[person.id]) == []


def test_adding_a_person_is_on_the_audit_trail_without_their_name() -> None:
    person = a_person(given_name="Fern")
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "add person"))
    assert entry.subject == f"person:{person.ref}"
    assert "Fern" not in str(entry.detail)


def test_what_is_refused_half_way_leaves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("pathway.audit.record", fail)
    with pytest.raises(RuntimeError):
        a_person()
    assert db.session.scalars(select(Person)).all() == []
