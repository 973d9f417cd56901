"""Reading sites and their beds from CSV, and the reference data of the service."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from pathway import csvfile
from pathway.acts import Act
from pathway.beds.capacity import MOST_BEDS, set_capacity
from pathway.errors import Refused
from pathway.nights import night_of
from pathway.sites import actions as sites
from pathway.sites import queries
from pathway.sites.rules import ADMISSIBLE, Gender, SupportLevel

REQUIRED = ("code", "name", "organisation", "beds", "admits")
OPTIONAL = ("max_support_level", "nrpf", "confidential", "phone", "from")

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of sites.

    Raises:
        FileFault: anything at all is wrong with the file.
    """
    organisations = queries.organisation_ids()
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    rows = [_site(row, organisations) for row in reader]
    reader.check()
    return rows


def write(act: Act, rows: list[dict[str, Any]]) -> str:
    """Add or update them; return what was done as a sentence.

    Raises:
        FileFault: beds would be taken from under people who hold them.
    """
    for row in rows:
        number, beds, first = row.pop("number"), row.pop("beds"), row.pop("from_night")
        sites.save_site(act, **row)
        site = queries.site(row["code"])
        assert site is not None  # noqa: S101 - it was saved in the line above
        try:
            set_capacity(act, site, beds, first or night_of(act.at))
        except Refused as refusal:
            raise csvfile.FileFault([f"Row {number}, beds: {refusal.detail}"]) from None
    return f"{len(rows)} sites saved."


def load_reference(act: Act) -> bool:
    """Load organisations and sites when there are none; return whether it did."""
    if queries.organisation_ids():
        return False
    for row in queries.reference_rows("organisations"):
        sites.add_organisation(act, code=row["code"], name=row["name"])
    organisations = queries.organisation_ids()
    for row in queries.reference_rows("sites"):
        sites.save_site(
            act,
            code=row["code"],
            name=row["name"],
            organisation_id=organisations[row["organisation"]],
            admits=frozenset(Gender(one) for one in row["admits"].split(";")),
            max_support_level=row["max_support_level"] or None,
            confidential=row["confidential"] == "yes",
            venue=row["venue"] == "yes",
        )
        site = queries.site(row["code"])
        assert site is not None  # noqa: S101 - it was saved in the line above
        set_capacity(act, site, int(row["beds"]), date.fromisoformat(row["from"]))
    return True


def _site(row: csvfile.Row, organisations: dict[str, int]) -> dict[str, Any]:
    admits = row.read("admits", lambda cell: cell.codes(Gender, ADMISSIBLE))
    code = row.read("organisation", lambda cell: cell.needed(40))
    if code is not None and code not in organisations:
        row.fault("organisation", f"is “{code}”; there are {', '.join(sorted(organisations))}")
    level = row.read("max_support_level", lambda cell: cell.code(SupportLevel))
    return {
        "number": row.number,
        "code": row.read("code", _code),
        "name": row.read("name", lambda cell: cell.needed(200)),
        "organisation_id": organisations.get(code or ""),
        "admits": None if admits is None else frozenset(admits),
        "max_support_level": level.value if level else None,
        "nrpf": row.read("nrpf", csvfile.Cell.yes_or_no),
        "confidential": row.read("confidential", csvfile.Cell.yes_or_no),
        "phone": row.read("phone", lambda cell: cell.words(40)),
        "beds": row.read("beds", lambda cell: cell.whole(0, MOST_BEDS)),
        "from_night": row.read("from", csvfile.Cell.day),
    }


def _code(cell: csvfile.Cell) -> str:
    code = cell.needed(40)
    if not _CODE.fullmatch(code):
        msg = f"is “{code}”; write small letters, digits and dashes, like 165-hub"
        raise ValueError(msg)
    return code
