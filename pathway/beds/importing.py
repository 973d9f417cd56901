"""Reading placements of the past from CSV: staged in batches, real at once.

Stays that are over are staged and made real in one statement; whoever is still
there is let in one by one, in the same transaction. See docs/decisions/0018.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import literal, select

from pathway import audit, csvfile
from pathway.acts import Act
from pathway.beds import settling
from pathway.beds.models import Placement, PlacementImport, PlacementStaged
from pathway.beds.rules import ONWARD, PlacementStatus
from pathway.beds.settling import Key, Stay
from pathway.db import db, transaction
from pathway.people import queries as people
from pathway.people import staging
from pathway.people.rules import REF_LENGTH
from pathway.people.staging import Say, Staging, silent
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts

REQUIRED = ("person", "site", "checked_in_at")
OPTIONAL = ("departed_at", "departure_reason", "destination")

MOST_OPEN = 200
"""The most open stays of one file: holds wait while each gets its bed (ours)."""

LONGEST_REASON = 200

STAGING = Staging(PlacementStaged, PlacementImport)


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
    with STAGING.under_way() as batch:
        leave_known(told)
        STAGING.stage(batch, rows(told), say)
        say("making it real")
        with transaction(keep=keep):
            return write(act, batch, told)


def read(path: Path, say: Say = silent) -> Told:
    """Return what a file says.

    Raises:
        FileFault: anything at all is wrong with the file.
    """
    known = _Known(people.everybody(), {site.code: site for site in sites.sites()})
    told = Told()
    for row in staging.rows_of(path, REQUIRED, OPTIONAL, say):
        told.rows += 1
        known.read(row, told)
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
        person = row.read("person", lambda cell: staging.whom(self.people, cell))
        site = row.read("site", self._site)
        at = row.read("checked_in_at", staging.needed_moment)
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

    def _site(self, cell: csvfile.Cell) -> int:
        code = cell.needed(REF_LENGTH)
        if code not in self.sites:
            msg = f"is “{code}”; there are {', '.join(sorted(self.sites))}"
            raise ValueError(msg)
        return self.sites[code].id

    def _destination(self, cell: csvfile.Cell) -> str | None:
        code = cell.words(REF_LENGTH)
        if code is not None and code not in ONWARD and code not in self.sites:
            msg = f"is “{code}”; write a site's code or {', '.join(ONWARD)}"
            raise ValueError(msg)
        return code


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
    .limit(10 * staging.BATCH)
)


def rows(told: Told) -> list[dict[str, Any]]:
    """Return the stays that are over as they are staged, in the order of their times."""
    over = [(key, stay) for key, stay in told.stays.items() if stay.departed_at is not None]
    return [_staged(key, stay) for key, stay in sorted(over)]


def _staged(key: Key, stay: Stay) -> dict[str, Any]:
    return {
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
    STAGING.still_mine(batch)
    over = len(told.stays) - len(told.open)
    STAGING.is_whole(_make_real(batch), over)
    STAGING.nobody_merged(batch)
    departed = settling.depart(act, told.departures)
    inside = settling.let_in(act, told.open)
    done = {"added": over + inside, "departures": departed}
    done["known"] = told.rows - done["added"] - departed
    audit.record(act, "import placements", "file:placements", done)
    told_of = f"{done['added']:,} placements added, {done['known']:,} there already"
    return f"{told_of}, {departed:,} departures added."


def _make_real(batch: str) -> int:
    """Let everything staged be placements, in one statement; return how many they are."""
    staged = STAGING.table.c
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
    return STAGING.make_real(batch, Placement, columns)
