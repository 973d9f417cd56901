"""Changes to organisations and sites."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Invalid, Refused
from pathway.sites.models import Organisation, Site
from pathway.sites.rules import (
    DETAILS,
    HOLD_MINUTES,
    SETTINGS,
    Gender,
    SiteFacts,
    SiteNumbers,
    bad_hours,
    bad_settings,
    differing_numbers,
)

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


PLAIN = ("intake_from", "intake_to", "dogs", "couples", "turnaround", "hold_minutes")
"""What is kept of a site as it is said."""


def describe(act: Act, site: SiteFacts, version: int, told: Mapping[str, Any]) -> None:
    """Record what a lead says of a site, if said of this version; all of it is said at once.

    An empty text is nothing known. A hold in being keeps its expiry, for numbers
    are judged when something is done. The trail names what changed, never what to.

    Raises:
        Invalid: numbers or hours that cannot be, or that contradict each other.
        Refused: somebody else changed the site since that version.
    """
    numbers = SiteNumbers(**{name: told[name] for name in SETTINGS})
    faults = bad_settings(told["hold_minutes"], numbers)
    wrong_hours = bad_hours(told["intake_from"], told["intake_to"])
    if wrong_hours:
        faults |= {"intake_from": [wrong_hours]}
    if faults:
        raise Invalid(faults)
    values: dict[str, Any] = {name: told[name].strip() or None for name in DETAILS}
    values |= {name: told[name] for name in PLAIN}
    level = told["max_support_level"]
    values |= {"max_support_level": level and level.value, "numbers": differing_numbers(numbers)}
    if "refuses" in told:
        values |= {"refuses": ";".join(sorted(set(told["refuses"])))}
    known = _recorded(site, values)
    change(site, version, values)
    audit.record(act, "describe site", f"site:{site.code}", {"changed": _differing(known, values)})


def change(site: SiteFacts, version: int, values: Mapping[str, Any]) -> None:
    """Change a site if it is still of this version, which is then another.

    Raises:
        Refused: somebody else changed the site since that version.
    """
    changed = db.session.execute(
        update(Site)
        .where(Site.id == site.id, Site.version == version)
        .values(**values, version=version + 1)
        .returning(Site.id)
    ).first()
    if changed is None:
        raise Refused(CHANGED_MEANWHILE)


def _recorded(site: SiteFacts, values: Mapping[str, Any]) -> Mapping[str, Any]:
    columns = [getattr(Site, name) for name in values]
    return db.session.execute(select(*columns).where(Site.id == site.id)).mappings().one()  # type: ignore[return-value]


def _differing(known: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Return the names of what changes, each number by its own."""
    before, after = known["numbers"] or {}, values["numbers"] or {}
    names = [name for name in values if name != "numbers" and known[name] != values[name]]
    return [*names, *(name for name in SETTINGS if before.get(name) != after.get(name))]
