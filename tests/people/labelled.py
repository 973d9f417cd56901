"""Five thousand made people of whom it is known who is who, the same at every run.

Names are as unevenly common as in London: a few are borne by many, most by few. Some
people are recorded twice or three times, as different teams would write them down; and
some are related, which must not make them one.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pathway.people.likeness import Told

PEOPLE = 5_000
SEED = 41


def _listed(text: str) -> list[str]:
    return text.split()


GIVEN = _listed(
    "Mohammed John David Ahmed Michael Maria James Ali Anna Paul Fatima Daniel Thomas "
    "Ibrahim Catherine Peter Joseph Sarah Andrew Hassan Marek Stephen Abdul Yusuf Ana "
    "Christopher Omar Mark Elizabeth Piotr Patrick Amina Anthony Krzysztof Maryam Kevin "
    "Hussein Alexander Marta Sean Gabriel Khadija Tomasz Samuel Ion Philip Aisha Simon "
    "Natalia Jean Victoria Andrzej Robert Nguyễn Joanna Linh Tadesse Selam Kofi Abena Chidi "
    "Ngozi Olu Zsófia János Łukasz Siân Núria José Chloë Bjørn Sørina Ștefan Ioana Ljubica "
    "Radoslav Tesfaye Hana Xuân Thị Dwayne Leroy Marcia Winston Errol Shanice Tariq Bilal "
    "Zainab Nasreen Gurpreet Harjit Sunil Anjali Wei Mei Kwame Adwoa Emeka Funmi Dmitri "
    "Svetlana Arturas Rasa Besnik Drita Baran"
)

FAMILY = _listed(
    "Smith Jones Khan Ali Ahmed Patel Williams Brown Taylor Hussain Begum Davies Wilson "
    "Evans Nowak O'Brien Singh Roberts Johnson Walker Wright Thompson Robinson Hall Green "
    "Wood Murphy Kelly Byrne Kowalski Popescu Hassan Mohamed Abdi Yusuf Warsame Tesfay "
    "Haile Nguyễn Trần Lê Phạm Silva Santos Pereira Costa García Martínez López O'Connor "
    "O'Neill McCarthy McDonald Campbell Stewart Reid Okafor Adeyemi Mensah Boateng Owusu "
    "Diallo Traoré Kaya Yılmaz Demir Hoxha Krasniqi Petrov Ivanov Kazlauskas Horváth Szabó "
    "Nagy Novák Dvořák"
)

SPELT = {
    "Mohammed": ("Muhamad", "Mohamed", "Muhammad"),
    "Catherine": ("Kathryn", "Katherine", "Catharine"),
    "Stephen": ("Steven",),
    "Yusuf": ("Youssef", "Jusuf"),
    "Hussein": ("Husain", "Hossein"),
    "Sean": ("Shaun", "Shawn"),
    "Philip": ("Phillip", "Filip"),
    "Ahmed": ("Ahmad",),
    "Omar": ("Umar",),
    "Sarah": ("Sara",),
    "Maryam": ("Mariam",),
    "Khadija": ("Khadijah", "Kadija"),
    "Hussain": ("Hossain", "Hussein"),
    "Mohamed": ("Mohammed", "Muhammed"),
    "O'Brien": ("O’Brien", "OBrien", "O Brien"),
    "O'Neill": ("O’Neil", "ONeill"),
    "McDonald": ("MacDonald", "Mc Donald"),
    "Kowalski": ("Kowalsky",),
}

NICKNAMES = _listed(
    "Badger Mo Red Tiny Doc Smiler Scotty Ginger Lucky Ace Buzz Spike Brummie Curly Dusty "
    "Fish Goldie Jock Jazz Kit Lofty Moose Nipper Ozzie Paddy Pickle Rusty Sarge Shorty "
    "Sparky Taff Titch Toffee Weasel Whisper Wolfie Ziggy Duke Lefty Bones"
)
CALLED = _listed("Big Little Old Young Irish Scouse Welsh Polish Posh Mad")
DOGS = _listed("Rex Max Bella Buster Luna Milo Shadow Tyson Daisy Roxy")

_HEAD = _listed("Bal Cor Dra Fen Gar Hol Jas Kel Lom Mor Nar Pel Ros Sten Tar Ver Wim Zor Bri Cla")
_MIDDLE = _listed("ane eri ola umi ist ond abr ekt orm ilg")
_TAIL = _listed("bert dov gan hart kins ler man nic rez ska son vic wala yan zade")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record: whom it is of, what it tells, and what is to be known of how it was made."""

    who: int
    told: Told
    how: str


def people() -> list[Recorded]:
    """Return the records in the order in which they were written."""
    rng = random.Random(SEED)
    found: list[Recorded] = []
    made = _made(rng)
    while len(found) < PEOPLE:
        found.extend(next(made))
    found = found[:PEOPLE]
    rng.shuffle(found)
    return found


def a_told(rng: random.Random) -> Told:
    """Return somebody as one team knows them."""
    return _less_known(rng, _somebody(rng))


def mistyped(rng: random.Random, told: Told) -> Told:
    """Return somebody as they are typed once more, with a slip of the key in a name."""
    return _again(rng, told)[0]


