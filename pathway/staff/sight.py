"""Which members of staff are not named to whom.

Whoever works at a site writes of those who stay there, so that a name under an
assessment would tell where somebody is. The rule is the same for every site:
were it only for confidential ones, an entry without a name would say so.
Source: DOMAIN.md section 8, and docs/decisions/0019.
"""

from functools import cache

from sqlalchemy import Executable, Integer, bindparam, select

from pathway.acts import Act
from pathway.db import run
from pathway.staff.models import StaffRole, StaffSite
from pathway.staff.rules import Role

_NOWHERE = 0


def unnamed_to(act: Act) -> frozenset[int]:
    """Return who is not named to whoever acts under what they wrote of a person.

    That is staff who are named for sites, to all but their colleagues there, and
    treatment staff to all but those in treatment; nobody is kept from themselves.
    """
    reads = Role.TREATMENT in act.roles
    sites = sorted(act.site_ids) or [_NOWHERE]
    found = run(_unnamed(reads), sites=sites)
    return frozenset(row[0] for row in found) - {act.staff_id or 0}


@cache
def _unnamed(reads_treatment: bool) -> Executable:
    here = bindparam("sites", expanding=True, type_=Integer())
    colleagues = select(StaffSite.staff_id).where(StaffSite.site_id.in_(here))
    named = select(StaffSite.staff_id).where(StaffSite.staff_id.not_in(colleagues))
    if reads_treatment:
        return named.distinct()
    treats = select(StaffRole.staff_id).where(StaffRole.role == Role.TREATMENT)
    return named.union(treats)
