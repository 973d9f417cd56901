"""Whether a bed and a person were free for a stretch of the past.

Asked before anything is written down that happened earlier: an arrival, somebody
at the door, a stay from a paper sheet. The bed is locked by whoever asks; the
person is locked here, so that two sheets cannot put one person into two beds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from pathway.acts import Act
from pathway.beds import queries, rules, timing
from pathway.beds.models import Bed, BedEvent, Placement
from pathway.beds.rules import BedHappened, PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see
from pathway.beds.timing import Hand
from pathway.db import db
from pathway.errors import Invalid, Refused, Telling
from pathway.nights import night_of, when
from pathway.people.models import Person
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

BED_TAKEN = "The bed was taken then. Choose the bed that they were in, or another time."
NOT_THERE = "There was no such bed on all of those nights. Choose another bed."
OUT_OF_USE = "The bed was out of use then. Choose the bed that they were in."
ELSEWHERE = "They were somewhere else in that time. Ring the duty manager."

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From an arrival to a departure; without an end they are still there."""

    since: datetime
    until: datetime | None = None

    def meets(self, since: datetime, until: datetime | None) -> bool:
        """Return whether another stretch shares a moment with this one."""
        begins_before = self.until is None or since < self.until
        return begins_before and (until is None or until > self.since)


def check_moment(act: Act, site: SiteFacts, at: datetime, sheet: str | None) -> None:
    """Refuse an arrival that somebody cannot write down any more, or not yet."""
    fault = timing.bad_moment(
        at, act.at, hand_of(act, site, sheet), not_before=_LONG_AGO, before_words=""
    )
    if fault:
        raise Invalid({"at": [fault]})


def hand_of(act: Act, site: SiteFacts, sheet: str | None = None) -> Hand:
    """Return who writes a past time down at a site."""
    return Hand(site.numbers, scope(act, Doing.BACKDATE).covers(site), sheet)


def voids(events: Iterable[Any]) -> list[Stretch]:
    """Return when a bed was out of use, from what happened to it in order.

    A void that is changed goes on from its beginning until its new end.
    """
    found: list[Stretch] = []
    open_since: datetime | None = None
    ends: datetime | None = None
    for what, at, until in events:
        if what not in {BedHappened.VOID, BedHappened.REINSTATED}:
            continue
        if open_since is not None:
            over = at if ends is None else min(at, ends)
            found.append(Stretch(open_since, over))
        open_since, ends = (at, until) if what == BedHappened.VOID else (None, None)
    if open_since is not None:
        found.append(Stretch(open_since, ends))
    return found


def slept(placement: PlacementFacts) -> Stretch | None:
    """Return when somebody was in a bed, or None when they never came."""
    if placement.checked_in_at is None:
        return None
    return Stretch(placement.checked_in_at, placement.departed_at)


def kept(placement: PlacementFacts) -> Stretch:
    """Return for how long a bed was kept for somebody, from hold to departure."""
    arrived = placement.checked_in_at
    if placement.status in {PlacementStatus.IN, PlacementStatus.DEPARTED} and arrived:
        return Stretch(min(placement.made_at, arrived), placement.departed_at)
    return Stretch(placement.made_at, placement.ended_at or placement.expires_at)


def bed_fault(bed_id: int, person_id: int, asked: Stretch, now: datetime, own: int = 0) -> str:
    """Return why this bed was not free for this person's stretch; empty when it was.

    A hold of their own that nobody arrived on stands in nobody's way. The bed of
    a placement that stands, ``own``, was there for it: over capacity, if need be.
    """
    if not own and not _was_there(bed_id, asked, now):
        return NOT_THERE
    events = db.session.execute(
        select(BedEvent.what, BedEvent.at, BedEvent.until)
        .where(BedEvent.bed_id == bed_id)
        .order_by(BedEvent.id)
    )
    if any(asked.meets(void.since, void.until) for void in voids(events)):
        return OUT_OF_USE
    for one in _then(Placement.bed_id == bed_id, asked, own):
        stood = kept(one)
        mine = one.person.id == person_id and slept(one) is None
        if not mine and asked.meets(stood.since, stood.until):
            return BED_TAKEN
    return ""


