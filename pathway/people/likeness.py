"""How alike two people are, and why: what is shown while somebody is being written down.

Nothing here says that two are one: a person decides. The points are ours; what they
find and what they miss is measured on a made set of people, see tests/README.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, Indel

from pathway.people.born import Birth, births_alike
from pathway.people.rules import PersonFacts, fold
from pathway.people.sounds import LEADING_VOWEL, sound, words

SAME_NAME = "same name"
ANOTHER_ORDER = "names in another order"
SAME_SOUND = "name sounds the same"
LETTER_OR_TWO = "name differs by a letter or two"
PART_OF_NAME = "part of the name is the same"
ALSO_KNOWN = "also known as"
SAME_DOG = "same dog's name"
SAME_PLACE = "seen at the same place lately"

ALIKE = 50
"""The score from which two people are shown as possibly the same (ours)."""

_MOST = 100

_WHOLE_NAME, _TURNED = 60.0, 58.0
"""Points of the same name, and of the same in another order."""

_LONGER, _ONE_WORD, _TURNED_TOO = 0.93, 0.8, 0.88
"""What is left where one name has more words; where there is one word alone and it differs;
where words differ and stand in another order as well."""

_PART, _FAMILY_ONLY = 30.0, 8.0
"""Points of one word in common; of a family's name where the other names differ: siblings."""

_BY_ALIAS, _ALIAS_ALONE = 0.95, 35.0
"""What is left of the points for an alias; the most where their whole names differ."""

_DOG, _PLACE, _OTHERWISE = 15.0, 8.0, -20.0
"""Points of a dog's name and of a place; of two names that have nothing in common."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of somebody who may be recorded already; all of it may be missing.

    ``names`` are a given name and a family name, or all of it in one as it was typed;
    ``aliases`` is whatever else they are called. ``seen`` are the places where they
    were seen lately, as they were typed.
    """

    names: tuple[str, ...] = ()
    born: date | None = None
    birth_year: int | None = None
    birth_month: int | None = None
    birth_guessed: bool = False
    dog_name: str | None = None
    seen: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def birth(self) -> Birth:
        """Return when they were born, as far as it is told."""
        return Birth(self.born, self.birth_year, self.birth_month, self.birth_guessed)


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who may be the same person: how alike, 0 to 100, and the reasons in words."""

    person: PersonFacts
    score: int
    reasons: tuple[str, ...]


class _Named(NamedTuple):
    """How alike two names are, in points, and in which words that is said."""

    points: float = 0.0
    reasons: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is more than a part of the name."""
        return self.points > _PART


class _Word(NamedTuple):
    """A word of each name, how alike they are, and where each stands."""

    alike: float
    mine: int
    theirs: int


_SAME, _SOUNDS, _ONE_OFF, _TWO_OFF, _SHORTENED, _PERHAPS = 1.0, 0.92, 0.86, 0.62, 0.7, 0.6
"""How alike two words are: the last is an initial, or one letter of a short word."""

_LONG_WORD, _LONGER_WORD, _SHORTEST = 5, 7, 3
"""From so many letters on one letter may differ, or two; the fewest of a short form."""

_LETTERS_TOO = {1: 0.7, 2: 0.66, 3: 0.66}
_LETTERS_OF_LONG, _LETTERS_OF_JOINED = 0.5, 0.85
"""How alike the letters must be of what sounds the same: by how many consonants are heard, and
where whole names do, since between two words a vowel is not heard."""


def told_of(person: PersonFacts, seen: tuple[str, ...] = ()) -> Told:
    """Return what is recorded of somebody, as it is compared."""
    return Told(
        names=tuple(name for name in (person.given_name, person.family_name) if name),
        born=person.date_of_birth,
        birth_year=person.birth_year,
        birth_month=person.birth_month,
        birth_guessed=person.birth_guessed is True,
        dog_name=person.dog_name,
        seen=seen,
        aliases=person.aliases,
    )


