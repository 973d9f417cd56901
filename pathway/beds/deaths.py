"""Recording that somebody has died: one act that stops whatever was under way for them.

Their holds, bookings and planned moves end without a word that chases anybody;
where they were in, they leave with the destination that says so. Nobody is walked
alone because of it: a worker's own walk goes on until they say that they are safe.
"""

from datetime import date, timedelta

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.assessments import safeguarding
from pathway.assessments.models import Note
from pathway.beds import queries, undoing
from pathway.beds.journal import mark_lapsed, move
from pathway.beds.leaving import leave
from pathway.beds.models import IS_LIVE, Placement
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.telling import lapsed_key, late_key
from pathway.beds.turn import DIED as WAIT_OVER
from pathway.beds.waited import end
from pathway.db import AnySelect, db
from pathway.duty.actions import settle_about
from pathway.errors import Forbidden, Invalid, Refused
from pathway.messages.notices import notify, over
from pathway.messages.rules import Kind
from pathway.nights import clock, day
from pathway.outreach.models import Promise
from pathway.people import marks
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.staff.leads import borough_leads, leads
from pathway.staff.rules import LEADING

REASON = "Death recorded"
"""Why somebody left a bed, as the placement says it."""

DESTINATION = "died"

TOLD = "A death was recorded. Open the record."
TAKEN_BACK = "A death that was recorded is taken back. Open the record."

SHOWN = timedelta(days=7)
"""For how long the leads are told on their list of notices (ours)."""


def record_death(act: Act, ref: str, *, died_on: date) -> PersonFacts:
    """Record that somebody has died, and stop whatever was under way for them.

    The same day again changes nothing.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: they cannot have died on that day.
        Refused: another day is recorded.
    """
    person = _locked(act, ref)
    if person.died_on is not None:
        if person.died_on != died_on:
            recorded = f"{day(person.died_on)} is recorded as the day. Take that back first."
            raise Refused(recorded)
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    marks.check_died_on(act, person, died_on)
    at_sites = _end_placements(act, person)
    marks.died(act, person, died_on)
    end(act, person.id, WAIT_OVER)
    safeguarding.close_for_death(act, person.id)
    _settle_promises(act, person.id)
    _tell(act, person, TOLD, at_sites)
    return marks.locked(act, person.ref)


def take_back_death(act: Act, ref: str, *, reason: str) -> PersonFacts:
    """Take back that somebody has died, with a reason that is kept as a note.

    Where the death took them out of a bed they are in it again, if it is still
    theirs to have. Holds do not come back: hold a bed anew.

    Raises:
        Forbidden: whoever acts leads nobody.
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: no reason was written.
    """
    refuse_unless_leading(act)
    person = _locked(act, ref)
    if not reason.strip():
        raise Invalid({"reason": ["Write how you know."]})
    if person.died_on is None:
        audit.record(act, "view person", f"person:{person.ref}")
        return person
    marks.alive(act, person)
    note = {"person_id": person.id, "at": act.at, "by": act.staff_id}
    words = f"The record of a death was taken back: {reason}"
    db.session.execute(insert(Note).values(**note, words=words))
    at_sites = _put_back(act, person.id)
    safeguarding.reopen_after_death(act, person.id)
    reopened = (Promise.person_id == person.id, Promise.kept.is_(None))
    db.session.execute(update(Promise).where(*reopened).values(settled_at=None, settled_by=None))
    _tell(act, person, TAKEN_BACK, at_sites)
    return marks.locked(act, person.ref)


def may_take_back(act: Act) -> bool:
    """Return whether whoever acts may take back that somebody has died: those who are told do."""
    return bool(act.roles & LEADING)


def refuse_unless_leading(act: Act) -> None:
    """Refuse whoever may not take back that somebody has died."""
    if not may_take_back(act):
        raise Forbidden("A hub lead, a manager or a SWEP coordinator takes this back. Ring one.")


