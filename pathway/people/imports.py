"""Reading people from CSV."""

import re
from pathlib import Path
from typing import Any

from pathway import csvfile
from pathway.acts import Act
from pathway.people import actions
from pathway.people.actions import ToSave
from pathway.people.rules import NAME_LENGTH, REF_LENGTH, Need, Recourse
from pathway.sites.rules import Gender, SupportLevel

REQUIRED = ("ref",)
OPTIONAL = (
    "given_name",
    "family_name",
    "date_of_birth",
    "gender",
    "nationality",
    "recourse",
    "local_connection",
    "support_level",
    "needs",
)

TAKEN = {"new", "likely"}
"""References that a page or a call of ours would hide."""

_REF = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{REF_LENGTH - 1}}}", re.ASCII)


MOST_ROWS = 15_000
"""The most people of one file, so that no hold waits two seconds for it (ours)."""


def read(path: Path) -> ToSave:
    """Return what a file of people changes; later rows of one person count last.

    Raises:
        FileFault: anything at all is wrong with the file.
    """
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    rows: dict[str, dict[str, Any]] = {}
    for row in reader:
        person = _person(row)
        before = rows.setdefault(str(person["ref"]), person)
        before.update((name, value) for name, value in person.items() if value is not None)
    reader.check()
    if len(rows) > MOST_ROWS:
        raise csvfile.FileFault([f"There are more than {MOST_ROWS:,} people. Split the file."])
    return actions.compare(list(rows.values()))


def write(act: Act, what: ToSave) -> str:
    """Add or update them; return what was done as a sentence."""
    actions.save_imported(act, what)
    same = what.known - len(what.changed)
    return f"{len(what.fresh)} people added, {len(what.changed)} updated, {same} as they were."


def _person(row: csvfile.Row) -> dict[str, Any]:
    needs = row.read("needs", lambda cell: cell.codes(Need))
    return {
        "ref": row.read("ref", _ref),
        "given_name": row.read("given_name", lambda cell: cell.words(NAME_LENGTH)),
        "family_name": row.read("family_name", lambda cell: cell.words(NAME_LENGTH)),
        "date_of_birth": row.read("date_of_birth", csvfile.Cell.day),
        "gender": row.read("gender", lambda cell: cell.code(Gender)),
        "nationality": row.read("nationality", _nationality),
        "recourse": row.read("recourse", lambda cell: cell.code(Recourse)),
        "local_connection": row.read("local_connection", _borough),
        "support_level": row.read("support_level", lambda cell: cell.code(SupportLevel)),
        "needs": None if needs is None else actions.joined_needs(needs),
    }


def _ref(cell: csvfile.Cell) -> str:
    ref = cell.needed(REF_LENGTH)
    if not _REF.fullmatch(ref) or ref.lower() in TAKEN:
        msg = f"is “{ref}”; use letters, digits, dots and dashes, and not “new” or “likely”"
        raise ValueError(msg)
    return ref


def _nationality(cell: csvfile.Cell) -> str | None:
    code = cell.words(2)
    if code is not None and not re.fullmatch(r"[A-Za-z]{2}", code, re.ASCII):
        msg = f"is “{code}”; write the two letters of ISO 3166"
        raise ValueError(msg)
    return code.upper() if code else None


def _borough(cell: csvfile.Cell) -> str | None:
    name = cell.words(60)
    return name.lower() if name else None
