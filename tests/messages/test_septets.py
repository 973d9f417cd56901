"""How much of a text message some words take."""

import pytest

from pathway.messages.septets import ONE_TEXT, is_gsm7, septets


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", 0),
        ("a" * 160, 160),
        ("a" * 161, 161),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 42),
        ("^{}\\[~]|€", 18),
        ("two\nlines", 9),
        ("a" * 159 + "€", 161),
    ],
)
def test_a_sign_takes_one_septet_and_an_extended_one_two(words: str, expected: int) -> None:
    assert is_gsm7(words)
    assert septets(words) == expected


@pytest.mark.parametrize("sign", ["’", "“", "—", "ç", "á", "`", "\t", "\N{SNOWFLAKE}"])
def test_one_sign_outside_the_alphabet_leaves_room_for_seventy(sign: str) -> None:
    assert not is_gsm7(sign)
    assert septets("a" * 69 + sign) == ONE_TEXT
    assert septets("a" * 70 + sign) > ONE_TEXT


def test_a_sign_beyond_the_first_plane_counts_as_two_of_seventy() -> None:
    assert septets("\N{BED}" * 35) == ONE_TEXT
    assert septets("\N{BED}" * 36) > ONE_TEXT


def test_half_a_sign_is_counted_and_not_stumbled_over() -> None:
    assert septets("\ud83d") == 3
