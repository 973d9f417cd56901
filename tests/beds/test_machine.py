"""Promise 7: whatever happens in whatever order, everything adds up.

A machine does what staff of several roles might do, in any order and at any
time. After every step the board is counted again from the events and the beds,
in plain Python, and who may see what is judged again by the words of the
contract.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, select, update

from pathway.acts import Act, by_service
from pathway.audit import AuditEntry
from pathway.beds import (
    actions,
    board,
    capacity,
    history,
    leaving,
    queries,
    rules,
    sight,
    telling,
    upkeep,
)
from pathway.beds import claims as claims_of
from pathway.beds.capacity import set_capacity
from pathway.beds.models import Bed, BedEvent, Capacity, Confirmation, Placement, PlacementEvent
from pathway.beds.rules import Counts, Happened, PlacementFacts
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.messages.models import Notice
from pathway.nights import night_of
from pathway.people.models import PersonLookout
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SiteFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import Scope, scope
from tests.factories import HUB, NOW, a_person, a_site, an_act, at

Verb = TypeVar("Verb", bound=Callable[..., Any])

RESPITE, GILES, VENUE = "respite-rooms", "st-giles", "conway-house"
BEDS = {HUB: 2, RESPITE: 2, GILES: 2, VENUE: 1}

STAFF: dict[str, tuple[Role, tuple[str, ...]]] = {
    "a worker": (Role.OUTREACH, ()),
    "another worker": (Role.OUTREACH, ()),
    "the hub": (Role.HUB, (HUB,)),
    "the lead": (Role.HUB_LEAD, (RESPITE,)),
    "st giles": (Role.HUB, (GILES,)),
    "a manager": (Role.MANAGER, ()),
    "a coordinator": (Role.SWEP_COORDINATOR, ()),
    "treatment": (Role.TREATMENT, ()),
}


EVERYWHERE = Scope(everywhere=True, open_sites=True, venues=True, site_ids=frozenset(), own_of=None)
"""Who sees every count there is."""

DEEDS: dict[str, dict[str, Sequence[Any]]] = {}


def deed(**choices: Sequence[Any]) -> Callable[[Verb], Verb]:
    """Mark something that may happen, with what there is to choose from."""

    def mark(verb: Verb) -> Verb:
        DEEDS[verb.__name__] = choices
        return verb

    return mark


WHO = (*[None] * 20, *STAFF)
"""Anybody, but most often whoever would: else hardly anything would happen."""

DOOR = {HUB: "the hub", RESPITE: "the lead", GILES: "st giles", VENUE: "a coordinator"}
SITE = tuple(BEDS)
PERSON = range(6)
BED = range(7)
ONE = range(4)
VERBS = ("extend", "release", "check_in", "depart")
MORE = (
    "book",
    "cancel",
    *["no_show"] * 4,
    "away",
    "back",
    "back",
    "decide_stay",
    "undo",
    "strike",
)
WANTS = {
    "book": "held",
    "cancel": "booked",
    "no_show": "missing",
    "undo": "departed",
    "back": "away",
}
"""What a verb is tried on first."""
MINUTES = (5, 30, 90)
TO = ("street", "prs", GILES, RESPITE, "the moon")
AGO = (*[None] * 8, 0, 5, 40, 25 * 60)


@dataclass(frozen=True, slots=True)
class World:
    """Who works and who needs a bed; made once for all runs of the machine."""

    staff: Mapping[str, Act]
    people: list[str]
    sites: Mapping[int, SiteFacts]
    happened: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Dump:
    """Everything that a verb may change, as it is stored."""

    placements: Mapping[int, Any]
    beds: Mapping[int, Any]
    capacities: frozenset[Any]
    events: list[Any]
    bed_events: list[Any]
    confirmations: int
    audit: int
    notices: Mapping[str, Any]
    lookouts: Mapping[str, Any]


@pytest.fixture
def world(store: Flask) -> World:
    with transaction() as session:
        session.execute(update(Site).where(Site.code != RESPITE).values(turnaround=True))
        staff = {
            name: an_act(role, *codes, email=f"{name.replace(' ', '-')}@example.org")
            for name, (role, codes) in STAFF.items()
        }
        genders = [Gender.WOMAN] * 4 + [Gender.MAN, Gender.NOT_KNOWN]
        people = [a_person(gender=gender).ref for gender in genders]
        sites = {site.id: site for site in map(a_site, BEDS)}
        return World(staff, people, sites)


def begin_anew(world: World) -> None:
    with transaction() as session:
        for table in (
            PersonLookout,
            Notice,
            PlacementEvent,
            Placement,
            Confirmation,
            BedEvent,
            Bed,
            Capacity,
        ):
            session.execute(delete(table))
        for site in world.sites.values():
            set_capacity(by_service(NOW), site, BEDS[site.code], night_of(NOW))


def all_of(table: Any) -> list[Any]:
    return list(db.session.execute(select(table.__table__).order_by(table.__table__.c[0])))


def dump() -> Dump:
    return Dump(
        placements={row.id: row for row in all_of(Placement)},
        beds={row.id: row for row in all_of(Bed)},
        capacities=frozenset(all_of(Capacity)),
        events=all_of(PlacementEvent),
        bed_events=all_of(BedEvent),
        confirmations=db.session.scalar(select(func.count()).select_from(Confirmation)) or 0,
        audit=db.session.scalar(select(func.max(AuditEntry.id))) or 0,
        notices={row.key: row for row in all_of(Notice)},
        lookouts={f"lookout:{row.id}": row for row in all_of(PersonLookout)},
    )


SAYS_NOTHING = {"undone", "away", "back", "stay_decided"}
"""Events that say nothing of who has which bed."""


Claim = tuple[int, str, datetime | None]
"""A bed, what its claim makes of it, and when that lapses."""


def running(events: list[Any], moment: datetime) -> list[Claim]:
    """Return who had which bed at a moment, or was on the way to it."""
    found: dict[int, Claim] = {}
    undone = {event.undoes for event in events}
    for event in events:
        if event.id in undone or event.what in SAYS_NOTHING:
            continue
        if event.what in {"held", "extended"}:
            found[event.placement_id] = (event.bed_id, "held", event.expires_at)
        elif event.what == "booked":
            found[event.placement_id] = (event.bed_id, "booked", None)
        elif event.what in {"checked_in", "walked_in", "moved_in"}:
            found[event.placement_id] = (event.bed_id, "occupied", None)
        else:
            found.pop(event.placement_id, None)
    return [one for one in found.values() if one[2] is None or one[2] > moment]


def claims(events: list[Any], moment: datetime) -> dict[int, str]:
    """Return what the events say of each bed that somebody has or is on the way to now."""
    kept = running(events, moment)
    assert len({bed for bed, _, _ in kept}) == len(kept), "two have one bed"
    return {bed: status for bed, status, _ in kept}


def recount_then(seen: Dump, moment: datetime) -> dict[int, Counter[str]]:
    """Count every site as of an earlier moment, from what we know of it now."""
    undone = {event.undoes for event in seen.events}
    known = [
        event
        for event in seen.events
        if event.at <= moment
        and event.id not in undone
        and seen.placements[event.placement_id].status != "voided"
    ]
    taken: dict[int, list[str]] = {}
    for bed, status, _ in running(known, moment):
        taken.setdefault(bed, []).append(status)
    found: dict[int, Counter[str]] = {}
    for bed in seen.beds.values():
        here, mine = exists(bed, moment), taken.get(bed.id, [])
        counted = found.setdefault(bed.site_id, Counter())
        counted.update(mine or ([stood_empty(seen, bed.id, moment)] if here else []))
        counted["capacity"] += here and not bed.extra
    return {site: of for site, of in found.items() if of.total()}


def stood_empty(seen: Dump, bed: int, moment: datetime) -> str:
    """Return what a bed was that nobody had: out of use, to be made ready, or free."""
    told = sorted(
        (event for event in seen.bed_events if event.bed_id == bed and event.at <= moment),
        key=lambda event: (event.at, event.id),
    )
    out = [event for event in told if event.what in {"void", "reinstated"}][-1:]
    if out and out[0].what == "void" and (out[0].until is None or moment < out[0].until):
        return "void"
    unready = [event for event in told if event.what not in {"void", "reinstated"}][-1:]
    return "turnaround" if unready and unready[0].what == "turnaround" else "free"


def exists(bed: Any, moment: datetime) -> bool:
    night = night_of(moment)
    return bed.first_night <= night and (bed.last_night is None or night <= bed.last_night)


def is_out(bed: Any, moment: datetime) -> bool:
    begun = bed.void_from is not None and bed.void_from <= moment
    return begun and (bed.void_until is None or moment < bed.void_until)


def recount(seen: Dump, moment: datetime) -> dict[int, Counts]:
    """Count every site again, from the events and the beds."""
    taken = claims(seen.events, moment)
    found: dict[int, Counter[str]] = {}
    for bed in seen.beds.values():
        here, status = exists(bed, moment), taken.get(bed.id)
        if not here and status is None:
            continue
        otherwise = "turnaround" if bed.turnaround_since else "free"
        status = status or ("void" if is_out(bed, moment) else otherwise)
        counted = found.setdefault(bed.site_id, Counter())
        counted[status] += 1
        counted["capacity" if here and not bed.extra else "over"] += 1
    parts = Counts.__slots__
    return {site: Counts(**{name: of[name] for name in parts}) for site, of in found.items()}


def adds_up(of: Counts) -> bool:
    parts = of.occupied + of.booked + of.held + of.void + of.turnaround + of.free
    return parts == of.capacity + of.over


def may_count(name: str, site: SiteFacts) -> bool:
    """Say whether somebody may see a site's counts, in the words of the contract."""
    role, codes = STAFF[name]
    if not site.confidential:
        return True
    return role in {Role.OUTREACH, Role.SWEP_COORDINATOR, Role.HUB_LEAD} or site.code in codes


