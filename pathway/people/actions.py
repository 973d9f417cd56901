"""Changes to people."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypedDict, Unpack

from sqlalchemy import delete, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.people import queries
from pathway.people.models import Person, PersonAlias, PersonKey
from pathway.people.rules import Need, PersonFacts, Recourse, name_keys, new_ref
from pathway.sites.rules import Gender, SupportLevel

UNKNOWN = {"gender": Gender.NOT_KNOWN.value, "recourse": Recourse.NOT_KNOWN.value, "needs": ""}
"""What is kept where nothing is known and the column is never empty."""


class PersonFields(TypedDict, total=False):
    """What may be said of a person to add; all of it may be left out."""

    given_name: str
    family_name: str
    date_of_birth: date
    gender: Gender
    nationality: str
    recourse: Recourse
    local_connection: str
    support_level: SupportLevel
    needs: Iterable[Need]
    aliases: Iterable[str]


def said(values: Mapping[str, Any]) -> PersonFields:
    """Return what values say of a person, without those that say nothing."""
    spoken = {name: value for name, value in values.items() if value is not None and value != ""}
    return PersonFields(**spoken)  # type: ignore[no-any-return, typeddict-item]


def add_person(act: Act, **fields: Unpack[PersonFields]) -> PersonFacts:
    """Add a person under a new reference. Names are kept as they were typed."""
    ref = _unused_ref()
    aliases = [alias for alias in fields.pop("aliases", ()) if alias.strip()]
    row = UNKNOWN | dict(fields) | {"ref": ref, "needs": joined_needs(fields.get("needs", ()))}
    person_id = db.session.execute(
        insert(Person)
        .values(**row, created_at=act.at, created_by=act.staff_id)
        .returning(Person.id)
    ).scalar_one()
    if aliases:
        db.session.execute(
            insert(PersonAlias), [{"person_id": person_id, "alias": alias} for alias in aliases]
        )
    keys = name_keys(fields.get("given_name"), fields.get("family_name")) | name_keys(*aliases)
    write_keys({person_id: keys})
    audit.record(act, "add person", f"person:{ref}")
    found = queries.whole_person(ref)
    assert found is not None  # noqa: S101 - it was inserted three statements ago
    return found


def save_imported(act: Act, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Add or update people by reference; return how many of each.

    A value of None leaves what is recorded.
    """
    known = queries.ids_by_ref(row["ref"] for row in rows)
    fresh = [row for row in rows if row["ref"] not in known]
    if fresh:
        made = {"created_at": act.at}
        db.session.execute(insert(Person), [_fresh(row) | made for row in fresh])
    for row in rows:
        given = {name: value for name, value in row.items() if value is not None and name != "ref"}
        if row["ref"] in known and given:
            db.session.execute(update(Person).where(Person.ref == row["ref"]).values(**given))
    rebuild_keys(queries.ids_by_ref(row["ref"] for row in rows).values())
    audit.record(act, "import people", "file:people", {"added": len(fresh), "updated": len(known)})
    return len(fresh), len(known)


def rebuild_keys(person_ids: Iterable[int]) -> None:
    """Write anew what these people are found by."""
    idents = list(person_ids)
    for start in range(0, len(idents), 500):
        some = idents[start : start + 500]
        keys: dict[int, set[str]] = {}
        people = select(Person.id, Person.given_name, Person.family_name)
        for ident, given, family in db.session.execute(people.where(Person.id.in_(some))):
            keys[ident] = name_keys(given, family)
        named = select(PersonAlias.person_id, PersonAlias.alias)
        for ident, alias in db.session.execute(named.where(PersonAlias.person_id.in_(some))):
            keys[ident] |= name_keys(alias)
        db.session.execute(delete(PersonKey).where(PersonKey.person_id.in_(some)))
        write_keys(keys)


def write_keys(keys: dict[int, set[str]]) -> None:
    """Add what people are found by."""
    rows = [{"person_id": ident, "key": key} for ident, words in keys.items() for key in words]
    if rows:
        db.session.execute(insert(PersonKey), rows)


def joined_needs(needs: Iterable[Need]) -> str:
    """Return needs as they are kept: codes in a fixed order, parted by ``;``."""
    given = set(needs)
    return ";".join(need.value for need in Need if need in given)


def _fresh(row: dict[str, Any]) -> dict[str, Any]:
    unknown = {"gender": Gender.NOT_KNOWN.value, "recourse": Recourse.NOT_KNOWN.value, "needs": ""}
    return {name: unknown.get(name) if value is None else value for name, value in row.items()}


def _unused_ref() -> str:
    while True:
        ref = new_ref()
        if queries.person(ref) is None:
            return ref
