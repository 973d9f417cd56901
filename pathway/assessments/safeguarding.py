"""Safeguarding: concerns raised and followed up, and the mark that somebody may be under 18.

Source: DOMAIN.md section 6; the times are ours.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.assessments import standing
from pathway.assessments.concerns import (
    DIED,
    MISSING,
    ConcernFacts,
    overdue,
    stands_already,
    why_not_step,
)
from pathway.assessments.models import Concern, ConcernEvent
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.assessments.standing import Residents
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.messages.notices import notify
from pathway.messages.rules import Kind
from pathway.people import marks
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.staff.leads import leads

SHOWN = timedelta(days=7)
"""For how long the leads are told by notice (ours); the page of concerns tells on."""

MARKED = "Marked as possibly under 18."
"""What a concern says that the mark opens by itself."""

_WORDS = {
    ConcernStep.TOLD_UNSENT: "A safeguarding concern is not sent yet. Open Concerns.",
    ConcernStep.TOLD_UNHEARD: "Nobody acknowledged a safeguarding concern. Open Concerns.",
}
"""What the leads are told; it names nobody."""


def raise_concern(
    act: Act, *, person: str, kind: ConcernKind, words: str, sent: bool = False
) -> int:
    """Write down a concern about somebody, and that it was sent if it was; return its id.

    Raises:
        Unknown: there is no such person, or their record is closed to whoever acts.
        Invalid: nothing was written.
    """
    people.lock_people(act, person)
    whom = people.person(act, person)
    if whom is None:
        raise Unknown({"person": ["There is no person with this reference."]}, person=person)
    if not words.strip():
        raise Invalid({"words": ["Write what worries you."]})
    ident = _raise(act, whom, kind, words)
    if sent:
        _take(act, ident, ConcernStep.SENT, None)
    return ident


def step(
    act: Act, ident: int, what: ConcernStep, detail: str | None = None, residents: Residents = ()
) -> ConcernFacts:
    """Write down what happened to a concern; a step that was taken already changes nothing.

    Raises:
        Absent: there is none that whoever acts may read.
        Invalid: it does not say who acknowledged it, or what came of it.
        Refused: it is closed, or was not sent yet.
    """
    db.session.execute(select(Concern.id).where(Concern.id == ident).with_for_update())
    found = standing.concern(act, ident, residents)
    if found is None:
        raise Absent
    if not stands_already(found, what):
        fault = why_not_step(found, what)
        if fault:
            raise Refused(fault)
        said = (detail or "").strip() or None
        if what in MISSING and said is None:
            raise Invalid({"detail": [MISSING[what]]})
        _take(act, ident, what, said)
    audit.record(act, f"concern {what.value}", f"concern:{ident}", person=found.person_ref)
    return standing.concern(act, ident, residents) or found


def mark_perhaps_child(act: Act, ref: str) -> PersonFacts:
    """Mark that somebody may be under 18, which stops every hold, and open a concern about it.

    What is held for them already stands until it lapses or somebody gives it back.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    person = marks.locked(act, ref)
    if person.perhaps_child:
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    marks.perhaps_child(act, person, so=True)
    known = standing.newest(person.id, ConcernKind.CHILD)
    if known is None or not known[1]:
        _raise(act, person, ConcernKind.CHILD, MARKED)
    return person


def not_a_child(act: Act, ref: str, *, reason: str) -> PersonFacts:
    """Take that mark back, with a reason that is kept with the concern.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: no reason was written.
    """
    person = marks.locked(act, ref)
    if not reason.strip():
        raise Invalid({"reason": ["Write how you know."]})
    if not person.perhaps_child:
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    marks.perhaps_child(act, person, so=False)
    known = standing.newest(person.id, ConcernKind.CHILD)
    ident = known[0] if known else _raise(act, person, ConcernKind.CHILD, MARKED)
    _note(act, ident, ConcernStep.NOT_A_CHILD, reason)
    return person


