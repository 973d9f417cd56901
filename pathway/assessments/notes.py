"""Notes about somebody: for everybody who reads people, or for the team of whoever writes.

A team is an organisation's staff in one role. A private note is not counted,
mentioned or found by anybody else.
"""

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.assessments.lines import read_by
from pathway.assessments.lines import team as team_of
from pathway.assessments.models import Note
from pathway.assessments.rules import NoteFacts, Team
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused
from pathway.people import marks
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.staff.models import Staff
from pathway.staff.naming import name_for

NOTHING_WRITTEN = "Write the note."
WHICH_TEAM = "Choose for which of your teams it is."
TOO_LATE = "A note can be taken back for 24 hours. Write another one that puts it right."


def write(act: Act, *, person: str, words: str, shared: bool, role: str | None = None) -> NoteFacts:
    """Write a note; one that is not shared is for the writer's own team.

    ``role`` is which of their teams, for who has several.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: nothing is written, or it is not said for which team.
    """
    whom = marks.locked(act, person)
    if not words.strip():
        raise Invalid({"words": [NOTHING_WRITTEN]})
    team = None if shared else _team(act, role)
    row = {
        "person_id": whom.id,
        "at": act.at,
        "by": act.staff_id,
        "words": words,
        "team_organisation_id": team and team.organisation_id,
        "team_role": team and team.role,
    }
    ident = db.session.execute(insert(Note).values(**row).returning(Note.id)).scalar_one()
    audit.record(act, "write note", f"person:{whom.ref}")
    return NoteFacts(ident, act.at, act.staff_id, act.staff_name, words, shared)


def strike(act: Act, person: str, ident: int) -> NoteFacts:
    """Take back a note of one's own; nobody reads its words any more, and it stays kept.

    Raises:
        Absent: there is none that whoever acts may read.
        Refused: somebody else wrote it, or it is too late.
    """
    whom = _open(act, person)
    note = next((one for one in of(act, whom.id) if one.id == ident), None)
    if note is None:
        raise Absent
    if note.struck_at is not None:
        audit.record(act, "view notes", f"person:{whom.ref}")
        return note
    if note.by_id != act.staff_id:
        raise Refused("Somebody else wrote this note. Ask them to take it back.")
    if not note.may_be_struck(act.staff_id, act.at):
        raise Refused(TOO_LATE)
    db.session.execute(update(Note).where(Note.id == ident).values(struck_at=act.at))
    audit.record(act, "strike note", f"person:{whom.ref}")
    return NoteFacts(note.id, note.at, note.by_id, note.by_name, "", note.shared, act.at)


def of(act: Act, person_id: int, *, limit: int | None = None) -> list[NoteFacts]:
    """Return the notes about somebody that whoever acts may read, newest first."""
    query = (
        select(Note, name_for(act))
        .outerjoin(Staff, Staff.id == Note.by)
        .where(Note.person_id == person_id, read_by(act.roles))
        .order_by(Note.at.desc(), Note.id.desc())
        .limit(limit)
        .params(**team_of(act))
    )
    return [_facts(note, name) for note, name in db.session.execute(query)]


def teams(act: Act) -> list[Team]:
    """Return the teams that whoever acts belongs to: one for each role."""
    if act.organisation_id is None:
        return []
    return [Team(act.organisation_id, role) for role in sorted(act.roles)]


def _team(act: Act, role: str | None) -> Team:
    mine = teams(act)
    meant = [team for team in mine if role is None or team.role == role]
    if len(meant) != 1:
        raise Invalid({"role": [WHICH_TEAM]})
    return meant[0]


def _open(act: Act, ref: str) -> PersonFacts:
    whom = people.person(act, ref)
    if whom is None:
        raise Absent
    return whom


def _facts(note: Note, by_name: str | None) -> NoteFacts:
    struck = note.struck_at is not None
    return NoteFacts(
        id=note.id,
        at=note.at,
        by_id=note.by,
        by_name=by_name,
        words="" if struck else note.words,
        shared=note.team_role is None,
        struck_at=note.struck_at,
    )
