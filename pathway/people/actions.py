"""Changes to people."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.people import queries
from pathway.people.models import Person, PersonAlias, PersonKey
from pathway.people.rules import Need, PersonFacts, Recourse, name_keys, new_ref
from pathway.sites.rules import Gender, SupportLevel


def add_person(
    act: Act,
    *,
    given_name: str | None = None,
    family_name: str | None = None,
    date_of_birth: date | None = None,
    gender: Gender = Gender.NOT_KNOWN,
    nationality: str | None = None,
    recourse: Recourse = Recourse.NOT_KNOWN,
    local_connection: str | None = None,
    support_level: SupportLevel | None = None,
    needs: Iterable[Need] = (),
    aliases: Iterable[str] = (),
) -> PersonFacts:
    """Add a person under a new reference."""
    row = {
        "ref": _unused_ref(),
        "given_name": given_name or None,
        "family_name": family_name or None,
        "date_of_birth": date_of_birth,
        "gender": gender.value,
        "nationality": nationality or None,
        "recourse": recourse.value,
        "local_connection": local_connection or None,
        "support_level": support_level.value if support_level else None,
        "needs": joined_needs(needs),
    }
    person_id = db.session.execute(
        insert(Person)
        .values(**row, created_at=act.at, created_by=act.staff_id)
        .returning(Person.id)
    ).scalar_one()
    names = [alias for alias in aliases if alias.strip()]
    if names:
        db.session.execute(
            insert(PersonAlias),
            [{"person_id": person_id, "alias": alias} for alias in names],
        )
    write_keys({person_id: name_keys(given_name, family_name) | name_keys(*names)})
    audit.record(act, "add person", f"person:{row['ref']}")
    found = queries.whole_person(str(row["ref"]))
    assert found is not None  # noqa: S101 - it was inserted three statements ago
    return found


def save_imported(act: Act, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Add or update people by reference; return how many of each.

    A value of None leaves what is recorded.
    """
    known = queries.ids_by_ref(row["ref"] for row in rows)
    fresh = [row for row in rows if row["ref"] not in known]
    db.session.execute(
        insert(Person), [_fresh(row) | {"created_at": act.at} for row in fresh]
    ) if fresh else None
    for row in rows:
        given = {
            name: value
            for name, value in row.items()
            if value is not None and name != "ref"
        }
        if row["ref"] in known and given:
            db.session.execute(
                update(Person).where(Person.ref == row["ref"]).values(**given)
            )
    rebuild_keys(queries.ids_by_ref(row["ref"] for row in rows).values())
    audit.record(
        act,
        "import people",
        "file:people",
        {"added": len(fresh), "updated": len(known)},
    )
    return len(fresh), len(known)


def rebuild_keys(person_ids: Iterable[int]) -> None:
    """Write anew what these people are found by."""
    idents = list(person_ids)
    for start in range(0, len(idents), 500):
        some = idents[start : start + 500]
        keys: dict[int, set[str]] = {}
        people = select(Person.id, Person.given_name, Person.family_name)
        for ident, given, family in db.session.execute(
            people.where(Person.id.in_(some))
        ):
            keys[ident] = name_keys(given, family)
        named = select(PersonAlias.person_id, PersonAlias.alias)
        for ident, alias in db.session.execute(
            named.where(PersonAlias.person_id.in_(some))
        ):
            keys[ident] |= name_keys(alias)
        db.session.execute(delete(PersonKey).where(PersonKey.person_id.in_(some)))
        write_keys(keys)


def write_keys(keys: dict[int, set[str]]) -> None:
    """Add what people are found by."""
    rows = [
        {"person_id": ident, "key": key}
        for ident, words in keys.items()
        for key in words
    ]
    if rows:
        db.session.execute(insert(PersonKey), rows)


def joined_needs(needs: Iterable[Need]) -> str:
    """Return needs as they are kept: codes in a fixed order, parted by ``;``."""
    given = set(needs)
    return ";".join(need.value for need in Need if need in given)


def _fresh(row: dict[str, Any]) -> dict[str, Any]:
    unknown = {
        "gender": Gender.NOT_KNOWN.value,
        "recourse": Recourse.NOT_KNOWN.value,
        "needs": "",
    }
    return {
        name: unknown.get(name) if value is None else value
        for name, value in row.items()
    }


def _unused_ref() -> str:
    while True:
        ref = new_ref()
        if queries.person(ref) is None:
            return ref
