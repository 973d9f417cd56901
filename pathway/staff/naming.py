"""Who wrote something about a person, as far as whoever reads may know: one rule for all.

Whoever works at a site writes of those who stay there, so that a name under an
entry would tell where somebody is. Staff of sites are therefore named to those
who are named for one of the same sites, and for every confidential one of
theirs. The rule is the same for every site: were it only for confidential ones,
an entry without a name would say so. Treatment staff are named to treatment
staff. Nobody is kept from themselves.
Source: DOMAIN.md section 8, and docs/decisions/0019.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, exists, false, null, or_, select
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.db import AnySelect, db
from pathway.sites.models import Site
from pathway.staff.doing import Role
from pathway.staff.models import Staff, StaffRole, StaffSite

_NOBODY = 0

_writer = aliased(Staff)
"""Another name for whoever wrote: a query that has ``Staff`` itself keeps the two apart."""


def unnamed(act: Act) -> AnySelect:
    """Return the query of the ids of staff who are not named to whoever acts."""
    sites = sorted(act.site_ids)
    at_a_site = exists().where(StaffSite.staff_id == _writer.id)
    beside = at_a_site.where(StaffSite.site_id.in_(sites))
    closed = at_a_site.where(StaffSite.site_id == Site.id, Site.confidential)
    closed = closed.where(Site.id.not_in(sites))
    hidden = or_(at_a_site & ~beside, closed, _treats(act))
    return select(_writer.id).where(hidden, _writer.id != (act.staff_id or _NOBODY))


def _treats(act: Act) -> ColumnElement[bool]:
    """Return the condition that somebody is of a treatment team and whoever reads is not."""
    if Role.TREATMENT in act.roles:
        return false()
    mine = StaffRole.staff_id == _writer.id
    return exists().where(mine, StaffRole.role == Role.TREATMENT.value)


def unnamed_to(act: Act) -> frozenset[int]:
    """Return the ids of who is not named to whoever acts."""
    return frozenset(db.session.scalars(unnamed(act)))


def name_for(act: Act) -> Any:
    """Return the column of a query that has ``Staff``, outer joined, with the writer's name."""
    return told(act, Staff.name)


def told(act: Act, of_the_writer: Any) -> Any:
    """Return a column that says something of the writer; it is empty where no name is told."""
    return case((Staff.id.in_(unnamed(act)), null()), else_=of_the_writer)
