"""A person as the rules need them, and how names are compared."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pathway.people.born import Birth
from pathway.sites.rules import Gender, SupportLevel


class Recourse(StrEnum):
    """Whether a person may draw on public funds; NO is "NRPF"."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class Need(StrEnum):
    """A support need."""

    ALCOHOL = "alcohol"
    DRUGS = "drugs"
    MENTAL_HEALTH = "mental_health"
    PHYSICAL_HEALTH = "physical_health"


class WarningKind(StrEnum):
    """What a structured warning is of. Source: DOMAIN.md section 6."""

    VIOLENCE = "violence"
    ARSON = "arson"
    SEXUAL = "sexual"
    LICENCE = "licence"
    NAMED_PERSON = "named_person"

    @property
    def words(self) -> str:
        """Return the warning as people say it."""
        return {
            "violence": "Violence",
            "arson": "Arson or fire-setting",
            "sexual": "Sexual harm",
            "licence": "Licence condition",
            "named_person": "Risk from a named person",
        }[self.value]


class Verdict(StrEnum):
    """What is said of two records."""

    PERHAPS = "perhaps"
    TWO = "two"

    @property
    def words(self) -> str:
        """Return what somebody who says it does."""
        return {"perhaps": "say perhaps the same", "two": "say not the same"}[self.value]


CHAIN = "chain"
"""The scheme of the numbers of CHAIN, London's shared record of rough sleeping."""

SCHEME_LENGTH, NUMBER_LENGTH = 40, 60
"""The most characters of a scheme of numbers and of a number (ours)."""

_LETTERS_OF_A_BODY = 5
"""Up to so many letters a scheme is the initials of whoever gives the numbers (ours)."""


def squeezed(text: str) -> str:
    """Return text with single spaces and none at its ends."""
    return " ".join(text.split())


def scheme_words(scheme: str) -> str:
    """Return a scheme as people write it.

    >>> scheme_words("chain"), scheme_words("st mungos")
    ('CHAIN', 'St mungos')
    """
    return scheme.upper() if len(scheme) <= _LETTERS_OF_A_BODY else scheme.capitalize()


WHICH_BED = ("needs_step_free", "has_dog", "with_partner", "vulnerable")
"""What is known of a person or not, and decides on beds or on what is done if they stay away."""

NAME_LENGTH = 200
"""The most characters of one name. Source: CONTRACT.md."""

LONGEST_LANGUAGE = 60
"""The most characters of a language's name (ours)."""

LONGEST_WORDING = 2000
"""The most characters of what somebody is read before they agree (ours)."""

REF_LENGTH = 40
"""The most characters of a person's reference (ours)."""

ERASED = "erased-"
"""How the reference of somebody who was erased begins; random signs follow."""

_REF_SIGNS = "23456789BCDFGHJKMNPQRTVWXY"
"""No vowels and nothing that is misread or misheard for another sign."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person as the rules and the pages need them.

    ``vulnerable`` asks for a welfare decision when they do not arrive.
    ``unnamed`` is somebody who gave no name, known by a description until
    matched. ``not_here`` are the sites that are not for them, by id, at their
    own word; ``warned_of`` are the warnings that stand, and ``kept_from`` the
    sites that one of them rules out, by id; ``excluded_from`` are the sites that
    take them no more for now, ``apart_from`` whom they must never meet,
    ``kept_apart`` the sites where one of those has a claim at this moment, and
    ``partners`` those with whom they are a couple. All of these are read where fit
    is judged and nowhere else. ``perhaps_child`` is that somebody may be under 18.
    """

    id: int
    ref: str
    given_name: str | None = None
    family_name: str | None = None
    date_of_birth: date | None = None
    gender: Gender = Gender.NOT_KNOWN
    nationality: str | None = None
    recourse: Recourse = Recourse.NOT_KNOWN
    local_connection: str | None = None
    support_level: SupportLevel | None = None
    needs: tuple[Need, ...] = ()
    version: int = 1
    restricted: bool = False
    needs_step_free: bool | None = None
    has_dog: bool | None = None
    with_partner: bool | None = None
    vulnerable: bool | None = None
    unnamed: bool = False
    description: str | None = None
    perhaps_child: bool | None = None
    at_risk: bool | None = None
    language: str | None = None
    interpreter: bool | None = None
    died_on: date | None = None
    birth_year: int | None = None
    birth_month: int | None = None
    birth_guessed: bool | None = None
    dog_name: str | None = None
    aliases: tuple[str, ...] = ()
    not_here: frozenset[int] = frozenset()
    warned_of: frozenset[WarningKind] = frozenset()
    kept_from: frozenset[int] = frozenset()
    excluded_from: frozenset[int] = frozenset()
    apart_from: frozenset[int] = frozenset()
    kept_apart: frozenset[int] = frozenset()
    partners: frozenset[int] = frozenset()

    @property
    def birth(self) -> Birth:
        """Return when they were born, as far as it is known."""
        guessed = self.birth_guessed is True
        return Birth(self.date_of_birth, self.birth_year, self.birth_month, guessed)

    @property
    def name(self) -> str:
        """Return the name as it was typed, or words that say there is none."""
        given = " ".join(part for part in (self.given_name, self.family_name) if part)
        shown = [name for name in (given, *self.aliases) if any(map(_shows, name))]
        if shown:
            return shown[0]
        described = self.unnamed and self.description
        return f"No name given ({self.description})" if described else "No name given"


