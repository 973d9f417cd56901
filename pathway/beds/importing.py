"""Reading placements of the past from CSV: judged whole, staged in batches, real at once.

A file is judged in memory before anything is written. Stays that are over are
then staged in a table that nobody reads, a batch at a time, so that holds go on
beside it, and one statement makes them real: killed at any moment it leaves the
whole file or nothing. See docs/decisions/0018.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, literal, select

from pathway import audit, csvfile
from pathway.acts import Act
from pathway.beds import settling
from pathway.beds.models import Placement, PlacementImport, PlacementStaged
from pathway.beds.rules import ONWARD, PlacementStatus
from pathway.beds.settling import Key, Stay
from pathway.db import db, engine_name, insert_for, run, transaction
from pathway.errors import Refused
from pathway.people import queries as people
from pathway.people.models import Person
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts

REQUIRED = ("person", "site", "checked_in_at")
OPTIONAL = ("departed_at", "departure_reason", "destination")

MOST_ROWS = 100_000
"""The most rows of one file, so that no hold waits two seconds for it (ours)."""

MOST_OPEN = 200
"""The most open stays of one file: holds wait while each gets its bed (ours)."""

BATCH = 2_000
"""How many stays are staged in one transaction (ours)."""

PAUSE_SECONDS = 0.05
"""How long holds have the database to themselves between two batches (ours)."""

LONGEST_REF = 40
LONGEST_REASON = 200

UNDER_WAY = 1
"""The id of the one row that says which import is under way."""

Say = Callable[[str], None]
"""Tells a terminal how far it is."""


def silent(_words: str) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Told:
    """What a file says, and the departures that it adds to placements that are there."""

    rows: int = 0
    stays: dict[Key, Stay] = field(default_factory=dict)
    departures: dict[int, Stay] = field(default_factory=dict)

    @property
    def open(self) -> dict[Key, Stay]:
        """The stays that are not over."""
        return {key: stay for key, stay in self.stays.items() if stay.departed_at is None}

    def note(self, key: Key, stay: Stay) -> None:
        """Keep a row; the same one again may add the departure."""
        before = self.stays.setdefault(key, stay)
        if before.departed_at is None and stay.departed_at is not None:
            self.stays[key] = stay


def take(act: Act, path: Path, *, keep: bool = True, say: Say = silent) -> str:
    """Make a file's placements real, all of them or none; return what was done.

    Raises:
        FileFault: anything at all is wrong with the file.
        Refused: another import began meanwhile.
    """
    told = read(path, say)
    batch = uuid.uuid4().hex
    try:
        begin(batch)
        leave_known(told)
        stage(batch, told, say)
        say("making it real")
        with transaction(keep=keep):
            return write(act, batch, told)
    finally:
        clear(batch)


def read(path: Path, say: Say = silent) -> Told:
    """Return what a file says.

    Raises:
        FileFault: anything at all is wrong with the file.
    """
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    known = _Known(people.everybody(), {site.code: site for site in sites.sites()})
    told = Told()
    for row in reader:
        told.rows += 1
        if told.rows > MOST_ROWS:
            raise csvfile.FileFault([f"There are more than {MOST_ROWS:,} rows. Split the file."])
        known.read(row, told)
        if told.rows % 1000 == 0:
            say(f"{told.rows:,} rows read")
    reader.check()
    if len(told.open) > MOST_OPEN:
        raise csvfile.FileFault([f"More than {MOST_OPEN} rows are open. Split the file."])
    return told


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom and what the codes of a file mean."""

    people: dict[str, int]
    sites: dict[str, SiteFacts]

    def read(self, row: csvfile.Row, told: Told) -> None:
        """Keep a row, or note what is wrong with it."""
        person = row.read("person", self._person)
        site = row.read("site", self._site)
        at = row.read("checked_in_at", _needed_moment)
        left = row.read("departed_at", csvfile.Cell.moment)
        reason = row.read("departure_reason", lambda cell: cell.words(LONGEST_REASON))
        code = row.read("destination", self._destination)
        if at and left and left < at:
            row.fault("departed_at", "is before checked_in_at")
        if left is None and (reason or code) and not row.faulty("departed_at"):
            row.fault("departed_at", "is empty, but the row says why or where they left")
        if person and site and at:
            named = None if code in self.sites and self.sites[code].confidential else code
            told.note((person, site, at), Stay(row.number, left, reason, named))

    def _person(self, cell: csvfile.Cell) -> int:
        ref = cell.needed(LONGEST_REF)
        ident = self.people.get(ref) or self.people.get(ref.upper())
        if ident is None:
            msg = f"is “{ref}”; there is no person with this reference"
            raise ValueError(msg)
        return ident

    def _site(self, cell: csvfile.Cell) -> int:
        code = cell.needed(LONGEST_REF)
        if code not in self.sites:
            msg = f"is “{code}”; there are {', '.join(sorted(self.sites))}"
            raise ValueError(msg)
        return self.sites[code].id

    def _destination(self, cell: csvfile.Cell) -> str | None:
        code = cell.words(LONGEST_REF)
        if code is not None and code not in ONWARD and code not in self.sites:
            msg = f"is “{code}”; write a site's code or {', '.join(ONWARD)}"
            raise ValueError(msg)
        return code


