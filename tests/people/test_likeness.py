"""How alike two people are, and why."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathway.people.likeness import ALIKE, Told, likeness, names_of, told_of
from pathway.people.rules import PersonFacts
from pathway.people.sieve import asked_of, sounds_of
from pathway.people.sounds import sound, words

BORN = date(1990, 5, 17)
ANOTHER_DAY = date(1990, 5, 28)
FATHER, SON = date(1961, 2, 3), date(1988, 9, 21)


def alike(
    name: str, other: str, born: date | None = None, other_born: date | None = None
) -> tuple[int, tuple[str, ...]]:
    return likeness(Told((name,), born), Told((other,), other_born))


def shown(name: str, other: str, born: date | None = None, other_born: date | None = None) -> bool:
    return alike(name, other, born, other_born)[0] >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("catherine", "kathryn"),
        ("mohammed", "muhamad"),
        ("mohamed", "muhammad"),
        ("yusuf", "jusuf"),
        ("sean", "shaun"),
        ("hussein", "husain"),
        ("omar", "umar"),
        ("stephen", "steven"),
        ("philip", "filip"),
    ],
)
def test_spellings_that_are_misheard_as_one_another_sound_the_same(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize("word", ["محمد", "🙂", "007", "ὀδυσσεύς"])
def test_a_word_of_no_sound_that_we_know_is_its_own(word: str) -> None:
    assert sound(word) == word


def test_what_leads_a_word_is_one_with_it() -> None:
    assert words("Pat O'Brien") == words("Pat O Brien") == words("pat o’brien")


def test_catherine_and_kathryn_born_the_same_day_are_likely_one_with_the_reason() -> None:
    found = alike("Catherine O’Brien", "Kathryn O'Brien", BORN, BORN)
    assert found == (98, ("name sounds the same", "same date of birth"))


def test_a_name_in_both_unicode_forms_is_the_same_name() -> None:
    composed, apart = (unicodedata.normalize(form, "Nguyễn Thị Hằng") for form in ("NFC", "NFD"))
    assert composed != apart
    assert alike(composed, apart) == (60, ("same name",))


@pytest.mark.parametrize("name", ["محمد علي", "שרה כהן", "Badger", "🙂"])
def test_names_from_right_to_left_and_of_one_word_are_compared(name: str) -> None:
    assert alike(name, name, BORN, BORN) == (100, ("same name", "same date of birth"))
    assert asked_of(Told((name,)))


@pytest.mark.parametrize(
    ("name", "other", "reasons"),
    [
        ("Jon Fable", "FABLE, Jon", ("names in another order",)),
        ("Jonathan Fable", "Jonatran Fable", ("name differs by a letter or two",)),
        ("Anne-Marie Fable", "Annemarie Fable", ("same name",)),
        ("Mohammed Inkwell", "Inkwell Muhamad", ("name sounds the same", "names in another order")),
        ("Jon Peter Fable", "Jon Fable", ("part of the name is the same",)),
    ],
)
def test_a_name_written_otherwise_is_told_as_what_it_is(
    name: str, other: str, reasons: tuple[str, ...]
) -> None:
    score, said = alike(name, other)
    assert said == reasons
    assert score >= ALIKE


def test_the_same_name_and_birthday_are_all_there_is_to_know() -> None:
    score, reasons = alike("Jon Fable", "Jon Fable", BORN, BORN)
    assert (score, reasons) == (100, ("same name", "same date of birth"))


def test_part_of_a_name_and_the_same_birthday_are_worth_showing() -> None:
    score, reasons = alike("Jon Fable", "Jon Ink", BORN, BORN)
    assert score >= ALIKE
    assert reasons == ("same date of birth", "part of the name is the same")


def test_part_of_a_name_alone_is_not_worth_showing() -> None:
    assert not shown("Jon Fable", "Jon Ink")


def test_the_same_birthday_alone_is_not_worth_showing() -> None:
    assert not shown("Jon Fable", "Moss Ink", BORN, BORN)


def test_another_birthday_speaks_against_the_same_name() -> None:
    assert not shown("Jon Fable", "Jon Fable", BORN, ANOTHER_DAY)


def test_father_and_son_of_one_name_are_never_above_twins() -> None:
    family = alike("Jon Fable", "Jon Fable", FATHER, SON)[0]
    twins = alike("Jon Fable", "Moss Fable", BORN, BORN)[0]
    assert family < twins
    assert family < ALIKE


@pytest.mark.parametrize("younger", [BORN, date(1990, 5, 18), date(1991, 5, 17), date(1992, 1, 2)])
def test_siblings_are_not_likely_one(younger: date) -> None:
    assert not shown("Jon Fable", "Fern Fable", BORN, younger)


@pytest.mark.parametrize("other", [date(1990, 5, 11), date(1990, 5, 27), date(1909, 5, 17)])
def test_a_slip_of_the_key_in_a_date_is_told(other: date) -> None:
    found = alike("Jon Fable", "Jon Fable", BORN, other)
    assert found == (82, ("same name", "date of birth differs in one digit"))


def test_day_and_month_swapped_are_told() -> None:
    found = alike("Jon Fable", "Jon Fable", date(1990, 5, 7), date(1990, 7, 5))
    assert found == (88, ("same name", "date of birth has day and month swapped"))


def test_a_birthday_that_is_not_known_speaks_neither_way() -> None:
    assert alike("Jon", "Jon", BORN) == alike("Jon", "Jon")


@pytest.mark.parametrize(
    ("told", "score", "reasons"),
    [
        (Told(("Jon Fable",), birth_year=1990), 72, ("same name", "born in the same year")),
        (
            Told(("Jon Fable",), birth_year=1990, birth_month=5),
            80,
            ("same name", "born in the same year"),
        ),
        (
            Told(("Jon Fable",), birth_year=1988, birth_guessed=True),
            66,
            ("same name", "about the same age"),
        ),
        (Told(("Jon Fable",), birth_year=1960, birth_guessed=True), 20, ("same name",)),
        (Told(("Jon Fable",), birth_year=1995), 20, ("same name",)),
    ],
)
def test_a_birth_that_is_partly_known_counts_for_as_much_as_is_known(
    told: Told, score: int, reasons: tuple[str, ...]
) -> None:
    assert likeness(Told(("Jon Fable",), BORN), told) == (score, reasons)


def test_another_name_they_are_known_by_is_compared() -> None:
    known = Told(("Katherine Inkwell",), aliases=("Badger",))
    assert likeness(Told(("Badger",)), known) == (57, ("also known as",))
    assert likeness(Told(("Badger Inkwell",)), known)[1] == ("also known as",)


def test_an_alias_of_two_people_with_other_names_is_not_enough() -> None:
    one, other = (Told((name,), aliases=("Badger",)) for name in ("Jon Fable", "Moss Ink"))
    assert likeness(one, other)[0] < ALIKE


def test_the_dog_and_the_place_speak_for_half_a_name() -> None:
    one = Told(("Jon",), dog_name="Rex", seen=("Euston Road",))
    other = Told(("Jon Fable",), dog_name="REX", seen=("Euston",))
    score, reasons = likeness(one, other)
    assert score >= ALIKE
    assert reasons[1:] == ("same dog's name", "seen at the same place lately")


def test_two_people_without_names_are_not_alike() -> None:
    assert alike("", "") == (0, ())


def test_what_is_recorded_is_told_with_aliases_apart() -> None:
    person = PersonFacts(1, "P-1", "Fern", None, aliases=("Badger",), dog_name="Rex")
    told = told_of(person, ("Euston",))
    assert (told.names, told.aliases, told.dog_name) == (("Fern",), ("Badger",), "Rex")
    assert names_of(told) == (("fern",), ("badger",))


NAMES = ["", "Jon", "Jon Fable", "Fable Jon", "Jhon Fable", "Fable", "Moss", "Anna Anne Ink"]
BIRTHS = st.sampled_from([None, BORN, ANOTHER_DAY, date(1990, 1, 1)])
TOLD = st.builds(
    Told,
    st.tuples(st.sampled_from(NAMES)),
    BIRTHS,
    st.sampled_from([None, 1990, 1960]),
    st.sampled_from([None, 5]),
    st.booleans(),
    st.sampled_from([None, "Rex"]),
    aliases=st.lists(st.sampled_from(["Jon", "Badger"]), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(TOLD, TOLD)
def test_likeness_is_mutual_and_from_0_to_100(one: Told, other: Told) -> None:
    there = likeness(one, other)
    assert there[0] == likeness(other, one)[0]
    assert 0 <= there[0] <= 100


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Catherine O’Brien", "Kathryn O'Brien"),
        ("Jon Fable", "Fable Jon"),
        ("Jonathan Fable", "Jonahtan Fable"),
        ("Jonathan Fable", "Jonathan Fabel"),
        ("Anne-Marie Fable", "Annemarie Fable"),
        ("محمد علي", "علي محمد"),
    ],
)
def test_whoever_is_likely_shares_a_key(name: str, other: str) -> None:
    assert sounds_of(Told((name,))) & set(asked_of(Told((other,))))
