"""Changes to people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict, Unpack

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Invalid, Refused
from pathway.nights import london
from pathway.people import queries
from pathway.people.born import birth_faults, birth_in, settled, unsaid
from pathway.people.keys import FOUND_BY, Keys, keys_of, rebuild_keys, write_keys
from pathway.people.models import Person, PersonAlias
from pathway.people.rules import Need, PersonFacts, Recourse, new_ref
from pathway.sites.rules import Gender, SupportLevel

UNKNOWN = {"gender": Gender.NOT_KNOWN.value, "recourse": Recourse.NOT_KNOWN.value, "needs": ""}
"""What is kept where nothing is known and the column is never empty."""

_ADD = insert(Person.__table__)  # type: ignore[arg-type]


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
    needs_step_free: bool
    has_dog: bool
    with_partner: bool
    vulnerable: bool
    birth_year: int
    birth_month: int
    birth_guessed: bool
    dog_name: str


def said(values: Mapping[str, Any]) -> PersonFields:
    """Return what values say of a person, without those that say nothing."""
    spoken = {name: value for name, value in values.items() if value is not None and value != ""}
    for name, how in (("nationality", str.upper), ("local_connection", str.lower)):
        if name in spoken:
            spoken[name] = how(spoken[name])
    return PersonFields(**spoken)  # type: ignore[no-any-return, typeddict-item]


def add_person(act: Act, **fields: Unpack[PersonFields]) -> PersonFacts:
    """Add a person under a new reference. Names are kept as they were typed.

    Raises:
        Invalid: the date of birth has not come yet, or what is known of it cannot be so.
    """
    faults = birth_faults(birth_in(fields), london(act.at).date())
    if faults:
        raise Invalid(faults)
    ref = _unused_ref()
    aliases = list(fields.pop("aliases", ()))
    row = UNKNOWN | settled(fields) | {"ref": ref, "needs": joined_needs(fields.get("needs", ()))}
    person_id = db.session.execute(
        insert(Person)
        .values(**row, created_at=act.at, created_by=act.staff_id)
        .returning(Person.id)
    ).scalar_one()
    if aliases:
        db.session.execute(
            insert(PersonAlias), [{"person_id": person_id, "alias": alias} for alias in aliases]
        )
    found = queries.whole_person(act, ref)
    assert found is not None  # noqa: S101 - it was inserted in this transaction
    write_keys({person_id: keys_of(found)})
    audit.record(act, "add person", f"person:{ref}")
    return found


def add_unnamed(act: Act, description: str, gender: Gender = Gender.NOT_KNOWN) -> PersonFacts:
    """Add somebody who gave no name, known by a description; no search by name finds them.

    The line on the trail is that of the hold or the contact which they are added for.
    """
    told = {"ref": _unused_ref(), "unnamed": True, "description": description}
    row = UNKNOWN | told | {"gender": gender.value}
    made = {"created_at": act.at, "created_by": act.staff_id}
    db.session.execute(insert(Person).values(**row, **made))
    found = queries.person(act, str(told["ref"]))
    assert found is not None  # noqa: S101 - it was inserted one statement ago
    return found


@dataclass(frozen=True, slots=True)
class ToSave:
    """What a file of people changes: those to add, and new values by reference.

    ``keys`` is what those to add will be found by and compared by.
    """

    fresh: Sequence[Mapping[str, Any]]
    keys: Mapping[str, Keys]
    changed: Mapping[str, Mapping[str, Any]]
    known: int


def compare(rows: Sequence[Mapping[str, Any]]) -> ToSave:
    """Return what differs from what is recorded; a value of None says nothing.

    Done before the transaction, so that nobody waits while it is worked out.
    """
    recorded = queries.columns_by_ref(row["ref"] for row in rows)
    changed = {}
    for row in rows:
        before = recorded.get(row["ref"], row)
        differing = {
            name: value
            for name, value in row.items()
            if value is not None and value != before[name]
        }
        surer = unsaid(row.get("date_of_birth"))
        differing |= {name: None for name in surer if before.get(name) is not None}
        if differing:
            changed[row["ref"]] = differing
    fresh = [row for row in rows if row["ref"] not in recorded]
    keys = {row["ref"]: keys_of(_facts(row)) for row in fresh}
    return ToSave(fresh, keys, changed, len(recorded))


def save_imported(act: Act, what: ToSave) -> None:
    """Add and update people as a file says, in a few statements.

    Raises:
        Refused: somebody else added one of them since the file was compared.
    """
    made = {"created_at": act.at}
    if what.fresh:
        try:
            db.session.connection().execute(_ADD, [_fresh(row) | made for row in what.fresh])
        except IntegrityError:
            raise Refused(
                "Somebody else added some of these people meanwhile. Run the import again."
            ) from None
        ids = queries.ids_by_ref(what.keys)
        write_keys({ids[ref]: keys for ref, keys in what.keys.items()})
    for columns, rows in _alike(what.changed).items():
        told: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        told["version"] = Person.version + 1
        statement = update(Person.__table__).where(Person.ref == bindparam("of")).values(told)  # type: ignore[arg-type]
        db.session.connection().execute(statement, rows)
    renamed = [ref for ref, values in what.changed.items() if {*values} & FOUND_BY]
    rebuild_keys(queries.ids_by_ref(renamed).values())
    counts = {"added": len(what.fresh), "updated": len(what.changed)}
    audit.record(act, "import people", "file:people", counts)


def _alike(
    changed: Mapping[str, Mapping[str, Any]],
) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return changes grouped by the columns that change: each group is one statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for ref, values in changed.items():
        row = {f"new_{name}": value for name, value in values.items()} | {"of": ref}
        groups.setdefault(tuple(sorted(values)), []).append(row)
    return groups


def joined_needs(needs: Iterable[Need]) -> str:
    """Return needs as they are kept: codes in a fixed order, parted by ``;``."""
    given = set(needs)
    return ";".join(need.value for need in Need if need in given)


def _facts(row: Mapping[str, Any]) -> PersonFacts:
    """Return what a row of a file says that somebody is found by."""
    found_by = {name: row[name] for name in FOUND_BY & set(row)}
    return PersonFacts(0, row["ref"], **found_by)


def _fresh(row: Mapping[str, Any]) -> dict[str, Any]:
    unknown = {"gender": Gender.NOT_KNOWN.value, "recourse": Recourse.NOT_KNOWN.value, "needs": ""}
    return {name: unknown.get(name) if value is None else value for name, value in row.items()}


def _unused_ref() -> str:
    while True:
        ref = new_ref()
        if not queries.ref_is_taken(ref):
            return ref
