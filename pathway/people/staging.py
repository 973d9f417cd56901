"""What imports of records of people share: judged whole, staged in batches, real at once.

A file is judged in memory before anything is written. Its rows are then staged in
a table that nobody reads, a batch at a time, so that holds go on beside it, and one
statement makes them real: killed at any moment it leaves the whole file or nothing.
See docs/decisions/0018.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, Table, delete, func, insert, select

from pathway import csvfile
from pathway.db import Base, db, engine_name, insert_for, run, transaction
from pathway.errors import Refused
from pathway.people.models import Person
from pathway.people.rules import REF_LENGTH

MOST_ROWS = 100_000
"""The most rows of one file, so that no hold waits two seconds for it (ours)."""

BATCH = 2_000
"""How many rows are staged in one transaction (ours)."""

PAUSE_SECONDS = 0.05
"""How long holds have the database to themselves between two batches (ours)."""

UNDER_WAY = 1
"""The id of the one row that says which import is under way."""

SAY_EVERY = 1_000
"""After how many rows a terminal is told how far it is (ours)."""


Say = Callable[[str], None]
"""Tells a terminal how far it is."""


def silent(_words: str) -> None:
    """Tell nobody."""


def rows_of(
    path: Path, required: Collection[str], optional: Collection[str], say: Say = silent
) -> Iterator[csvfile.Row]:
    """Yield the rows of a file to be judged.

    Raises:
        FileFault: at the end, or where there are too many, anything is wrong with it.
    """
    reader = csvfile.open_file(path, required, optional)
    for number, row in enumerate(reader, 1):
        if number > MOST_ROWS:
            raise csvfile.FileFault([f"There are more than {MOST_ROWS:,} rows. Split the file."])
        yield row
        if number % SAY_EVERY == 0:
            say(f"{number:,} rows read")
    reader.check()


def whom(people: Mapping[str, int], cell: csvfile.Cell) -> int:
    """Return the id of the person whom a cell names."""
    ref = cell.needed(REF_LENGTH)
    ident = people.get(ref) or people.get(ref.upper())
    if ident is None:
        msg = f"is “{ref}”; there is no person with this reference"
        raise ValueError(msg)
    return ident


def needed_moment(cell: csvfile.Cell) -> datetime | None:
    """Return a time, which may not be empty."""
    cell.needed(REF_LENGTH)
    return cell.moment()


@dataclass(frozen=True, slots=True)
class Staging:
    """Where the rows of one kind wait, and the row that says whose they are."""

    staged: type[Base]
    current: type[Base]

    @property
    def table(self) -> Table:
        """The table of what waits."""
        found = self.staged.__table__
        assert isinstance(found, Table)  # noqa: S101 - every class of ours has one
        return found

    @contextmanager
    def under_way(self) -> Iterator[str]:
        """Yield the name of a batch, and take away what is left of it in the end."""
        batch = uuid.uuid4().hex
        try:
            self.begin(batch)
            yield batch
        finally:
            self.clear(batch)

    def begin(self, batch: str) -> None:
        """Say that this import is under way, and sweep what others left behind.

        One that still runs finds itself replaced and gives up.
        """
        with transaction() as session:
            first = insert_for(engine_name(session), self.current)
            first = first.values(id=UNDER_WAY, batch=batch)
            newest = {"batch": first.excluded.batch}
            session.execute(first.on_conflict_do_update(index_elements=["id"], set_=newest))
            session.execute(delete(self.table))

    def stage(self, batch: str, rows: Sequence[Mapping[str, Any]], say: Say = silent) -> None:
        """Put rows where nobody reads them, and let holds in between."""
        for start in range(0, len(rows), BATCH):
            some = [{"batch": batch, **row} for row in rows[start : start + BATCH]]
            with transaction():
                db.session.connection().execute(insert(self.table), some)
            say(f"{start + len(some):,} of {len(rows):,} staged")
            time.sleep(PAUSE_SECONDS)

    def still_mine(self, batch: str) -> None:
        """Refuse when another import began; until the end none can."""
        current = self.current.__table__.c
        newest = select(current.batch).where(current.id == UNDER_WAY)
        if db.session.scalar(newest.with_for_update()) != batch:
            raise Refused("Another import began meanwhile. Nothing was imported. Run it again.")

    def make_real(self, batch: str, into: type[Base], columns: Mapping[str, Any]) -> int:
        """Let everything staged be rows of a table, in one statement; return how many."""
        waiting = self.table.c
        rows = select(*columns.values()).where(waiting.batch == batch).order_by(waiting.id)
        made = insert(into).from_select([*columns], rows)
        real: Executable = made.inline().execution_options(preserve_rowcount=True)
        return run(real).rowcount

    def is_whole(self, made: int, meant: int) -> None:
        """Refuse when rows that were staged are gone."""
        if made != meant:
            raise Refused("The staged rows are gone. Nothing was imported. Run it again.")

    def nobody_merged(self, batch: str) -> None:
        """Refuse when somebody was merged since the file was read.

        Asked last: their new rows keep a merge waiting until the end.
        """
        waiting = self.table.c
        staged = select(waiting.person_id).where(waiting.batch == batch)
        gone = select(func.count()).where(Person.merged_into_id.is_not(None), Person.id.in_(staged))
        if db.session.scalar(gone):
            raise Refused("Somebody was merged meanwhile. Nothing was imported. Run it again.")

    def clear(self, batch: str) -> None:
        """Take away what was staged."""
        current = self.current.__table__
        with transaction() as session:
            session.execute(delete(self.table).where(self.table.c.batch == batch))
            session.execute(delete(self.current).where(current.c.batch == batch))