def _locked(act: Act, ref: str) -> PersonFacts:
    """Return somebody, locked behind their beds: the order in which a claim locks."""
    seen = people.person(act, ref)
    if seen is not None:
        live = select(Placement.bed_id).where(Placement.person_id == seen.id, IS_LIVE)
        for bed in sorted(bed for bed in db.session.scalars(live) if bed is not None):
            queries.lock_bed(bed)
    return marks.locked(act, ref)


def _end_placements(act: Act, person: PersonFacts) -> set[int]:
    """End every claim of somebody and whatever was told of it; return the sites they were in at.

    What was planned ends first: it must not become the claim that stands.
    """
    mark_lapsed(act, db.session.scalars(_live(person.id)).all())
    _silence(act, person.id)
    live = [queries.placement(ident, lock=True) for ident in db.session.scalars(_live(person.id))]
    standing = sorted((one for one in live if one), key=lambda one: not one.planned)
    sites = {one.site.id for one in standing}
    for placement in standing:
        if placement.status is PlacementStatus.IN:
            leave(act, placement, reason=REASON, destination=DESTINATION)
        else:
            _give_back(act, placement)
    return sites


def _silence(act: Act, person_id: int) -> None:
    """End what was told and asked of somebody's placements, those that are over among them."""
    idents = db.session.scalars(select(Placement.id).where(Placement.person_id == person_id)).all()
    if idents:
        over(act, *(key for ident in idents for key in (late_key(ident), lapsed_key(ident))))
        settle_about(act, [f"/placements/{ident}" for ident in idents])


def _give_back(act: Act, placement: PlacementFacts) -> None:
    """End a hold or a booking; its holder is told plainly, and asked to ring nobody.

    That is told under the key under which they would be asked to ring the site.
    """
    values = {"status": PlacementStatus.RELEASED.value, "ended_at": act.at}
    if placement.made_by is not None and placement.made_by != act.staff_id:
        confidential = placement.site.confidential
        which = "" if confidential else f" on bed {placement.bed_label} at {placement.site.code}"
        notify(
            act,
            Kind.DEATH,
            f"Your hold{which} was given back at {clock(act.at)}. You need do nothing.",
            useful_until=act.at + SHOWN,
            staff_id=placement.made_by,
            key=lapsed_key(placement.id),
        )
    move(act, placement, Happened.RELEASED, values, detail={"reason": REASON})


def _live(person_id: int) -> AnySelect:
    live = select(Placement.id).where(Placement.person_id == person_id, IS_LIVE)
    return live.order_by(Placement.id)


def _settle_promises(act: Act, person_id: int) -> None:
    """Settle what somebody was promised: it can be neither kept nor broken."""
    still = (Promise.person_id == person_id, Promise.settled_at.is_(None))
    settled = {"settled_at": act.at, "settled_by": act.staff_id}
    db.session.execute(update(Promise).where(*still).values(**settled))


def _put_back(act: Act, person_id: int) -> set[int]:
    """Let somebody be in again whom a death took out of a bed; return the sites."""
    left = select(Placement.id).where(
        Placement.person_id == person_id,
        Placement.status == PlacementStatus.DEPARTED.value,
        Placement.departure_reason == REASON,
        Placement.destination == DESTINATION,
    )
    sites = set()
    for ident in db.session.scalars(left.order_by(Placement.id.desc()).limit(1)).all():
        seen = queries.placement(ident)
        if seen is not None and seen.bed_id is not None:
            queries.lock_bed(seen.bed_id)
        placement, last = queries.placement(ident, lock=True), undoing.newest(ident)
        if placement is None or last is None or last.what != Happened.DEPARTED:
            continue
        sites.add(placement.site.id)
        try:
            with db.session.begin_nested():
                undoing.take_back(act, placement, last)
        except Refused:
            continue
    return sites


def _tell(act: Act, person: PersonFacts, words: str, sites: set[int]) -> None:
    """Tell whoever leads, but for whoever acts. The words name nobody."""
    whom = leads(*sites) if sites else borough_leads()
    for staff_id in whom:
        if staff_id != act.staff_id:
            until, link = act.at + SHOWN, f"/people/{person.ref}"
            notify(act, Kind.DEATH, words, useful_until=until, staff_id=staff_id, link=link)
