"""Who wrote something about a person, as far as whoever reads may know.

Hubs write of their residents only: the name of somebody who works at a
confidential site would tell who lives there. So staff of sites are named to
those who are named for one of the same sites, and are “hub staff” to others,
whichever the site is: a name left out at one of them alone would tell as much.
"""

from typing import Any

from sqlalchemy import case, exists, or_

from pathway.acts import Act
from pathway.staff.models import Staff, StaffSite

HUB_STAFF = "Hub staff"

_NOWHERE = 0


def name_for(act: Act) -> Any:
    """Return the column of a query that has ``Staff``, outer joined, with the writer's name."""
    of_a_site = exists().where(StaffSite.staff_id == Staff.id)
    beside = of_a_site.where(StaffSite.site_id.in_(sorted(act.site_ids) or [_NOWHERE]))
    known = or_(~of_a_site, beside, Staff.id == act.staff_id)
    return case((known, Staff.name), else_=HUB_STAFF)