def may_open(name: str, act: Act, one: PlacementFacts) -> bool:
    """Say whether somebody may open a placement, in the words of the contract."""
    role, codes = STAFF[name]
    named = one.site.code in codes
    before_arrival = one.status in {"held", "booked", "expired", "released", "cancelled"}
    mine = one.made_by == act.staff_id and (before_arrival or not one.site.confidential)
    return {
        Role.OUTREACH: mine,
        Role.TREATMENT: mine,
        Role.HUB: named,
        Role.HUB_LEAD: named or mine,
        Role.SWEP_COORDINATOR: one.site.venue or mine,
        Role.MANAGER: not one.site.confidential,
    }[role]


@dataclass(frozen=True, slots=True)
class Told:
    """For whom a notice is, and where that is to be said, whether it is over and until when."""

    whom: int
    over: bool | None = None
    until: datetime | None = None


def to_be_told(seen: Dump, world: World) -> dict[str, Told]:
    """Say from the rows and events alone what has to be told of each placement."""
    told: dict[str, Told] = {}
    for row in seen.placements.values():
        events = [event for event in seen.events if event.placement_id == row.id]
        site = world.sites[row.site_id]
        coming = [event for event in events if event.what in {"held", "booked"}]
        if any(not runs(event.by, site, world) for event in coming):
            waits = row.status in {"held", "booked"}
            until = row.expires_at if row.status == "held" else row.expected_at
            told[f"placement:{row.id}:coming"] = Told(site.id, not waits, until if waits else None)
        given_back = {event.by for event in events if event.what in {"released", "cancelled"}}
        if any(event.what == "expired" for event in events) or given_back - {row.made_by}:
            over = False if events[-1].what == "expired" else None
            told[f"placement:{row.id}:lapsed"] = Told(row.made_by, over)
    return told


