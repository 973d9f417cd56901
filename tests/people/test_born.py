"""When somebody was born, as far as it is known."""

from datetime import date

import pytest

from pathway.people.born import Birth, birth_faults

TODAY = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        (Birth(), ""),
        (Birth(date(1985, 3, 2)), "2 March 1985"),
        (Birth(year=1985, month=3), "in March 1985"),
        (Birth(year=1985), "in 1985"),
        (Birth(year=1985, guessed=True), "about 1985 (a guess)"),
    ],
)
def test_a_birth_is_told_as_it_is_known(birth: Birth, words: str) -> None:
    assert birth.words == words


@pytest.mark.parametrize(
    ("birth", "first", "last"),
    [
        (Birth(date(1985, 3, 2), 1985), date(1985, 3, 2), date(1985, 3, 2)),
        (Birth(year=1985), date(1985, 1, 1), date(1985, 12, 31)),
        (Birth(year=1984, month=2), date(1984, 2, 1), date(1984, 2, 29)),
        (Birth(year=1985, month=12), date(1985, 12, 1), date(1985, 12, 31)),
    ],
)
def test_what_is_partly_known_spans_every_day_it_may_be(
    birth: Birth, first: date, last: date
) -> None:
    assert birth.span() == (first, last)


@pytest.mark.parametrize(
    ("birth", "field"),
    [
        (Birth(date(2026, 1, 11)), "date_of_birth"),
        (Birth(month=3), "birth_year"),
        (Birth(year=1899), "birth_year"),
        (Birth(year=2027), "birth_year"),
        (Birth(year=2026, month=2), "birth_month"),
        (Birth(date(1985, 3, 2), 1984), "birth_year"),
        (Birth(date(1985, 3, 2), 1985, 4), "birth_year"),
    ],
)
def test_what_cannot_be_so_is_told_by_field(birth: Birth, field: str) -> None:
    assert list(birth_faults(birth, TODAY)) == [field]


@pytest.mark.parametrize(
    "birth", [Birth(), Birth(TODAY), Birth(date(1985, 3, 2), 1985, 3), Birth(year=2026, month=1)]
)
def test_what_may_be_so_is_taken(birth: Birth) -> None:
    assert birth_faults(birth, TODAY) == {}
