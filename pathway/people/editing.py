"""Changing what is recorded of a person, so that nobody's change is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.nights import london
from pathway.people import queries
from pathway.people.actions import joined_needs, said
from pathway.people.born import birth_faults, birth_in, settled
from pathway.people.keys import rebuild_keys
from pathway.people.models import Person, PersonAlias, PersonNotHere
from pathway.people.rules import WHICH_BED, Need, PersonFacts
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts

EDITABLE = (
    "given_name",
    "family_name",
    "date_of_birth",
    "gender",
    "nationality",
    "recourse",
    "local_connection",
    "support_level",
    "needs",
    "aliases",
    *("birth_year", "birth_month", "birth_guessed", "dog_name"),
    *WHICH_BED,
    "at_risk",
    "language",
    "interpreter",
)
"""What a form of a person says; what it leaves empty is not known any more."""

CHANGED_MEANWHILE = (
    "Somebody else changed this record while you had it open. Look at what is recorded now, "
    "then save yours again."
)


def edit(act: Act, ref: str, version: int, told: Mapping[str, Any]) -> PersonFacts:
    """Record what a whole form says of a person, if it was made from this version.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: the date of birth has not come yet.
        Refused: somebody else changed the record since that version.
    """
    person = queries.whole_person(act, ref)
    if person is None:
        raise Absent
    faults = birth_faults(birth_in(told), london(act.at).date())
    if faults:
        raise Invalid(faults)
    values = _columns(told)
    changed = db.session.execute(
        update(Person)
        .where(Person.id == person.id, Person.version == version)
        .values(**values, version=version + 1)
        .returning(Person.id)
    ).first()
    if changed is None:
        raise Refused(CHANGED_MEANWHILE)
    _write_aliases(person.id, told.get("aliases") or ())
    rebuild_keys([person.id])
    audit.record(act, "edit person", f"person:{person.ref}", {"changed": _differing(person, told)})
    found = queries.whole_person(act, ref)
    assert found is not None  # noqa: S101 - it was open a moment ago in this transaction
    return found


def not_here(act: Act, ref: str, *, site: str) -> PersonFacts:
    """Mark that a site is not for somebody, at their word; no reason is asked or kept.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Unknown: there is no such site.
    """
    person, where = _marked(act, ref, site)
    if where.id in person.not_here:
        return _looked_at(act, person)
    row = {"person_id": person.id, "site_id": where.id, "at": act.at, "by": act.staff_id}
    db.session.execute(insert(PersonNotHere).values(**row))
    audit.record(act, "not here", f"person:{person.ref}", {"site": where.code})
    return replace(person, not_here=person.not_here | {where.id})


def here_again(act: Act, ref: str, *, site: str) -> PersonFacts:
    """Take such a mark back; where there is none nothing changes. Raises as :func:`not_here`."""
    person, where = _marked(act, ref, site)
    if where.id not in person.not_here:
        return _looked_at(act, person)
    db.session.execute(
        delete(PersonNotHere).where(
            PersonNotHere.person_id == person.id, PersonNotHere.site_id == where.id
        )
    )
    audit.record(act, "here again", f"person:{person.ref}", {"site": where.code})
    return replace(person, not_here=person.not_here - {where.id})


def _marked(act: Act, ref: str, code: str) -> tuple[PersonFacts, SiteFacts]:
    """Return whom and which site a mark names, locked: two taps at once make one mark."""
    queries.lock_people(act, ref)
    person = queries.whole_person(act, ref)
    if person is None:
        raise Absent
    where = sites.site(code)
    if where is None:
        raise Unknown({"site": ["There is no such site."]})
    return person, where


def _looked_at(act: Act, person: PersonFacts) -> PersonFacts:
    """Record that somebody was shown where nothing had to be done."""
    audit.record(act, "view person", f"person:{person.ref}")
    return person


def give_name(
    act: Act, person: PersonFacts, *, given_name: str | None, family_name: str | None
) -> None:
    """Give a name to somebody who had none; a search finds them from now on."""
    named = {"given_name": given_name, "family_name": family_name}
    db.session.execute(
        update(Person)
        .where(Person.id == person.id)
        .values(**named, unnamed=False, version=Person.version + 1)
    )
    rebuild_keys([person.id])
    changed = [name for name, value in named.items() if value]
    audit.record(act, "edit person", f"person:{person.ref}", {"changed": changed})


def set_facts(person: PersonFacts, *, needs: Iterable[Need], **facts: Any) -> None:
    """Write down what was found out about somebody; a form made before that is out of date.

    The line on the trail is that of whoever found it out.
    """
    values = facts | {"needs": joined_needs(needs), "version": Person.version + 1}
    db.session.execute(update(Person).where(Person.id == person.id).values(**values))


def _columns(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a form; what it leaves empty is unknown."""
    spoken: Mapping[str, Any] = said({name: told.get(name) for name in EDITABLE})
    unknown: dict[str, Any] = dict.fromkeys(EDITABLE)
    unknown |= {"gender": "not_known", "recourse": "not_known"}
    values = unknown | settled(spoken) | {"needs": joined_needs(told.get("needs") or ())}
    del values["aliases"]
    return values


def _differing(before: PersonFacts, told: Mapping[str, Any]) -> list[str]:
    """Return the names of what changes; what it was and is stays off the trail."""
    after = _columns(told) | {"aliases": tuple(told.get("aliases") or ())}
    was = {name: getattr(before, name) for name in EDITABLE}
    was["needs"] = joined_needs(before.needs)
    return [name for name in EDITABLE if was[name] != after[name]]


def _write_aliases(person_id: int, aliases: Iterable[str]) -> None:
    """Keep the rows of names that stay: those of a record merged in go back with it."""
    wanted = [alias for alias in dict.fromkeys(aliases) if alias.strip()]
    mine = PersonAlias.person_id == person_id
    db.session.execute(delete(PersonAlias).where(mine, PersonAlias.alias.not_in(wanted)))
    there = set(db.session.scalars(select(PersonAlias.alias).where(mine)))
    rows = [{"person_id": person_id, "alias": alias} for alias in wanted if alias not in there]
    if rows:
        db.session.execute(insert(PersonAlias), rows)
