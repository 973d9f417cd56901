"""What is said of two records, and who is shown it."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pathway.acts import Act
from pathway.audit import AuditEntry
from pathway.beds import care
from pathway.db import db, transaction
from pathway.desk import alike
from pathway.errors import Absent, Invalid, Refused
from pathway.people import closing, queries, sameness
from pathway.people.models import PersonMerge, PersonSame
from pathway.people.rules import PersonFacts, Verdict
from pathway.people.sameness import TWO_PEOPLE
from pathway.staff.doing import Role
from tests.factories import HUB, a_person, an_act

PERHAPS, TWO = Verdict.PERHAPS, Verdict.TWO


@pytest.fixture
def act(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB)


def two(**facts: object) -> tuple[PersonFacts, PersonFacts]:
    """Return a father and a son of one name."""
    with transaction():
        return (
            a_person(given_name="Jon", family_name="Fable", **facts),
            a_person(given_name="Jon", family_name="Fable", **facts),
        )


def say(act: Act, one: PersonFacts, other: PersonFacts, verdict: Verdict) -> None:
    with transaction():
        sameness.say(act, one.ref, other.ref, verdict)


def listed(act: Act) -> list[set[str]]:
    return [{pair.one.ref, pair.other.ref} for pair in sameness.pairs(act, 50)]


def looks_like(act: Act, person: PersonFacts) -> list[str]:
    return [one.person.ref for one in alike.like(act, person)]


def test_a_pair_that_is_perhaps_one_waits_newest_first_and_once(act: Act) -> None:
    (one, other), (third, fourth) = two(), two()
    say(act, one, other, PERHAPS)
    say(act, third, fourth, PERHAPS)
    say(act, other, one, PERHAPS)
    assert listed(act) == [{third.ref, fourth.ref}, {one.ref, other.ref}]
    assert sameness.pairs(act, 1)[0].reasons == ("same name",)
    lines = db.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all()
    assert lines[-3:] == ["say perhaps the same", "say perhaps the same", "view person"]


def test_a_father_is_not_proposed_as_his_son_again_until_that_is_taken_back(act: Act) -> None:
    father, son = two()
    assert looks_like(act, father) == [son.ref]
    say(act, father, son, PERHAPS)
    say(act, father, son, TWO)
    assert listed(act) == []
    assert looks_like(act, father) == looks_like(act, son) == []
    assert [one.ref for one in sameness.two_people(act, son)] == [father.ref]
    with pytest.raises(Refused, match=TWO_PEOPLE), transaction():
        care.merge(act, father.ref, son.ref)
    with transaction():
        sameness.take_back(act, son.ref, father.ref)
    assert looks_like(act, father) == [son.ref]
    assert sameness.said_of(act, father, son) is None
    with transaction():
        assert care.merge(act, father.ref, son.ref).ref == son.ref


def merged_while_it_is_said(
    app: Flask, monkeypatch: pytest.MonkeyPatch, *, looks_first: bool = False
) -> bool:
    """Let somebody say that two are two people just before a merge locks them."""
    with app.app_context():
        with transaction():
            act = an_act(Role.HUB_LEAD, HUB)
        father, son = two()
        lock, look, first = queries.lock_people, sameness.refuse_two_people, threading.Lock()

        def say_it() -> None:
            with app.app_context():
                say(act, father, son, TWO)

        def after(*told: Any) -> None:
            if first.acquire(blocking=False):
                elsewhere = threading.Thread(target=say_it)
                elsewhere.start()
                elsewhere.join()
            lock(*told)

        monkeypatch.setattr(queries, "lock_people", after)
        with suppress(Refused), transaction():
            if looks_first:
                look(father, son)
                monkeypatch.setattr(sameness, "refuse_two_people", lambda *_: None)
            care.merge(act, father.ref, son.ref)
        return db.session.scalar(select(func.count()).select_from(PersonMerge)) == 1


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("looks_first", [False, True])
def test_what_is_said_while_a_merge_begins_stops_it_unless_it_looked_before_the_lock(
    app: Flask, monkeypatch: pytest.MonkeyPatch, *, looks_first: bool
) -> None:
    """The second is the negative control. On SQLite writers take turns: nothing comes between."""
    assert merged_while_it_is_said(app, monkeypatch, looks_first=looks_first) is looks_first


def test_who_is_not_there_or_the_same_already_is_refused(act: Act) -> None:
    one, other = two()
    for ref, second in ((one.ref, "P-NOBODY"), ("P-NOBODY", one.ref)):
        with pytest.raises(Absent), transaction():
            sameness.say(act, ref, second, PERHAPS)
    with transaction():
        care.merge(act, one.ref, other.ref)
    with pytest.raises(Invalid), transaction():
        sameness.say(act, one.ref, other.ref, TWO)
    assert db.session.scalars(select(PersonSame.id)).all() == []


def test_a_pair_leaves_the_list_when_it_is_merged_and_comes_back_when_parted(act: Act) -> None:
    one, other = two()
    say(act, one, other, PERHAPS)
    with transaction():
        care.merge(act, one.ref, other.ref)
    assert listed(act) == []
    with transaction():
        care.unmerge(act, one.ref)
    assert listed(act) == [{one.ref, other.ref}]


def test_of_what_a_merge_brings_together_the_newest_word_counts(act: Act) -> None:
    (one, other), (third, _) = two(), two()
    say(act, one, third, TWO)
    later = replace(act, at=act.at + timedelta(minutes=1))
    say(later, other, third, PERHAPS)
    with transaction():
        care.merge(later, one.ref, other.ref)
    assert listed(act) == [{other.ref, third.ref}]
    assert sameness.not_the_same(third.id) == set()


@pytest.mark.parametrize("closed", [0, 1])
def test_a_closed_record_is_shown_in_no_pair_to_who_may_not_open_it(act: Act, closed: int) -> None:
    pair = two()
    say(act, *pair, PERHAPS)
    with transaction():
        keeper = an_act(email="keeper@example.org")
        closing.restrict(keeper, pair[closed].ref)
    assert listed(act) == []
    assert listed(keeper) == [{pair[0].ref, pair[1].ref}]
    assert looks_like(act, pair[1 - closed]) == []
    with pytest.raises(Absent), transaction():
        sameness.say(act, pair[0].ref, pair[1].ref, TWO)


def test_a_closed_record_is_not_told_among_those_who_are_two(act: Act) -> None:
    one, other = two()
    say(act, one, other, TWO)
    with transaction():
        closing.restrict(an_act(email="keeper@example.org"), other.ref)
    assert sameness.two_people(act, one) == []