def elsewhere(person_id: int, asked: Stretch, own: int = 0) -> PlacementFacts | None:
    """Return where somebody slept in a stretch, if they did."""
    for one in _then(Placement.person_id == person_id, asked, own):
        was = slept(one)
        if was is not None and asked.meets(was.since, was.until):
            return one
    return None


def slept_otherwise(placement: PlacementFacts, asked: Stretch) -> bool:
    """Return whether the bed was slept in, or its person slept elsewhere, in a stretch."""
    whom = placement.person.id
    _lock_person(whom)
    if elsewhere(whom, asked, placement.id) is not None:
        return True
    was = map(slept, _then(Placement.bed_id == placement.bed_id, asked, placement.id))
    return any(one is not None and asked.meets(one.since, one.until) for one in was)


def refuse_unless_free(
    act: Act, bed_id: int, person: PersonFacts, asked: Stretch, own: int = 0
) -> None:
    """Refuse a stretch in which the bed was not free, or the person was elsewhere."""
    refuse_if_elsewhere(act, person, asked, own)
    fault = bed_fault(bed_id, person.id, asked, act.at, own)
    if fault:
        raise Invalid({"at": [fault]})


def refuse_if_elsewhere(act: Act, person: PersonFacts, asked: Stretch, own: int = 0) -> None:
    """Refuse somebody who slept elsewhere then; where is told to those who may know."""
    _lock_person(person.id)
    other = elsewhere(person.id, asked, own)
    if other is None:
        return
    if not may_see(act, other):
        raise Refused(ELSEWHERE, alternatives=[])
    raise Telling(was_sentence(other, act.at), person.ref, alternatives=[], placement=str(other.id))


def _lock_person(ident: int) -> None:
    lock = select(Person.id).where(Person.id == ident).with_for_update(key_share=True)
    db.session.execute(lock)


def was_sentence(other: PlacementFacts, now: datetime) -> str:
    """Return where and when somebody slept who cannot have been elsewhere."""
    if other.departed_at is None or other.checked_in_at is None:
        return f"{rules.standing_sentence(other, now)} Move them, or check them out there first."
    spent = f"from {when(other.checked_in_at, now)} to {when(other.departed_at, now)}"
    where = f"{other.site.name}, bed {other.bed_label or '?'}"
    return (
        f"{other.person.name} was at {where}, {spent}. Correct that first, or this sheet's times."
    )


def free_then(site: SiteFacts, person_id: int, asked: Stretch, now: datetime) -> int | None:
    """Return the first bed of a site that was free for a whole stretch, or None."""
    there = queries.in_force(night_of(asked.since))
    query = select(Bed.id).where(Bed.site_id == site.id, ~Bed.extra, there)
    beds = db.session.scalars(query.order_by(Bed.position))
    return next((bed for bed in beds if not bed_fault(bed, person_id, asked, now)), None)


def _was_there(bed_id: int, asked: Stretch, now: datetime) -> bool:
    last = max(asked.since, asked.until - _MOMENT) if asked.until else now
    ends = (queries.in_force(night_of(asked.since)), queries.in_force(night_of(last)))
    return db.session.scalar(select(Bed.id).where(Bed.id == bed_id, *ends)) is not None


def _then(whose: Any, asked: Stretch, own: int) -> list[PlacementFacts]:
    """Return the placements that may meet a stretch: those not over before it begins."""
    over = func.coalesce(Placement.departed_at, Placement.ended_at)
    return queries.matching(
        whose,
        Placement.id != own,
        Placement.status != PlacementStatus.VOIDED.value,
        or_(over.is_(None), over > asked.since),
    )
