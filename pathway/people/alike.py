"""Who may be the same person: few are read, all of those are compared, the best are told."""

from collections.abc import Collection, Mapping

from sqlalchemy import or_, select

from pathway.acts import Act
from pathway.people.likeness import Likely, Told, likeness, told_of
from pathway.people.models import Person, PersonKey
from pathway.people.queries import PERSON_COLUMNS, open_people, with_aliases
from pathway.people.rules import ALIKE, words_of


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
    words = words_of(told.names)
    if not words and told.born is None:
        return []
    shares_word = Person.id.in_(select(PersonKey.person_id).where(PersonKey.key.in_(words)))
    birthday = Person.date_of_birth == told.born if told.born else shares_word
    query = (
        select(*PERSON_COLUMNS)
        .where(or_(shares_word, birthday), Person.id.not_in(but))
        .order_by(Person.id.desc())
        .limit(200)
    )
    found = []
    for other in with_aliases(open_people(act, query)):
        score, reasons = likeness(told, told_of(other, (places or {}).get(other.id, ())))
        if score >= ALIKE:
            found.append(Likely(other, score, reasons))
    return sorted(found, key=lambda one: -one.score)[:most]