def met_again(seen: Dump) -> dict[str, Told]:
    """Say who is told that somebody came in who had not come for the bed they held.

    Neither who brought them in nor who held the bed that they came to. Where somebody came in
    twice in one moment, what was told says which arrival it was.
    """
    told: dict[str, Told] = {}
    for key, lookout in seen.lookouts.items():
        came = [
            (event, seen.placements[event.placement_id])
            for event in seen.events
            if event.what in {"checked_in", "walked_in"} and event.recorded_at == lookout.met_at
        ]
        theirs = [(event, row) for event, row in came if row.person_id == lookout.person_id]
        assert bool(theirs) == (lookout.met_at is not None), key
        strangers = [lookout.staff_id not in {event.by, row.made_by} for event, row in theirs]
        if strangers and (all(strangers) or (any(strangers) and key in seen.notices)):
            told[key] = Told(lookout.staff_id)
    return told


def as_told(row: Any, wanted: Told) -> Told:
    """Return what a notice says, as far as something is wanted of it."""
    over = None if wanted.over is None else row.over_at is not None
    until = None if wanted.until is None else row.useful_until
    return Told(row.site_id or row.staff_id, over, until)


def runs(made_by: int, site: SiteFacts, world: World) -> bool:
    """Say whether a member of staff is of a site, in the words of the contract."""
    name = next(name for name, act in world.staff.items() if act.staff_id == made_by)
    role, codes = STAFF[name]
    return site.code in codes or (role is Role.SWEP_COORDINATOR and site.venue)


