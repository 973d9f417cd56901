"""Names are compared without case, marks and punctuation, and kept as they are."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pathway.people.rules import (
    NAME_LENGTH,
    REF_LENGTH,
    PersonFacts,
    fold,
    name_keys,
    new_ref,
    split_name,
)


@pytest.mark.parametrize(
    "typed",
    [
        "O'Brien",
        "O’Brien",
        "O‘Brien",
        "OʼBrien",
        "O`Brien",
        "O´Brien",
        "O＇Brien",
        "obrien",
        "OBRIEN",
        "O'Brien.",
    ],
)
def test_apostrophes_of_every_kind_vanish(typed: str) -> None:
    assert fold(typed) == "obrien"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_marks_vanish_however_they_are_encoded(form: str) -> None:
    assert fold(unicodedata.normalize(form, "Nguyễn")) == "nguyen"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Łukasz", "lukasz"),
        ("Đặng", "dang"),
        ("Søren Ærø", "soren aero"),
        ("Straße", "strasse"),
        ("İbrahim", "ibrahim"),
        ("IŞIK", "isik"),
        ("ışık", "isik"),
        ("José-María", "jose maria"),
        ("St. John", "st john"),
        ("Müller,  Anna", "muller anna"),
        ("ﬁona", "fiona"),
    ],
)
def test_a_name_folds_to_plain_words(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize("typed", ["𝐅𝐞𝐫𝐧", "Ｆｅｒｎ", "𝓕𝓮𝓻𝓷", "Ⓕⓔⓡⓝ", "FERN"])
def test_letters_dressed_up_are_the_same_letters(typed: str) -> None:
    assert fold(typed) == "fern"


@pytest.mark.parametrize("name", ["محمد", "李", "Дмитрий", "שרה", "김"])
def test_letters_of_other_scripts_stay(name: str) -> None:
    assert fold(name)


def test_vowel_signs_of_arabic_vanish() -> None:
    assert fold("مُحَمَّد") == fold("محمد")


def test_marks_that_steer_the_direction_of_writing_vanish() -> None:
    assert fold("\u200fمحمد\u200f") == fold("\u202bمحمد\u202c") == fold("محمد")


@pytest.mark.parametrize("name", ["🙂", "%", "_", "\\", "...", "☆", "-"])
def test_a_name_of_signs_alone_is_kept(name: str) -> None:
    assert fold(name) == name


def test_nothing_folds_to_nothing() -> None:
    assert fold("") == fold("  ") == ""


@settings(deadline=None)
@given(st.text())
@example("𝐅𝐞𝐫𝐧")
@example("℡")
@example("OʼBrien´s")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text())
def test_folding_forgets_how_marks_were_encoded(text: str) -> None:
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert len({fold(form) for form in forms}) == 1


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "Z"])))
def test_folded_words_are_parted_by_one_space(text: str) -> None:
    assert fold(text) == " ".join(fold(text).split())


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip))
def test_whoever_has_a_name_has_something_to_be_found_by(name: str) -> None:
    keys = name_keys(name)
    assert keys
    assert all(keys)


def test_a_person_is_found_by_each_word_each_name_and_the_whole() -> None:
    assert name_keys("Pat", "O Brien") == {"pat", "o", "brien", "obrien", "patobrien"}


def test_a_person_without_a_name_is_found_by_none() -> None:
    assert name_keys(None, "", "  ") == set()


def test_one_name_is_enough_to_be_found_by() -> None:
    assert name_keys(None, "Sukarno") == {"sukarno"}


@pytest.mark.parametrize("sign", ["x", "æ", "ﷺ"])
def test_a_key_is_never_longer_than_its_column(sign: str) -> None:
    keys = name_keys(sign * NAME_LENGTH, sign * NAME_LENGTH)
    assert max(map(len, keys)) == NAME_LENGTH


@pytest.mark.parametrize(
    ("typed", "given", "family"),
    [
        ("Ana Maria Costa", "Ana Maria", "Costa"),
        ("Badger", "Badger", None),
        ("  Badger  ", "Badger", None),
        ("Pat  O'Brien", "Pat", "O'Brien"),
        ("محمد علي", "محمد", "علي"),
        ("🙂", "🙂", None),
        ("", "", None),
    ],
)
def test_the_last_word_typed_is_the_family_name(typed: str, given: str, family: str | None) -> None:
    assert split_name(typed) == (given, family)


@settings(deadline=None)
@given(st.text())
def test_splitting_a_name_loses_no_sign_but_spaces(typed: str) -> None:
    given_name, family = split_name(typed)
    parts = f"{given_name} {family or ''}".split()
    assert parts == typed.split()


def test_a_reference_has_no_sign_that_is_misread_or_misheard() -> None:
    refs = [new_ref() for _ in range(500)]
    assert all(len(ref) == 8 <= REF_LENGTH for ref in refs)
    assert all(ref.startswith("P-") for ref in refs)
    assert not set("".join(ref[2:] for ref in refs)) & set("01AEIOULSZ")


def test_references_are_not_repeated() -> None:
    assert len({new_ref() for _ in range(500)}) == 500


def test_a_person_is_shown_by_the_name_that_was_typed() -> None:
    assert PersonFacts(1, "P-1", "nGuyễn", "O’brien").name == "nGuyễn O’brien"


def test_a_person_known_by_an_alias_alone_is_shown_by_it() -> None:
    assert PersonFacts(1, "P-1", aliases=("Badger", "Brock")).name == "Badger"


def test_a_person_without_any_name_is_said_to_have_none() -> None:
    assert PersonFacts(1, "P-1").name == "No name given"
