"""Which contacts are seen by whom: a rule that depends on where somebody was met.

What was met on the street is seen by whoever may see contacts. What staff of a
site recorded there tells that somebody stays there, so it is seen by whoever
may see the placements of that site, and by nobody else. A closed record keeps
its contacts closed. Source: DOMAIN.md section 8.
"""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from pathway.acts import Act
from pathway.outreach.models import Contact
from pathway.outreach.rules import ContactFacts
from pathway.people.models import Person
from pathway.people.sight import open_to
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.staff.doing import Doing
from pathway.staff.rules import Scope, may, scope


def visible(act: Act) -> ColumnElement[bool]:
    """Return the condition that whoever acts may see a contact; for any query of contacts."""
    if not may(act.roles, Doing.SEE_CONTACTS):
        return false()
    return and_(at_a_place_seen(act), _of_somebody_open(act))


def at_a_place_seen(act: Act) -> ColumnElement[bool]:
    """Return the condition that a contact was on the street, or at a site that is seen."""
    reach = scope(act, Doing.SEE_PLACEMENTS)
    if reach.everywhere:
        return true()
    return or_(Contact.site_id.is_(None), Contact.site_id.in_(_sites_seen(reach)), _own(reach))


def _sites_seen(reach: Scope) -> ColumnElement[bool]:
    seen: list[ColumnElement[bool]] = [Site.id.in_(reach.site_ids)]
    if reach.venues:
        seen.append(Site.venue.is_(true()))
    if reach.open_sites:
        seen.append(~Site.confidential)
    return select(Site.id).where(or_(*seen))  # type: ignore[return-value]


def _own(reach: Scope) -> ColumnElement[bool]:
    """Return what one recorded oneself, which stays in sight but at a confidential site."""
    if reach.own_of is None:
        return false()
    plain = Contact.site_id.in_(select(Site.id).where(~Site.confidential))
    return and_(Contact.staff_id == reach.own_of, plain)


def _of_somebody_open(act: Act) -> ColumnElement[bool]:
    theirs = exists().where(Person.id == Contact.person_id, open_to(act))
    return theirs.correlate(Contact)


def may_see(act: Act, contact: ContactFacts) -> bool:
    """Return whether whoever acts may see a contact of somebody whose record is open to them."""
    if not may(act.roles, Doing.SEE_CONTACTS):
        return False
    if contact.site_id is None:
        return True
    reach = scope(act, Doing.SEE_PLACEMENTS)
    site = next((one for one in sites.sites() if one.id == contact.site_id), None)
    if site is None:
        return False
    return reach.covers(site, None if site.confidential else contact.staff_id)