class Night(RuleBasedStateMachine):
    """Nights at four sites. Each deed is a verb; a refusal is an answer too."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.moment = NOW
        self.steps = 0
        begin_anew(world)
        self.seen = dump()

    @deed(minutes=((1, 5, 20, 45, 46, 130, 13 * 60, -1, -40)))
    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @deed(who=WHO, person=PERSON, site=SITE, minutes=((None, 20, 120)))
    def hold(self, who: str | None, person: int, site: str, minutes: int | None) -> None:
        ref, name = self.world.people[person], who or "a worker"
        self.do(name, lambda act: actions.hold(act, person=ref, site=site, minutes=minutes))

    @deed(who=WHO, person=PERSON, one=BED)
    def hold_this_bed(self, who: str | None, person: int, one: int) -> None:
        ref, bed = self.world.people[person], self.bed(one)
        self.do(who or "another worker", lambda act: actions.hold(act, person=ref, bed=bed))

    @deed(who=WHO, person=PERSON, site=SITE, override=((None, "Spoke to her")))
    def walk_in(self, who: str | None, person: int, site: str, override: str | None) -> None:
        ref, verb = self.world.people[person], actions.walk_in
        name = who or DOOR[site]
        self.do(name, lambda act: verb(act, person=ref, site=site, override=override))

    @deed(person=PERSON, one=BED)
    def walk_in_to_this_bed(self, person: int, one: int) -> None:
        ref, bed = self.world.people[person], self.bed(one)
        self.do(self.door_of_bed(bed), lambda act: actions.walk_in(act, person=ref, bed=bed))

    @deed(who=WHO, one=ONE, verb=VERBS, minutes=MINUTES, ago=AGO, to=TO)
    def go_on(
        self, *, who: str | None, one: int, verb: str, minutes: int, ago: int | None, to: str
    ) -> None:
        if not self.seen.placements:
            return
        ident = self.placement(one, "in" if verb == "depart" else "held")
        before = self.seen.placements[ident]
        then = None if ago is None else self.moment - timedelta(minutes=ago)
        asked: dict[str, dict[str, Any]] = {
            "extend": {"minutes": minutes},
            "check_in": {"at": then},
            "depart": {"at": then, "reason": "x", "destination": to},
        }
        usual = self.door_of(ident) if verb in {"check_in", "depart"} else self.maker_of(ident)
        made = self.do(
            who or usual, lambda act: getattr(actions, verb)(act, ident, **asked.get(verb, {}))
        )
        if made and verb == "depart" and before.status == "in":
            site, bed = self.world.sites[before.site_id], self.seen.beds[before.bed_id]
            assert site.turnaround is (bed.turnaround_since is not None)

    @deed(who=WHO, person=PERSON, site=SITE, hours=((0, 1, 2, 30, 40)))
    def book(self, who: str | None, person: int, site: str, hours: int) -> None:
        ref, then = self.world.people[person], self.moment + timedelta(hours=hours)
        name = who or DOOR[site]
        self.do(name, lambda act: claims_of.book(act, person=ref, site=site, expected_at=then))

    @deed(one=ONE, verb=MORE, who=WHO, hours=((None, None, 1, 50)), said=((True, True, False)))
    def go_further(
        self, *, one: int, verb: str, who: str | None, hours: int | None, said: bool
    ) -> None:
        """Do what a hub does beside arrivals and departures."""
        if not self.seen.placements:
            return
        ident = self.placement(one, WANTS.get(verb, "in"))
        then = None if hours is None else self.moment + timedelta(hours=hours)
        asked: dict[str, dict[str, Any]] = {
            "book": {"expected_at": then},
            "no_show": {"called": said},
            "away": {"reason": "Hospital" if said else "Custody"},
            "decide_stay": {"authorised": said, "reason": "No move on"},
            "strike": {"reason": "Wrong person"},
        }
        usual = self.maker_of(ident) if verb == "undo" and said else self.door_of(ident)
        if verb in {"strike", "decide_stay"}:
            ident, usual = self.led(ident), "the lead"
        verb_of = getattr(actions, verb)
        self.do(who or usual, lambda act: verb_of(act, ident, **asked.get(verb, {})))

    @deed(one=ONE, who=WHO, site=SITE, planned=((True, False)))
    def transfer(self, *, one: int, who: str | None, site: str, planned: bool) -> None:
        if not self.seen.placements:
            return
        ident = self.placement(one, "in")
        name, verb = who or self.door_of(ident), actions.transfer
        self.do(name, lambda act: verb(act, ident, site=site, planned=planned))

    @deed(person=PERSON)
    def a_long_stay(self, person: int) -> None:
        """Let somebody come, go away, come back and stay on: in any order it hardly happens."""
        ref = self.world.people[person]
        if not self.do("the lead", lambda act: actions.walk_in(act, person=ref, site=RESPITE)):
            return
        ident = max(self.seen.placements)
        self.do("the lead", lambda act: actions.away(act, ident, reason="Hospital"))
        self.do("the lead", lambda act: actions.back(act, ident))
        self.do(
            "the lead",
            lambda act: actions.decide_stay(act, ident, authorised=True, reason="No move on"),
        )

    @deed(person=PERSON)
    def a_move(self, person: int) -> None:
        """Let somebody come and be moved: in any order it does not happen every time."""
        ref = self.world.people[person]
        if not self.do("the hub", lambda act: actions.walk_in(act, person=ref, site=HUB)):
            return
        ident = max(self.seen.placements)
        self.do("the hub", lambda act: actions.transfer(act, ident, site=HUB))

    @deed(person=PERSON)
    def a_no_show(self, person: int) -> None:
        """Let somebody be expected who never comes."""
        ref, then = self.world.people[person], self.moment + timedelta(hours=1)
        verb = claims_of.book
        if not self.do("the hub", lambda act: verb(act, person=ref, site=HUB, expected_at=then)):
            return
        ident = max(self.seen.placements)
        self.moment += timedelta(hours=2)
        self.do("the hub", lambda act: actions.no_show(act, ident, called=True))

    @deed(person=PERSON, site=SITE, walk_in=((True, False)))
    def take_in_over_capacity(self, person: int, site: str, *, walk_in: bool) -> None:
        ref, verb = self.world.people[person], actions.walk_in if walk_in else actions.hold
        self.do("the lead", lambda act: verb(act, person=ref, site=site, over="Minus four"))

    @deed(person=PERSON, site=SITE, ago=((1, 6, 30)), stayed=((None, 0, 3, 8)))
    def enter_paper(self, person: int, site: str, ago: int, stayed: int | None) -> None:
        ref, came = self.world.people[person], self.moment - timedelta(hours=ago)
        left: dict[str, Any] = {}
        if stayed is not None:
            left = {"departed_at": came + timedelta(hours=stayed)}
            left |= {"reason": "x", "destination": "street"}
        verb, sheet = actions.record_stay, "F-17"
        self.do(
            DOOR[site], lambda act: verb(act, person=ref, site=site, at=came, sheet=sheet, **left)
        )

    @deed(who=WHO, site=SITE, free=range(4))
    def confirm(self, who: str | None, site: str, free: int) -> None:
        self.do(who or DOOR[site], lambda act: actions.confirm(act, site, free=free))

    @deed(
        who=WHO,
        one=BED,
        reason=(("Window broken", "Wet")),
        hours=((None, None, -1, 0, 1, 14)),
    )
    def void(self, who: str | None, one: int, reason: str, hours: int | None) -> None:
        bed, verb = self.bed(one), actions.void
        until = None if hours is None else self.moment + timedelta(hours=hours)
        name = who or self.door_of_bed(bed)
        self.do(name, lambda act: verb(act, bed, reason=reason, until=until))

    @deed(who=WHO, one=BED, verb=((actions.reinstate, actions.ready)))
    def put_back(self, who: str | None, one: int, verb: Callable[[Act, int], Any]) -> None:
        bed = self.bed(one)
        self.do(who or self.door_of_bed(bed), lambda act: verb(act, bed))

    @deed(
        site=SITE,
        beds=((2, 1, 3, 0)),
        nights=((0, 0, 1)),
    )
    def set_capacity(self, site: str, beds: int, nights: int) -> None:
        where, night = a_site(site), night_of(self.moment) + timedelta(days=nights)
        made = self.do(None, lambda act: set_capacity(act, where, beds, night))
        if made and nights == 0:
            taken = claims(self.seen.events, self.moment)
            here = [bed for bed in self.seen.beds.values() if bed.site_id == where.id]
            assert all(exists(bed, self.moment) for bed in here if bed.id in taken)
            assert sum(exists(bed, self.moment) for bed in here) == beds

    @rule(seed=st.binary(min_size=16, max_size=16))
    def something_happens(self, seed: bytes) -> None:
        """Choose evenly: left to itself Hypothesis repeats itself and gets nowhere.

        Of whole numbers it tries those first that stand in the code, again and again.
        """
        dice = random.Random(f"{seed.hex()} {self.steps}")
        name = dice.choice([*DEEDS, *OFTEN])
        getattr(self, name)(**{what: dice.choice(of) for what, of in DEEDS[name].items()})

    def do(self, who: str | None, verb: Callable[[Act], object]) -> bool:
        """Do it; see that a refusal changed nothing and a change was written down."""
        act = at(self.world.staff[who], self.moment) if who else by_service(self.moment)
        before = self.seen
        try:
            with transaction():
                verb(act)
        except Refused:
            assert dump() == before, "a refusal changed something"
            return False
        self.seen = dump()
        self.world.happened.update(event.what for event in self.seen.events)
        assert self.written_since(before) == self.changed_since(before)
        return True

    def written_since(self, before: Dump) -> Counter[str]:
        """Count the lines of the audit trail that are new, by what they are about."""
        query = select(AuditEntry.subject).where(AuditEntry.id > before.audit)
        return Counter(db.session.scalars(query))

    def changed_since(self, before: Dump) -> Counter[str]:
        """Count what has changed: each event of a placement or a bed, and nothing without one."""
        now, changed = self.seen, Counter[str]()
        news = [event for event in now.events if event.id > max_id(before.events)]
        changed.update(f"placement:{event.placement_id}" for event in news)
        changed.update(f"bed:{e.bed_id}" for e in now.bed_events[len(before.bed_events) :])
        for ident, row in now.placements.items():
            was = before.placements.get(ident)
            if was is None or dict(row._mapping) | {"planned": was.planned} != dict(was._mapping):
                assert changed[f"placement:{ident}"]
        for ident, bed in now.beds.items():
            if ident in before.beds and state_of(bed) != state_of(before.beds[ident]):
                assert changed[f"bed:{ident}"]
        for row in now.capacities - before.capacities:
            changed[f"site:{self.world.sites[row.site_id].code}"] += 1
        if now.confirmations > before.confirmations:
            (subject,) = [one for one in self.written_since(before) if one.startswith("site:")]
            changed[subject] += 1
        return changed

    @invariant()
    def every_board_is_right_and_adds_up(self) -> None:
        self.steps += 1
        counted = recount(self.seen, self.moment)
        others = list(STAFF)
        for name in {"a worker", others[self.steps % len(others)]}:
            act = at(self.world.staff[name], self.moment)
            shown = board.tonight(self.moment, scope(act, Doing.COUNT_BEDS))
            assert {one.site.id for one in shown.sites} == set(counted)
            for one in shown.sites:
                wanted = counted[one.site.id] if may_count(name, one.site) else None
                assert one.counts == wanted, (name, one.site.code)
                assert wanted is None or adds_up(wanted)

    @invariant()
    def every_earlier_board_is_what_is_known_of_it_now(self) -> None:
        if self.steps % 4:
            return
        moment = self.moment - timedelta(minutes=(7 * self.steps * self.steps) % 3000)
        shown = history.board_at(moment, EVERYWHERE)
        counted = {one.site.id: one.counts for one in shown.sites}
        wanted = recount_then(self.seen, moment)
        assert {site for site, of in wanted.items() if of.total() > of["capacity"]} <= set(counted)
        for site, counts in counted.items():
            assert counts is not None
            assert adds_up(counts)
            for part in ("capacity", "occupied", "booked", "held", "void", "turnaround", "free"):
                assert getattr(counts, part) == wanted[site][part], (part, moment)

    @invariant()
    def sites_and_holders_are_told_what_happened_and_no_more(self) -> None:
        wanted = to_be_told(self.seen, self.world) | met_again(self.seen)
        assert set(self.seen.notices) == set(wanted)
        for key, told in wanted.items():
            assert as_told(self.seen.notices[key], told) == told, key

    @invariant()
    def each_bed_and_each_person_has_one_live_placement(self) -> None:
        live = [p for p in self.seen.placements.values() if p.status in rules.LIVE]
        assert len({p.bed_id for p in live}) == len(live)
        assert len({(p.person_id, p.planned) for p in live}) == len(live)
        planned = [p for p in live if p.planned]
        assert all(p.status == "held" for p in planned)
        for one in planned:
            (there,) = [p for p in live if p.id == one.transfer_from]
            assert (there.status, there.person_id) == ("in", one.person_id)

    @invariant()
    def nobody_is_on_the_way_to_a_bed_out_of_use(self) -> None:
        for bed, status in claims(self.seen.events, self.moment).items():
            assert status == "occupied" or not is_out(self.seen.beds[bed], self.moment)

    @invariant()
    def everybody_opens_what_the_contract_says_and_no_more(self) -> None:
        for one in queries._all(queries.placements()):
            for name, act in self.world.staff.items():
                assert sight.may_see(act, one) == may_open(name, act, one), (name, one)

    def bed(self, one: int) -> int:
        """Return one of the beds there are, or were."""
        beds = list(self.seen.beds)
        return beds[one % len(beds)]

    def placement(self, one: int, wanted: str) -> int:
        """Return a placement: those with this status first, then the newest."""

        def fits(row: Any) -> bool:
            if wanted == "missing":
                over = row.expires_at is not None and row.expires_at <= self.moment
                return over and row.status in {"held", "expired"} and not row.planned
            return row.away_at is not None if wanted == "away" else row.status == wanted

        made = sorted(self.seen.placements.values(), key=lambda row: (fits(row), row.id))
        return int(made[-1 - one % len(made)].id)

    def led(self, otherwise: int) -> int:
        """Return the newest placement at the lead's own site, those who are in first."""
        there = [row for row in self.seen.placements.values() if self.door_of(row.id) == "the lead"]
        found = sorted(there, key=lambda row: (row.status == "in", row.id))
        return int(found[-1].id) if found else otherwise

    def maker_of(self, ident: int) -> str:
        made_by = self.seen.placements[ident].made_by
        return next(name for name, act in self.world.staff.items() if act.staff_id == made_by)

    def door_of(self, ident: int) -> str:
        return DOOR[self.world.sites[self.seen.placements[ident].site_id].code]

    def door_of_bed(self, bed: int) -> str:
        return DOOR[self.world.sites[self.seen.beds[bed].site_id].code]


