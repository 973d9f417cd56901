"""When a text is tried again, and what the provider's errors say; promise 31 at its edges."""

from datetime import timedelta

import pytest

from pathway.messages.rules import (
    LOST,
    TRY_GAPS,
    WORTH_ANOTHER,
    TextState,
    Verdict,
    next_try,
    validity,
    verdict,
    worth_another,
)
from tests.factories import NOW, later

LONG = later(days=2)


def test_each_gap_is_longer_than_the_one_before_and_the_last_is_the_last() -> None:
    gaps = [next_try(tries, NOW, LONG) for tries in range(1, len(TRY_GAPS) + 1)]
    assert gaps == [NOW + gap for gap in TRY_GAPS]
    assert sorted(set(TRY_GAPS)) == list(TRY_GAPS)
    assert next_try(len(TRY_GAPS) + 1, NOW, LONG) is None


def test_a_text_is_not_tried_when_it_is_no_use_any_more() -> None:
    assert next_try(1, NOW, NOW + TRY_GAPS[0] + timedelta(seconds=1)) is not None
    assert next_try(1, NOW, NOW + TRY_GAPS[0]) is None


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (302, Verdict.UNSURE),
        (399, Verdict.UNSURE),
        (400, Verdict.NEVER),
        (401, Verdict.NOT_TAKEN),
        (403, Verdict.NEVER),
        (408, Verdict.UNSURE),
        (429, Verdict.NOT_TAKEN),
        (499, Verdict.NEVER),
        (500, Verdict.UNSURE),
        (503, Verdict.UNSURE),
        (599, Verdict.UNSURE),
    ],
)
def test_what_an_error_says_of_a_text(status: int, says: Verdict) -> None:
    assert verdict(status) is says


@pytest.mark.parametrize(
    ("seconds", "kept"), [(-5, 60), (59, 60), (61, 61), (14_400, 14_400), (86_400, 14_400)]
)
def test_the_provider_keeps_a_text_no_longer_than_it_is_of_use_within_its_bounds(
    seconds: int, kept: int
) -> None:
    assert validity(later(seconds=seconds), NOW) == kept


@pytest.mark.parametrize("state", sorted(TextState))
@pytest.mark.parametrize("error", [None, 21610, 30001, 30003, 30008])
def test_only_what_surely_did_not_arrive_and_may_later_is_worth_another(
    state: TextState, error: int | None
) -> None:
    wanted = state in LOST and error in WORTH_ANOTHER
    assert worth_another(state, error, LONG, NOW) is wanted
    assert not worth_another(state, error, NOW + TRY_GAPS[1], NOW)
