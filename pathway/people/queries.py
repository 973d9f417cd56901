"""Reads of people."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from pathway.acts import Act
from pathway.db import AnyRow, AnySelect, db, run
from pathway.people.facing import JUDGED_BY, facing, today
from pathway.people.finding import begins_with, numbered
from pathway.people.models import Person, PersonAlias, PersonOpening
from pathway.people.rules import (
    Need,
    PersonFacts,
    Recourse,
    fold,
)
from pathway.people.sight import GLASS, OPEN, looking
from pathway.sites.rules import Gender, SiteFacts, SupportLevel
from pathway.staff.models import Staff, StaffSite


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """Somebody opened a closed record.

    All but the time is None where it would tell who is at a confidential site.
    """

    at: datetime
    staff: str | None
    ref: str | None
    reason: str | None


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
    Person.version,
    Person.restricted_at,
    Person.needs_step_free,
    Person.has_dog,
    Person.with_partner,
    Person.vulnerable,
    Person.unnamed,
    Person.description,
    Person.perhaps_child,
    Person.at_risk,
    Person.language,
    Person.interpreter,
    Person.died_on,
    Person.birth_year,
    Person.birth_month,
    Person.birth_guessed,
    Person.dog_name,
)
"""What :func:`person_facts` reads from a row, in this order."""


def person_facts(row: AnyRow | tuple[Any, ...], aliases: Iterable[str] = ()) -> PersonFacts:
    """Return the facts of a row that begins with ``PERSON_COLUMNS``."""
    (ident, ref, given, family, born, gender, nationality, recourse, borough, level) = row[:10]
    needs, version, restricted_at, step_free, dog, partner, vulnerable = row[10:17]
    unnamed, description, perhaps_child, at_risk, language, interpreter, died_on = row[17:24]
    birth_year, birth_month, birth_guessed, dog_name = row[24:28]
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
        version=version,
        restricted=restricted_at is not None,
        needs_step_free=step_free,
        has_dog=dog,
        with_partner=partner,
        vulnerable=vulnerable,
        unnamed=unnamed,
        description=description,
        perhaps_child=perhaps_child,
        at_risk=at_risk,
        language=language,
        interpreter=interpreter,
        died_on=died_on,
        birth_year=birth_year,
        birth_month=birth_month,
        birth_guessed=birth_guessed,
        dog_name=dog_name,
        aliases=tuple(aliases),
    )


AT_ONCE = 500
"""How many references one question names."""

_BY_REFS = select(*PERSON_COLUMNS).where(Person.ref.in_(bindparam("refs", expanding=True)))

_named = aliased(Person)
_MEANT = select(func.coalesce(_named.merged_into_id, _named.id)).where(
    _named.ref == bindparam("ref")
)
_BY_REF = select(*PERSON_COLUMNS, *JUDGED_BY).where(Person.id == _MEANT.scalar_subquery(), OPEN)
"""Who a reference means: a merged one leads to the person it became."""


def person(act: Act, ref: str) -> PersonFacts | None:
    """Return one person whose record is open to this act, without aliases: enough to judge fit."""
    row = run(_BY_REF, ref=ref, **looking(act), **today(act)).first()
    return None if row is None else facing(person_facts(row), row)


def whole_person(act: Act, ref: str) -> PersonFacts | None:
    """Return one person whose record is open to this act, with aliases."""
    found = person(act, ref)
    return with_aliases([found])[0] if found else None


def closed_person(ref: str) -> PersonFacts | None:
    """Return one person whether their record is open or not.

    For breaking the glass, and for what an action has just changed.
    """
    meant = Person.id == _MEANT.scalar_subquery()
    row = run(select(*PERSON_COLUMNS).where(meant), ref=ref).first()
    return with_aliases([person_facts(row)])[0] if row else None


def lock_people(act: Act, *refs: str) -> None:
    """Let nobody else change, merge, close or place these people until the end.

    Only those whose records are open: a closed one is not waited for.
    """
    meant = {found.id for ref in refs if (found := person(act, ref))}
    mine = or_(Person.id.in_(meant), Person.ref.in_(refs))
    db.session.execute(select(Person.id).where(mine).order_by(Person.id).with_for_update())


def ref_is_taken(ref: str) -> bool:
    """Return whether a reference belongs to any record."""
    return db.session.scalar(select(Person.id).where(Person.ref == ref)) is not None


def search(act: Act, text: str, *, after: int = 0, limit: int = 50) -> list[PersonFacts]:
    """Return people whose names, aliases, reference or a number match, oldest record first.

    Every word must begin a word of a name; or the whole, written as one word,
    must begin a name written as one word.
    """
    folded = fold(text)
    if not folded:
        return []
    whole = begins_with(folded.replace(" ", ""))
    by_name = or_(and_(*map(begins_with, folded.split())), whole)
    by_ref = func.lower(Person.ref) == text.strip().lower()
    by_any = or_(by_ref, by_name, numbered(act, text))
    query = select(*PERSON_COLUMNS).where(Person.id > after, by_any)
    return with_aliases(open_people(act, query.order_by(Person.id).limit(limit)))


def open_people(act: Act, query: AnySelect) -> list[PersonFacts]:
    """Return those of a query's people whose records are open and not merged away."""
    standing = query.where(OPEN, Person.merged_into_id.is_(None))
    return [person_facts(row) for row in run(standing, **looking(act))]


