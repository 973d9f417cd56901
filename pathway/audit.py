"""The audit trail: who saw, changed or was refused what, and when.

A change is recorded in the transaction that makes it, so that neither stands
without the other. A view is recorded when it is shown, a denial in a
transaction of its own. No foreign key leads out of the trail: it stays as it
was written when records are merged or erased.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, insert, literal_column, select, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.acts import Act
from pathway.db import Base, db, run


class AuditEntry(Base):
    """One line of the trail; ``id`` gives the order."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(
            "ix_audit_entry_denied",
            "at",
            sqlite_where=text("what = 'denied'"),
            postgresql_where=text("what = 'denied'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(100))
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


DENIED = "denied"
"""What a line says when somebody was kept from something."""

_ADD = insert(AuditEntry.__table__).inline()  # type: ignore[arg-type]


def record(act: Act, what: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Write one line in the transaction at hand.

    ``subject`` is a kind and a reference, such as ``person:P-7K3M``; no name
    and no free text belongs into ``detail``.
    """
    run(
        _ADD,
        at=act.at,
        staff_id=act.staff_id,
        what=what,
        subject=subject[:100],
        detail=dict(detail) if detail else None,
    )


def denials(since: datetime) -> list[tuple[int, datetime, dict[str, Any]]]:
    """Return who was kept from something since a moment: staff id, when, and from what."""
    rows = db.session.execute(
        select(AuditEntry.staff_id, AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.what == literal_column(f"'{DENIED}'"), AuditEntry.at >= since)
        .where(AuditEntry.staff_id.is_not(None))
        .order_by(AuditEntry.id)
    )
    return [(row.staff_id, row.at, row.detail or {}) for row in rows]