def _made(rng: random.Random) -> Iterator[list[Recorded]]:
    """Yield the records of one person, or of two who are related."""
    kinds = ("alone", "twice", "thrice", "father and son", "siblings", "twins")
    who = 0
    while True:
        kind = rng.choices(kinds, (66, 22, 3, 4, 3.5, 1.5))[0]
        one = _somebody(rng)
        if kind in {"twice", "thrice"}:
            again = [_again(rng, one) for _ in range(1 if kind == "twice" else 2)]
            first = replace(one, aliases=(*one.aliases, *_nickname_of(again)))
            yield [Recorded(who, first, "first"), *(Recorded(who, t, how) for t, how in again)]
        elif kind == "alone":
            yield [Recorded(who, _less_known(rng, one), kind)]
        else:
            other = _related(rng, one, kind)
            yield [Recorded(who, one, kind), Recorded(who + 1, other, kind)]
        who += 2


def _somebody(rng: random.Random) -> Told:
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(56 * 365))
    if rng.random() < 0.04:
        born = born.replace(month=1, day=1)
    dog = rng.choice(DOGS) if rng.random() < 0.05 else None
    return Told((_given(rng), _family(rng)), born, dog_name=dog)


def _given(rng: random.Random) -> str:
    if rng.random() < 0.15:
        return _coined(rng)
    return rng.choices(GIVEN, [1 / (place + 8) for place in range(len(GIVEN))])[0]


def _family(rng: random.Random) -> str:
    if rng.random() < 0.65:
        return _coined(rng)
    return rng.choices(FAMILY, [1 / (place + 15) for place in range(len(FAMILY))])[0]


def _coined(rng: random.Random) -> str:
    return rng.choice(_HEAD) + rng.choice(_MIDDLE) + rng.choice(_TAIL)


def _less_known(rng: random.Random, told: Told) -> Told:
    """Return somebody as one team knows them: not always with a whole date of birth."""
    born = told.born
    kind = rng.choices(("whole", "year", "month", "guess", "none"), (78, 5, 3, 6, 8))[0]
    if kind == "whole" or born is None:
        return told
    told = replace(told, born=None)
    if kind == "none":
        return told
    guess = kind == "guess"
    year = born.year + (rng.randint(-3, 3) if guess else 0)
    month = born.month if kind == "month" else None
    return replace(told, birth_year=year, birth_month=month, birth_guessed=guess)


def _related(rng: random.Random, one: Told, kind: str) -> Told:
    """Return somebody of the same family."""
    given, family = one.names
    born = one.born or date(1980, 1, 1)
    if kind == "father and son":
        return replace(one, born=born + timedelta(days=rng.randint(18, 40) * 365), dog_name=None)
    other = given
    while other == given:
        other = _given(rng)
    later = 0 if kind == "twins" else rng.randint(300, 2_500)
    return Told((other, family), born + timedelta(days=later))


def _again(rng: random.Random, one: Told) -> tuple[Told, str]:
    """Return the same person as another team wrote them down, and what became of the name."""
    hows = {
        "as it was": 12,
        "letter wrong in the given name": 18,
        "letter wrong in the family name": 18,
        "spelt otherwise": 16,
        "words swapped": 9,
        "other Unicode form, or no marks": 9,
        "nickname alone": 6,
        "given name alone": 3,
        "initial": 4,
        "another name added": 5,
        "another family name": 3,
    }
    how = rng.choices(list(hows), list(hows.values()))[0]
    told = replace(one, names=_renamed(rng, one.names, how))
    if rng.random() < 0.3:
        told = replace(told, dog_name=None)
    return _dated(rng, _less_known(rng, told)), how


def _renamed(rng: random.Random, names: tuple[str, ...], how: str) -> tuple[str, ...]:
    given, family = names
    form = rng.choice(("NFD", "plain"))
    changed = {
        "as it was": (given, family),
        "letter wrong in the given name": (_slipped(rng, given), family),
        "letter wrong in the family name": (given, _slipped(rng, family)),
        "spelt otherwise": (_spelt(rng, given), _spelt(rng, family)),
        "words swapped": (family, given),
        "other Unicode form, or no marks": (_form(given, form), _form(family, form)),
        "nickname alone": (_nickname(rng),),
        "given name alone": (given,),
        "initial": (given[:1], family),
        "another name added": (f"{given} {rng.choice(GIVEN)}", family),
        "another family name": (given, _family(rng)),
    }
    return changed[how]


def _nickname(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(NICKNAMES)
    return f"{rng.choice(CALLED)} {_given(rng)}"


def _nickname_of(again: list[tuple[Told, str]]) -> tuple[str, ...]:
    """Return by what else a person is known who was recorded under a nickname."""
    return tuple(told.names[0] for told, how in again if how == "nickname alone")


def _spelt(rng: random.Random, name: str) -> str:
    return rng.choice(SPELT[name]) if name in SPELT else name


def _form(name: str, form: str) -> str:
    apart = unicodedata.normalize("NFD", name)
    if form == "NFD":
        return apart
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).upper()


def _slipped(rng: random.Random, name: str) -> str:
    """Return a name with one slip of the key."""
    place = rng.randrange(1, len(name)) if len(name) > 1 and rng.random() < 0.9 else 0
    letter = rng.choice("abcdefghiklmnoprstuvwyz")
    before, sign, after = name[:place], name[place : place + 1], name[place + 1 :]
    slips = (
        before + after,
        before + letter + after,
        before + sign + letter + after,
        before + sign + sign + after,
        before + after[:1] + sign + after[1:],
    )
    return rng.choice(slips).strip() or name


def _dated(rng: random.Random, told: Told) -> Told:
    """Return somebody whose date of birth may have been typed wrongly."""
    born = told.born
    if born is None or rng.random() < 0.85:
        return told
    if rng.random() < 0.4 and born.day <= 12:
        return replace(told, born=born.replace(month=born.day, day=born.month))
    return replace(told, born=born.replace(year=born.year + rng.choice((-10, -1, 1, 10))))
