"""Reads of people."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from pathway.db import AnyRow, AnySelect, db, run
from pathway.people.models import Person, PersonAlias, PersonKey
from pathway.people.rules import (
    ALIKE,
    NAME_LENGTH,
    Need,
    PersonFacts,
    Recourse,
    fold,
    possible_duplicate,
    words_of,
)
from pathway.sites.rules import Gender, SupportLevel

PERSON_COLUMNS = (
    Person.id,
    Person.ref,
    Person.given_name,
    Person.family_name,
    Person.date_of_birth,
    Person.gender,
    Person.nationality,
    Person.recourse,
    Person.local_connection,
    Person.support_level,
    Person.needs,
)
"""What :func:`person_facts` reads from a row, in this order."""


def person_facts(row: AnyRow | tuple[Any, ...], aliases: Iterable[str] = ()) -> PersonFacts:
    """Return the facts of a row that begins with ``PERSON_COLUMNS``."""
    (ident, ref, given, family, born, gender, nationality, recourse, borough, level, needs) = row[
        :11
    ]
    return PersonFacts(
        id=ident,
        ref=ref,
        given_name=given,
        family_name=family,
        date_of_birth=born,
        gender=Gender(gender),
        nationality=nationality,
        recourse=Recourse(recourse),
        local_connection=borough,
        support_level=SupportLevel(level) if level else None,
        needs=tuple(Need(need) for need in needs.split(";") if need),
        aliases=tuple(aliases),
    )


AT_ONCE = 500
"""How many references one question names."""

_BY_REFS = select(*PERSON_COLUMNS).where(Person.ref.in_(bindparam("refs", expanding=True)))

_BY_REF = select(*PERSON_COLUMNS).where(Person.ref == bindparam("ref"))


def person(ref: str) -> PersonFacts | None:
    """Return one person by reference, without aliases: enough to judge fit."""
    row = run(_BY_REF, ref=ref).first()
    return person_facts(row) if row else None


def whole_person(ref: str) -> PersonFacts | None:
    """Return one person by reference, with aliases."""
    found = _with_aliases(select(*PERSON_COLUMNS).where(Person.ref == ref))
    return found[0] if found else None


def search(text: str, *, after: int = 0, limit: int = 50) -> list[PersonFacts]:
    """Return people whose names, aliases or reference match, oldest record first.

    Every word must begin a word of a name; or the whole, written as one word,
    must begin a name written as one word.
    """
    folded = fold(text)
    if not folded:
        return []
    words = [_begins_with(word) for word in folded.split()]
    squeezed = _begins_with(folded.replace(" ", ""))
    by_ref = func.lower(Person.ref) == text.strip().lower()
    by_name = or_(and_(*words), squeezed)
    return _with_aliases(
        select(*PERSON_COLUMNS)
        .where(Person.id > after, or_(by_ref, by_name))
        .order_by(Person.id)
        .limit(limit)
    )


def alike(names: list[str], born: date | None, *, but: int, most: int = 5) -> list[dict[str, Any]]:
    """Return people who may be the same, most alike first: ref, score, reasons."""
    words = words_of(names)
    if not words and born is None:
        return []
    shares_word = Person.id.in_(select(PersonKey.person_id).where(PersonKey.key.in_(words)))
    shares_birthday = Person.date_of_birth == born if born else shares_word
    found = _with_aliases(
        select(*PERSON_COLUMNS)
        .where(or_(shares_word, shares_birthday), Person.id != but)
        .order_by(Person.id.desc())
        .limit(200)
    )
    rated: list[dict[str, Any]] = []
    for other in found:
        theirs = words_of([other.given_name, other.family_name, *other.aliases])
        score, reasons = possible_duplicate(words, born, theirs, other.date_of_birth)
        if score >= ALIKE:
            rated.append({"ref": other.ref, "score": score, "reasons": reasons})
    return sorted(rated, key=lambda one: -one["score"])[:most]


def ids_by_ref(refs: Iterable[str]) -> dict[str, int]:
    """Return the ids of the references that exist."""
    return {ref: row["id"] for ref, row in columns_by_ref(refs).items()}


def columns_by_ref(refs: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return what is recorded of people, by reference, as it is stored."""
    wanted = list(refs)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for row in run(_BY_REFS, refs=some).mappings():
            found[row["ref"]] = {str(name): value for name, value in row.items()}
    return found


def anybody() -> bool:
    """Return whether any person is recorded."""
    return db.session.scalar(select(Person.id).limit(1)) is not None


def _begins_with(word: str) -> Any:
    return Person.id.in_(
        select(PersonKey.person_id).where(
            PersonKey.key.startswith(word[:NAME_LENGTH], autoescape=True)
        )
    )


def _with_aliases(query: AnySelect) -> list[PersonFacts]:
    rows = db.session.execute(query).all()
    aliases: dict[int, list[str]] = {row.id: [] for row in rows}
    if rows:
        named = select(PersonAlias.person_id, PersonAlias.alias).order_by(PersonAlias.id)
        for person_id, alias in db.session.execute(
            named.where(PersonAlias.person_id.in_(list(aliases)))
        ):
            aliases[person_id].append(alias)
    return [person_facts(row, aliases[row.id]) for row in rows]
