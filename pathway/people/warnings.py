"""Structured warnings: what somebody is warned of, by whom, until when, and who may read it.

That a warning keeps somebody from a bed is judged for everybody; what it says,
and that there is one, is for its readers alone.
"""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.nights import london
from pathway.people import marks
from pathway.people.models import PersonWarning, WarningSite
from pathway.people.rules import PersonFacts, WarningKind
from pathway.people.warned import WarningFacts, bad_expiry
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.may import MAY
from pathway.staff.models import Staff
from pathway.staff.naming import name_for
from pathway.staff.rules import LEADING

READERS = tuple(role for role in Role if Doing.SEE_CONTACTS in MAY[role])
"""The roles that a warning can be for: those that read what is found out about people."""

PROPOSED = LEADING
"""Whom a form proposes as readers: who decides at night has to know (ours)."""


def warn(
    act: Act,
    ref: str,
    *,
    kind: WarningKind,
    detail: str,
    source: str,
    readers: Collection[Role],
    expires_on: date | None = None,
    sites: Iterable[str] = (),
) -> WarningFacts:
    """Write down a warning of somebody; a live placement goes on, whatever it says.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: something is missing, or the last day cannot be.
        Unknown: there is no such site.
    """
    person = marks.locked(act, ref)
    faults = _missing(detail=detail, source=source, readers=readers)
    wrong = bad_expiry(kind, expires_on, london(act.at).date())
    if wrong:
        faults["expires_on"] = [wrong]
    if faults:
        raise Invalid(faults)
    ruled_out = _named(sites)
    told = {"kind": kind.value, "detail": detail, "source": source, "expires_on": expires_on}
    told |= {"readers": ";".join(role.value for role in READERS if role in readers)}
    row = insert(PersonWarning).values(person_id=person.id, at=act.at, by=act.staff_id, **told)
    made = row.returning(PersonWarning.id)
    ident = db.session.execute(made).scalar_one()
    kept = [{"warning_id": ident, "site_id": one.id} for one in ruled_out]
    if kept:
        db.session.execute(insert(WarningSite), kept)
    audit.record(act, "warn of person", f"person:{person.ref}")
    return _whole(act, person.id, ident)


def end(act: Act, ref: str, ident: int) -> WarningFacts:
    """Take a warning back before its last day; one that is over already stays so.

    Raises:
        Absent: there is none that whoever acts may read.
    """
    person, warning = _mine(act, ref, ident)
    if warning.ended_at is not None:
        audit.record(act, "view warnings", f"person:{person.ref}")
        return warning
    _change(ident, ended_at=act.at, ended_by=act.staff_id)
    audit.record(act, "end warning", f"person:{person.ref}")
    return _whole(act, person.id, ident)


def renew(act: Act, ref: str, ident: int, *, expires_on: date | None) -> WarningFacts:
    """Let a warning stand until another day; one that has expired stands again.

    Raises:
        Absent: there is none that whoever acts may read.
        Invalid: the last day cannot be.
        Refused: it was taken back.
    """
    person, warning = _mine(act, ref, ident)
    if warning.ended_at is not None:
        raise Refused("This warning was taken back. Write a new one, with its source.")
    wrong = bad_expiry(warning.kind, expires_on, london(act.at).date())
    if wrong:
        raise Invalid({"expires_on": [wrong]})
    _change(ident, expires_on=expires_on)
    audit.record(act, "renew warning", f"person:{person.ref}")
    return _whole(act, person.id, ident)


def of(act: Act, person_id: int) -> list[WarningFacts]:
    """Return the warnings of somebody that whoever acts may read, the last first."""
    return [one for one in _all(act, person_id) if one.readers & act.roles]


def standing(act: Act, person_id: int) -> list[WarningFacts]:
    """Return those that stand today."""
    today = london(act.at).date()
    return [one for one in of(act, person_id) if one.stands(today)]


def _missing(*, detail: str, source: str, readers: Collection[Role]) -> dict[str, list[str]]:
    faults = {}
    if not detail.strip():
        faults["detail"] = ["Write what happened or may happen, in a few words."]
    if not source.strip():
        faults["source"] = ["Write who says so, or which document."]
    if not set(readers) & set(READERS):
        faults["readers"] = ["Choose at least one role that may read it."]
    return faults


def _named(codes: Iterable[str]) -> list[SiteFacts]:
    found = {code: sites.site(code) for code in codes}
    if None in found.values():
        raise Unknown({"sites": ["There is no such site."]})
    return [site for site in found.values() if site]


def _mine(act: Act, ref: str, ident: int) -> tuple[PersonFacts, WarningFacts]:
    person = marks.locked(act, ref)
    warning = next((one for one in of(act, person.id) if one.id == ident), None)
    if warning is None:
        raise Absent
    return person, warning


def _change(ident: int, **values: object) -> None:
    db.session.execute(update(PersonWarning).where(PersonWarning.id == ident).values(**values))


def _whole(act: Act, person_id: int, ident: int) -> WarningFacts:
    return next(one for one in _all(act, person_id) if one.id == ident)


def _all(act: Act, person_id: int) -> list[WarningFacts]:
    query = (
        select(PersonWarning, name_for(act))
        .outerjoin(Staff, Staff.id == PersonWarning.by)
        .where(PersonWarning.person_id == person_id)
        .order_by(PersonWarning.at.desc(), PersonWarning.id.desc())
        .execution_options(populate_existing=True)
    )
    rows = db.session.execute(query).all()
    names = _sites_of([row.id for row, _ in rows])
    return [
        WarningFacts(
            id=row.id,
            kind=WarningKind(row.kind),
            detail=row.detail,
            source=row.source,
            readers=frozenset(row.readers.split(";")),
            expires_on=row.expires_on,
            at=row.at,
            by_name=name,
            ended_at=row.ended_at,
            sites=tuple(names.get(row.id, ())),
        )
        for row, name in rows
    ]


def _sites_of(idents: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the sites that warnings rule out."""
    found: dict[int, list[str]] = {}
    if idents:
        query = select(WarningSite.warning_id, Site.name).join(Site, Site.id == WarningSite.site_id)
        mine = query.where(WarningSite.warning_id.in_(idents)).order_by(Site.name)
        for ident, name in db.session.execute(mine):
            found.setdefault(ident, []).append(name)
    return found
