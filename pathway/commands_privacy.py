"""The commands of ``pathway`` that answer what somebody asks about themselves."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pathway.console import database, refuse

if TYPE_CHECKING:
    from pathway.privacy.given import Answer


@click.command("subject-access")
@click.argument("ref")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--read",
    "marks",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The reading list, with yes or no under “give”.",
)
def subject_access(ref: str, folder: Path, marks: Path | None) -> None:
    """Write everything that a person is given of themselves into a new folder.

    Free text waits until somebody has read it: the first run writes it to FOLDER-to-read.csv.
    Mark each line yes or no under “give” and run again, into another folder, with --read.
    """
    to_read = folder.with_name(f"{folder.name}-to-read.csv")
    for path in [folder] if marks else [folder, to_read]:
        if path.exists():
            refuse(f"{path} is there already. Nothing was written.")
    with database():
        from pathway import acts
        from pathway.csvfile import FileFault
        from pathway.db import transaction
        from pathway.privacy.exporting import export
        from pathway.privacy.reading import listed, marked

        try:
            give = marked(marks) if marks else None
        except FileFault as fault:
            refuse("\n".join([*fault.sentences, "Nothing was written."]))
        with _all_or_nothing() as made, transaction():
            told = export(acts.by_service(acts.now()), ref, give)
            _write(made, folder, told)
            if give is None and told.to_read:
                _keep(made, to_read, listed(told.to_read))
    click.echo(_said(folder, to_read, told, first=give is None))


def _said(folder: Path, to_read: Path, told: "Answer", *, first: bool) -> str:
    rest = len(told.to_read)
    done = f"{folder}: records.json and records.txt."
    if not rest:
        return f"{done} Nothing is withheld to be read."
    if first:
        return f"{done} To be read and marked: {rest}, in {to_read}."
    return f"{done} Texts given: {told.given}, withheld: {rest}."


@contextmanager
def _all_or_nothing() -> Iterator[list[Path]]:
    """Take back what was written, newest first, where not all of it could be."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise


def _write(made: list[Path], folder: Path, told: "Answer") -> None:
    from pathway.privacy.writing import as_json, as_text

    try:
        folder.mkdir(mode=0o700)
    except OSError as problem:
        refuse(f"{folder} cannot be made: {problem.strerror}.")
    made.append(folder)
    _keep(made, folder / "records.json", as_json(told))
    _keep(made, folder / "records.txt", as_text(told))


def _keep(made: list[Path], path: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    try:
        new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        made.append(path)
        with os.fdopen(new, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as problem:
        refuse(f"{path} cannot be written: {problem.strerror}.")
