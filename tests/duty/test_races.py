"""Two processes at once take an alarm one step further, once; two people answer it, one has it."""

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pathway.acts import Act
from pathway.db import db, transaction
from pathway.duty import actions, queries
from pathway.duty.models import Alarm
from pathway.errors import Refused
from pathway.messages.models import Text
from tests.duty.conftest import SERVICE, Rota, an_alarm, lines
from tests.factories import at, later
from tests.races import at_once

AT_ONCE = 6


def outcomes(app: Flask, deed: Callable[[int], bool]) -> Counter[str]:
    """Do it so many times at once; return how often it was done, left, or failed."""

    def one(number: int) -> str:
        with app.app_context():
            try:
                with transaction():
                    return "done" if deed(number) else "left"
            except Refused:
                return "refused"
            except IntegrityError:
                return "failed"
            finally:
                db.session.remove()

    return Counter(at_once([partial(one, number) for number in range(AT_ONCE)]))


def escalate(app: Flask, ident: int) -> Counter[str]:
    due = at(SERVICE, later(minutes=10))
    return outcomes(app, lambda _: actions.escalate_one(due, ident))


def went_once(app: Flask, found: Counter[str]) -> bool:
    """Return whether one process told the second on call, and no other did anything."""
    sent = select(Text.id).where(Text.to_number == "+447700900002")
    once = len(db.session.scalars(sent).all()) == len(lines("escalate alarm")) == 1
    return once and found == {"done": 1, "left": AT_ONCE - 1}


@pytest.fixture
def alarm(rota: Rota) -> int:
    with transaction():
        ident = an_alarm()
    db.session.remove()
    return ident


def test_many_processes_at_once_tell_the_next_once(store: Flask, alarm: int) -> None:
    assert went_once(store, escalate(store, alarm))


@pytest.fixture
def read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all read how far the alarm went before any of them moves it."""
    read, met = queries.open_alarm, threading.Barrier(AT_ONCE)

    def wait(ident: int) -> object:
        found = read(ident)
        met.wait(timeout=30)
        return found

    monkeypatch.setattr(queries, "open_alarm", wait)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_even_when_all_read_the_same_step(store: Flask, alarm: int, read_together: None) -> None:
    """On SQLite nobody reads while another writes, so that this cannot come about."""
    assert went_once(store, escalate(store, alarm))


@pytest.mark.parametrize("engine", ["postgresql"])
def test_without_the_step_in_the_condition_more_than_one_goes_on(
    store: Flask, alarm: int, read_together: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    def move(act: Act, ident: int, _step: int, further: int) -> bool:
        moved = update(Alarm).where(Alarm.id == ident).values(step=further, told_at=act.at)
        db.session.execute(moved)
        return True

    monkeypatch.setattr(actions, "_move", move)
    assert not went_once(store, escalate(store, alarm))


def answer(app: Flask, rota: Rota, ident: int) -> Counter[str]:
    runners = (rota.manager, rota.coordinator, rota.admin)

    def deed(number: int) -> bool:
        who = runners[number % len(runners)]
        actions.acknowledge(at(who, later(minutes=1)), ident)
        return True

    return outcomes(app, deed)


def one_has_it(found: Counter[str]) -> bool:
    """Return whether one member of staff has it, asked twice, and the other two were told so."""
    return found == {"done": 2, "refused": 4} and len(lines("answer alarm")) == 1


def test_of_many_who_answer_at_once_one_has_it(store: Flask, rota: Rota, alarm: int) -> None:
    assert one_has_it(answer(store, rota, alarm))


def test_without_the_condition_several_have_it(
    store: Flask, rota: Rota, alarm: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    def take(act: Act, ident: int) -> bool:
        mine = {"acknowledged_at": act.at, "acknowledged_by": act.staff_id}
        db.session.execute(update(Alarm).where(Alarm.id == ident).values(**mine))
        return True

    monkeypatch.setattr(actions, "_answer", take)
    assert not one_has_it(answer(store, rota, alarm))
