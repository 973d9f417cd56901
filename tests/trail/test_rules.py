"""How a line reads, and which days a question means."""

from datetime import UTC, date, datetime

import pytest
from marshmallow import ValidationError

from pathway.trail.rules import Asked, detail_in_words, in_words
from pathway.trail.schemas import TrailAsked


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("person:P-7K3M", "person P-7K3M"),
        ("placement:17", "placement 17"),
        ("site:165-hub", "site 165-hub"),
        ("staff:3", "Robin"),
        ("staff:4", "staff 4"),
        ("staff:x", "staff x"),
        ("list:people", "a list of people"),
        ("file:people", "a file of people"),
        ("audit:trail", "the audit trail"),
        ("route:beds.tonight", "route beds.tonight"),
        ("nothing", "nothing"),
    ],
)
def test_a_subject_reads_as_plain_words(subject: str, words: str) -> None:
    assert in_words(subject, {3: "Robin"}) == words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        (None, ""),
        ({"refs": ["P-2"], "person": "P-2"}, ""),
        ({"beds": 10, "from": "2026-01-09"}, "beds: 10; from: 2026-01-09"),
        ({"all_of": True, "none_of": False, "x": None}, "all of: yes; none of: no; x: nothing"),
        ({"roles": [], "by": {"a_b": 1}}, "roles: none; by: a b 1"),
    ],
)
def test_a_detail_reads_as_plain_words(detail: dict[str, object] | None, words: str) -> None:
    assert detail_in_words(detail) == words


def test_days_are_london_days() -> None:
    summer = Asked(first=date(2026, 7, 1), last=date(2026, 7, 1))
    assert summer.since == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert summer.until == datetime(2026, 7, 1, 23, tzinfo=UTC)


def test_the_day_the_clocks_go_back_has_twenty_five_hours() -> None:
    day = Asked(first=date(2026, 10, 25), last=date(2026, 10, 25))
    assert day.since is not None
    assert day.until is not None
    assert (day.until - day.since).total_seconds() == 25 * 3600


def test_a_question_reads_both_ways_of_writing_a_day() -> None:
    asked = TrailAsked().load({"from": "09/01/2026", "to": "2026-01-10", "staff": "7"})
    assert asked == Asked(first=date(2026, 1, 9), last=date(2026, 1, 10), staff=7)
    assert asked.told == {"staff": 7, "from": "2026-01-09", "to": "2026-01-10"}


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("from", "2026-02-30", "The day is “2026-02-30”, which is no date"),
        ("to", "yesterday", "The day is “yesterday”, which is no date"),
        ("to", "9999-12-31", "That day is too far away."),
        ("from", "0001-01-01", "That day is too far away."),
        ("staff", "-1", "This is not an id."),
        ("before", "9" * 30, "This is not an id."),
        ("what", "drop; table", "Choose what was done from the list."),
        ("person", "x" * 41, "Write at most 40 characters."),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(field: str, typed: str, told: str) -> None:
    with pytest.raises(ValidationError) as fault:
        TrailAsked().load({field: typed})
    assert fault.value.messages_dict[field][0].startswith(told)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match="The last day is before the first"):
        TrailAsked().load({"from": "2026-01-10", "to": "2026-01-09"})
