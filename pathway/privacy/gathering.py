"""Reading everything that leads to a person, table by table, as ``KEPT`` says that it leads.

A new table comes by itself: it stands in ``KEPT``, or the build fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, String, Table, or_, select

from pathway.audit import AuditEntry, AuditMention
from pathway.db import AnySelect, Base, db
from pathway.people.models import Person
from pathway.privacy.columns import KEPT
from pathway.privacy.given import Known, is_look
from pathway.privacy.going import TABLES
from pathway.privacy.kinds import Holds
from pathway.sites.models import Organisation
from pathway.staff.models import Staff, StaffRole

__all__ = ["NAMED_BY", "TABLES", "Whom", "known", "looks_at", "named_table", "rows_of", "whom"]

NAMED_BY = {
    "site": "name",
    "organisation": "name",
    "bed": "label",
    "spot": "name",
    "consent_wording": "words",
}
"""By which column a row is told that a person's record leads to."""

_STEMS = {"wording": "consent_wording", "team_organisation": "organisation"}

TRAIL = AuditEntry.__tablename__
"""Told as who looked, and when: see ``looks_at``."""

_PERSON: Table = Person.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Whom:
    """One person: the reference that counts, and all that were merged into it with it."""

    ref: str
    refs: frozenset[str]
    ids: frozenset[int]


def whom(ref: str) -> Whom | None:
    """Return whom a reference leads to now, with every record that became theirs."""
    row = _found(Person.ref == ref)
    while row and row.merged_into_id is not None:
        row = _found(Person.id == row.merged_into_id)
    if row is None:
        return None
    known = {row.id: row.ref}
    newest = {row.id}
    while newest:
        inside = select(Person.id, Person.ref).where(Person.merged_into_id.in_(newest))
        found = {row.id: row.ref for row in db.session.execute(inside)}
        newest = set(found) - set(known)
        known |= found
    return Whom(row.ref, frozenset(known.values()), frozenset(known))


def _found(condition: ColumnElement[bool]) -> Any:
    columns = select(Person.id, Person.ref, Person.merged_into_id)
    return db.session.execute(columns.where(condition)).first()


def rows_of(who: Whom) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of each table that are given about somebody, oldest first."""
    return {
        name: [dict(row) for row in db.session.execute(_rows(name, who)).mappings()]
        for name, kept in KEPT.items()
        if kept.leads and any(kept.of(Holds.THEIRS, Holds.WORDS)) and name != TRAIL
    }


def _rows(name: str, who: Whom) -> AnySelect:
    table = Base.metadata.tables[name]
    return select(table).where(_leading(table, who)).order_by(*table.primary_key.columns)


def _leading(table: Table, who: Whom) -> ColumnElement[bool]:
    """Return the condition that a row leads to somebody by a column that is not another's."""
    if table is _PERSON:
        return table.c.id.in_(who.ids)
    kept = KEPT[table.name]
    ways = [name for name in kept.leads if kept.columns[name] is not Holds.OTHERS]
    return or_(*(_leads(table.c[name], who) for name in ways))


def _leads(column: Column[Any], who: Whom) -> ColumnElement[bool]:
    """Return the condition that one column leads to somebody, however far."""
    further = {key.column.table for key in column.foreign_keys} - {_PERSON}
    for table in further:
        return column.in_(select(table.c.id).where(_leading(table, who)))
    return column.in_(who.refs if isinstance(column.type, String) else who.ids)


def looks_at(who: Whom) -> list[tuple[datetime, int | None]]:
    """Return when somebody looked at a person or at a list with them in it, and who."""
    listed = select(AuditMention.entry_id).where(AuditMention.ref.in_(who.refs))
    about = or_(AuditEntry.person.in_(who.refs), AuditEntry.id.in_(listed))
    lines = select(AuditEntry.at, AuditEntry.staff_id, AuditEntry.what).where(about)
    found = db.session.execute(lines.order_by(AuditEntry.id))
    return [(at, staff_id) for at, staff_id, what in found if is_look(what)]


def known() -> Known:
    """Return how staff, sites, beds and the like are told: small tables, read whole."""
    named = {name: _named(Base.metadata.tables[name], column) for name, column in NAMED_BY.items()}
    return Known(_standing(), named)


def _named(table: Table, column: str) -> dict[int, str]:
    rows = db.session.execute(select(table.c.id, table.c[column].label("name")))
    return {row.id: row.name for row in rows}


def _standing() -> dict[int, str]:
    """Return everybody's roles and organisation, which is all that is told of staff."""
    roles: dict[int, list[str]] = {}
    held = select(StaffRole.staff_id, StaffRole.role).order_by(StaffRole.role)
    for ident, role in db.session.execute(held):
        roles.setdefault(ident, []).append(role.replace("_", " "))
    whose = select(Staff.id, Organisation.name).join(Organisation)
    return {
        ident: f"{' and '.join(roles.get(ident, ['staff']))}, {organisation}"
        for ident, organisation in db.session.execute(whose)
    }


def named_table(table: str, column: str) -> str | None:
    """Return which named table a column leads to, whether or not a key says so."""
    keys = Base.metadata.tables[table].c[column].foreign_keys
    target = next((key.column.table.name for key in keys), None)
    stem = column.removesuffix("_id") if column.endswith("_id") else ""
    name = target or _STEMS.get(stem, stem)
    return name if name in NAMED_BY else None
