"""The rota and the steps of an alarm, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from pathway.duty.rules import (
    ANSWER_WITHIN,
    EVERYBODY,
    LAST_STEP,
    LONGEST_TURN,
    RUNNERS,
    SERVES,
    STEPS,
    TOLD_AGAIN_EVERY,
    TOLD_TIMES,
    Turn,
    faults_of_turn,
    gap_in_words,
    gaps,
    length_in_words,
    next_step,
    on_duty,
    reach_in_words,
    text_of,
    waits_until,
)
from pathway.messages.septets import ONE_TEXT, is_gsm7, septets
from pathway.nights import from_london
from pathway.staff.doing import Role

NOW = datetime(2026, 1, 5, 20, tzinfo=UTC)
END = NOW + timedelta(days=14)
PAGE = "https://pathway.example.org/alarms"


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def a_turn(ident: int, begins: float, ends: float, step: int = 1, staff: int = 7) -> Turn:
    return Turn(ident, staff, "Ellis", None, step, hours(begins), hours(ends))


def test_a_turn_runs_from_its_first_instant_and_ends_before_its_last() -> None:
    turns = [a_turn(1, 0, 2)]
    assert on_duty(turns, NOW) == {1: turns[0]}
    assert on_duty(turns, hours(2) - timedelta(microseconds=1)) == {1: turns[0]}
    assert on_duty(turns, hours(2)) == {}
    assert on_duty(turns, NOW - timedelta(microseconds=1)) == {}


def test_of_two_on_one_step_the_one_added_last_counts_and_the_first_comes_back() -> None:
    long, short, second = a_turn(1, 0, 9), a_turn(2, 1, 2), a_turn(3, 0, 9, step=2)
    turns = [short, second, long]
    assert on_duty(turns, hours(1)) == {1: short, 2: second}
    assert on_duty(turns, hours(2)) == {1: long, 2: second}


def test_gaps_are_what_no_turn_of_that_step_covers() -> None:
    turns = [a_turn(1, -3, 2), a_turn(2, 1, 3), a_turn(3, 12, 400), a_turn(4, 3, 12, step=2)]
    assert gaps(turns, 1, NOW, END) == [(hours(3), hours(12))]
    assert gaps(turns, 2, NOW, END) == [(NOW, hours(3)), (hours(12), END)]
    assert gaps([], 3, NOW, END) == [(NOW, END)]


def test_turns_that_touch_leave_no_gap() -> None:
    assert gaps([a_turn(1, 0, 9), a_turn(2, 9, 336)], 1, NOW, END) == []


def test_a_gap_is_said_plainly() -> None:
    told = [
        gap_in_words(1, (begins, ends), NOW, END)
        for begins, ends in (
            (hours(26), hours(35)),
            (NOW, hours(11)),
            (hours(26), END),
            (NOW, END),
        )
    ]
    assert told == [
        "Nobody is first on call from 22:00 on 6 January until 07:00.",
        "Nobody is first on call now, until 07:00.",
        "Nobody is first on call from 22:00 on 6 January on.",
        "Nobody is first on call in the next 14 days.",
    ]


@pytest.mark.parametrize(
    ("evening", "length"), [("03-28", "8 hours"), ("10-24", "10 hours"), ("11-24", "9 hours")]
)
def test_a_night_turn_is_as_long_as_the_clocks_make_it(evening: str, length: str) -> None:
    """Promise 20."""
    begins = datetime.fromisoformat(f"2026-{evening}T22:00")
    ends = from_london(begins + timedelta(hours=9))
    assert length_in_words(from_london(begins), ends) == length


def test_minutes_of_a_turn_are_told() -> None:
    assert length_in_words(NOW, hours(1)) == "1 hour"
    assert length_in_words(NOW, hours(1.5)) == "1 hour 30 minutes"
    assert length_in_words(NOW, hours(0.5)) == "30 minutes"


MANAGER = {"manager"}


@pytest.mark.parametrize(
    ("step", "roles", "begins", "ends", "field"),
    [
        (1, MANAGER, 0, 0, "ends_at"),
        (1, MANAGER, 2, 1, "ends_at"),
        (1, MANAGER, -9, 0, "ends_at"),
        (1, MANAGER, 0, 169.001, "ends_at"),
        (0, MANAGER, 0, 1, "step"),
        (4, MANAGER, 0, 1, "step"),
        (1, None, 0, 1, "staff"),
        (1, set(), 0, 1, "staff"),
        (1, {"outreach", "hub", "treatment"}, 0, 1, "staff"),
        (1, {"admin"}, 0, 1, "staff"),
    ],
)
def test_what_makes_no_turn_is_refused(
    step: int, roles: set[str] | None, begins: float, ends: float, field: str
) -> None:
    assert list(faults_of_turn(step, roles, hours(begins), hours(ends), NOW)) == [field]


def test_a_turn_may_be_a_week_also_when_the_clocks_go_back() -> None:
    begins = from_london(datetime.fromisoformat("2026-10-19T12:00"))
    ends = from_london(datetime.fromisoformat("2026-10-26T12:00"))
    assert ends - begins == LONGEST_TURN
    assert faults_of_turn(1, MANAGER, begins, ends, begins) == {}


def test_a_turn_that_has_begun_may_still_be_added() -> None:
    assert faults_of_turn(1, MANAGER, hours(-1), hours(0.01), NOW) == {}


def test_an_administrator_may_come_second_or_third() -> None:
    for step in (2, 3):
        assert faults_of_turn(step, {"admin"}, NOW, hours(1), NOW) == {}
    assert Role.ADMIN not in SERVES[1]
    assert {Role.ADMIN, Role.MANAGER} <= RUNNERS


@pytest.mark.parametrize("step", STEPS)
def test_each_step_has_ten_minutes_to_answer(step: int) -> None:
    assert timedelta(minutes=10) == ANSWER_WITHIN
    assert waits_until(step, NOW) == NOW + ANSWER_WITHIN


def test_everybody_is_told_again_every_half_hour_and_eight_times_in_all() -> None:
    steps = range(EVERYBODY, LAST_STEP + 1)
    assert len(steps) == TOLD_TIMES == 8
    assert [waits_until(step, NOW) for step in steps[:-1]] == [NOW + TOLD_AGAIN_EVERY] * 7
    assert waits_until(LAST_STEP, NOW) is None


def test_an_alarm_goes_on_at_once_past_a_step_that_nobody_is_on() -> None:
    third = {3: a_turn(1, 0, 1, step=3)}
    assert next_step(0, third) == 3
    assert next_step(3, third) == EVERYBODY
    assert next_step(0, {}) == EVERYBODY
    assert next_step(EVERYBODY, third) == EVERYBODY + 1


def test_whoever_was_told_already_is_not_the_next() -> None:
    on_call = {step: a_turn(step, 0, 1, step, staff) for step, staff in ((1, 7), (2, 7), (3, 8))}
    assert next_step(0, on_call) == 1
    assert next_step(1, on_call, {7}) == 3
    assert next_step(1, {1: on_call[1], 2: on_call[2]}, {7}) == EVERYBODY


def test_how_far_an_alarm_went_is_told() -> None:
    assert reach_in_words(1) == "It went to the first on call."
    assert reach_in_words(EVERYBODY) == "It went to everybody who runs the rota."
    assert reach_in_words(EVERYBODY + 1).endswith("the rota, 2 times.")
    assert reach_in_words(LAST_STEP).endswith("8 times. Nobody is told again: ring them.")


@pytest.mark.parametrize("words", ["", "No forecast.", "x" * 200, "It’s “cold” – 雪 [€] `~^{}"])
@pytest.mark.parametrize(
    "page", [PAGE, f"https://{'long' * 40}.example.org/alarms", "https://é/~", "https://雪"]
)
def test_an_alarm_is_one_plain_text_whatever_the_words(words: str, page: str) -> None:
    told = text_of(1_000_000, words, page)
    assert septets(told) <= ONE_TEXT
    assert is_gsm7(told)
    assert told.startswith("Pathway alarm 1000000: ")
    assert "Answer with OK 1000000, or open " in told


def test_the_text_says_what_how_to_answer_and_where() -> None:
    assert text_of(12, "It’s cold.", PAGE) == (
        "Pathway alarm 12: It's cold. Answer with OK 12, or open "
        "https://pathway.example.org/alarms."
    )