def _shows(sign: str) -> bool:
    """Return whether a sign leaves anything to be seen or tapped."""
    return not sign.isspace() and unicodedata.category(sign) not in {"Cc", "Cf"}


def new_ref() -> str:
    """Return a reference that can be read out over the telephone: ``P-7K3M9Q``."""
    return "P-" + "".join(secrets.choice(_REF_SIGNS) for _ in range(6))


DIED = "This person's death is recorded. Ring the duty manager if that is wrong."
"""What refuses everything that is done for somebody who is alive."""

GLASS_LASTS = timedelta(hours=12)
"""How long a restricted record stays open to whoever broke the glass: one shift (ours)."""


def split_name(typed: str) -> tuple[str, str | None]:
    """Return one typed name as given name and family name; nothing is altered.

    >>> split_name("Ana Maria Costa")
    ('Ana Maria', 'Costa')
    >>> split_name("Badger")
    ('Badger', None)
    """
    given, space, family = typed.strip().rpartition(" ")
    return (given.rstrip(), family) if space else (typed.strip(), None)


_VANISHING = "'’‘ʼ`´."
"""Apostrophes, however they are typed, and full stops."""

_ACCENTS = str.maketrans("´｀＇", "'''")
"""Signs typed as apostrophes that Unicode would take apart into something else."""

_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a base letter and a mark."""


def fold(text: str) -> str:
    """Return text without case, marks and punctuation, words parted by one space.

    Apostrophes and full stops vanish; everything else that is no letter or
    digit parts words. What has no letter at all is kept as it is, so that a
    name of signs can still be found.

    >>> fold("O’Brien"), fold("Nguyễn"), fold("Anne-Marie")
    ('obrien', 'nguyen', 'anne marie')
    """
    plain = _taken_apart(_taken_apart(text)).translate(_LETTERS)
    kept = "".join(
        "" if sign in _VANISHING else sign if sign.isalnum() else " "
        for sign in plain
        if not unicodedata.combining(sign)
    )
    return " ".join(kept.split()) or unicodedata.normalize("NFC", text.casefold()).strip()


def _taken_apart(text: str) -> str:
    """Return text in small letters with marks apart; some need it twice."""
    return unicodedata.normalize("NFKD", text.translate(_ACCENTS)).casefold()


def name_keys(*names: str | None) -> set[str]:
    """Return what a person with these names is found by.

    Each word, and each name and all of them written as one word, so that
    ``O Brien``, ``O'Brien`` and ``obrien`` all lead to the same person.
    """
    folded = [fold(name) for name in names if name and name.strip()]
    keys = {word for name in folded for word in name.split()}
    keys |= {name.replace(" ", "") for name in folded}
    keys.add("".join(folded).replace(" ", ""))
    return {key[:NAME_LENGTH] for key in keys if key}
