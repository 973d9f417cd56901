"""By when a request is answered, and how it may be decided."""

from datetime import date, timedelta

import pytest

from pathway.privacy.asking import (
    NEVER,
    OLDEST,
    Decision,
    RequestFacts,
    bad_day,
    bad_decision,
    due_on,
    in_order,
)
from pathway.privacy.rules import AskedFor

TODAY = date(2026, 1, 10)


def asked(ident: int, due: date, decision: Decision | None = None) -> RequestFacts:
    return RequestFacts(ident, AskedFor.ACCESS, None, "They do", due, due, decision, None, None)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 1, 9), date(2026, 2, 9)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 2, 28), date(2026, 3, 28)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_an_answer_is_due_one_month_on_or_on_the_last_day_of_a_short_month(
    received: date, due: date
) -> None:
    assert due_on(received) == due


def test_the_last_day_is_not_overdue_and_the_day_after_is() -> None:
    one = asked(1, TODAY)
    assert [one.days_over(TODAY + timedelta(days=days)) for days in (-1, 0, 1)] == [0, 0, 1]
    assert asked(1, TODAY, Decision.GRANTED).days_over(TODAY + timedelta(days=9)) == 0


def test_what_is_overdue_comes_first_and_what_was_decided_last() -> None:
    late, soon = asked(3, TODAY - timedelta(days=1)), asked(1, TODAY)
    old, new = asked(2, TODAY, Decision.REFUSED), asked(4, TODAY, Decision.GRANTED)
    assert [one.id for one in in_order([soon, old, new, late])] == [3, 1, 4, 2]


def test_a_request_came_today_or_before_and_not_before_the_law() -> None:
    assert bad_day(TODAY, TODAY) is None
    assert bad_day(OLDEST, TODAY) is None
    assert "still to come" in (bad_day(TODAY + timedelta(days=1), TODAY) or "")
    assert "too long ago" in (bad_day(OLDEST - timedelta(days=1), TODAY) or "")


def test_enforcement_is_never_granted_and_a_refusal_needs_its_reason() -> None:
    enforcement = AskedFor.ENFORCEMENT
    assert bad_decision(enforcement, Decision.GRANTED, "A letter") == {"decision": [NEVER]}
    assert bad_decision(enforcement, Decision.REFUSED, "No access") == {}
    assert "reason" in bad_decision(AskedFor.ERASURE, Decision.REFUSED, None)
    assert bad_decision(AskedFor.ERASURE, Decision.GRANTED, None) == {}