def likeness(one: Told, other: Told) -> tuple[int, tuple[str, ...]]:
    """Return how alike two people are, 0 to 100, and why, the strongest reason first.

    >>> likeness(Told(("Jon", "Fable")), Told(("Jon Fable",)))
    (60, ('same name',))
    """
    named = _names_alike(one, other)
    born, in_words = births_alike(one.birth, other.birth, whole_name=named.whole)
    said = [(named.points, named.reasons), (born, (in_words,) if in_words else ())]
    if one.dog_name and other.dog_name and fold(one.dog_name) == fold(other.dog_name):
        said.append((_DOG, (SAME_DOG,)))
    if any(one_place(mine, theirs) for mine in one.seen for theirs in other.seen):
        said.append((_PLACE, (SAME_PLACE,)))
    score = round(sum(points for points, _ in said))
    strongest = sorted(said, key=lambda each: -each[0])
    reasons = tuple(reason for _, each in strongest for reason in each)
    return min(max(score, 0), _MOST), reasons


def one_place(mine: str, theirs: str) -> bool:
    """Return whether two places, as they were typed, may be one: ``Euston`` is on its road."""
    here, there = set(fold(mine).split()), set(fold(theirs).split())
    return bool(here and there) and (here <= there or there <= here)


def names_of(told: Told) -> tuple[tuple[str, ...], ...]:
    """Return the names somebody goes by, each as its words; the first is their own."""
    return _named(told.names, told.aliases)


