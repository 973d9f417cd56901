"""Reads of assessments."""

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from pathway.acts import Act
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
from pathway.staff.naming import name_for

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
_OF_A_VERSION = (
    Assessment.id,
    Assessment.at,
    Assessment.recorded_at,
    ~_NEWER,
    _NEWER_THEN,
    *(getattr(Assessment, name) for name in FIELDS),
)


def versions(
    act: Act, person_id: int, *, after: int = 0, limit: int | None = None
) -> list[AssessmentFacts]:
    """Return the assessments of somebody, newest first, but for the first ``after``."""
    query = (
        select(name_for(act), *_OF_A_VERSION)
        .outerjoin(Staff, Staff.id == Assessment.by)
        .where(Assessment.person_id == person_id)
        .order_by(Assessment.at.desc(), Assessment.id.desc())
        .offset(after)
        .limit(limit)
    )
    return [_facts(row) for row in db.session.execute(query)]


def leavings(person_id: int) -> list[LeavingFacts]:
    """Return what somebody has left, the last first."""
    query = select(Leaving.institution, Leaving.left_on).where(Leaving.person_id == person_id)
    rows = db.session.execute(query.order_by(Leaving.left_on.desc(), Leaving.id.desc()))
    return [LeavingFacts(Institution(institution), left_on) for institution, left_on in rows]


def _facts(row: AnyRow) -> AssessmentFacts:
    by_name, ident, at, recorded_at, decides, late, *said = row
    told = dict(zip(FIELDS, said, strict=True))
    told |= {need.value: Known(told[need]) for need in Need}
    told |= {"recourse": Recourse(told["recourse"]), "gender": Gender(told["gender"])}
    level = told["support_level"]
    told |= {"support_level": SupportLevel(level) if level else None}
    return AssessmentFacts(
        ident, at, recorded_at, by_name, Findings(**told), bool(decides), bool(late)
    )
