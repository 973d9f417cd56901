"""The street of the demonstration: forty nights of contacts, and what came of them.

Streets are real, because a made-up one is on no map; the people are not, and
nobody was ever met there.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from pathway.acts import Act
from pathway.assessments.models import Assessment, Concern, ConcernEvent, Note
from pathway.db import Base, db
from pathway.nights import london, night_of, night_span
from pathway.outreach import alerts, count_queries, counts
from pathway.outreach.models import (
    Contact,
    Promise,
    Shift,
    ShiftMember,
    ShiftSpot,
    Spot,
    StreetCount,
)
from pathway.outreach.rules import ContactKind
from pathway.people.actions import add_unnamed
from pathway.people.models import PersonWarning
from pathway.people.rules import PersonFacts

SPOTS = (
    ("Euston Road, by the station", "North", 51.528, -0.133),
    ("Kentish Town Road", "North", 51.546, -0.141),
    ("Camden High Street", "North", 51.539, -0.143),
    ("Tottenham Court Road", "South", 51.520, -0.134),
    ("High Holborn", "South", 51.517, -0.119),
    ("Shaftesbury Avenue", "South", 51.514, -0.128),
)
"""Public streets of Camden: name, route, and about where."""

UNKNOWN = ("Man, red sleeping bag, Euston Road", "Woman, green coat, does not want to talk")
NIGHTS = 40
MET_A_NIGHT = (1, 2)
"""How many people were met on a night, at least and at most."""

KINDS = ("bedded_down", "about_to_bed_down", "not_bedded_down")
OFFERED = ("bed", "bed;food", "food", "health;advice", "day_centre", "nothing")
HOURS_INTO_THE_NIGHT = (10, 16)
"""From ten in the evening to four in the morning."""

COUNTS = (("June 2024", date(2024, 6, 30), 112), ("June 2023", date(2023, 6, 30), 64))
COUNTED_FROM, COUNTED_TO = time(23, 30), time(2, 30)
AREAS = (("Euston", "Robin and Chris"), ("Holborn", "Robin"), ("Camden Town", None))
MET_AT_THE_COUNT = (
    (0, time(23, 50), "Man, blue sleeping bag, by the ticket hall"),
    (0, time(0, 20), "Man, blue sleeping bag, grey dog"),
    (1, time(0, 40), "Woman, wheeled suitcase, under the arcade"),
)
"""In which area, when and who: the first two look alike, so that somebody has to decide."""

ALERT = (
    "Made up: strong blue tablets",
    "Nothing of this is true. A real alert says what to look for and what to do.",
    "The demonstration, no service",
)
ALERT_DAYS = 7

SOURCE = "Camden’s annual report; the night is the last of the quarter"

NOTES = (
    ("Likes to be rung before anybody comes.", None),
    ("Their sister is looking for them. Ask before passing anything on.", None),
    ("Owes nobody anything; wants to be left alone on Sundays.", "outreach"),
    ("Was much better this week.", None),
)
PROMISED = (
    ("A sleeping bag", -3, True),
    ("A call to the council about the key", -1, False),
    ("A lift to the day centre", 0, None),
    ("A second visit before the weekend", 2, None),
)
"""What was promised, by when in days from now, and whether it was kept."""


def load(acts: Mapping[str, Act], people: Sequence[PersonFacts], now: datetime) -> int:
    """Load the street; return how many contacts were made."""
    rng = random.Random(len(SPOTS))  # noqa: S311 - believable nights, not a secret
    act = acts["outreach"]
    spots = [
        _one(Spot, name=name, route=route, lat=lat, lon=lon) for name, route, lat, lon in SPOTS
    ]
    shift = _shift(act, spots, now)
    unknown = [add_unnamed(act, words) for words in UNKNOWN]
    met = _contacts(act, [*people, *unknown], spots, shift, rng, now)
    _found_out(acts, people, now)
    _counted(acts["manager"], now)
    _warned(acts["treatment"], now)
    return met + _counting(acts, people, night_of(now) - timedelta(days=1))


def _one(model: type[Base], **values: Any) -> int:
    """Insert one row; return its id."""
    ident = model.__table__.c.id
    made: int = db.session.execute(insert(model).values(**values).returning(ident)).scalar_one()
    return made


def _shift(act: Act, spots: Sequence[int], now: datetime) -> int:
    """Plan tonight's shift, with the outreach worker out on the northern route."""
    noon = night_span(night_of(now))[0]
    begins, ends = (noon + timedelta(hours=hours) for hours in HOURS_INTO_THE_NIGHT)
    shift = _one(
        Shift,
        organisation_id=act.organisation_id,
        night=night_of(now),
        name="North, tonight",
        starts_at=begins,
        ends_at=ends,
        made_at=now,
        made_by=act.staff_id,
    )
    member = {"shift_id": shift, "staff_id": act.staff_id}
    db.session.execute(insert(ShiftMember).values(**member))
    there = [{"shift_id": shift, "spot_id": spot} for spot in spots[:3]]
    db.session.execute(insert(ShiftSpot), there)
    return shift


def _contacts(
    act: Act,
    people: Sequence[PersonFacts],
    spots: Sequence[int],
    shift: int,
    rng: random.Random,
    now: datetime,
) -> int:
    """Write down who was met where; return how many."""
    rows = []
    for ago in range(NIGHTS):
        night = night_of(now) - timedelta(days=ago)
        for person in rng.sample(people, rng.randint(*MET_A_NIGHT)):
            at = _moment(night, rng) if ago else now - timedelta(minutes=rng.randint(5, 90))
            rows.append(
                _told(act, person, rng.choice(spots), rng, at)
                | {"shift_id": None if night_of(at) != night_of(now) else shift}
            )
    db.session.execute(insert(Contact), rows)
    return len(rows)


