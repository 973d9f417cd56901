"""The demonstration: fictional staff, people and one believable night.

The same seed gives the same people; times are counted back from now, so that
the night is always tonight. Telephone numbers are from the range that is kept
free for drama, addresses from a domain that nobody owns.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select, update

from pathway import demo_street, demo_ties
from pathway.acts import Act, by_service
from pathway.beds import actions as beds
from pathway.beds import waiting
from pathway.beds.fit import why_not
from pathway.beds.models import Bed
from pathway.db import db, transaction
from pathway.duty import actions as duty
from pathway.nights import night_of, night_span
from pathway.people import actions as people
from pathway.people.models import Person
from pathway.people.rules import Need, PersonFacts, Recourse
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff import actions as staff
from pathway.staff.doing import Role
from pathway.staff.models import Staff

SEED = 20240108

PASSWORD = "made up for a demonstration"  # noqa: S105 - known to everybody, and only let in then


@dataclass(frozen=True, slots=True)
class Player:
    """A member of staff of the demonstration."""

    email: str
    name: str
    role: Role
    organisation: str
    site: str | None = None


PLAYERS = (
    Player("outreach@example.org", "Robin Outreach", Role.OUTREACH, "rts"),
    Player("hub@example.org", "Sam Hub", Role.HUB, "shp", "165-hub"),
    Player("lead@example.org", "Alex Lead", Role.HUB_LEAD, "shp", "165-hub"),
    Player("respite@example.org", "Jo Respite", Role.HUB_LEAD, "shp", "respite-rooms"),
    Player("st-giles@example.org", "Kit Giles", Role.HUB, "westminster", "st-giles"),
    Player("finchley@example.org", "Lee Finchley", Role.HUB, "nlhp", "finchley-hub"),
    Player("grays-inn@example.org", "Max Gray", Role.HUB, "camden", "grays-inn-road"),
    Player("swep@example.org", "Chris Winter", Role.SWEP_COORDINATOR, "camden"),
    Player("treatment@example.org", "Pat Treatment", Role.TREATMENT, "cgl"),
    Player("manager@example.org", "Ellis Manager", Role.MANAGER, "camden"),
    Player("admin@example.org", "Ade Admin", Role.ADMIN, "camden"),
)

PHONES = {
    "165-hub": "07700 900165",
    "respite-rooms": "07700 900115",
    "st-giles": "07700 900215",
    "finchley-hub": "07700 900312",
    "grays-inn-road": "07700 900416",
}

NIGHT = {
    "165-hub": (10, (12, 34)),
    "respite-rooms": (11, (8,)),
    "st-giles": (15, ()),
    "finchley-hub": (6, (21,)),
    "grays-inn-road": (12, (40,)),
}
"""By site: how many are in, and how many minutes ago each live hold was made."""

KNOWN: Mapping[str, Mapping[str, object]] = {
    "165-hub": {"dogs": False, "couples": True},
    "st-giles": {"dogs": False, "couples": False},
    "finchley-hub": {"dogs": True, "couples": True, "nominations": "Three beds in four: Camden"},
    "grays-inn-road": {"dogs": True, "couples": False},
}
"""What is said of the four open hubs: all of it made up."""

ROOMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "165-hub": (("1", "2"), ("3", "4")),
    "st-giles": (("1",), ()),
    "finchley-hub": (("1",), ("12",)),
    "grays-inn-road": (("1", "2"), ("15", "16")),
}
"""By site: the beds that are step-free, and those in a women's room."""

ON_CALL = ("manager", "swep_coordinator", "165-hub")
"""Who is first, second and third on call: by role, or the lead of a site."""

WEEKS = 2
"""For how many weeks there is a rota."""

GIVEN = (
    *("Ash", "Brook", "Clay", "Dale", "Ember", "Fern", "Gale", "Heath", "Iris", "Jasper"),
    *("Kestrel", "Lark", "Moss", "Nettle", "Olive", "Pearl", "Quill", "Rowan", "Sorrel"),
    *("Thorn", "Umber", "Vale", "Wren", "Yarrow", "Zephyr"),
)
FAMILY = (
    *("Figment", "Madeup", "Fictive", "Fable", "Inkwell", "Notreal", "Pretend", "Storybook"),
    *("Novella", "Paperly", "Imagined", "Example"),
)
NEEDED = 0.3
"""How many of the people have any one support need."""
NICKNAMED = 0.2
"""How many of the people have another name."""


def load(now: datetime, *, passwords: bool) -> str:
    """Load the demonstration; return what was made as a sentence."""
    rng = random.Random(SEED)  # noqa: S311 - a believable night, not a secret
    with transaction():
        acts = _staff(now, passwords=passwords)
        _phones()
        _details()
        _rota(acts, now)
        crowd = _crowd(by_service(now - timedelta(days=30)), rng)
        placed = sum(_fill(site, crowd, acts, rng, now) for site in NIGHT)
        outside = [next(crowd) for _ in range(12)]
        _known_of(outside[-1], has_dog=True)
        _known_of(outside[-2], needs_step_free=True)
        met = demo_street.load(acts, outside[:-2], now)
        _list(outside, acts["outreach"], now)
        twice = demo_ties.load(acts, outside[TIED], now)
    people_made = f"{placed + len(outside) + twice} fictional people"
    return f"Demonstration loaded: {people_made}, {placed} placements, {met} contacts."


def sign_ins() -> str:
    """Return who can sign in to the demonstration, a line each."""
    width = max(len(player.email) for player in PLAYERS)
    rows = [f"  {player.email:{width}}  {player.role.replace('_', ' ')}" for player in PLAYERS]
    return "\n".join([f"Sign in as, with the password “{PASSWORD}”:", *rows])


