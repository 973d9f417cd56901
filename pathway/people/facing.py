"""What fit is judged by beside a person's own facts: their word, and the warnings that stand.

It is read with a person where a bed is claimed, and shown nowhere.
"""

from dataclasses import replace
from datetime import date

from sqlalchemy import Date, String, and_, bindparam, cast, func, or_, select

from pathway.acts import Act
from pathway.db import AnyRow, run
from pathway.nights import london
from pathway.people.models import Person, PersonNotHere, PersonWarning, WarningSite
from pathway.people.rules import PersonFacts, WarningKind

STANDS = and_(
    PersonWarning.ended_at.is_(None),
    or_(
        PersonWarning.expires_on.is_(None),
        PersonWarning.expires_on >= bindparam("warned_on", type_=Date()),
    ),
)
"""The condition that a warning stands on a day; :func:`today` says which."""

_NOT_HERE = (
    select(func.aggregate_strings(cast(PersonNotHere.site_id, String), ","))
    .where(PersonNotHere.person_id == Person.id)
    .scalar_subquery()
)
_WARNED_OF = (
    select(func.aggregate_strings(PersonWarning.kind, ","))
    .where(PersonWarning.person_id == Person.id, STANDS)
    .scalar_subquery()
)
_KEPT_FROM = (
    select(func.aggregate_strings(cast(WarningSite.site_id, String), ","))
    .join(PersonWarning, PersonWarning.id == WarningSite.warning_id)
    .where(PersonWarning.person_id == Person.id, STANDS)
    .scalar_subquery()
)
JUDGED_BY = (_NOT_HERE, _WARNED_OF, _KEPT_FROM)
"""What stands last in a row that :func:`facing` reads."""

_BY_ID = select(*JUDGED_BY).where(Person.id == bindparam("of"))


def judged(act: Act, person: PersonFacts) -> PersonFacts:
    """Return the same person with what fit is judged by.

    For who was read with a placement: somebody whose record is closed to
    whoever acts is judged like anybody else.
    """
    return facing(person, run(_BY_ID, of=person.id, **today(act)).one())


def facing(person: PersonFacts, row: AnyRow) -> PersonFacts:
    """Return a person with what a row says that ends with ``JUDGED_BY``."""
    not_here, warned_of, kept_from = ((told or "").split(",") for told in row[-3:])
    return replace(
        person,
        not_here=frozenset(int(site) for site in not_here if site),
        warned_of=frozenset(WarningKind(kind) for kind in warned_of if kind),
        kept_from=frozenset(int(site) for site in kept_from if site),
    )


def today(act: Act) -> dict[str, date]:
    """Return the London day by which warnings are judged: the last one counts to its end."""
    return {"warned_on": london(act.at).date()}