def state_of(bed: Any) -> tuple[Any, ...]:
    """Return what is said of a bed itself, beside the nights on which it exists."""
    return bed.void_reason, bed.void_from, bed.void_until, bed.turnaround_since


def max_id(rows: list[Any]) -> int:
    return max((row.id for row in rows), default=0)


OFTEN = (
    *(["go_on"] * 6 + ["go_further"] * 4 + ["hold"] * 2 + ["time_passes"] * 2),
    *("transfer", "void", "hold_this_bed"),
)
"""What happens more often than anything else, as on a real night."""

STEADY = settings(
    max_examples=24,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    database=None,
    report_multiple_bugs=False,
)


def run_nights(world: World, how: settings) -> None:
    """Let the machine run, in a world that was made beforehand."""

    class Here(Night):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(Here, settings=how)


def test_whatever_happens_in_whatever_order_everything_adds_up(world: World) -> None:
    run_nights(world, STEADY)
    assert world.happened == set(Happened)


BROKEN: dict[str, tuple[object, str, object]] = {
    "a void under a hold": (upkeep, "_refuse_if_wanted", lambda *_: None),
    "a void that is not counted": (rules, "is_void", lambda *_: False),
    "a hold that never lapses": (rules, "has_lapsed", lambda *_: False),
    "a cut under people": (capacity, "_live", lambda *_: {}),
    "a hold that its maker cannot open": (sight, "_BEFORE_ARRIVAL", set()),
    "a departure that needs nothing made ready": (leaving, "begin_turnaround", lambda *_: None),
    "a past board that knows of no end": (history, "_CHANGES_NOTHING", set(Happened)),
    "an arrival for whom the site waits on": (telling, "over", lambda *_: None),
}


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("guard", BROKEN)
def test_the_machine_notices_a_guard_that_is_gone(
    world: World, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    place, name, instead = BROKEN[guard]
    monkeypatch.setattr(place, name, instead)
    quick = settings(STEADY, max_examples=60)
    with pytest.raises(AssertionError):
        run_nights(world, quick)
