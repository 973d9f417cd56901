"""What a name sounds like: one code for the spellings that people mishear as one another.

Metaphone as jellyfish has it, made coarser where London's names need it:
``th`` is ``t``, ``sh`` is ``s``, ``j`` is ``y``, and a vowel that leads is any vowel.
"""

from functools import lru_cache

from jellyfish import metaphone

from pathway.people.rules import fold

_COARSER = str.maketrans({"0": "T", "X": "S", "J": "Y"})
_VOWELS = "AEIOU"
LEADING_VOWEL = "A"
"""What stands for whichever vowel a word begins with."""

_JOINED = {"o", "d", "mc", "mac", "al", "el"}
"""Words that belong to the one after them: ``O Brien``, ``Mc Donald``, ``Al Amin``."""

KEPT_WORDS = 6
"""The most words of one name that are compared (ours): nobody is told apart by the seventh."""

_REMEMBERED = 50_000
"""How many words' sounds are kept at hand (ours)."""


@lru_cache(_REMEMBERED)
def sound(word: str) -> str:
    """Return what a folded word sounds like; a word of no sound is its own.

    >>> sound("catherine") == sound("kathryn"), sound("mohammed") == sound("muhamad")
    (True, True)
    """
    code = metaphone(word).translate(_COARSER).replace(" ", "") if word.isascii() else ""
    if code and code[0] in _VOWELS:
        code = LEADING_VOWEL + code[1:]
    return (code[:1] + code[1:].replace("Y", "")) or word


@lru_cache(_REMEMBERED)
def words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, in their order; what leads a word is one with it.

    >>> words("Pat O’Brien"), words("Pat O Brien")
    (('pat', 'obrien'), ('pat', 'obrien'))
    """
    found: list[str] = []
    led = ""
    for word in fold(name).split():
        if word in _JOINED:
            led += word
            continue
        found.append(led + word)
        led = ""
    return tuple([*found, led] if led else found)[:KEPT_WORDS]
