"""What is found out about somebody: a new version, and what it makes of their record."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from pathway import audit
from pathway.acts import Act
from pathway.assessments import queries
from pathway.assessments.models import Assessment, Leaving
from pathway.assessments.rules import (
    FIELDS,
    AssessmentFacts,
    Findings,
    Institution,
    bad_leaving,
    bad_moment,
    differing,
    facts_of,
    known_now,
    needs_of,
)
from pathway.db import db
from pathway.errors import Invalid, Refused
from pathway.people import editing, marks
from pathway.people.rules import PersonFacts

_TEXTS = ("local_connection", "language", "wants")


def assess(
    act: Act,
    *,
    person: str,
    at: datetime | None = None,
    seen: int | None = None,
    last_institution: Institution | None = None,
    left_on: date | None = None,
    **told: Any,
) -> AssessmentFacts:
    """Write down what was found out about somebody, as a whole new version.

    What is not told is as it was; what is told as not known is not known any
    more. The newest by when it was found decides: its findings become the
    record's, which is then of another version. One that is older than the
    newest decides nothing. ``seen`` is the record's version that a form was
    made from.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: it was found out in time to come, or a leaving is told by half.
        Refused: somebody else changed the record since ``seen``.
    """
    faults = {"at": [fault]} if at and (fault := bad_moment(at, act.at)) else {}
    faults |= {name: [words] for name, words in bad_leaving(last_institution, left_on, act.at)}
    if faults:
        raise Invalid(faults)
    whom = marks.locked(act, person)
    if seen is not None and seen != whom.version:
        raise Refused(editing.CHANGED_MEANWHILE)
    when = at or act.at
    known, late = _before(act, whom, when)
    made = _write(act, whom, when, replace(known, **_cleaned(told)), late=late)
    if last_institution is not None and left_on is not None:
        _left(act, whom, last_institution, left_on)
    said = {"changed": differing(known, made.found), "late": late}
    audit.record(act, "assess", f"person:{whom.ref}", said)
    return made


def _before(act: Act, whom: PersonFacts, when: datetime) -> tuple[Findings, bool]:
    """Return what was known before a version of this moment, and whether a newer one stands."""
    standing = queries.versions(act, whom.id)
    if standing and standing[0].at > when:
        older = next((one.found for one in standing if one.at <= when), None)
        return older or known_now(whom, None), True
    return known_now(whom, standing[0].found if standing else None), False


def _cleaned(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told as it is kept; a text of nothing is not known."""
    cleaned = dict(told)
    for name in _TEXTS:
        words = cleaned.get(name)
        if words is not None and not words.strip():
            cleaned[name] = None
    borough = cleaned.get("local_connection")
    if borough:
        cleaned["local_connection"] = borough.lower()
    return cleaned


def _write(
    act: Act, whom: PersonFacts, when: datetime, found: Findings, *, late: bool
) -> AssessmentFacts:
    row = {"person_id": whom.id, "at": when, "recorded_at": act.at, "device_at": act.device_at}
    said = {name: getattr(found, name) for name in FIELDS}
    made = insert(Assessment).values(**row, by=act.staff_id, **said).returning(Assessment.id)
    ident = db.session.execute(made).scalar_one()
    if not late:
        editing.set_facts(whom, needs=needs_of(found), **facts_of(found))
    return AssessmentFacts(ident, when, act.at, act.staff_name, found, not late, late)


def _left(act: Act, whom: PersonFacts, institution: Institution, left_on: date) -> None:
    """Keep that somebody left an institution on a day; told again it is kept once."""
    row = {"person_id": whom.id, "institution": institution.value, "left_on": left_on}
    known = select(Leaving.id).filter_by(**row)
    if db.session.scalar(known.limit(1)) is None:
        db.session.execute(insert(Leaving).values(**row, at=act.at, by=act.staff_id))
