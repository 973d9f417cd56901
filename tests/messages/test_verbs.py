"""What a text asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.messages.verbs import Said, Verb, read

HELP = Said(Verb.HELP)


@pytest.mark.parametrize("body", ["BEDS", "beds", "  Beds. ", "bed?", "BEDS please", "“Beds”"])
def test_beds_is_asked_for_however_it_is_typed(body: str) -> None:
    assert read(body) == Said(Verb.BEDS)


@pytest.mark.parametrize(
    "body",
    ["HOLD 165-hub 7K3M", "hold 165-HUB 7k3m", " Hold\t165-hub\n7K3M. ", "hold 165 hub 7k3m"],
)
def test_a_hold_names_a_site_and_a_short_code(body: str) -> None:
    assert read(body) == Said(Verb.HOLD, "165-hub", "7k3m")


def test_a_release_may_name_which() -> None:
    assert read("release") == Said(Verb.RELEASE)
    assert read("RELEASE st-giles 7K3M") == Said(Verb.RELEASE, "st-giles", "7k3m")
    assert read("RELEASE 7K3M") == HELP


def test_an_alarm_is_answered_by_its_number() -> None:
    assert read("OK 12") == Said(Verb.OK, number=12)
    assert read("ok 012.") == Said(Verb.OK, number=12)
    assert read("ok") == Said(Verb.OK)
    for body in ("ok 12 13", "ok twelve", "ok -1", "ok 2147483648", "ok ١٢", "ok 1" + "0" * 5000):
        assert read(body) == HELP


@pytest.mark.parametrize("body", ["SAFE", "safe.", " Safe! "])
def test_safe_is_said_alone(body: str) -> None:
    assert read(body) == Said(Verb.SAFE)
    for more in ("not safe", f"{body} house?", f"is {body}"):
        assert read(more) == HELP


@pytest.mark.parametrize("word", ["STOP", "StopAll", "unsubscribe", "Cancel", "END.", " quit "])
def test_the_words_upon_which_the_provider_stops(word: str) -> None:
    assert read(word) == Said(Verb.STOP)
    assert read(f"{word} it now") != Said(Verb.STOP)


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_the_words_upon_which_the_provider_starts(word: str) -> None:
    assert read(word) == Said(Verb.START)


def test_what_the_provider_took_for_a_stop_is_one() -> None:
    assert read("arrêter", "STOP") == Said(Verb.STOP)
    assert read("reprendre", "START") == Said(Verb.START)
    assert read("info", "HELP") == HELP


@pytest.mark.parametrize("body", ["", " ", "...", "hello", "hold", "hold 165-hub", "\x00", "help"])
def test_anything_else_asks_for_help(body: str) -> None:
    assert read(body) == HELP


@given(st.text())
def test_no_text_is_stumbled_over(body: str) -> None:
    assert read(body).verb in Verb
