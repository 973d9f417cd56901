"""Reading sites and their beds from CSV, and the reference data of the service."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from pathway import csvfile
from pathway.acts import Act
from pathway.beds.capacity import set_capacity, settle, state
from pathway.beds.rules import MOST_BEDS
from pathway.errors import Refused
from pathway.people import consents
from pathway.sites import actions as sites
from pathway.sites import queries
from pathway.sites.rules import ADMISSIBLE, Gender, SiteFacts, SupportLevel

REQUIRED = ("code", "name", "organisation", "beds", "admits")
OPTIONAL = ("max_support_level", "nrpf", "confidential", "phone", "from")

MOST_ROWS = 100
"""The most rows of one file of sites, so that no hold waits two seconds for it (ours)."""

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of sites.

    Raises:
        FileFault: anything at all is wrong with the file.
    """
    organisations = queries.organisation_ids()
    reader = csvfile.open_file(path, REQUIRED, OPTIONAL)
    known = {site.code for site in queries.sites()}
    rows = []
    for row in reader:
        told = _site(row, organisations)
        if told["admits"] is None and told["code"] not in known and not row.faulty("admits"):
            row.fault("admits", "is empty; a new site has to say whom it admits")
        known.add(told["code"])
        rows.append(told)
        if len(rows) > MOST_ROWS:
            raise csvfile.FileFault([f"There are more than {MOST_ROWS} rows. Split the file."])
    reader.check()
    return rows


def write(act: Act, rows: list[dict[str, Any]]) -> str:
    """Add or update them; return what was done as a sentence.

    Raises:
        FileFault: beds would be taken from under people who hold them.
    """
    changed: dict[str, int] = {}
    for row in rows:
        told = dict(row)
        beds, from_night = told.pop("beds"), told.pop("from_night")
        del told["number"]
        sites.save_site(act, **told)
        if state(act, _saved(row["code"]), beds, from_night):
            changed[row["code"]] = row["number"]
    for code, number in changed.items():
        try:
            settle(act, _saved(code))
        except Refused as refusal:
            raise csvfile.FileFault([f"Row {number}, beds: {refusal.detail}"]) from None
    return f"{len({row['code'] for row in rows})} sites saved."


def load_reference(act: Act) -> bool:
    """Load words of consent, organisations and sites when there are none; return whether it did."""
    worded = consents.load_wordings(act)
    if queries.organisation_ids():
        return worded
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
        set_capacity(act, _saved(row["code"]), int(row["beds"]), date.fromisoformat(row["from"]))
    return True


def _saved(code: str) -> SiteFacts:
    site = queries.site(code)
    assert site is not None  # noqa: S101 - it was saved just before
    return site


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
