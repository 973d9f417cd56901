"""What a closed record's openings follow: the placement that a person has just now."""

from pathway.acts import Act
from pathway.beds.rules import LIVE, PlacementFacts, PlacementStatus
from pathway.people import closing
from pathway.people.closing import CARE


def keep_open(act: Act, placement: PlacementFacts) -> None:
    """Let the site of a closed person's placement open their record while it lasts.

    Until they arrive whoever made the placement may open it, too: it is they
    who walk the person there.
    """
    person_id = placement.person.id
    closing.end_care(act, person_id)
    if placement.status_at(act.at) not in LIVE:
        return
    until = placement.expires_at if placement.status is PlacementStatus.HELD else None
    closing.let_open(act, person_id, CARE, site_id=placement.site.id, until=until)
    if placement.status is not PlacementStatus.IN and placement.made_by is not None:
        closing.let_open(act, person_id, CARE, staff_id=placement.made_by, until=until)
