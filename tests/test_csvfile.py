"""A CSV file is read strictly: each fault is named by row and column."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pathway import csvfile
from pathway.csvfile import MOST_FAULTS, Cell, FileFault, Row


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"
    FIG = "fig"


REQUIRED = ("ref",)
OPTIONAL = ("name", "born")


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes | str], Path]:
    def write(content: bytes | str) -> Path:
        path = tmp_path / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


File = Callable[[bytes | str], Path]


def rows_of(path: Path) -> list[Row]:
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    rows = list(reader)
    reader.check()
    return rows


def read_all(path: Path) -> list[dict[str, Any]]:
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    found = [
        {
            "ref": row.read("ref", lambda cell: cell.needed(40)),
            "name": row.read("name", lambda cell: cell.words(40)),
            "born": row.read("born", Cell.day),
        }
        for row in reader
    ]
    reader.check()
    return found


def faults_of(path: Path) -> list[str]:
    with pytest.raises(FileFault) as refused:
        read_all(path)
    return refused.value.sentences


def test_a_plain_file_is_read(file: File) -> None:
    assert read_all(file("ref,name,born\nA,Fern,2001-02-03\n")) == [
        {"ref": "A", "name": "Fern", "born": date(2001, 2, 3)}
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column(file: File) -> None:
    assert read_all(file(b"\xef\xbb\xbfref,name\nA,Fern\n"))[0]["ref"] == "A"


def test_a_file_without_a_last_line_end_is_whole(file: File) -> None:
    assert [row["ref"] for row in read_all(file("ref\nA\nB"))] == ["A", "B"]


def test_a_windows_file_is_read(file: File) -> None:
    found = read_all(file("ref,name\r\nA,Fern\r\nB,Moss\r\n"))
    assert [(row["ref"], row["name"]) for row in found] == [("A", "Fern"), ("B", "Moss")]


def test_signs_of_every_language_come_through(file: File) -> None:
    names = ["Nguyễn", "محمد", "李", "🙂"]
    path = file("ref,name\n" + "".join(f"R{n},{name}\n" for n, name in enumerate(names)))
    assert [row["name"] for row in read_all(path)] == names


def test_an_absent_optional_column_reads_as_empty(file: File) -> None:
    assert read_all(file("ref\nA\n")) == [{"ref": "A", "name": None, "born": None}]


def test_columns_may_stand_in_any_order_and_case(file: File) -> None:
    found = read_all(file("Born, NAME ,Ref\n2001-02-03,Fern,A\n"))
    assert found == [{"ref": "A", "name": "Fern", "born": date(2001, 2, 3)}]


def test_a_cp1252_file_is_refused_naming_the_row(file: File) -> None:
    path = file("ref,name\nA,Fern\nB,René\n".encode("cp1252"))
    assert faults_of(path) == ["Row 3: people.csv is not UTF-8. Save it as “CSV UTF-8”."]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_does_not_shift_the_row_that_is_not_utf_8(
    file: File, line_end: str
) -> None:
    head = b"\xef\xbb\xbfref" + line_end.encode()
    assert faults_of(file(head + b"\xe9\n"))[0].startswith("Row 2:")


@pytest.mark.parametrize("order", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(file: File, order: str) -> None:
    [sentence] = faults_of(file("ref,name\nA,Fern\n".encode(order)))
    assert "UTF-16" in sentence or "NUL" in sentence


def test_utf_16_as_excel_saves_it_is_named_with_the_way_out(file: File) -> None:
    assert faults_of(file("ref\nA\n".encode("utf-16"))) == [
        "people.csv is UTF-16. Save it as “CSV UTF-8”."
    ]


def test_a_nul_is_refused_naming_the_row(file: File) -> None:
    [sentence] = faults_of(file(b"ref,name\nA,Fern\nB,Mo\x00ss\n"))
    assert sentence.startswith("Row 3: there is a NUL byte.")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(file: File, content: bytes) -> None:
    assert faults_of(file(content)) == ["The file is empty: a header row is needed."]


def test_a_header_alone_is_a_file_of_nobody(file: File) -> None:
    assert read_all(file("ref,name\n")) == []


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    [sentence] = faults_of(tmp_path / "nowhere.csv")
    assert "nowhere.csv cannot be read" in sentence


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvfile, "MOST_BYTES", 4)
    assert "is larger than" in faults_of(file("ref\nA\n"))[0]


@pytest.mark.parametrize(
    ("ragged", "cells"), [("B", 1), ("B,Moss,2001-02-03,more", 4), ("B,Moss,,,", 5)]
)
def test_a_ragged_row_is_refused_with_both_counts(file: File, ragged: str, cells: int) -> None:
    path = file(f"ref,name,born\nA,Fern,\n{ragged}\n")
    assert faults_of(path) == [f"Row 3: has {cells} cells, the header has 3."]


def test_empty_rows_are_passed_over_and_still_counted(file: File) -> None:
    path = file("ref,name,born\n\n,,\nA,Fern,\nB,Moss,never\n")
    assert faults_of(path)[0].startswith("Row 5, born:")


def test_a_missing_column_is_named(file: File) -> None:
    assert faults_of(file("name\nFern\n")) == ["Row 1: there is no column “ref”."]


def test_an_unknown_column_is_named_with_those_that_there_are(file: File) -> None:
    assert faults_of(file("ref,shoes\nA,9\n")) == [
        "Row 1: the column “shoes” is not known; there are ref, name, born."
    ]


def test_a_column_that_stands_there_twice_is_named(file: File) -> None:
    assert faults_of(file("ref,name,Name\nA,Fern,Moss\n")) == [
        "Row 1: the column “name” stands there twice."
    ]


def test_every_fault_of_a_header_is_told_at_once(file: File) -> None:
    assert len(faults_of(file("shoes,name,name\n"))) == 3


def test_a_header_with_an_open_quote_is_not_called_empty(file: File) -> None:
    [sentence] = faults_of(file('"ref,name\nA,Fern\n'))
    assert sentence.startswith("Row 1: cannot be read")


def test_quotes_keep_commas_and_quotes(file: File) -> None:
    [row] = read_all(file('ref,name\nA,"Fern ""Badger"", senior"\n'))
    assert row["name"] == 'Fern "Badger", senior'


def test_a_quote_in_the_middle_of_a_cell_is_a_sign_like_any_other(file: File) -> None:
    [row] = read_all(file('ref,name\nA,Fern "Badger" Moss\n'))
    assert row["name"] == 'Fern "Badger" Moss'


def test_a_line_end_inside_quotes_belongs_to_the_cell(file: File) -> None:
    [first, second] = read_all(file('ref,name\nA,"Fern\nMoss"\nB,Ash\n'))
    assert first["name"] == "Fern\nMoss"
    assert second["name"] == "Ash"


def test_rows_are_counted_as_a_spreadsheet_counts_them(file: File) -> None:
    rows = rows_of(file('ref,name\nA,"Fern\nMoss"\nB,Ash\n'))
    assert [row.number for row in rows] == [2, 3]


def test_an_open_quote_is_refused_at_the_row_where_it_opens(file: File) -> None:
    [sentence] = faults_of(file('ref,name\nA,"Fern\nB,Moss\nC,Ash\n'))
    assert sentence.startswith("Row 2: cannot be read")


def test_a_cell_beyond_all_measure_is_refused(file: File) -> None:
    [sentence] = faults_of(file("ref,name\nA," + "x" * 200_000 + "\n"))
    assert sentence.startswith("Row 2: cannot be read")


def test_faults_are_told_for_every_row_and_column(file: File) -> None:
    assert faults_of(file("ref,name,born\n,Fern,never\nB,Moss,31/02/2020\n")) == [
        "Row 2, ref: is empty.",
        "Row 2, born: is “never”, which is no date; write it like 2026-01-31 or 31/01/2026.",
        "Row 3, born: is “31/02/2020”, which is no date; write it like 2026-01-31 or 31/01/2026.",
    ]


def test_fifty_faults_are_all_told(file: File) -> None:
    sentences = faults_of(file("ref,born\n" + "A,never\n" * MOST_FAULTS))
    assert len(sentences) == MOST_FAULTS
    assert sentences[-1].startswith("Row 51, born:")


def test_beyond_fifty_the_rest_is_counted(file: File) -> None:
    sentences = faults_of(file("ref,born\n" + "A,never\n" * 1000))
    assert len(sentences) == MOST_FAULTS + 1
    assert sentences[-1] == "And 950 more faults."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-05", date(2024, 3, 5)),
        ("05/03/2024", date(2024, 3, 5)),
        ("29/02/2024", date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29)),
        ("31/12/1999", date(1999, 12, 31)),
        (" 05/03/2024 ", date(2024, 3, 5)),
    ],
)
def test_a_date_is_read_with_the_day_before_the_month(text: str, expected: date) -> None:
    assert Cell(text).day() == expected


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2020",
        "01/02/03",
        "29/02/2023",
        "2023-02-29",
        "12/31/2024",
        "5/3/2024",
        "2024/03/05",
        "05-03-2024",
        "05.03.2024",
        "45000",
        "45000.5",
        "44927",
        "0000-01-01",
        "2024-03-05T10:00",
        "20240305",
        "2024-W10-2",
        "٠٥/٠٣/٢٠٢٤",
        "5 March 2024",
    ],
)
def test_what_is_no_date_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="is no date; write it like 2026-01-31 or 31/01/2026"):
        Cell(text).day()


def test_an_empty_date_is_none() -> None:
    assert Cell("  ").day() is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("16", 16), (" 16 ", 16), ("500", 500)])
def test_a_whole_number_is_read_up_to_its_bounds(text: str, number: int) -> None:
    assert Cell(text).whole(0, 500) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "501", "1.5", "16.0", "1e2", "+5", "1_0", "sixteen", "١٦", "9" * 5000]
)
def test_what_is_no_whole_number_within_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a whole number from 0 to 500"):
        Cell(text).whole(0, 500)


def test_a_code_is_read_in_any_case() -> None:
    assert Cell(" Apple ").code(Fruit) is Fruit.APPLE


def test_an_unknown_code_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="is “kiwi”; write apple, pear or fig"):
        Cell("kiwi").code(Fruit)


def test_a_list_of_codes_is_parted_by_semicolons() -> None:
    assert Cell("apple; fig;").codes(Fruit) == [Fruit.APPLE, Fruit.FIG]


@pytest.mark.parametrize("text", ["apple;kiwi", "apple,fig", ";", "fig"])
def test_a_list_with_a_code_that_is_not_allowed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write "):
        Cell(text).codes(Fruit, (Fruit.APPLE, Fruit.PEAR))


def test_yes_and_no_are_read_in_any_case() -> None:
    assert Cell("YES").yes_or_no() is True
    assert Cell("no").yes_or_no() is False


@pytest.mark.parametrize("text", ["y", "true", "1", "ja"])
def test_anything_but_yes_and_no_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write yes or no"):
        Cell(text).yes_or_no()


def test_an_empty_cell_is_none_however_it_is_read() -> None:
    empty = Cell("")
    assert empty.words(10) is None
    assert empty.code(Fruit) is None
    assert empty.codes(Fruit) is None
    assert empty.yes_or_no() is None


def test_a_text_may_be_as_long_as_its_bound_and_no_longer() -> None:
    assert Cell("x" * 40).words(40) == "x" * 40
    with pytest.raises(ValueError, match="is longer than 40 characters"):
        Cell("x" * 41).words(40)


def test_a_text_that_is_needed_may_not_be_empty() -> None:
    with pytest.raises(ValueError, match="is empty"):
        Cell(" ").needed(40)


def test_a_long_cell_is_not_repeated_whole_in_its_fault() -> None:
    with pytest.raises(ValueError, match="is no date") as refused:
        Cell("x" * 10_000).day()
    assert len(str(refused.value)) < 200
