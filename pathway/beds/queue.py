"""Reads of those who wait for a bed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Date, bindparam, exists, or_, select

from pathway.acts import Act
from pathway.beds import apart, queries
from pathway.beds.models import IS_LIVE, Bed, Placement, Waiting
from pathway.beds.queries import live_on_bed
from pathway.beds.rules import LIVE, PlacementFacts, PlacementStatus
from pathway.beds.turn import Wait, in_turn, passed_over
from pathway.db import AnyRow, AnySelect, UtcDateTime, run
from pathway.nights import london, night_of
from pathway.people.facing import JUDGED_BY, facing, today
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, person_facts
from pathway.people.rules import PersonFacts
from pathway.people.sight import OPEN, looking
from pathway.sites.models import Site
from pathway.sites.queries import SITE_COLUMNS, site_facts
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

SHOWN_FOR = timedelta(hours=12)
"""For how long an offer that is spent still shows on a person's page (ours)."""

_OWN = (
    Waiting.id,
    Waiting.priority,
    Waiting.since,
    Waiting.by,
    Waiting.placement_id,
    Waiting.offered_at,
    Waiting.ended_at,
    Waiting.ended_why,
)
_SPENT = {
    PlacementStatus.EXPIRED,
    PlacementStatus.RELEASED,
    PlacementStatus.CANCELLED,
    PlacementStatus.NO_SHOW,
}
"""How an offer ends that was not used."""

