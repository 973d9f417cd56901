"""Who leads: those who are told of what somebody has to look after."""

from sqlalchemy import and_, or_, select

from pathway.db import db
from pathway.staff.doing import Role
from pathway.staff.models import Staff, StaffRole, StaffSite

BOROUGH = (Role.MANAGER.value, Role.SWEP_COORDINATOR.value)
"""The roles that lead everywhere."""


def leads(*site_ids: int) -> list[int]:
    """Return managers, coordinators and the leads of these sites; with none, of every site."""
    here = select(StaffSite.staff_id).where(StaffSite.site_id.in_(site_ids))
    of_site = StaffRole.role == Role.HUB_LEAD.value
    if site_ids:
        of_site = and_(of_site, StaffRole.staff_id.in_(here))
    return _standing(or_(StaffRole.role.in_(BOROUGH), of_site))


def borough_leads() -> list[int]:
    """Return managers and coordinators."""
    return _standing(StaffRole.role.in_(BOROUGH))


def _standing(holding: object) -> list[int]:
    roles = select(StaffRole.staff_id).where(holding)  # type: ignore[arg-type]
    query = select(Staff.id).where(Staff.left_at.is_(None), Staff.id.in_(roles))
    return list(db.session.scalars(query.order_by(Staff.id)))