def _moment(night: date, rng: random.Random) -> datetime:
    first, last = HOURS_INTO_THE_NIGHT
    return night_span(night)[0] + timedelta(minutes=rng.randint(first * 60, last * 60))


def _told(
    act: Act, person: PersonFacts, spot: int, rng: random.Random, at: datetime
) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "kind": rng.choices(KINDS, (70, 10, 20))[0],
        "at": at,
        "night": night_of(at),
        "recorded_at": at,
        "staff_id": act.staff_id,
        "organisation_id": act.organisation_id,
        "spot_id": spot,
        "offered": rng.choice(OFFERED),
        "naloxone": rng.choices((None, "given"), (9, 1))[0],
        "moved_on": rng.choices((False, True), (19, 1))[0],
    }


def _found_out(acts: Mapping[str, Act], people: Sequence[PersonFacts], now: datetime) -> None:
    """Write down assessments, notes, warnings, promises and a concern of the first few."""
    act, at = acts["outreach"], now - timedelta(days=2)
    by = {"by": act.staff_id, "at": at}
    for person in people[:5]:
        _one(Assessment, **by, recorded_at=at, **_known(person))
    for person, (words, role) in zip(people, NOTES, strict=False):
        team = act.organisation_id if role else None
        private = {"team_organisation_id": team, "team_role": role}
        _one(Note, **by, person_id=person.id, words=words, **private)
    until = london(now).date() + timedelta(days=365)
    for person, (kind, detail) in zip(people[1:], _WARNED, strict=False):
        told = {"kind": kind, "detail": detail, "expires_on": until, **_SAID}
        _one(PersonWarning, **by, person_id=person.id, **told)
    for person, (words, days, kept) in zip(people[2:], PROMISED, strict=False):
        due_on = london(now).date() + timedelta(days=days)
        settled = {} if kept is None else {"settled_at": now, "settled_by": act.staff_id}
        told = {"words": words, "due_on": due_on, "kept": kept, **settled}
        who = {"person_id": person.id, "organisation_id": act.organisation_id}
        _one(Promise, **by, **who, **told)
    _concern(act, people[4], at)


_WARNED = (
    ("violence", "Shouted at staff when woken. Speak from a distance first."),
    ("named_person", "A former partner looks for them. Tell nobody where they are."),
)
_SAID = {
    "source": "Outreach, who was there",
    "readers": "outreach;hub;hub_lead;swep_coordinator;treatment;manager",
}


def _known(person: PersonFacts) -> dict[str, Any]:
    """Return what is recorded of somebody already, as an assessment would say it."""
    needs = {
        name: "yes" if name in set(person.needs) else "not_known"
        for name in ("alcohol", "drugs", "mental_health", "physical_health")
    }
    return needs | {
        "person_id": person.id,
        "recourse": person.recourse.value,
        "local_connection": person.local_connection,
        "gender": person.gender.value,
        "support_level": person.support_level.value if person.support_level else None,
        "wants": "A room with a door that locks",
    }


def _concern(act: Act, person: PersonFacts, at: datetime) -> None:
    """Raise a concern about an adult, which was sent."""
    words = "Money is taken from them on the day that it comes."
    sent_at = at + timedelta(hours=1)
    concern = _one(
        Concern,
        person_id=person.id,
        kind="adult",
        step="sent",
        words=words,
        raised_at=at,
        raised_by=act.staff_id,
        sent_at=sent_at,
    )
    for what, moment in (("raised", at), ("sent", sent_at)):
        _one(ConcernEvent, concern_id=concern, what=what, at=moment, by=act.staff_id)


def _counted(act: Act, now: datetime) -> None:
    """Keep the figures of two earlier counts."""
    for name, night, counted in COUNTS:
        made = {"made_at": now, "made_by": act.staff_id}
        _one(StreetCount, name=name, night=night, counted=counted, source=SOURCE, **made)


def _counting(acts: Mapping[str, Act], people: Sequence[PersonFacts], night: date) -> int:
    """Let last night's count be open still; return how many were met at it.

    No hour of it is one that a clock change skips or doubles.
    """
    worker, coordinator = acts["outreach"], acts["swep_coordinator"]
    count = counts.open_count(
        coordinator,
        name=f"{night:%B %Y}",
        night=night,
        starts=COUNTED_FROM,
        ends=COUNTED_TO,
        areas=AREAS,
    )
    areas = [one.id for one in count_queries.areas(count)]
    down = ContactKind.BEDDED_DOWN
    for area, met, words in MET_AT_THE_COUNT:
        counts.sight(worker, count, areas[area], kind=down, met=met, description=words)
    for person, area in zip(people[5:7], areas, strict=False):
        counts.sight(worker, count, area, kind=down, met=COUNTED_FROM, person=person.ref)
    counts.finish(worker, count, areas[0], finished=True)
    return len(MET_AT_THE_COUNT) + 2


def _warned(act: Act, now: datetime) -> None:
    """Put up a drug alert that says of itself that it is made up."""
    title, words, source = ALERT
    today = london(now).date()
    until = today + timedelta(days=ALERT_DAYS)
    alerts.put_up(act, title=title, words=words, source=source, from_on=today, until_on=until)
