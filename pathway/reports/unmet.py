"""How many people there was no bed for: the counting, in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from pathway.beds.needed import NEEDS, named
from pathway.reports.rules import Period, Ratio

WITHIN = timedelta(hours=2)
"""How soon a bed has to appear for it to count as met. Source: CONTRACT.md."""

PEOPLE, MET, NOT_MET, PENDING = "people", "met_within_2h", "not_met", "pending"

OUTCOMES: Mapping[str, str] = {
    PEOPLE: "Turned away",
    MET: "A bed within two hours",
    NOT_MET: "No bed within two hours",
    PENDING: "Not known yet",
}
"""The numbers of a night and their words."""

NUMBERS: Mapping[str, str] = {**OUTCOMES, **NEEDS}
"""All the numbers that open into people."""

DEFINITION = (
    "Somebody is turned away when a bed is asked for, none that is free is for them, and whoever "
    "asks can hold no other; or when staff say so. Each person counts once for a night, at the "
    "first time; two records that became one are one person. Not counted by themselves: somebody "
    "who is or may be under 18, has died, has a bed, or is told “Not suitable tonight”, nor a "
    "caller of whom nothing was recorded. What was needed is what was known then. A bed within two "
    "hours: after the asking and up to two hours later a bed for them was free at a site that took "
    "people in then, or they were given one themselves. Sites and beds are judged by what is "
    "recorded of them today. Beds whose number the reader may not see are left out, free or "
    "given; where somebody was placed at a confidential site counts for its own staff only. Who "
    "was turned away less than two hours before is not known yet and counts neither way. As of a "
    "day means by what had happened by its noon."
)

SOURCE = "Pathway’s own records of refusals, of what staff said, of beds and of placements."


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody turned away: when, for which night, and what they needed."""

    person_id: int
    night: date
    at: datetime
    needed: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody turned away on a night, and what came of it."""

    away: Away
    outcome: str

    @property
    def names(self) -> set[str]:
        """Return the numbers that count them."""
        return {PEOPLE, self.outcome, *named(self.away.needed)}


@dataclass(frozen=True)
class Unmet:
    """The turn-aways of a period, each person once for a night."""

    period: Period
    told: Sequence[Told]

    @cached_property
    def by_night(self) -> Mapping[date, Counter[str]]:
        """How many people each number counts, by night, those nights too when nobody was."""
        found: dict[date, Counter[str]] = {night: Counter() for night in self.period.nights}
        for one in self.told:
            found.setdefault(one.away.night, Counter()).update(one.names)
        return found

    @cached_property
    def _totals(self) -> Counter[str]:
        return sum(self.by_night.values(), Counter[str]())

    def times(self, name: str) -> int:
        """Return how often a number counts somebody: a person once for each night."""
        return self._totals[name]

    @property
    def met(self) -> Ratio:
        """The share of those of whom it is known that had a bed within two hours."""
        return Ratio(self.times(MET), self.times(MET) + self.times(NOT_MET))

    @property
    def needs(self) -> dict[str, int]:
        """How often each thing was needed, the most first."""
        counted = {name: self.times(name) for name in NEEDS}
        ordered = sorted(counted.items(), key=lambda one: -one[1])
        return {name: times for name, times in ordered if times}

    def of(self, name: str, night: date | None = None) -> list[int]:
        """Return the ids of the people behind a number, of one night or of all, in order."""
        nights = (one for one in self.told if night in {None, one.away.night})
        return sorted({one.away.person_id for one in nights if name in one.names})


def first_of_night(rows: Iterable[Away]) -> list[Away]:
    """Return the first time that each person was turned away on each night."""
    found: dict[tuple[int, date], Away] = {}
    for one in sorted(rows, key=lambda row: row.at):
        found.setdefault((one.person_id, one.night), one)
    return list(found.values())


def outcome(away: Away, judged: datetime, had: Callable[[Away], bool]) -> str:
    """Return what came of a turn-away by a moment; ``had`` says whether there was a bed."""
    if away.at + WITHIN > judged:
        return PENDING
    return MET if had(away) else NOT_MET
