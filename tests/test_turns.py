"""Writers take turns in the order in which they came."""

import threading
import time

import pytest

from pathway.errors import Busy
from pathway.turns import Turns


def queue_up(turns: Turns, names: list[str], said: list[str]) -> list[threading.Thread]:
    """Let each of these wait for a turn, one after the other."""

    def run(name: str) -> None:
        with turns.take(10):
            said.append(name)

    threads = []
    for number, name in enumerate(names, 1):
        thread = threading.Thread(target=run, args=(name,))
        thread.start()
        threads.append(thread)
        while len(turns._waiting) < number:
            time.sleep(0.001)
    return threads


def test_who_came_first_goes_first() -> None:
    turns, said = Turns(), list[str]()
    with turns.take(1):
        threads = queue_up(turns, ["a", "b", "c", "d"], said)
    for thread in threads:
        thread.join()
    assert said == ["a", "b", "c", "d"]


def test_who_waits_too_long_is_told_and_blocks_nobody() -> None:
    turns = Turns()
    with turns.take(1), pytest.raises(Busy), turns.take(0.01):
        pass
    with turns.take(0.01):
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError), turns.take(1):
        raise RuntimeError
    with turns.take(0.01):
        pass


def test_a_turn_that_comes_while_giving_up_goes_to_the_next() -> None:
    turns = Turns()
    turns._join()
    late, patient = turns._join(), turns._join()
    assert late is not None
    assert patient is not None
    turns._pass_on()
    turns._give_up(late)
    assert patient.is_set()


def test_only_one_has_the_turn_at_any_time() -> None:
    turns, inside, most = Turns(), list[int](), list[int]()

    def run() -> None:
        for _ in range(50):
            with turns.take(10):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 400
