"""Who may be the same person: few are read, all of those are compared, the best are told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache

from sqlalchemy import bindparam, literal_column, select, union_all

from pathway.acts import Act
from pathway.db import AnySelect, run
from pathway.people.likeness import ALIKE, Likely, Told, likeness, one_place, told_of
from pathway.people.models import Person, PersonSound
from pathway.people.queries import PERSON_COLUMNS, open_people, with_aliases
from pathway.people.sieve import BORN, WORD, asked_of

OF_ONE_KEY = 100
"""The most people who are read by one key, the newest first (ours): a common name has more."""

RARE = 40
"""The most people for whom one word says enough to compare them (ours)."""

COMPARED = 100
"""The most people who are read whole and compared, those first who share the rarest (ours)."""

_MOST_KEYS = 60
"""The most keys by which one person is looked for (ours): many names make many."""


def likely(
    act: Act,
    told: Told,
    *,
    but: Collection[int] = (),
    places: Mapping[int, tuple[str, ...]] | None = None,
    most: int = 5,
) -> list[Likely]:
    """Return who may be meant, most alike first, among those whose records are open.

    ``but`` are people who are not meant; ``places`` is where people were seen
    lately, by id, as far as whoever asks may know.
    """
    seen = places or {}
    idents = _candidates(told, frozenset(but), seen)
    if not idents:
        return []
    query = select(*PERSON_COLUMNS).where(Person.id.in_(idents))
    merged = _merged_into(idents)
    found = []
    for other in with_aliases(open_people(act, query)):
        theirs = _with_names(told_of(other, seen.get(other.id, ())), merged.get(other.id, ()))
        score, reasons = likeness(told, theirs)
        if score >= ALIKE:
            found.append(Likely(other, score, reasons))
    return sorted(found, key=lambda one: _rank(told, one))[:most]


def _rank(told: Told, one: Likely) -> tuple[int, bool, int]:
    """Return where somebody stands: of two as likely the one born that day, then the newer."""
    same_day = told.born is not None and told.born == one.person.date_of_birth
    return -one.score, not same_day, -one.person.id


def _candidates(
    told: Told, but: frozenset[int], places: Mapping[int, tuple[str, ...]]
) -> list[int]:
    """Return who is compared, those first who share the rarest; the date of birth counts most."""
    weights = weighed(_sharing(told))
    near = [ident for ident, theirs in places.items() if _met_there(told, theirs)]
    for ident in near:
        weights[ident] = weights.get(ident, 0.0) + 1 / len(near)
    ranked = sorted(weights.keys() - but, key=lambda ident: (-weights[ident], -ident))
    return ranked[:COMPARED]


def weighed(shared: Mapping[str, Collection[int]]) -> dict[int, float]:
    """Return how much each person shares, by who shares which key: the rarer, the more.

    One word of a name that many bear says nothing; the date of birth counts most.
    """
    weights: dict[int, float] = {}
    for key, people in shared.items():
        if key.startswith(WORD) and len(people) > RARE:
            continue
        for ident in people:
            weights[ident] = weights.get(ident, 0.0) + key.startswith(BORN) + 1 / len(people)
    return weights


def _met_there(told: Told, theirs: Iterable[str]) -> bool:
    return any(one_place(mine, other) for other in theirs for mine in told.seen)


def _sharing(told: Told) -> dict[str, list[int]]:
    """Return who shares which key, of a common one only the newest."""
    keys = asked_of(told)[:_MOST_KEYS]
    found: dict[str, list[int]] = {}
    if keys:
        values = {f"key_{place}": key for place, key in enumerate(keys)}
        for ident, key in run(_by_keys(len(keys)), **values):
            found.setdefault(key, []).append(ident)
    return found


@cache
def _by_keys(many: int) -> AnySelect:
    """Return the question who shares so many keys: one look into the index for each."""
    looks = [
        select(PersonSound.person_id, PersonSound.sound)
        .where(PersonSound.sound == bindparam(f"key_{place}"))
        .order_by(PersonSound.person_id.desc())
        .limit(literal_column(str(OF_ONE_KEY)))
        .subquery(f"look_{place}")
        for place in range(many)
    ]
    return union_all(*(select(look.c.person_id, look.c.sound) for look in looks))  # type: ignore[return-value]


def _merged_into(idents: list[int]) -> dict[int, list[str]]:
    """Return the names of the records that became these people: they went by those as well."""
    gone = select(Person.merged_into_id, Person.given_name, Person.family_name)
    found: dict[int, list[str]] = {}
    for ident, *names in run(gone.where(Person.merged_into_id.in_(idents))):
        found.setdefault(ident, []).append(" ".join(name for name in names if name))
    return found


def _with_names(told: Told, names: Iterable[str]) -> Told:
    return replace(told, aliases=(*told.aliases, *names)) if names else told
