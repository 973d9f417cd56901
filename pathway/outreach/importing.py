"""Reading contacts of the past from CSV: staged in batches, real at once.

Nobody looks out for whom a file tells of: it is history. See docs/decisions/0018.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import literal, select

from pathway import audit, csvfile
from pathway.acts import Act
from pathway.db import db, transaction
from pathway.nights import night_of
from pathway.outreach.models import Contact, ContactImport, ContactStaged
from pathway.outreach.rules import LONGEST_PLACE, ContactKind
from pathway.people import queries as people
from pathway.people import staging
from pathway.people.staging import Say, Staging, silent
from pathway.staff.models import Staff
from pathway.staff.rules import LONGEST_NAME

REQUIRED = ("person", "at", "kind")
OPTIONAL = ("place", "staff")

STAGING = Staging(ContactStaged, ContactImport)

Key = tuple[int, datetime, str]
"""Who, when and how they were found: what makes two rows the same."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who met somebody: one of staff, or a name and nothing else."""

    staff_id: int | None = None
    organisation_id: int | None = None
    staff_name: str | None = None


NOBODY = Recorder()
"""A row that does not say who met them."""


@dataclass(slots=True)
class Told:
    """What a file says: where each contact was, and who was there."""

    rows: int = 0
    contacts: dict[Key, tuple[str | None, Recorder]] = field(default_factory=dict)


def take(act: Act, path: Path, *, keep: bool = True, say: Say = silent) -> str:
    """Make a file's contacts real, all of them or none; return what was done.

    Raises:
        FileFault: anything at all is wrong with the file.
        Refused: another import began meanwhile, or a person was merged.
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
    known = _Known(people.everybody(), recorders())
    told = Told()
    for row in staging.rows_of(path, REQUIRED, OPTIONAL, say):
        told.rows += 1
        known.read(row, told)
    return told


def recorders() -> dict[str, Recorder]:
    """Return whom an e-mail address or a name means, in small letters, where it is one alone."""
    columns = select(Staff.id, Staff.organisation_id, Staff.email, Staff.name)
    staff = db.session.execute(columns).all()
    names = Counter(name.casefold() for *_, name in staff)
    found = {
        name.casefold(): Recorder(ident, organisation)
        for ident, organisation, _, name in staff
        if names[name.casefold()] == 1
    }
    by_email = {email.casefold(): Recorder(one, theirs) for one, theirs, email, _ in staff}
    return found | by_email


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom the codes of a file mean."""

    people: dict[str, int]
    staff: dict[str, Recorder]

    def read(self, row: csvfile.Row, told: Told) -> None:
        """Keep a row, or note what is wrong with it; the same one again says nothing new."""
        person = row.read("person", lambda cell: staging.whom(self.people, cell))
        at = row.read("at", staging.needed_moment)
        kind = row.read("kind", _kind)
        place = row.read("place", lambda cell: cell.words(LONGEST_PLACE))
        by = row.read("staff", self._by)
        if person and at and kind and by:
            told.contacts.setdefault((person, at, kind), (place, by))

    def _by(self, cell: csvfile.Cell) -> Recorder:
        name = cell.words(LONGEST_NAME)
        if name is None:
            return NOBODY
        return self.staff.get(name.casefold()) or Recorder(staff_name=name)


def _kind(cell: csvfile.Cell) -> str | None:
    kind = cell.code(ContactKind)
    if kind is None:
        msg = "is empty"
        raise ValueError(msg)
    return kind.value


def leave_known(told: Told) -> None:
    """Leave out the contacts that are recorded, struck ones too: those stay struck."""
    if not told.contacts:
        return
    times = [at for _, at, _ in told.contacts]
    within = Contact.at.between(min(times), max(times))
    last = 0
    while found := db.session.execute(_RECORDED.where(within, Contact.id > last)).all():
        for person_id, at, kind, _ in found:
            told.contacts.pop((person_id, at, kind), None)
        last = found[-1].id


_RECORDED = (
    select(Contact.person_id, Contact.at, Contact.kind, Contact.id)
    .order_by(Contact.id)
    .limit(10 * staging.BATCH)
)


def rows(told: Told) -> list[dict[str, Any]]:
    """Return the contacts as they are staged, in the order of their times."""
    by_time = sorted(told.contacts, key=lambda key: (key[1], key[0], key[2]))
    return [_staged(key, *told.contacts[key]) for key in by_time]


def _staged(key: Key, place: str | None, by: Recorder) -> dict[str, Any]:
    person_id, at, kind = key
    return {
        "person_id": person_id,
        "at": at,
        "night": night_of(at),
        "kind": kind,
        "place": place,
        "staff_id": by.staff_id,
        "organisation_id": by.organisation_id,
        "staff_name": by.staff_name,
    }


def write(act: Act, batch: str, told: Told) -> str:
    """Make what is staged real; return what was done.

    Raises:
        Refused: another import began meanwhile, or a person was merged.
    """
    STAGING.still_mine(batch)
    added = len(told.contacts)
    STAGING.is_whole(_make_real(act, batch), added)
    STAGING.nobody_merged(batch)
    known = told.rows - added
    audit.record(act, "import contacts", "file:contacts", {"added": added, "known": known})
    return f"{added:,} contacts added, {known:,} there already."


def _make_real(act: Act, batch: str) -> int:
    """Let everything staged be contacts, in one statement; return how many they are."""
    staged = STAGING.table.c
    same = ("person_id", "kind", "at", "night", "place", "staff_id", "organisation_id")
    columns = {name: staged[name] for name in (*same, "staff_name")}
    return STAGING.make_real(batch, Contact, columns | {"recorded_at": literal(act.at)})
