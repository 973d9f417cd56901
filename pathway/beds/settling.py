"""What a file of placements says of the present: who left a bed, and who is still in one.

Unlike a stay that is over, these change tonight's board. So they go the way of
any other placement: a lock, the row, an event and a line of the trail each.
History is not judged, so nobody is asked whether they fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pathway.acts import Act
from pathway.beds import extra, queries
from pathway.beds.claims import LOOKS
from pathway.beds.journal import mark_lapsed, move, note
from pathway.beds.leaving import let_the_planned_stand
from pathway.beds.models import Placement
from pathway.beds.rules import Happened, PlacementStatus
from pathway.beds.upkeep import begin_turnaround
from pathway.csvfile import FileFault
from pathway.db import insert_or_skip
from pathway.people import marks
from pathway.people.rules import DIED

Key = tuple[int, int, datetime]
"""Who, where and since when: what makes two rows the same."""


@dataclass(frozen=True, slots=True, order=True)
class Stay:
    """The rest of a row, and its number in the file."""

    number: int
    departed_at: datetime | None
    reason: str | None
    destination: str | None


def depart(act: Act, departures: Mapping[int, Stay]) -> int:
    """Write down that these have left, where they are still in; return how many had not."""
    done = 0
    for ident, stay in sorted(departures.items()):
        seen = queries.placement(ident)
        if seen is None or seen.bed_id is None:
            continue
        queries.lock_bed(seen.bed_id)
        placement = queries.placement(ident, lock=True)
        if placement is None or placement.status is not PlacementStatus.IN:
            continue
        left = {
            "status": PlacementStatus.DEPARTED.value,
            "departed_at": stay.departed_at,
            "departure_reason": stay.reason,
            "destination": stay.destination,
        }
        gone = move(act, placement, Happened.DEPARTED, left, at=stay.departed_at)
        begin_turnaround(act, gone)
        let_the_planned_stand(gone.person.id)
        done += 1
    return done


def let_in(act: Act, stays: Mapping[Key, Stay]) -> int:
    """Give whoever is still there a free bed, or one over capacity; return how many got one.

    Raises:
        FileFault: somebody has another bed already.
    """
    faults = []
    done = 0
    for key, stay in sorted(stays.items(), key=lambda row: row[1].number):
        if marks.since(key[0]).died_on is not None:
            faults.append(f"Row {stay.number}, person: {DIED}")
            continue
        standing = queries.live_placement_of(key[0])
        if standing and standing.status_at(act.at) is not PlacementStatus.EXPIRED:
            if (standing.site.id, standing.checked_in_at) != key[1:]:
                faults.append(f"Row {stay.number}, person: {_placed(standing.person.ref)}.")
            continue
        if not _claim(act, key):
            faults.append(f"Row {stay.number}, person: {_placed('This person')}.")
        done += 1
    if faults:
        raise FileFault(faults)
    return done


def _placed(who: str) -> str:
    return f"{who} has another bed already; check them out first, or say when this stay ended"


def _claim(act: Act, key: Key) -> bool:
    """Put somebody into a bed; return whether that could be."""
    person_id, site_id, at = key
    for _ in range(LOOKS):
        bed = queries.claimable(site_id, None, act.at, skip=True)
        standing = queries.live_placement_of(person_id)
        bed = bed or extra.add(site_id)
        mark_lapsed(act, [bed.lapsed_id, standing.id if standing else None])
        row = {
            "person_id": person_id,
            "site_id": site_id,
            "bed_id": bed.id,
            "status": PlacementStatus.IN.value,
            "planned": False,
            "made_by": act.staff_id,
            "made_at": at,
            "checked_in_at": at,
        }
        ident = insert_or_skip(Placement, row)
        placement = queries.placement(ident) if ident else None
        if placement:
            note(act, placement, Happened.WALKED_IN, at=at)
            return True
    return False
