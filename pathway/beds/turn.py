"""Whose turn it is for a bed: what somebody's wait is, the order, and who is passed over for now.

Source: DOMAIN.md section 4 for what an offer is; order and priorities are ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pathway.beds import fit, rules
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.nights import london
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts

PRIORITIES: Mapping[int, str] = {1: "Urgent", 2: "Soon", 3: "Can wait"}
"""The words of each priority (ours); the lowest number comes first."""

USUAL = 2
"""The priority of whoever is put on a list without one (ours)."""

NO_SUCH_PRIORITY = "Choose 1 (urgent), 2 (soon) or 3 (can wait)."

OFFERED, WITHDRAWN, CAME_IN, DIED = "offered", "withdrawn", "came in", "died"
"""Why a wait ended."""


@dataclass(frozen=True, slots=True)
class Wait:
    """That somebody waits for a bed at a site, or did.

    ``by`` is who put them on the list. ``placement_id`` is the hold that was made for them.
    """

    id: int
    person: PersonFacts
    site: SiteFacts
    priority: int
    since: datetime
    by: int | None = None
    placement_id: int | None = None
    offered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str | None = None

    @property
    def words(self) -> str:
        """Return the priority as people say it."""
        return PRIORITIES[self.priority]

    @property
    def status(self) -> str:
        """Return where it stands; of what else ended it nothing is told."""
        if self.ended_at is None:
            return "waiting"
        return self.ended_why if self.ended_why in {OFFERED, WITHDRAWN} else "ended"


def in_turn(waits: Iterable[Wait]) -> list[Wait]:
    """Return the waits of one site in the order in which beds are offered.

    By priority, then by time. Of two waits of one person, as a merge may leave
    them, the earlier counts.
    """
    first: dict[int, Wait] = {}
    for one in sorted(waits, key=lambda one: (one.since, one.id)):
        first.setdefault(one.person.id, one)
    return sorted(first.values(), key=lambda one: (one.priority, one.since, one.id))


def passed_over(wait: Wait, claims: Iterable[PlacementFacts], now: datetime) -> str | None:
    """Return why somebody is offered nothing just now, or None; they keep their place.

    ``claims`` are their live placements. Whoever is in elsewhere is offered a move.
    """
    if not wait.site.takes_in_at(london(now).time()):
        return f"{wait.site.name} takes people in {wait.site.intake_in_words}."
    unfit = fit.stopped(wait.person, london(now).date()) or fit.why_not(wait.site, wait.person)
    if unfit is not None:
        return unfit.sentence
    stands = any(_stands_in_the_way(one, wait.site, now) for one in claims)
    return rules.ALREADY_PLACED if stands else None


def _stands_in_the_way(claim: PlacementFacts, site: SiteFacts, now: datetime) -> bool:
    status = claim.status_at(now)
    if status is PlacementStatus.IN:
        return claim.site.id == site.id
    return status in rules.LIVE