def _staff(now: datetime, *, passwords: bool) -> dict[str, Act]:
    """Add the players; return how each of them acts, by site or role."""
    service = by_service(now)
    organisations = sites.organisation_ids()
    acts = {}
    for number, player in enumerate(PLAYERS, start=201):
        codes = [player.site] if player.site else []
        ident = staff.add_staff(
            service,
            email=player.email,
            name=player.name,
            organisation=player.organisation,
            roles=[player.role],
            site_codes=codes,
            demo=True,
        )
        phone = f"+447700900{number}"
        db.session.execute(update(Staff).where(Staff.id == ident).values(phone=phone))
        if passwords:
            staff.set_password(service, ident, staff.kept_password(PASSWORD))
        found = [sites.site(code) for code in codes]
        named = frozenset(site.id for site in found if site)
        works_for = organisations[player.organisation]
        roles = frozenset({player.role.value})
        act = Act(now, ident, player.name, roles, named, organisation_id=works_for)
        acts[player.site or player.role.value] = act
    return acts


def _rota(acts: dict[str, Act], now: datetime) -> None:
    """Put three of the players on call, by the week from this noon to noon."""
    noon = night_span(night_of(now))[0]
    ends = [night_span(night_of(noon) + timedelta(weeks=week))[0] for week in range(WEEKS + 1)]
    for begins, ends_at in pairwise(ends):
        for step, whom in enumerate(ON_CALL, start=1):
            duty.add_turn(
                by_service(now),
                staff_id=acts[whom].staff_id or 0,
                step=step,
                starts_at=begins,
                ends_at=ends_at,
            )


def _phones() -> None:
    for code, phone in PHONES.items():
        db.session.execute(update(Site).where(Site.code == code).values(phone=phone))
    db.session.execute(
        update(Site)
        .where(Site.code == "respite-rooms")
        .values(pickup_point="Ring first; staff will meet you at a busy place nearby")
    )


def _details() -> None:
    """Say what the open hubs and their beds are."""
    for code, facts in KNOWN.items():
        db.session.execute(update(Site).where(Site.code == code).values(**facts))
        here = Bed.site_id == select(Site.id).where(Site.code == code).scalar_subquery()
        step_free, womens = (Bed.label.in_(labels) for labels in ROOMS[code])
        said = {"step_free": step_free, "womens": womens, "shared": False}
        db.session.execute(update(Bed).where(here).values(**said))


def _known_of(person: PersonFacts, **facts: bool) -> None:
    db.session.execute(update(Person).where(Person.id == person.id).values(**facts))


def _crowd(act: Act, rng: random.Random) -> Iterator[PersonFacts]:
    """Yield fictional people, each under a new name."""
    names = [(given, family) for given in GIVEN for family in FAMILY]
    rng.shuffle(names)
    for given, family in names:
        told = {
            "given_name": given,
            "family_name": family,
            "date_of_birth": date(rng.randint(1958, 2003), rng.randint(1, 12), rng.randint(1, 28)),
            "gender": rng.choices((Gender.MAN, Gender.WOMAN, Gender.OTHER), (70, 27, 3))[0],
            "nationality": rng.choices(("GB", "PL", "RO", "ER", None), (46, 12, 14, 8, 20))[0],
            "recourse": rng.choices(tuple(Recourse), (60, 15, 25))[0],
            "local_connection": rng.choice(("camden", "westminster", "islington", None)),
            "support_level": rng.choice((SupportLevel.LOW, SupportLevel.MEDIUM, None)),
            "needs": [need for need in Need if rng.random() < NEEDED],
            "aliases": [f"{given[:3]}sy"] if rng.random() < NICKNAMED else [],
        }
        yield people.add_person(act, **people.said(told))


FULL = "st-giles"
"""A site where every bed is taken, so that people wait for one."""

LISTED = 2
"""How many people wait for a bed there."""

TIED = slice(5, 10)
"""Which of those outside are kept apart, together, or were turned away."""


def _list(outside: Sequence[PersonFacts], act: Act, now: datetime) -> None:
    """Put the first people who fit on the list of a site that is full."""
    site = sites.site(FULL)
    taken = [one for one in outside if site and why_not(site, one) is None]
    for minutes, one in enumerate(taken[:LISTED]):
        then = _at(act, now - timedelta(minutes=20 - minutes))
        waiting.wait(then, person=one.ref, site=FULL, priority=1 + minutes)


def _fill(
    code: str, crowd: Iterator[PersonFacts], acts: dict[str, Act], rng: random.Random, now: datetime
) -> int:
    """Bring people into one site: some are in, some are on their way."""
    inside, holds = NIGHT[code]
    site = sites.site(code)
    women_only = site is not None and site.women_only
    for _ in range(inside):
        held_at = now - timedelta(hours=rng.randint(3, 60), minutes=rng.randint(0, 59))
        placement = beds.hold(
            _at(acts["outreach"], held_at), person=_next(crowd, women_only).ref, site=code
        )
        arrived = held_at + timedelta(minutes=rng.randint(10, 40))
        beds.check_in(_at(acts[code], arrived), placement.id)
    for minutes in holds:
        person = _next(crowd, women_only)
        beds.hold(
            _at(acts["outreach"], now - timedelta(minutes=minutes)), person=person.ref, site=code
        )
    return inside + len(holds)


def _next(crowd: Iterator[PersonFacts], women_only: bool) -> PersonFacts:
    return next(one for one in crowd if not women_only or one.gender is Gender.WOMAN)


def _at(act: Act, at: datetime) -> Act:
    return replace(act, at=at)
