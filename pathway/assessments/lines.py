"""The entries of a line of time that assessments hold: assessments, notes, concerns."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, exists, or_, select

from pathway.acts import Act
from pathway.assessments.models import Assessment, Concern, Note
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.assessments.standing import READING, reach
from pathway.db import AnySelect, run
from pathway.people.lines import AUTHOR, PERSON, page, signed
from pathway.people.timeline import Entry, Look, Source
from pathway.sites.models import Site
from pathway.staff.doing import Doing
from pathway.staff.models import StaffSite
from pathway.staff.rules import SITE_ROLES, may

_NOBODY = 0

_ASSESSMENTS = page(
    signed(
        select(Assessment.id, Assessment.at, *AUTHOR).where(Assessment.person_id == PERSON),
        Assessment.by,
    ),
    Assessment.at,
    Assessment.id,
)


def assessments(look: Look) -> list[Entry]:
    """Return that somebody was assessed; what was found stands in the record."""
    rows = run(_ASSESSMENTS, **look.values(Source.ASSESSMENT))
    return [
        Entry(at, Source.ASSESSMENT, ident, "Assessed", "", look.author(*author))
        for ident, at, *author in rows
    ]


def notes(look: Look) -> list[Entry]:
    """Return the notes that are for everybody or for the reader's own team."""
    rows = run(_notes(look.act.roles), **look.values(Source.NOTE), **team(look.act))
    return [
        Entry(
            at,
            Source.NOTE,
            ident,
            "Note for your team only" if private else "Note",
            words,
            look.author(*author),
            struck=struck_at is not None,
        )
        for ident, at, words, private, struck_at, *author in rows
    ]


@cache
def _notes(roles: frozenset[str]) -> AnySelect:
    query = select(Note.id, Note.at, Note.words, Note.team_role, Note.struck_at, *AUTHOR)
    return page(
        signed(query.where(Note.person_id == PERSON, read_by(roles)), Note.by), Note.at, Note.id
    )


def read_by(roles: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a note is for a reader of these roles; :func:`team` says whose.

    A team of a site is the staff of that site in that role: two sites of one
    organisation do not read each other, and what somebody wrote who works at a
    confidential one as well is not for those who only share the other with them.
    """
    shared = and_(Note.team_role.is_(None), Note.team_organisation_id.is_(None))
    colleagues = select(StaffSite.staff_id).where(
        StaffSite.site_id.in_(bindparam("team_sites", expanding=True, type_=Integer()))
    )
    elsewhere = exists().where(
        StaffSite.staff_id == Note.by,
        StaffSite.site_id == Site.id,
        Site.confidential,
        Site.id.not_in(bindparam("team_sites", expanding=True, type_=Integer())),
        Note.by != bindparam("team_me", type_=Integer()),
    )
    mine = and_(
        Note.team_organisation_id == bindparam("team_of", type_=Integer()),
        Note.team_role.in_(sorted(roles)),
        or_(Note.team_role.not_in(sorted(SITE_ROLES)), and_(Note.by.in_(colleagues), ~elsewhere)),
    )
    return or_(shared, mine)


def team(act: Act) -> dict[str, Any]:
    """Return the values with which :func:`read_by` is asked."""
    return {
        "team_of": act.organisation_id or _NOBODY,
        "team_sites": sorted(act.site_ids) or [_NOBODY],
        "team_me": act.staff_id or _NOBODY,
    }


_CONCERNS = page(
    signed(
        select(Concern.id, Concern.raised_at, Concern.kind, Concern.step, *AUTHOR).where(
            Concern.person_id == PERSON
        ),
        Concern.raised_by,
    ),
    Concern.raised_at,
    Concern.id,
)


def concerns(look: Look) -> list[Entry]:
    """Return that a concern was raised and where it stands, to those who follow concerns up."""
    if not may(look.act.roles, Doing.SAFEGUARD):
        return []
    seen = reach(look.act, (), everything=READING)
    rows = run(_CONCERNS.where(seen), **look.values(Source.CONCERN))
    return [
        Entry(
            at,
            Source.CONCERN,
            ident,
            f"Safeguarding concern about {'a child' if kind == ConcernKind.CHILD else 'an adult'}",
            "" if step == ConcernStep.RAISED else f"Now {step}",
            look.author(*author),
        )
        for ident, at, kind, step, *author in rows
    ]