@lru_cache(10_000)
def _named(names: tuple[str, ...], aliases: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    own = words(" ".join(names))
    found = [own]
    for alias in map(words, aliases):
        found.append(alias)
        if len(alias) == 1 and len(own) > 1 and alias[0] not in own:
            found.append((*alias, own[-1]))
    return tuple(found)


def _names_alike(one: Told, other: Told) -> _Named:
    """Return how alike the names of two people are, whichever of their names that is."""
    mine, theirs = names_of(one), names_of(other)
    own = best = _alike(mine[0], theirs[0])
    if not own.whole and len(mine) + len(theirs) > 2:  # noqa: PLR2004 - one each
        best = max(own, _by_alias(own, mine, theirs))
    contradicted = mine[0] and theirs[0] and not best.points
    return _Named(_OTHERWISE) if contradicted else best


def _by_alias(
    own: _Named, mine: tuple[tuple[str, ...], ...], theirs: tuple[tuple[str, ...], ...]
) -> _Named:
    """Return how alike two people are by another name of one of them, or of both."""
    found = _Named()
    for place, name in enumerate(mine):
        for other_place, other in enumerate(theirs):
            if not place and not other_place:
                continue
            alike = _alike(name, other)
            if not alike.whole:
                continue
            points = alike.points * _BY_ALIAS
            both_named = len(mine[0]) > 1 and len(theirs[0]) > 1
            if place and other_place and both_named and own.points < _PART:
                points = min(points, _ALIAS_ALONE)
            found = max(found, _Named(points, (ALSO_KNOWN, *alike.reasons[1:])))
    return found


@lru_cache(50_000)
def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> _Named:
    """Return how alike two names are, in any order of their words."""
    if not one or not other:
        return _Named()
    if one == other or "".join(one) == "".join(other):
        return _Named(_WHOLE_NAME, (SAME_NAME,))
    if sorted(one) == sorted(other):
        return _Named(_TURNED, (ANOTHER_ORDER,))
    found = _matched(one, other)
    fewer, more = sorted((len(one), len(other)))
    if len(found) == fewer and (fewer == more or fewer > 1):
        return _wholly(found, longer=more > fewer)
    return _joined("".join(one), "".join(other)) or _partly(found, one, other)


def _joined(one: str, other: str) -> _Named | None:
    """Return what two names are worth that are alike only when each is written as one word."""
    if _sounds_one(one, other, _LETTERS_OF_JOINED):
        return _Named(_WHOLE_NAME * _SOUNDS, (SAME_SOUND,))
    long = min(len(one), len(other)) > _LONGER_WORD
    close = long and OSA.distance(one, other, score_cutoff=1) == 1
    return _Named(_WHOLE_NAME * _ONE_OFF, (LETTER_OR_TWO,)) if close else None


def _wholly(found: list[_Word], *, longer: bool) -> _Named:
    """Return what two names are worth whose words all find one another."""
    mean = sum(word.alike for word in found) / len(found)
    least = min(word.alike for word in found)
    points = _WHOLE_NAME * mean * (_LONGER if longer else 1)
    if len(found) == 1:
        points *= _ONE_WORD
    ordered = sorted(found, key=lambda word: word.mine)
    turned = [word.theirs for word in ordered] != sorted(word.theirs for word in found)
    if least >= _SAME or least in {_SHORTENED, _PERHAPS}:
        how = PART_OF_NAME
    else:
        how = SAME_SOUND if least >= _SOUNDS else LETTER_OR_TWO
    if turned:
        return _Named(points * _TURNED_TOO, (how, ANOTHER_ORDER))
    return _Named(points, (how,))


def _partly(found: list[_Word], one: tuple[str, ...], other: tuple[str, ...]) -> _Named:
    """Return what the words are worth that two names have in common."""
    good = [word for word in found if word.alike >= _ONE_OFF]
    if not good:
        return _Named()
    best = max(word.alike for word in good)
    last = (len(one) - 1, len(other) - 1)
    family = all((word.mine, word.theirs) == last for word in good) and min(last) > 0
    return _Named((_FAMILY_ONLY if family else _PART) * best, (PART_OF_NAME,))


def _matched(one: tuple[str, ...], other: tuple[str, ...]) -> list[_Word]:
    """Return which words of two names find one another, the most alike first."""
    # Of pairs as alike the later words first: so it is the same whichever name is the first.
    pairs = sorted(_pairs(one, other), key=lambda pair: (-pair.alike, -pair.mine - pair.theirs))
    found: list[_Word] = []
    for pair in pairs:
        if all(pair.mine != had.mine and pair.theirs != had.theirs for had in found):
            found.append(pair)
    return found


def _pairs(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[_Word]:
    for mine, word in enumerate(one):
        for theirs, another in enumerate(other):
            alike = _words_alike(word, another)
            if alike:
                yield _Word(alike, mine, theirs)


@lru_cache(200_000)
def _words_alike(one: str, other: str) -> float:
    """Return how alike two folded words are, 0 to 1."""
    if one == other:
        return _SAME
    if _sounds_one(one, other):
        return _SOUNDS
    short, long = sorted((one, other), key=len)
    off = OSA.distance(one, other, score_cutoff=2)
    turned = off == 1 and len(short) >= _LONG_WORD - 1 and sorted(one) == sorted(other)
    if turned or (off == 1 and len(short) >= _LONG_WORD):
        return _ONE_OFF if one[0] == other[0] else _SHORTENED
    if off == 2 and len(short) >= _LONGER_WORD and one[0] == other[0]:  # noqa: PLR2004 - a letter or two
        return _TWO_OFF
    if long.startswith(short):
        return _SHORTENED if len(short) >= _SHORTEST else _PERHAPS if len(short) == 1 else 0.0
    return _PERHAPS if off == 1 and len(short) == _LONG_WORD - 1 else 0.0


def _sounds_one(one: str, other: str, least: float = 0.0) -> bool:
    """Return whether two words sound the same; the less is heard the more the letters count."""
    code = sound(one)
    if code != sound(other):
        return False
    heard = len(code.lstrip(LEADING_VOWEL))
    enough = max(least, _LETTERS_TOO.get(heard, _LETTERS_OF_LONG))
    return Indel.normalized_similarity(one, other) >= enough
