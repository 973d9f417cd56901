"""Pure rules of a street count: whom it counts, who may have been met twice, when it is done."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations, pairwise

from pathway.nights import NOON, from_london
from pathway.outreach.rules import COUNTED_ON_THE_STREET, ContactKind
from pathway.people.rules import fold
from pathway.sites.rules import Gender

LONGEST_NAME = 100
"""The most characters of the name of a count or of an area (ours)."""

LONGEST_WALKERS = 200
"""The most characters of who walks an area (ours)."""

Area = tuple[str, str | None]
"""The name of an area, and the team that walks it."""

LONGEST_SOURCE = 200
"""The most characters of where an earlier figure stands (ours)."""

LONGEST_WHY = 200
"""The most characters of why a count is signed or opened again (ours)."""

MOST_AREAS = 50
"""The most areas of one count (ours)."""

MOST_COUNTED = 100_000
"""The largest figure of an earlier count that is no slip of the finger (ours)."""

LIKELY = 3
"""From so many points on two people are shown as perhaps the same (ours)."""

NEAR_METRES = 250
"""How close together two locations are one place (ours): they are rounded to about 100 metres."""

CLOSE_IN_TIME = timedelta(minutes=60)
"""How far apart in time a person may be met by two teams on one round (ours)."""

_TELL_NOTHING = frozenset(
    {"a", "an", "and", "by", "in", "near", "of", "on", "the", "with", "about", "unknown"}
    | {"man", "woman", "male", "female", "person", "asleep", "sleeping"}
)
"""Words that stand in most descriptions, so that sharing them says nothing."""

_EARTH_METRES = 6_371_000


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """One area of a count; ``finished_at`` is when its team said that they were through."""

    id: int
    name: str
    team: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountFacts:
    """One street count, or the figure of an earlier one, which has no times."""

    id: int
    night: date
    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    signed_at: datetime | None = None
    signed_by: str | None = None
    signed_why: str | None = None
    counted: int | None = None
    source: str | None = None
    reopened_at: datetime | None = None
    reopened_why: str | None = None

    @property
    def earlier(self) -> bool:
        """Return whether only its figure is known."""
        return self.starts_at is None

    def covers(self, at: datetime) -> bool:
        """Return whether a moment is inside the window: its first instant is, its last is not."""
        return bool(self.starts_at and self.ends_at and self.starts_at <= at < self.ends_at)

    def counts(self, kind: ContactKind, at: datetime) -> bool:
        """Return whether a contact of this kind and time counts."""
        return kind in COUNTED_ON_THE_STREET and self.covers(at)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody met at a count. ``description`` is that of a person without a name."""

    id: int
    person_id: int
    kind: ContactKind
    at: datetime
    area_id: int
    staff_id: int | None = None
    place: str | None = None
    spot_id: int | None = None
    lat: float | None = None
    lon: float | None = None
    unnamed: bool = False
    description: str | None = None
    gender: Gender = Gender.NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Double:
    """Two people of a count who may be one, how much speaks for it, and what."""

    people: tuple[int, int]
    score: int
    reasons: tuple[str, ...]


def counted(count: CountFacts, sightings: Iterable[Sighting]) -> set[int]:
    """Return whom a count counts: each person once, however often they were met."""
    return {one.person_id for one in sightings if count.counts(one.kind, one.at)}


def per_area(count: CountFacts, sightings: Iterable[Sighting]) -> Mapping[int, int]:
    """Return how many people each area counts, by id; whoever was met in two is in both."""
    pairs = {(one.area_id, one.person_id) for one in sightings if count.counts(one.kind, one.at)}
    return Counter(area for area, _ in pairs)


def doubles(
    count: CountFacts, sightings: Iterable[Sighting], apart: Collection[frozenset[int]]
) -> list[Double]:
    """Return the pairs that may be one person, most alike first; nobody is merged by it.

    One of a pair has no name: two known people are told apart by their records.
    ``apart`` are the pairs of which somebody has said that they are not the same.
    """
    theirs: dict[int, list[Sighting]] = {}
    for one in sightings:
        if count.counts(one.kind, one.at):
            theirs.setdefault(one.person_id, []).append(one)
    found = [
        Double(pair, *_most_alike(theirs[pair[0]], theirs[pair[1]]))
        for pair in combinations(sorted(theirs), 2)
        if frozenset(pair) not in apart
    ]
    likely = [one for one in found if one.score >= LIKELY]
    return sorted(likely, key=lambda one: (-one.score, one.people))


def _most_alike(one: Sequence[Sighting], other: Sequence[Sighting]) -> tuple[int, tuple[str, ...]]:
    return max(likeness(mine, theirs) for mine in one for theirs in other)


