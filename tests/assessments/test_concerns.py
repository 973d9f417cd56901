"""Where a concern stands: when an answer is due, and which step comes next."""

from datetime import UTC, datetime, timedelta

import pytest

from pathway.assessments.concerns import (
    ConcernFacts,
    due_at,
    overdue,
    stands_already,
    why_not_step,
    working_days_after,
)
from pathway.assessments.rules import ConcernKind, ConcernStep
from tests.factories import NOW

INSTANT = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        ("2026-01-05T09:00", "2026-01-07T09:00"),
        ("2026-01-08T09:00", "2026-01-12T09:00"),
        ("2026-01-09T15:00", "2026-01-13T15:00"),
        ("2026-01-10T03:00", "2026-01-13T03:00"),
        ("2026-01-11T23:30", "2026-01-13T23:30"),
        ("2026-03-27T15:00", "2026-03-31T14:00"),
        ("2026-10-23T14:00", "2026-10-27T15:00"),
    ],
)
def test_an_answer_is_due_at_the_same_hour_two_weekdays_later(sent: str, due: str) -> None:
    assert working_days_after(at(sent), 2) == at(due)
    assert due_at(NOW, at(sent)) == at(due)


def test_the_leads_hear_of_it_at_the_due_moment_and_not_before() -> None:
    due = NOW + timedelta(hours=4)
    assert overdue(NOW, None, due - INSTANT) is None
    assert overdue(NOW, None, due) is ConcernStep.TOLD_UNSENT
    sent = at("2026-01-09T15:00")
    assert overdue(NOW, sent, at("2026-01-13T15:00") - INSTANT) is None
    assert overdue(NOW, sent, at("2026-01-13T15:00")) is ConcernStep.TOLD_UNHEARD


def a_concern(**facts: datetime) -> ConcernFacts:
    return ConcernFacts(1, 1, "P-1", ConcernKind.ADULT, NOW, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", [ConcernStep.ACKNOWLEDGED, ConcernStep.CHASED])
def test_what_was_not_sent_is_neither_acknowledged_nor_chased(what: ConcernStep) -> None:
    assert "not been sent" in str(why_not_step(a_concern(), what))
    assert why_not_step(a_concern(sent_at=NOW), what) is None


def test_one_may_be_chased_any_number_of_times_until_it_is_closed() -> None:
    chased = a_concern(sent_at=NOW, chased_at=NOW)
    assert not stands_already(chased, ConcernStep.CHASED)
    assert stands_already(chased, ConcernStep.SENT)
    closed = a_concern(sent_at=NOW, closed_at=NOW)
    assert "closed" in str(why_not_step(closed, ConcernStep.CHASED))
    assert closed.due_at is None
