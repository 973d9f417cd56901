"""How many people slept rough in a period, and who they are: the counting, in plain Python."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pathway.outreach.classify import Group
from pathway.reports.continents import CONTINENTS, continent
from pathway.reports.rules import Ratio
from pathway.sites.rules import Gender

NOT_KNOWN = "not_known"

EVERYBODY, HIDDEN, UNNAMED = "people", "hidden", "unnamed"

GROUPS: Mapping[str, str] = {
    EVERYBODY: "Everybody seen bedded down",
    **{one.value: one.words for one in Group},
    HIDDEN: "Hidden: met, and not seen bedded down",
    UNNAMED: "Known by a description only",
}
"""The numbers that open into people, and their words."""

BREAKDOWNS = ("gender", "nationality", "continent")
"""What those who were seen bedded down are divided by as well."""

GENDERS: Mapping[str, str] = {
    "man": "Men",
    "woman": "Women",
    "other": "Other",
    NOT_KNOWN: "Not known",
}

DEFINITION = (
    "People whom outreach saw bedded down on a night of the period; contacts struck as errors "
    "count nowhere. A night runs from noon to noon, so two in the morning on 1 April belongs to "
    "31 March. A year is the nights of 1 April to 31 March. Everybody is in exactly one group, by "
    "the year of their first sighting in the period. New (flow): never seen bedded down before "
    "that year began. Seen last year as well (stock): seen bedded down in the year before. Back "
    "after a gap (returner): seen before, but not in the year before. People known by a "
    "description only are counted among them, and told apart as a number: two descriptions may be "
    "one person. Hidden is a measure of its own and never added: people whom somebody met who "
    "spent the night on buses, in a hospital’s waiting room, walking or hidden otherwise, and who "
    "were not seen bedded down in the period. As of a day means by the nights that were over at "
    "its noon."
)

OWN_TEAM = (
    "Counted are those whom your own organisation’s staff met on the street. The group they are "
    "in is judged by everybody’s records."
)

SOURCE = (
    "Pathway’s own records of contacts. The groups are those of CHAIN and of the Annual Report of "
    "the Cabinet Member for Safer Communities, 7 October 2024; continents are the regions of the "
    "United Nations’ M49."
)


@dataclass(frozen=True, slots=True)
class Sleeper:
    """Somebody who was seen bedded down in a period, and what they are divided by."""

    person_id: int
    group: Group
    gender: Gender
    nationality: str | None
    unnamed: bool

    @property
    def facets(self) -> dict[str, str]:
        """Return what they are, by the name of what people are divided by."""
        return {
            "gender": self.gender.value,
            "nationality": self.nationality or NOT_KNOWN,
            "continent": continent(self.nationality),
        }


@dataclass(frozen=True)
class Sleeping:
    """Who slept rough in a period; ``hidden`` are the ids of those told apart."""

    sleepers: tuple[Sleeper, ...]
    hidden: frozenset[int]

    @cached_property
    def groups(self) -> Mapping[Group, int]:
        """How many people are in each group."""
        counted = Counter(one.group for one in self.sleepers)
        return {one: counted[one] for one in Group}

    @property
    def people(self) -> int:
        """How many people there are in all."""
        return len(self.sleepers)

    @cached_property
    def unnamed(self) -> int:
        """How many of them are known by a description only."""
        return sum(one.unnamed for one in self.sleepers)

    def by(self, facet: str) -> dict[str, int]:
        """Return how many people there are of each kind: known orders, else the most first."""
        counted = Counter(one.facets[facet] for one in self.sleepers)
        known = {"gender": tuple(Gender), "continent": CONTINENTS}.get(facet)
        names = known or sorted(counted, key=lambda name: (name == NOT_KNOWN, -counted[name], name))
        return {str(name): counted[name] for name in names} | {NOT_KNOWN: counted[NOT_KNOWN]}

    @property
    def shares(self) -> dict[str, Ratio]:
        """Return each group's share of everybody."""
        return {one.value: Ratio(count, self.people) for one, count in self.groups.items()}

    @property
    def continent_shares(self) -> dict[str, Ratio]:
        """Return each continent's share of those whose nationality is known."""
        counted = self.by("continent")
        known = self.people - counted.pop(NOT_KNOWN)
        return {name: Ratio(count, known) for name, count in counted.items()}

    def of(self, name: str, facets: Mapping[str, str]) -> list[int]:
        """Return the ids of the people behind a number, in order."""
        if name == HIDDEN:
            return sorted(self.hidden)
        return sorted(
            one.person_id
            for one in self.sleepers
            if (name in {EVERYBODY, one.group} or (name == UNNAMED and one.unnamed))
            and facets.items() <= one.facets.items()
        )