def likeness(one: Sighting, other: Sighting) -> tuple[int, tuple[str, ...]]:
    """Return how many points speak for one person, and why.

    Two words of the descriptions shared are two points, one word is one; the same
    place is two, close in time one. Somebody described and somebody known are only
    compared where two workers met them: one would have seen that it was the same.
    """
    if not (one.unnamed or other.unnamed) or _contradict(one.gender, other.gender):
        return 0, ()
    both = one.unnamed and other.unnamed
    if not both and one.staff_id == other.staff_id:
        return 0, ()
    points = [_described(one, other), _placed(one, other), _timed(one, other)]
    if both and not points[0][0]:
        return 0, ()
    return sum(score for score, _ in points), tuple(reason for score, reason in points if score)


def _described(one: Sighting, other: Sighting) -> tuple[int, str]:
    shared = sorted(telling_words(one.description) & telling_words(other.description))
    return min(len(shared), 2), f"both described with “{', '.join(shared)}”"


def _placed(one: Sighting, other: Sighting) -> tuple[int, str]:
    if one.spot_id and one.spot_id == other.spot_id:
        return 2, "at the same spot"
    if one.place and other.place and fold(one.place) == fold(other.place):
        return 2, "at the same place"
    metres = _metres(one, other)
    near = metres is not None and metres <= NEAR_METRES
    return (2, f"within {NEAR_METRES} metres") if near else (0, "")


def _timed(one: Sighting, other: Sighting) -> tuple[int, str]:
    apart = abs(one.at - other.at)
    minutes = int(apart.total_seconds()) // 60
    return int(apart <= CLOSE_IN_TIME), f"{minutes} minutes apart"


def _contradict(one: Gender, other: Gender) -> bool:
    return one is not other and Gender.NOT_KNOWN not in {one, other}


def telling_words(description: str | None) -> frozenset[str]:
    """Return the words of a description that tell somebody from others.

    >>> sorted(telling_words("Unknown man, red sleeping bag"))
    ['bag', 'red']
    """
    return frozenset(fold(description).split()) - _TELL_NOTHING if description else frozenset()


def _metres(one: Sighting, other: Sighting) -> float | None:
    """Return how far apart two locations are, as over a plane: a count is one borough."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    north = math.radians(other.lat - one.lat)
    east = math.radians(other.lon - one.lon) * math.cos(math.radians(one.lat))
    return _EARTH_METRES * math.hypot(north, east)


def why_not_sign(unfinished: Sequence[str], undecided: int) -> str | None:
    """Return why a count is not to be signed off without a reason, or None."""
    waits = []
    if unfinished:
        waits.append(f"These areas are not finished: {', '.join(unfinished)}.")
    if undecided:
        pairs = "1 pair" if undecided == 1 else f"{undecided} pairs"
        waits.append(f"{pairs} may be the same person and nobody has decided.")
    if not waits:
        return None
    return " ".join([*waits, "Do this first, or write why the figure stands without it."])


def typed_areas(lines: str) -> list[Area]:
    """Return the areas that are typed one on each line.

    >>> typed_areas("Euston: Ann and Ben")
    [('Euston', 'Ann and Ben')]
    """
    parts = [line.partition(":") for line in lines.splitlines()]
    return [(name.strip(), team.strip() or None) for name, _, team in parts if name.strip()]


def bad_areas(areas: Sequence[Area]) -> str | None:
    """Return why a count cannot have these areas, or None."""
    names = [name.casefold() for name, _ in areas]
    if not names:
        return "Write at least one area."
    if len(names) > MOST_AREAS:
        return f"There are more than {MOST_AREAS} areas. Join some."
    if len(set(names)) < len(names):
        return "Two areas have the same name. Tell them apart."
    if any(len(name) > LONGEST_NAME or len(team or "") > LONGEST_WALKERS for name, team in areas):
        return f"Write at most {LONGEST_NAME} characters for a name, {LONGEST_WALKERS} for a team."
    return None


def window(night: date, start: time, end: time) -> tuple[datetime, datetime]:
    """Return the instants of a window within a night; a time before noon is the morning after.

    Raises:
        ValueError: a London time that is not one instant.
    """
    starts_at, ends_at = (in_night(night, one) for one in (start, end))
    if starts_at >= ends_at:
        msg = "The end is not after the start. A night runs from noon to noon."
        raise ValueError(msg)
    return starts_at, ends_at


def in_night(night: date, wall: time) -> datetime:
    """Return the instant of a London time within a night.

    Raises:
        ValueError: it is not one instant.
    """
    day = night if wall >= NOON else night + timedelta(days=1)
    return from_london(datetime.combine(day, wall))


def changes(counts: Sequence[CountFacts], figures: Mapping[int, int]) -> dict[int, str]:
    """Return how each count differs from the one before it, in words, by id.

    ``figures`` are how many each counted, by id.
    """
    in_order = sorted(counts, key=lambda one: (one.night, one.id))
    return {
        now.id: _changed(figures[now.id] - figures[before.id], before.name)
        for before, now in pairwise(in_order)
    }


def _changed(more: int, before: str) -> str:
    if not more:
        return f"as many as {before}"
    return f"{abs(more)} {'more' if more > 0 else 'fewer'} than {before}"
