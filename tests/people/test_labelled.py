"""What is found and what is missed among five thousand made people; see tests/README.md."""

from collections import defaultdict
from functools import cache

from pathway.people.alike import COMPARED, OF_ONE_KEY, weighed
from pathway.people.likeness import ALIKE, likeness
from pathway.people.sieve import asked_of, sounds_of
from tests.people.labelled import PEOPLE, Recorded, people

PRECISION, RECALL = 0.94, 0.93
"""What stands in tests/README.md, rounded down."""

Pair = tuple[int, int]


@cache
def recorded() -> list[Recorded]:
    return people()


@cache
def shown() -> frozenset[Pair]:
    """Return whom each would have been shown beside, had all been added one after another."""
    by_key: dict[str, list[int]] = defaultdict(list)
    found = set()
    for new, one in enumerate(recorded()):
        for old in compared(asked_of(one.told), by_key):
            if likeness(one.told, recorded()[old].told)[0] >= ALIKE:
                found.add((old, new))
        for key in sounds_of(one.told):
            by_key[key].append(new)
    return frozenset(found)


def compared(keys: list[str], by_key: dict[str, list[int]]) -> list[int]:
    """Return who is compared, as the database chooses them."""
    weights = weighed({key: by_key[key][-OF_ONE_KEY:] for key in keys if key in by_key})
    return sorted(weights, key=lambda old: -weights[old])[:COMPARED]


@cache
def same() -> frozenset[Pair]:
    """Return who is one."""
    by_person: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(recorded()):
        by_person[one.who].append(place)
    return frozenset(
        (old, new) for places in by_person.values() for old in places for new in places if old < new
    )


def of_kind(*kinds: str) -> set[Pair]:
    """Return the pairs of relatives of a kind: they were made one after the other."""
    by_who = {one.who: place for place, one in enumerate(recorded()) if one.how in kinds}
    pairs = ((by_who[who], by_who[who + 1]) for who in by_who if who % 2 == 0 and who + 1 in by_who)
    return {(min(pair), max(pair)) for pair in pairs}


def test_the_set_is_the_same_at_every_run_and_has_what_it_says() -> None:
    assert len(recorded()) == PEOPLE
    assert recorded()[:50] == people()[:50]
    assert len(same()) > 1_000
    assert all(len(of_kind(kind)) > 30 for kind in ("father and son", "siblings", "twins"))


def test_precision_and_recall_are_not_lower_than_what_is_written_down() -> None:
    right = len(shown() & same())
    precision, recall = right / len(shown()), right / len(same())
    assert precision >= PRECISION, precision
    assert recall >= RECALL, recall


def test_father_and_son_are_not_shown_as_one_nor_are_siblings() -> None:
    assert not of_kind("father and son", "siblings") & shown()


def test_twins_of_other_names_are_not_shown_as_one() -> None:
    twins = of_kind("twins")
    assert len(twins & shown()) <= len(twins) // 10
