"""What a closed record's openings follow: the placements that a person has just now."""

from pathway.acts import Act
from pathway.beds import queries
from pathway.beds.rules import LIVE, PlacementFacts, PlacementStatus
from pathway.beds.timing import REVIVABLE
from pathway.people import closing
from pathway.people.sight import CARE

EXPECTED = {PlacementStatus.HELD, PlacementStatus.BOOKED}


def keep_open(act: Act, placement: PlacementFacts) -> None:
    """Let the site of a closed person's placement open their record while it lasts.

    Until they arrive whoever made the placement may open it, too: it is they
    who walk the person there. A site that expected somebody may still check
    them in late, and so keeps the record as long as a lapsed hold can revive.
    Somebody who is to move has two: what happens to one leaves the other open.
    """
    person_id = placement.person.id
    closing.end_care(act, person_id)
    others = (queries.live_placement_of(person_id), queries.planned_of(person_id))
    for one in (placement, *others):
        if one is placement or (one is not None and one.id != placement.id):
            _open(act, one)


def _open(act: Act, placement: PlacementFacts) -> None:
    person_id = placement.person.id
    status = placement.status_at(act.at)
    if status not in {*LIVE, PlacementStatus.EXPIRED}:
        return
    lapses = placement.expires_at if placement.status is not PlacementStatus.IN else None
    late = lapses + REVIVABLE if lapses else None
    closing.let_open(act, person_id, CARE, site_id=placement.site.id, until=late)
    if status in EXPECTED and placement.made_by is not None:
        closing.let_open(act, person_id, CARE, staff_id=placement.made_by, until=lapses)
