"""Changes to organisations and sites."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Refused
from pathway.sites.models import Organisation, Site
from pathway.sites.rules import DETAILS, HOLD_MINUTES, Gender, SiteFacts

DEFAULTS: Mapping[str, Any] = {
    "confidential": False,
    "venue": False,
    "nrpf": True,
    "hold_minutes": HOLD_MINUTES,
    "turnaround": False,
}


def add_organisation(act: Act, *, code: str, name: str) -> int:
    """Add an organisation and return its id."""
    organisation = Organisation(code=code, name=name)
    db.session.add(organisation)
    db.session.flush()
    audit.record(act, "add organisation", f"organisation:{code}")
    return organisation.id


def save_site(
    act: Act, *, code: str, organisation_id: int, admits: frozenset[Gender] | None, **values: Any
) -> int:
    """Add a site or update it by its code; return its id.

    A value of None leaves what is recorded.
    """
    site = db.session.scalar(select(Site).where(Site.code == code))
    if site is None:
        site = Site(code=code, **DEFAULTS)
        admits = admits or frozenset(Gender)
        db.session.add(site)
    site.organisation_id = organisation_id
    if admits is not None:
        site.admits_woman = Gender.WOMAN in admits
        site.admits_man = Gender.MAN in admits
        site.admits_other = Gender.OTHER in admits
    for name, value in values.items():
        if value is not None:
            setattr(site, name, value)
    if db.session.is_modified(site):
        site.version = (site.version or 0) + 1
    db.session.flush()
    audit.record(act, "save site", f"site:{code}")
    return site.id


CHANGED_MEANWHILE = (
    "Somebody else changed this site while you had it open. Look at what is recorded now, "
    "then save yours again."
)


def describe(act: Act, site: SiteFacts, version: int, told: Mapping[str, str]) -> None:
    """Record a site's phone, pick-up point and address, if made from this version.

    An empty text is nothing known. The trail names what changed, never what to.

    Raises:
        Refused: somebody else changed the site since that version.
    """
    values = {name: told[name].strip() or None for name in DETAILS}
    known = db.session.execute(
        select(Site.phone, Site.pickup_point, Site.address).where(Site.id == site.id)
    ).one()
    differing = [name for name, was in known._mapping.items() if was != values[name]]  # noqa: SLF001 - public in spite of its name
    changed = db.session.execute(
        update(Site)
        .where(Site.id == site.id, Site.version == version)
        .values(**values, version=version + 1)
        .returning(Site.id)
    ).first()
    if changed is None:
        raise Refused(CHANGED_MEANWHILE)
    audit.record(act, "describe site", f"site:{site.code}", {"changed": differing})