def ids_by_ref(refs: Iterable[str]) -> dict[str, int]:
    """Return the ids of the references that exist."""
    return {ref: row["id"] for ref, row in columns_by_ref(refs).items()}


def everybody() -> dict[str, int]:
    """Return whom each reference means: a merged one leads to the person it became."""
    meant = func.coalesce(Person.merged_into_id, Person.id)
    return dict(db.session.execute(select(Person.ref, meant)).all())


def columns_by_ref(refs: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return what is recorded of people, by reference, as it is stored."""
    wanted = list(refs)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for row in run(_BY_REFS, refs=some).mappings():
            found[row["ref"]] = {str(name): value for name, value in row.items()}
    return found


def broken_glass(since: datetime, closed: Collection[SiteFacts]) -> list[BrokenGlass]:
    """Return who opened which closed record since a moment, and why, newest first.

    Whose record the staff of a confidential site open, and why, is for those who
    are named there: ``closed`` are the sites for which the reader is not.
    """
    theirs = select(StaffSite.staff_id).where(StaffSite.site_id.in_([site.id for site in closed]))
    rows = db.session.execute(
        select(
            PersonOpening.at,
            *(
                case((PersonOpening.staff_id.not_in(theirs), told))
                for told in (Staff.name, Person.ref, PersonOpening.reason)
            ),
        )
        .join(Person, Person.id == PersonOpening.person_id)
        .join(Staff, Staff.id == PersonOpening.staff_id)
        .where(PersonOpening.kind == GLASS, PersonOpening.at >= since)
        .order_by(PersonOpening.at.desc(), PersonOpening.id.desc())
    )
    return [BrokenGlass(*row) for row in rows]


def merged_into(person: PersonFacts) -> list[str]:
    """Return the references of the records that became this person."""
    query = select(Person.ref).where(Person.merged_into_id == person.id).order_by(Person.ref)
    return list(db.session.scalars(query))


def anybody() -> bool:
    """Return whether any person is recorded."""
    return db.session.scalar(select(Person.id).limit(1)) is not None


def with_aliases(people: list[PersonFacts]) -> list[PersonFacts]:
    """Return the same people with the other names they are known by."""
    aliases: dict[int, list[str]] = {one.id: [] for one in people}
    if people:
        named = select(PersonAlias.person_id, PersonAlias.alias).order_by(PersonAlias.id)
        for person_id, alias in db.session.execute(
            named.where(PersonAlias.person_id.in_(list(aliases)))
        ):
            aliases[person_id].append(alias)
    return [replace(one, aliases=tuple(dict.fromkeys(aliases[one.id]))) for one in people]
