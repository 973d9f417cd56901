"""The audit trail: who saw, changed or was refused what, and when.

A change is recorded in the transaction that makes it, so that neither stands
without the other. A view is recorded when it is shown, a denial in a
transaction of its own. No foreign key leads out of the trail: it stays as it
was written when records are merged or erased. The database refuses to change
or delete a line, and :mod:`pathway.seals` shows when somebody did so all the
same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from pathway.acts import Act
from pathway.db import Base, db, run

REF = String(40)
"""A person's reference."""

HASH = String(64)
"""A SHA-256 in hex."""


class AuditEntry(Base):
    """One line of the trail; ``id`` gives the order.

    ``person`` is the reference of the one person whom the line is about.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(
            "ix_audit_entry_denied",
            "at",
            sqlite_where=text("what = 'denied'"),
            postgresql_where=text("what = 'denied'"),
        ),
        Index("ix_audit_entry_person", "person", "id"),
        Index("ix_audit_entry_staff_id", "staff_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(100))
    person: Mapped[str | None] = mapped_column(REF)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


DENIED = "denied"
"""What a line says when somebody was kept from something."""


class AuditMention(Base):
    """A person whom a list showed. An index for reading: the line's detail counts."""

    __tablename__ = "audit_mention"
    __table_args__ = (Index("ix_audit_mention_ref", "ref", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ref: Mapped[str] = mapped_column(REF, primary_key=True)


class AuditSeal(Base):
    """The hash over a run of lines and over the seal before it."""

    __tablename__ = "audit_seal"
    __table_args__ = (Index("uq_audit_seal_first_id", "first_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int]
    last_id: Mapped[int]
    entries: Mapped[int]
    previous: Mapped[str] = mapped_column(HASH)
    hash: Mapped[str] = mapped_column(HASH)
    at: Mapped[datetime]


_ADD = insert(AuditEntry.__table__).inline()  # type: ignore[arg-type]
_ADD_LIST = insert(AuditEntry.__table__).returning(AuditEntry.id)  # type: ignore[arg-type]
_MENTION = insert(AuditMention.__table__)  # type: ignore[arg-type]

_PERSON = "person:"


def record(
    act: Act,
    what: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    person: str | None = None,
    people: Iterable[str] = (),
) -> None:
    """Write one line in the transaction at hand.

    ``subject`` is a kind and a reference, such as ``person:P-7K3M``; no name
    and no free text belongs into ``detail``. ``person`` is the reference of
    the one person it is about, which a subject of that kind says already;
    ``people`` are the references that a list showed.
    """
    refs = list(dict.fromkeys(people))
    told = dict(detail or {}) | ({"refs": refs} if refs else {})
    if person is None and subject.startswith(_PERSON):
        person = subject.removeprefix(_PERSON)
    line: dict[str, Any] = {
        "at": act.at,
        "staff_id": act.staff_id,
        "what": what,
        "subject": subject[:100],
        "person": person,
        "detail": told or None,
    }
    if not refs:
        run(_ADD, **line)
        return
    ident = run(_ADD_LIST, **line).scalar_one()
    db.session.connection().execute(_MENTION, [{"entry_id": ident, "ref": ref} for ref in refs])


def began() -> datetime | None:
    """Return when the trail began: with the reference data, so with the installation."""
    return db.session.scalar(select(AuditEntry.at).order_by(AuditEntry.id).limit(1))
