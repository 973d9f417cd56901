"""Which contacts are seen by whom: a contact at a site only by those who see its placements."""

from sqlalchemy import ColumnElement, false, or_, select, true

from pathway.acts import Act
from pathway.outreach.models import Contact
from pathway.sites.models import Site
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def visible(act: Act) -> ColumnElement[bool]:
    """Return the condition that whoever acts may see a contact."""
    reach = scope(act, Doing.SEE_PLACEMENTS)
    seen = select(Site.id).where(
        or_(
            Site.id.in_(sorted(reach.site_ids)),
            Site.venue.is_(True) if reach.venues else false(),
            Site.confidential.is_(False) if reach.open_sites else false(),
        )
    )
    everywhere = true() if reach.everywhere else false()
    return or_(everywhere, Contact.site_id.is_(None), Contact.site_id.in_(seen))