_STANDS = Waiting.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place on the list of a site, and why nothing is offered to them now."""

    wait: Wait
    number: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """The list of one site: who waits, who was offered a bed, and how many are closed to one."""

    places: Sequence[Place]
    offered: Sequence[PlacementFacts]
    closed: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """One wait of a person; ``offer`` is the hold that stands for them, ``again`` that none does.

    What was offered and is spent is told for a while, so that one tap puts them on the list anew.
    """

    wait: Wait
    offer: PlacementFacts | None = None
    again: bool = False


def may_see(act: Act, wait: Wait) -> bool:
    """Return whether whoever acts may know of a wait: their own, or of a site whose beds they see.

    The same at a confidential site: who waits there soon stays there.
    """
    return scope(act, Doing.SEE_PLACEMENTS).covers(wait.site, wait.by) or (
        act.staff_id is not None and wait.by == act.staff_id
    )


def _waits() -> AnySelect:
    return (
        select(*_OWN, *SITE_COLUMNS, *PERSON_COLUMNS, *JUDGED_BY)
        .join(Site, Site.id == Waiting.site_id)
        .join(Person, Person.id == Waiting.person_id)
    )


def _facts(act: Act, row: AnyRow) -> Wait:
    ident, priority, since, *rest = row[: len(_OWN)]
    where, whom = len(_OWN), len(_OWN) + len(SITE_COLUMNS)
    person = apart.kept(act, facing(person_facts(row[whom:]), row))
    return Wait(ident, person, site_facts(row[where:]), priority, since, *rest)


def _read(act: Act, query: AnySelect) -> list[Wait]:
    return [_facts(act, row) for row in run(query, **today(act)).all()]


def wait(act: Act, ident: int) -> Wait | None:
    """Return one wait, whoever asks."""
    return next(iter(_read(act, _waits().where(Waiting.id == ident))), None)


def open_wait(act: Act, ident: int) -> Wait | None:
    """Return one wait that whoever acts may see, of a person whose record is open to them."""
    query = _waits().where(Waiting.id == ident, OPEN)
    found = next(iter(run(query, **today(act), **looking(act))), None)
    seen = _facts(act, found) if found else None
    return seen if seen and may_see(act, seen) else None


def standing(act: Act, person: PersonFacts, site: SiteFacts) -> list[Wait]:
    """Return the waits of somebody for one site, the earliest first."""
    mine = (Waiting.person_id == person.id, Waiting.site_id == site.id, _STANDS)
    return _read(act, _waits().where(*mine).order_by(Waiting.since, Waiting.id))


def of_person(act: Act, person: PersonFacts) -> list[Theirs]:
    """Return what somebody waits for and whoever acts may see, and what was offered lately."""
    shown = or_(_STANDS, Waiting.offered_at > act.at - SHOWN_FOR)
    found = _read(act, _waits().where(Waiting.person_id == person.id, shown))
    seen = sorted((one for one in found if may_see(act, one)), key=lambda one: one.id)
    newest = {one.site.id: one for one in seen}
    told = [_theirs(act, one) for one in sorted(newest.values(), key=lambda one: one.site.name)]
    return [one for one in told if one is not None]


def _theirs(act: Act, wait: Wait) -> Theirs | None:
    """Return what is told of a wait; of one whose offer was used nothing, nor of an arrival."""
    if wait.placement_id is None:
        return Theirs(wait) if wait.ended_at is None else None
    offer = queries.placement(wait.placement_id)
    status = offer.status_at(act.at) if offer else None
    if status in {PlacementStatus.HELD, PlacementStatus.BOOKED}:
        return Theirs(wait, offer)
    return Theirs(wait, again=True) if status in _SPENT else None


def was_offered(placement: PlacementFacts) -> bool:
    """Return whether a placement began as an offer to somebody who waited."""
    query = select(Waiting.id).where(Waiting.placement_id == placement.id).limit(1)
    return run(query).first() is not None


def of_offer(act: Act, placement: PlacementFacts) -> Wait | None:
    """Return the wait that a placement was offered for, if the offer is spent and none stands."""
    if placement.status_at(act.at) not in _SPENT:
        return None
    found = _read(act, _waits().where(Waiting.placement_id == placement.id))
    if not found or standing(act, placement.person, placement.site):
        return None
    return found[0]


def at_site(act: Act, site: SiteFacts) -> list[Wait]:
    """Return who waits for a bed at a site, in turn, whoever asks."""
    return in_turn(_read(act, _waits().where(Waiting.site_id == site.id, _STANDS)))


def claims_of(waits: Iterable[Wait]) -> Mapping[int, list[PlacementFacts]]:
    """Return the live placements of those who wait, by person."""
    found: dict[int, list[PlacementFacts]] = defaultdict(list)
    people = {one.person.id for one in waits}
    if people:
        for claim in queries.matching(IS_LIVE, Placement.person_id.in_(sorted(people))):
            found[claim.person.id].append(claim)
    return found


def line(act: Act, site: SiteFacts) -> Line:
    """Return the list of a site as whoever acts sees it; closed records are only counted."""
    waits = at_site(act, site)
    claims = claims_of(waits)
    seen = _open_to(act, [one.person.id for one in waits])
    places = [
        Place(one, number, passed_over(one, claims.get(one.person.id, ()), act.at))
        for number, one in enumerate(waits, 1)
    ]
    shown = [place for place in places if place.wait.person.id in seen]
    return Line(shown, _offered(act, site), len(places) - len(shown))


def _offered(act: Act, site: SiteFacts) -> list[PlacementFacts]:
    """Return the holds and bookings at a site that are offers, soonest to lapse first."""
    mine = select(Waiting.placement_id).where(
        Waiting.site_id == site.id, Waiting.placement_id.is_not(None)
    )
    offers = {ident for (ident,) in run(mine)}
    there = queries.at_site(act, site)
    live = [one for one in there if one.status_at(act.at) in LIVE and one.checked_in_at is None]
    return [one for one in live if one.id in offers]


def _open_to(act: Act, people: Iterable[int]) -> set[int]:
    query = select(Person.id).where(Person.id.in_(sorted(people)), OPEN)
    return {ident for (ident,) in run(query, **looking(act))}


_FREE = (
    select(Bed.id)
    .outerjoin(Placement, live_on_bed())
    .where(
        Bed.site_id == Site.id,
        queries.is_free(bindparam("night", type_=Date()), bindparam("now", type_=UtcDateTime())),
    )
)
_WITH_ROOM = (
    select(*SITE_COLUMNS)
    .where(exists().where(Waiting.site_id == Site.id, _STANDS), exists(_FREE.correlate(Site)))
    .order_by(Site.id)
)


def with_room(now: datetime) -> list[SiteFacts]:
    """Return the sites where a bed is free, somebody waits and people are taken in now."""
    found = [site_facts(row) for row in run(_WITH_ROOM, night=night_of(now), now=now)]
    return [site for site in found if site.takes_in_at(london(now).time())]
