"""By what two people come to be compared at all: keys that both share.

Each key is kept in a table with an index, so that among a hundred thousand people a few
are read. What each begins with says what it is made of.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, permutations

from pathway.people.likeness import Told, names_of
from pathway.people.rules import NAME_LENGTH, fold
from pathway.people.sounds import sound

WORD, WHOLE, PAIR, INITIAL, BORN, YEAR, DOG = "s:", "w:", "p:", "i:", "b:", "y:", "d:"
"""The sound of a word; of a whole name; of two words; of one, with the first letter of another;
the date of birth; its year with two words; the dog's name, alone and with a word."""

_TELLING = (BORN, DOG, WHOLE, YEAR, PAIR, WORD, INITIAL)


def sounds_of(told: Told) -> set[str]:
    """Return the keys under which somebody is kept."""
    keys = set(_of_birth(told.born))
    heard: set[str] = set()
    for name in names_of(told):
        keys.update(_of_name(name, told.birth.in_year))
        heard.update(map(sound, name))
    if told.dog_name and told.dog_name.strip():
        dog = DOG + sound(fold(told.dog_name))
        keys |= {dog} | {f"{dog}+{each}" for each in heard}
    return {key[:NAME_LENGTH] for key in keys}


def asked_of(told: Told) -> list[str]:
    """Return the keys under which somebody is looked for, the most telling first.

    Also with day and month swapped.
    """
    keys = sounds_of(told) | set(_of_birth(_swapped(told.born)))
    return sorted(keys, key=lambda key: (_TELLING.index(key[: len(BORN)]), key))


def heard_in(tolds: Iterable[Told]) -> set[str]:
    """Return the keys of all that is told of one person."""
    return {key for told in tolds for key in sounds_of(told)}


def _of_birth(born: date | None) -> Iterator[str]:
    if born:
        yield f"{BORN}{born.isoformat()}"


def _swapped(born: date | None) -> date | None:
    """Return a date with day and month swapped, if there is one."""
    try:
        return born and born.replace(month=born.day, day=born.month)
    except ValueError:
        return None


def _of_name(name: tuple[str, ...], year: int | None) -> Iterator[str]:
    """Yield the keys of one name."""
    if not name:
        return
    yield WHOLE + sound("".join(name))
    yield from (WORD + sound(word) for word in name)
    for one, other in combinations(sorted(map(sound, name)), 2):
        yield f"{PAIR}{one}+{other}"
        if year:
            yield f"{YEAR}{year}+{one}+{other}"
    for one, other in permutations(name, 2):
        yield f"{INITIAL}{sound(one)}+{other[0]}"
