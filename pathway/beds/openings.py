"""What a closed record's openings follow: the placement that a person has just now."""

from pathway.acts import Act
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
    """
    person_id = placement.person.id
    closing.end_care(act, person_id)
    status = placement.status_at(act.at)
    if status not in {*LIVE, PlacementStatus.EXPIRED}:
        return
    lapses = placement.expires_at if placement.status is not PlacementStatus.IN else None
    late = lapses + REVIVABLE if lapses else None
    closing.let_open(act, person_id, CARE, site_id=placement.site.id, until=late)
    if status in EXPECTED and placement.made_by is not None:
        closing.let_open(act, person_id, CARE, staff_id=placement.made_by, until=lapses)
