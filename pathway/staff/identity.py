"""Who a member of staff is to their organisation's own sign-in: found, linked once, never moved."""

from sqlalchemy import select

from pathway import audit
from pathway.acts import Act
from pathway.db import db, engine_name, insert_for
from pathway.sites.models import Organisation
from pathway.staff import queries
from pathway.staff.models import Staff, StaffIdentity
from pathway.staff.provider import Said
from pathway.staff.queries import Credentials


def recognise(act: Act, said: Said, organisation: str) -> Credentials | None:
    """Return which member of staff of an organisation this is; nobody is ever created.

    The first time it is told by an e-mail address that the provider verified;
    from then on by the link alone, whatever the address becomes.
    """
    linked = db.session.scalar(
        select(StaffIdentity.staff_id).where(
            StaffIdentity.issuer == said.issuer, StaffIdentity.subject == said.subject
        )
    )
    address = (said.email or "").strip().casefold()
    if linked is None and (not address or "\x00" in address):
        return None
    staff_id = db.session.scalar(
        select(Staff.id)
        .join(Organisation, Organisation.id == Staff.organisation_id)
        .where(Staff.email == address if linked is None else Staff.id == linked)
        .where(Organisation.code == organisation)
        .where(Staff.left_at.is_(None), Staff.demo.is_(False))
        .with_for_update(of=Staff)
    )
    if staff_id is None or (linked is None and not _link(act, said, staff_id)):
        return None
    return queries.credentials_of(staff_id)


def _link(act: Act, said: Said, staff_id: int) -> bool:
    """Link a member of staff who is linked to nobody at this provider; return whether it was so."""
    taken = select(StaffIdentity.subject).where(
        StaffIdentity.issuer == said.issuer, StaffIdentity.staff_id == staff_id
    )
    if db.session.scalar(taken) is not None:
        return False
    added = insert_for(engine_name(db.session()), StaffIdentity).values(
        issuer=said.issuer, subject=said.subject, staff_id=staff_id
    )
    made = added.on_conflict_do_nothing().returning(StaffIdentity.__table__.c.staff_id)
    if db.session.execute(made).scalar() is None:
        return False
    audit.record(act, "link organisation sign-in", f"staff:{staff_id}")
    return True
