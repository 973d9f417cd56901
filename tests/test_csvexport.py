"""Promise 42: an exported cell is never a formula, and what is stored stays as it is."""

import csv
import io

import pytest

from pathway.csvexport import neutral, written


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(begins: str) -> None:
    assert neutral(f"{begins}cmd|' /C calc'!A0") == f"'{begins}cmd|' /C calc'!A0"
    assert neutral(begins) == f"'{begins}"


@pytest.mark.parametrize("cell", ["", "Fern", "a=b", "'=1", " =1", "P-7K3M", -5, 0, None])
def test_anything_else_stays_as_it_is(cell: object) -> None:
    assert neutral(cell) == cell


def test_a_file_reads_back_cell_by_cell() -> None:
    rows = [("=1+1", 'quote "this"', "two\nlines"), ("Zoë, and others", "", "x")]
    file = written(("a", "b", "c"), rows)
    assert list(csv.reader(io.StringIO(file, newline=""))) == [
        ["a", "b", "c"],
        ["'=1+1", 'quote "this"', "two\nlines"],
        ["Zoë, and others", "", "x"],
    ]


def test_the_header_is_neutral_too() -> None:
    assert written(("=a",), []) == "'=a\r\n"
