"""What people are found by and compared by: written beside them whenever that changes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, insert, or_, select

from pathway.db import Base, db
from pathway.people.likeness import Told, told_of
from pathway.people.models import Person, PersonAlias, PersonKey, PersonSound
from pathway.people.rules import PersonFacts, name_keys
from pathway.people.sieve import heard_in

AT_ONCE = 500
"""How many people's keys are made in one go (ours)."""

FOUND_BY = {
    *("given_name", "family_name", "date_of_birth"),
    *("birth_year", "birth_month", "birth_guessed", "dog_name"),
}
"""The columns that keys are made of."""


class Keys(NamedTuple):
    """What a search finds somebody by, and by what they come to be compared."""

    words: set[str]
    sounds: set[str]


def keys_of(person: PersonFacts) -> Keys:
    """Return the keys of one record by itself."""
    names = name_keys(person.given_name, person.family_name) | name_keys(*person.aliases)
    return Keys(names, heard_in([told_of(person)]))


def write_keys(keys: Mapping[int, Keys]) -> None:
    """Add the keys of people who have none."""
    for model, column, place in ((PersonKey, "key", 0), (PersonSound, "sound", 1)):
        rows = [
            {"person_id": ident, column: key}
            for ident, each in keys.items()
            for key in sorted(each[place])
        ]
        if rows:
            db.session.connection().execute(_insert(model), rows)


def rebuild_keys(person_ids: Iterable[int]) -> None:
    """Write anew what these people are found by: also under the names of records merged in."""
    idents = list(person_ids)
    for start in range(0, len(idents), AT_ONCE):
        some = idents[start : start + AT_ONCE]
        keys = {ident: _all_of(tolds) for ident, tolds in _told(some).items()}
        for model in (PersonKey, PersonSound):
            db.session.execute(delete(model).where(model.person_id.in_(some)))
        write_keys(keys)


def missing_after(last: int) -> list[int]:
    """Return the next people whom nobody is compared with yet, after one, by id, locked."""
    has_any = exists().where(PersonSound.person_id == Person.id)
    query = select(Person.id).where(Person.id > last, Person.merged_into_id.is_(None), ~has_any)
    return list(db.session.scalars(query.order_by(Person.id).limit(AT_ONCE).with_for_update()))


def _all_of(tolds: list[Told]) -> Keys:
    names: set[str] = set()
    for told in tolds:
        names |= name_keys(*told.names) | name_keys(*told.aliases)
    return Keys(names, heard_in(tolds))


def _told(some: list[int]) -> dict[int, list[Told]]:
    """Return what each record of these people says; their other names are with their own."""
    aliases: dict[int, list[str]] = {ident: [] for ident in some}
    named = select(PersonAlias.person_id, PersonAlias.alias)
    for ident, alias in db.session.execute(named.where(PersonAlias.person_id.in_(some))):
        aliases[ident].append(alias)
    became = func.coalesce(Person.merged_into_id, Person.id)
    mine = or_(Person.id.in_(some), Person.merged_into_id.in_(some))
    columns = [getattr(Person, name) for name in sorted(FOUND_BY)]
    query = select(became, Person.id, Person.ref, *columns).where(mine, became.in_(some))
    found: dict[int, list[Told]] = {ident: [] for ident in some}
    for meant, ident, ref, *values in db.session.execute(query):
        facts: dict[str, Any] = dict(zip(sorted(FOUND_BY), values, strict=True))
        others = tuple(aliases.get(ident, ())) if meant == ident else ()
        found[meant].append(told_of(PersonFacts(ident, ref, aliases=others, **facts)))
    return found


def _insert(model: type[Base]) -> Any:
    return insert(model.__table__)  # type: ignore[arg-type]
