"""Reading one CSV file strictly: every fault named by row and column.

Nothing is guessed. A file is UTF-8 with or without a byte order mark; dates
are ``YYYY-MM-DD`` or ``DD/MM/YYYY``. Source: CONTRACT.md.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pathway.nights import parse_instant

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is read, in bytes (ours)."""

MOST_FAULTS = 50
"""How many faults are told before the rest is only counted (ours)."""

Code = TypeVar("Code", bound=StrEnum)

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BRITISH = re.compile(r"\d{2}/\d{2}/\d{4}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)

_CHUNK = 2**20
"""How much of a file is looked at in one go, in bytes."""


class FileFault(Exception):
    """The file cannot be taken; ``sentences`` say why. Nothing was changed."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = [_printable(sentence) for sentence in sentences]
        super().__init__("\n".join(self.sentences))


class Cell:
    """One cell, or its absence, read as something; a fault raises ValueError."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()

    def words(self, longest: int) -> str | None:
        """Return the text as it stands, or None when empty."""
        if len(self.text) > longest:
            msg = f"is longer than {longest} characters"
            raise ValueError(msg)
        return self.text or None

    def needed(self, longest: int) -> str:
        """Return the text, which may not be empty."""
        text = self.words(longest)
        if text is None:
            msg = "is empty"
            raise ValueError(msg)
        return text

    def code(self, codes: type[Code]) -> Code | None:
        """Return one of an enum's codes, or None when empty."""
        if not self.text:
            return None
        try:
            return codes(self.text.lower())
        except ValueError:
            msg = f"is “{self.text[:40]}”; write {_either(codes)}"
            raise ValueError(msg) from None

    def codes(
        self, codes: type[Code], allowed: Collection[Code] | None = None
    ) -> list[Code] | None:
        """Return a ``;`` list of an enum's codes, or None when empty."""
        if not self.text:
            return None
        by_name = {code.value: code for code in allowed or codes}
        parts = [part.strip().lower() for part in self.text.split(";") if part.strip()]
        if not parts or not set(parts) <= set(by_name):
            msg = f"is “{self.text[:40]}”; write {_either(allowed or codes)}, parted by ;"
            raise ValueError(msg)
        return [by_name[part] for part in parts]

    def yes_or_no(self) -> bool | None:
        """Return yes as True, no as False, or None when empty."""
        if not self.text:
            return None
        if self.text.lower() not in {"yes", "no"}:
            msg = f"is “{self.text[:40]}”; write yes or no"
            raise ValueError(msg)
        return self.text.lower() == "yes"

    def whole(self, least: int, most: int) -> int:
        """Return a whole number between two bounds, both included."""
        if not re.fullmatch(r"\d{1,9}", self.text, re.ASCII) or not least <= int(self.text) <= most:
            msg = f"is “{self.text[:40]}”; write a whole number from {least} to {most}"
            raise ValueError(msg)
        return int(self.text)

    def day(self) -> date | None:
        """Return a date, day before month, or None when empty."""
        if not self.text:
            return None
        try:
            if _ISO.fullmatch(self.text):
                return date.fromisoformat(self.text)
            if _BRITISH.fullmatch(self.text):
                dd, mm, yyyy = self.text.split("/")
                return date(int(yyyy), int(mm), int(dd))
        except ValueError:
            pass
        msg = f"is “{self.text[:40]}”, which is no date; write it like 2026-01-31 or 31/01/2026"
        raise ValueError(msg)

    def moment(self) -> datetime | None:
        """Return an ISO 8601 time, London time without an offset, or None when empty.

        A time that London had twice or not at all is asked again, never guessed.
        """
        if not self.text:
            return None
        if not _is_written_time(self.text):
            msg = f"is “{self.text[:40]}”, which is no time; write it like 2026-01-31T22:15"
            raise ValueError(msg)
        try:
            return parse_instant(self.text)
        except ValueError as problem:
            msg = f"is “{self.text}”; {str(problem)[:-1]}; add its offset, like +01:00"
            raise ValueError(msg) from None


class Faults:
    """What is wrong with a file: the first of it in words, the rest as a number."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.more = 0

    def append(self, sentence: str) -> None:
        """Note one more fault."""
        if len(self.told) < MOST_FAULTS:
            self.told.append(sentence)
        else:
            self.more += 1


class Row:
    """One row of the file. Faults are collected, not raised, so that all are told."""

    def __init__(self, number: int, cells: dict[str, str], faults: Faults) -> None:
        self.number = number
        self._cells = cells
        self._faults = faults
        self._faulty: set[str] = set()

    def read(self, column: str, how: Callable[[Cell], Any]) -> Any:
        """Return a column read in this way, or None after noting the fault."""
        try:
            return how(Cell(self._cells.get(column, "")))
        except ValueError as problem:
            self.fault(column, str(problem))
            return None

    def faulty(self, column: str) -> bool:
        """Return whether something was wrong with a cell of this row."""
        return column in self._faulty

    def fault(self, column: str, why: str) -> None:
        """Note that a cell is wrong."""
        self._faulty.add(column)
        self._faults.append(f"Row {self.number}, {column}: {why}.")


class Reader:
    """The rows of one file, and the faults found in it."""

    def __init__(
        self, lines: Iterable[str], required: Collection[str], optional: Collection[str]
    ) -> None:
        self.faults = Faults()
        self._lines = csv.reader(lines, strict=True)
        self._header = self._read_header(required, optional)

    def __iter__(self) -> Iterator[Row]:
        """Yield each row; ragged rows are noted as faults and left out."""
        for number, cells in self._records():
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self._header):
                self.faults.append(
                    f"Row {number}: has {len(cells)} cells, the header has {len(self._header)}."
                )
                continue
            yield Row(number, dict(zip(self._header, cells, strict=True)), self.faults)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield rows as a spreadsheet numbers them, whatever lines a cell spans."""
        number = 1
        try:
            for number, cells in enumerate(self._lines, 2):
                yield number, cells
        except csv.Error as problem:
            self.faults.append(f"Row {number + 1}: cannot be read ({problem}).")

    def check(self) -> None:
        """Raise what was found wrong, if anything.

        Raises:
            FileFault: one sentence for each fault, at most fifty of them.
        """
        told, more = self.faults.told, self.faults.more
        if told:
            raise FileFault([*told, *([f"And {more} more faults."] if more else [])])

    def _read_header(self, required: Collection[str], optional: Collection[str]) -> list[str]:
        try:
            header = [name.strip().lower() for name in next(self._lines)]
        except StopIteration:
            raise FileFault(["The file is empty: a header row is needed."]) from None
        except csv.Error as problem:
            raise FileFault([f"Row 1: cannot be read ({problem})."]) from None
        allowed = [*required, *optional]
        faults = [f"Row 1: there is no column “{name}”." for name in required if name not in header]
        faults += [
            f"Row 1: the column “{name[:40]}” is not known; there are {', '.join(allowed)}."
            for name in header
            if name not in allowed
        ]
        faults += [
            f"Row 1: the column “{name}” stands there twice."
            for name in sorted({name for name in header if header.count(name) > 1})
        ]
        if faults:
            raise FileFault(faults)
        return header


def open_file(path: Path, required: Collection[str], optional: Collection[str]) -> Reader:
    """Read a file and its header.

    Raises:
        FileFault: not there, too large, not UTF-8, or the header is wrong.
    """
    try:
        if path.exists() and not path.is_file():
            raise FileFault([f"{path} is not a file."])
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise FileFault([f"{path} cannot be read: {problem.strerror}."]) from None
    if len(data) > MOST_BYTES:
        raise FileFault([f"{path.name} is larger than {MOST_BYTES // 2**20} MB. Split it."])
    _check_text(data, path.name)
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    return Reader(lines, required, optional)


def _check_text(data: bytes, name: str) -> None:
    """See that a file is text, a piece at a time: as one text it may take four times its size.

    Raises:
        FileFault: it is UTF-16, has NUL bytes or is not UTF-8.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileFault([f"{name} is UTF-16. Save it as “CSV UTF-8”."])
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise FileFault([f"Row {line}: there is a NUL byte. {name} is not a CSV text file."])
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _CHUNK):
        try:
            decoder.decode(data[start : start + _CHUNK], final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as problem:
            inside = problem.object[: problem.start].count(b"\n")
            line = data[:start].count(b"\n") + inside + 1
            sentence = f"Row {line}: {name} is not UTF-8. Save it as “CSV UTF-8”."
            raise FileFault([sentence]) from None


def _is_written_time(text: str) -> bool:
    """Return whether a text is a time as ISO 8601 writes it, wherever the clocks stood."""
    with suppress(ValueError):
        return bool(_INSTANT.fullmatch(text) and datetime.fromisoformat(text))
    return False


def _printable(sentence: str) -> str:
    """Return a sentence in which nothing can command a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in sentence)


def _either(codes: Iterable[StrEnum]) -> str:
    *first, last = [code.value for code in codes]
    return f"{', '.join(first)} or {last}" if first else last
