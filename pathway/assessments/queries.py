"""Reads of assessments."""

from collections.abc import Collection

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from pathway.assessments.models import Assessment, Leaving
from pathway.assessments.rules import (
    FIELDS,
    AssessmentFacts,
    Findings,
    Institution,
    Known,
    LeavingFacts,
)
from pathway.db import AnyRow, db
from pathway.people.rules import Need, Recourse
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff.models import Staff

_other = aliased(Assessment)
_NEWER = exists().where(
    _other.person_id == Assessment.person_id,
    (_other.at > Assessment.at) | and_(_other.at == Assessment.at, _other.id > Assessment.id),
)
_NEWER_THEN = exists().where(
    _other.person_id == Assessment.person_id,
    _other.at > Assessment.at,
    _other.id < Assessment.id,
)
_VERSIONS = (
    select(
        Assessment.id,
        Assessment.at,
        Assessment.recorded_at,
        Assessment.by,
        Staff.name,
        ~_NEWER,
        _NEWER_THEN,
        *(getattr(Assessment, name) for name in FIELDS),
    )
    .outerjoin(Staff, Staff.id == Assessment.by)
    .order_by(Assessment.at.desc(), Assessment.id.desc())
)


def versions(
    person_id: int,
    *,
    after: int = 0,
    limit: int | None = None,
    unnamed: Collection[int] = (),
) -> list[AssessmentFacts]:
    """Return the assessments of somebody, newest first, but for the first ``after``.

    ``unnamed`` are the members of staff who are not named to the reader.
    """
    query = _VERSIONS.where(Assessment.person_id == person_id).offset(after).limit(limit)
    return [_facts(row, unnamed) for row in db.session.execute(query)]


def newest(person_id: int) -> AssessmentFacts | None:
    """Return the assessment that decides."""
    return next(iter(versions(person_id, limit=1)), None)


def leavings(person_id: int) -> list[LeavingFacts]:
    """Return what somebody has left, the last first."""
    query = select(Leaving.institution, Leaving.left_on).where(Leaving.person_id == person_id)
    rows = db.session.execute(query.order_by(Leaving.left_on.desc(), Leaving.id.desc()))
    return [LeavingFacts(Institution(institution), left_on) for institution, left_on in rows]


def _facts(row: AnyRow, unnamed: Collection[int]) -> AssessmentFacts:
    ident, at, recorded_at, by, name, decides, late, *said = row
    told = dict(zip(FIELDS, said, strict=True))
    told |= {need.value: Known(told[need]) for need in Need}
    told |= {"recourse": Recourse(told["recourse"]), "gender": Gender(told["gender"])}
    by_name = None if by in unnamed else name
    level = told["support_level"]
    told |= {"support_level": SupportLevel(level) if level else None}
    return AssessmentFacts(
        ident, at, recorded_at, by_name, Findings(**told), bool(decides), bool(late)
    )