def _needed_moment(cell: csvfile.Cell) -> datetime | None:
    cell.needed(LONGEST_REF)
    return cell.moment()


def begin(batch: str) -> None:
    """Say that this import is under way, and sweep what others left behind.

    One that still runs finds itself replaced and gives up.
    """
    with transaction() as session:
        first = insert_for(engine_name(session), PlacementImport).values(id=UNDER_WAY, batch=batch)
        newest = {"batch": first.excluded.batch}
        session.execute(first.on_conflict_do_update(index_elements=["id"], set_=newest))
        session.execute(delete(PlacementStaged))


def leave_known(told: Told) -> None:
    """Leave out the stays that are recorded; one that is not over there may get its departure."""
    if not told.stays:
        return
    times = [at for _, _, at in told.stays]
    within = Placement.checked_in_at.between(min(times), max(times))
    last = 0
    while rows := db.session.execute(_RECORDED.where(within, Placement.id > last)).all():
        for person_id, site_id, at, last, status in rows:
            stay = told.stays.pop((person_id, site_id, at or min(times)), None)
            if stay and stay.departed_at and status == PlacementStatus.IN.value:
                told.departures[last] = stay


_RECORDED = (
    select(
        Placement.person_id,
        Placement.site_id,
        Placement.checked_in_at,
        Placement.id,
        Placement.status,
    )
    .order_by(Placement.id)
    .limit(10 * BATCH)
)

_STAGE = insert(PlacementStaged.__table__)  # type: ignore[arg-type]


def stage(batch: str, told: Told, say: Say = silent) -> None:
    """Put the stays that are over where nobody reads them, and let holds in between."""
    rows = [(key, stay) for key, stay in told.stays.items() if stay.departed_at is not None]
    rows.sort()
    for start in range(0, len(rows), BATCH):
        some = [_staged(batch, key, stay) for key, stay in rows[start : start + BATCH]]
        with transaction():
            db.session.connection().execute(_STAGE, some)
        say(f"{start + len(some):,} of {len(rows):,} staged")
        time.sleep(PAUSE_SECONDS)


def _staged(batch: str, key: Key, stay: Stay) -> dict[str, Any]:
    return {
        "batch": batch,
        **dict(zip(("person_id", "site_id", "checked_in_at"), key, strict=True)),
        "departed_at": stay.departed_at,
        "departure_reason": stay.reason,
        "destination": stay.destination,
    }


def write(act: Act, batch: str, told: Told) -> str:
    """Make what is staged real, let in whoever is still there; return what was done.

    Raises:
        FileFault: somebody who is still there has another bed.
        Refused: another import began meanwhile, or a person was merged.
    """
    _still_mine(batch)
    over = len(told.stays) - len(told.open)
    if _make_real(batch) != over:
        raise Refused("The staged rows are gone. Nothing was imported. Run it again.")
    _nobody_merged(batch)
    departed = settling.depart(act, told.departures)
    inside = settling.let_in(act, told.open)
    done = {"added": over + inside, "departures": departed}
    done["known"] = told.rows - done["added"] - departed
    audit.record(act, "import placements", "file:placements", done)
    told_of = f"{done['added']:,} placements added, {done['known']:,} there already"
    return f"{told_of}, {departed:,} departures added."


def _still_mine(batch: str) -> None:
    """Refuse when another import began; until the end none can."""
    newest = select(PlacementImport.batch).where(PlacementImport.id == UNDER_WAY)
    if db.session.scalar(newest.with_for_update()) != batch:
        raise Refused("Another import began meanwhile. Nothing was imported. Run it again.")


def _make_real(batch: str) -> int:
    """Let everything staged be placements, in one statement; return how many they are."""
    staged = PlacementStaged.__table__.c
    columns = {
        "person_id": staged.person_id,
        "site_id": staged.site_id,
        "status": literal(PlacementStatus.DEPARTED.value),
        "planned": literal(value=False),
        "made_at": staged.checked_in_at,
        "checked_in_at": staged.checked_in_at,
        "departed_at": staged.departed_at,
        "departure_reason": staged.departure_reason,
        "destination": staged.destination,
    }
    rows = select(*columns.values()).where(staged.batch == batch).order_by(staged.id)
    made = insert(Placement.__table__).from_select([*columns], rows)  # type: ignore[arg-type]
    return run(made.inline().execution_options(preserve_rowcount=True)).rowcount


def _nobody_merged(batch: str) -> None:
    """Refuse when somebody was merged since the file was read.

    Asked last: their new placements keep a merge waiting until the end.
    """
    staged = select(PlacementStaged.person_id).where(PlacementStaged.batch == batch)
    merged = select(func.count()).where(Person.merged_into_id.is_not(None), Person.id.in_(staged))
    if db.session.scalar(merged):
        raise Refused("Somebody was merged meanwhile. Nothing was imported. Run it again.")


def clear(batch: str) -> None:
    """Take away what was staged."""
    with transaction() as session:
        session.execute(delete(PlacementStaged).where(PlacementStaged.batch == batch))
        session.execute(delete(PlacementImport).where(PlacementImport.batch == batch))
