"""What one team tells the next: pure, from contacts, placements and promises to a page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pathway.outreach.rules import ContactFacts, Offer
from pathway.outreach.shift_rules import PromiseFacts

EXPECTED_NIGHTS = 14
"""For how many nights somebody is expected where they were last bedded down (ours)."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """That somebody was met bedded down on an earlier night, and at which spot if at one."""

    person_id: int
    ref: str
    name: str
    night: date
    at: datetime
    spot_id: int | None
    spot: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A live placement that the reader may see; ``where`` is None at a confidential site."""

    person_id: int
    ref: str
    name: str
    where: str | None


@dataclass(frozen=True, slots=True)
class Handover:
    """What the page of a handover shows."""

    seen: tuple[ContactFacts, ...]
    missing: tuple[Sighting, ...]
    waiting: tuple[ContactFacts, ...]
    placed: tuple[Placed, ...]
    promises: tuple[PromiseFacts, ...]

    @property
    def refs(self) -> list[str]:
        """Return whom the page tells of."""
        met = [one.person_ref for one in self.seen]
        promised = [one.person_ref for one in self.promises]
        missing, placed = ([one.ref for one in group] for group in (self.missing, self.placed))
        return list(dict.fromkeys([*met, *missing, *placed, *promised]))


def handover(
    contacts: Sequence[ContactFacts],
    sightings: Iterable[Sighting],
    placed: Sequence[Placed],
    promises: Sequence[PromiseFacts],
    *,
    spots: Collection[int],
    tonight: Collection[int],
) -> Handover:
    """Return what a shift tells: everything given is what the reader may see, and no more.

    ``contacts`` are the shift's own; ``tonight`` is everybody who was met by any
    team that night. Somebody waits who was offered a bed on this shift and is
    placed nowhere as far as the reader may know.
    """
    in_beds = {one.person_id for one in placed}
    standing = [one for one in contacts if one.struck_at is None]
    offered = {one.person_id: one for one in standing if Offer.BED in one.offered}
    return Handover(
        seen=tuple(sorted(standing, key=lambda one: (one.at, one.id))),
        missing=expected(sightings, spots=spots, but={*tonight, *in_beds}),
        waiting=tuple(one for ident, one in offered.items() if ident not in in_beds),
        placed=tuple(placed),
        promises=tuple(promises),
    )


def expected(
    sightings: Iterable[Sighting], *, spots: Collection[int], but: Collection[int]
) -> tuple[Sighting, ...]:
    """Return whose last sighting was at one of these spots, but for some people.

    Whoever was last bedded down somewhere else is expected there.
    """
    last = _last_of_each(sightings).values()
    awaited = [one for one in last if one.spot_id in spots and one.person_id not in but]
    return tuple(sorted(awaited, key=lambda one: (one.spot or "", one.name, one.ref)))


def _last_of_each(sightings: Iterable[Sighting]) -> Mapping[int, Sighting]:
    return {one.person_id: one for one in sorted(sightings, key=lambda one: one.at)}
