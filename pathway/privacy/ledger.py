"""The file outside of the database in which stands who was erased, so that no restore undoes it.

A line is a reference, which was made at random and leads nowhere now, and the
moment. It is on the disk before the erasure is committed: a crash in between
leaves a line too much and never one too few. A line too much only finishes what
somebody had decided; a line too few would bring somebody back from a backup.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_LINE = re.compile(r"(?P<ref>\S{1,40}) (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00)")

OWN_EYES = 0o600
"""Only the account of the service reads the file."""


@dataclass(frozen=True, slots=True)
class Line:
    """That somebody was erased: the reference that was theirs, and when."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """Who was erased, by the file that says so."""

    path: Path

    def add(self, refs: Collection[str], at: datetime) -> None:
        """Write down these references, and return once the disk has them."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, OWN_EYES)
        try:
            told = "".join(f"{ref} {at.astimezone(UTC).isoformat()}\n" for ref in refs)
            _write(handle, (_begun(handle) + told).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            _sync_folder(self.path.parent)

    def lines(self) -> Iterator[Line]:
        """Yield each line; one that a crash cut short is none: its erasure was not committed."""
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            if found := _LINE.fullmatch(line):
                yield Line(found["ref"], datetime.fromisoformat(found["at"]))


def _begun(handle: int) -> str:
    """Return what parts a new line from one that was cut short."""
    size = os.fstat(handle).st_size
    return "\n" if size and os.pread(handle, 1, size - 1) != b"\n" else ""


def _write(handle: int, told: bytes) -> None:
    while told:
        told = told[os.write(handle, told) :]


def _sync_folder(folder: Path) -> None:
    """Let the disk know the new file's name, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