def tell(act: Act, ident: int) -> None:
    """Tell whoever raised a concern and the leads that it waits too long: once for each stage."""
    locked = select(Concern).where(Concern.id == ident).with_for_update()
    found = db.session.execute(locked.execution_options(populate_existing=True)).scalar_one()
    answered = found.acknowledged_at is not None or found.closed_at is not None
    what = None if answered else overdue(found.raised_at, found.sent_at, act.at)
    if what is None or _is_noted(ident, what):
        return
    _note(act, ident, what, None)
    for staff_id in sorted({*leads(), *([found.raised_by] if found.raised_by else [])}):
        notify(
            act,
            Kind.CONCERN,
            _WORDS[what],
            useful_until=act.at + SHOWN,
            staff_id=staff_id,
            key=f"concern:{ident}:{what.value}:{staff_id}",
            link="/concerns",
        )


def close_for_death(act: Act, person_id: int) -> None:
    """Close the open concerns of somebody who has died."""
    still = (Concern.person_id == person_id, Concern.closed_at.is_(None))
    for ident in db.session.scalars(select(Concern.id).where(*still)).all():
        _take(act, ident, ConcernStep.CLOSED, DIED)


def reopen_after_death(act: Act, person_id: int) -> None:
    """Go on with the concerns that a death closed: it was taken back."""
    closed = ConcernEvent.what == ConcernStep.CLOSED.value
    last = select(func.max(ConcernEvent.id)).where(closed).group_by(ConcernEvent.concern_id)
    by_death = select(ConcernEvent.concern_id).where(
        ConcernEvent.id.in_(last), ConcernEvent.detail == DIED
    )
    theirs = (Concern.person_id == person_id, Concern.closed_at.is_not(None))
    for ident in db.session.scalars(select(Concern.id).where(*theirs, Concern.id.in_(by_death))):
        stage = _stage(ident)
        _change(ident, closed_at=None, step=stage.value)
        _note(act, ident, ConcernStep.REOPENED, None)


def _stage(ident: int) -> ConcernStep:
    """Return the last step by hand before a concern was closed."""
    by_hand = [ConcernStep.RAISED, ConcernStep.SENT, ConcernStep.ACKNOWLEDGED, ConcernStep.CHASED]
    query = select(ConcernEvent.what).where(
        ConcernEvent.concern_id == ident, ConcernEvent.what.in_([one.value for one in by_hand])
    )
    newest = db.session.scalar(query.order_by(ConcernEvent.id.desc()).limit(1))
    return ConcernStep(newest or ConcernStep.RAISED)


def _raise(act: Act, whom: PersonFacts, kind: ConcernKind, words: str) -> int:
    row = {
        "person_id": whom.id,
        "kind": kind.value,
        "step": ConcernStep.RAISED.value,
        "words": words,
        "raised_at": act.at,
        "raised_by": act.staff_id,
    }
    added = db.session.execute(insert(Concern).values(**row).returning(Concern.id))
    ident = int(added.scalar_one())
    _note(act, ident, ConcernStep.RAISED, None)
    audit.record(act, "raise concern", f"concern:{ident}", person=whom.ref)
    return ident


def _take(act: Act, ident: int, what: ConcernStep, detail: str | None) -> None:
    _change(ident, step=what.value, **{f"{what.value}_at": act.at})
    _note(act, ident, what, detail)


def _note(act: Act, ident: int, what: ConcernStep, detail: str | None) -> None:
    row = {"concern_id": ident, "what": what.value, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(ConcernEvent).values(**row, detail=detail))


def _is_noted(ident: int, what: ConcernStep) -> bool:
    noted = (ConcernEvent.concern_id == ident, ConcernEvent.what == what.value)
    return db.session.scalar(select(ConcernEvent.id).where(*noted).limit(1)) is not None


def _change(ident: int, **values: Any) -> None:
    db.session.execute(update(Concern).where(Concern.id == ident).values(**values))
    db.session.expire_all()
