"""Reads of organisations and sites."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import bindparam, select

from pathway.acts import Act
from pathway.db import AnyRow, db, run
from pathway.sites.models import Organisation, Site
from pathway.sites.rules import USUAL, Gender, Line, SiteFacts, SiteNumbers, SupportLevel

SITE_COLUMNS = (
    Site.id,
    Site.code,
    Site.name,
    Site.admits_woman,
    Site.admits_man,
    Site.admits_other,
    Site.confidential,
    Site.venue,
    Site.max_support_level,
    Site.nrpf,
    Site.phone,
    Site.pickup_point,
    Site.hold_minutes,
    Site.turnaround,
    Site.numbers,
    Site.intake_from,
    Site.intake_to,
    Site.dogs,
    Site.couples,
    Site.nominations,
    Site.refuses,
)
"""What :func:`site_facts` reads from a row, in this order."""


def site_facts(row: AnyRow | tuple[Any, ...]) -> SiteFacts:
    """Return the facts of a row that begins with ``SITE_COLUMNS``."""
    (ident, code, name, woman, man, other, confidential, venue, level, nrpf) = row[:10]
    pairs = ((Gender.WOMAN, woman), (Gender.MAN, man), (Gender.OTHER, other))
    return SiteFacts(
        id=ident,
        code=code,
        name=name,
        admits=frozenset(gender for gender, admitted in pairs if admitted),
        confidential=confidential,
        venue=venue,
        max_support_level=SupportLevel(level) if level else None,
        nrpf=nrpf,
        phone=row[10],
        pickup_point=row[11],
        hold_minutes=row[12],
        turnaround=row[13],
        numbers=SiteNumbers(**row[14]) if row[14] else USUAL,
        intake_from=row[15],
        intake_to=row[16],
        dogs=row[17],
        couples=row[18],
        nominations=row[19],
        refuses=frozenset(kind for kind in row[20].split(";") if kind),
    )


_BY_CODE = select(*SITE_COLUMNS).where(Site.code == bindparam("code"))


def site(code: str) -> SiteFacts | None:
    """Return one site by its code."""
    row = run(_BY_CODE, code=code).first()
    return site_facts(row) if row else None


def sites() -> list[SiteFacts]:
    """Return every site, by name."""
    rows = db.session.execute(select(*SITE_COLUMNS).order_by(Site.name))
    return [site_facts(row) for row in rows]


@dataclass(frozen=True, slots=True)
class SiteDetails:
    """Where a site is and how it is reached. Read only for those who may know."""

    address: str | None
    version: int


def details(act: Act, site: SiteFacts) -> SiteDetails | None:
    """Return where a site is; of a confidential one only to staff who are named for it.

    Source: DOMAIN.md section 8.
    """
    if site.confidential and site.id not in act.site_ids:
        return None
    query = select(Site.address, Site.version).where(Site.id == site.id)
    return SiteDetails(*db.session.execute(query).one())


def organisation_ids() -> dict[str, int]:
    """Return the id of every organisation by its code."""
    rows = db.session.execute(select(Organisation.code, Organisation.id))
    return dict(rows.all())


def reference_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one reference file that travels with the service."""
    path = files("pathway.sites") / "reference" / f"{name}.csv"
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def public_lines() -> tuple[Line, ...]:
    """Return the public lines, from a file so that they show without a database."""
    return tuple(
        Line(
            code=row["code"],
            name=row["name"],
            phone=row["phone"] or None,
            email=row["email"] or None,
            note=row["note"] or None,
            checked_on=date.fromisoformat(row["checked_on"]),
        )
        for row in reference_rows("lines")
    )
