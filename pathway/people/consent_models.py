"""Tables of what people agreed to share, and of the words that they were read."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pathway.db import Base
from pathway.people.models import Person
from pathway.people.rules import LONGEST_WORDING
from pathway.staff.models import Staff


class ConsentWording(Base):
    """The words that somebody was read before they agreed, of one kind from a day on."""

    __tablename__ = "consent_wording"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    words: Mapped[str] = mapped_column(String(LONGEST_WORDING))
    from_on: Mapped[date]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class PersonConsent(Base):
    """That somebody agreed, or did not, to one kind of sharing; kept for good, newest counts.

    A withdrawal is written beside it and takes effect at once.
    """

    __tablename__ = "person_consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    wording_id: Mapped[int] = mapped_column(ForeignKey(ConsentWording.id))
    kind: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
