"""Drug alerts: put up by few, seen by all between two days in London."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from pathway.db import transaction
from pathway.errors import Absent, Invalid
from pathway.nights import london
from pathway.outreach import alerts
from pathway.outreach.alerts import bad_days
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import a_drug_alert, an_act, at

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 3)


def test_the_first_and_the_last_day_in_london_belong_to_it(store: Flask) -> None:
    with transaction():
        act = at(an_act(Role.MANAGER), datetime(2026, 5, 30, 12, tzinfo=UTC))
    told = {"title": "Nitazenes", "words": "Carry naloxone.", "source": "Local alert"}
    with transaction():
        ident = alerts.put_up(act, **told, from_on=FIRST, until_on=LAST)

    def shown(moment: datetime) -> list[int]:
        return [one.id for one in alerts.standing(london(moment).date())]

    instant = timedelta(microseconds=1)
    begins, ends = datetime(2026, 5, 31, 23, tzinfo=UTC), datetime(2026, 6, 3, 23, tzinfo=UTC)
    assert shown(begins - instant) == []
    assert shown(begins) == shown(ends - instant) == [ident]
    assert shown(ends) == []
    with transaction():
        alerts.take_down(act, ident)
        alerts.take_down(act, ident)
    assert shown(begins) == []
    with pytest.raises(Absent), transaction():
        alerts.take_down(act, ident + 1)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (FIRST, FIRST, None),
        (FIRST, FIRST + timedelta(days=89), None),
        (FIRST, FIRST + timedelta(days=90), "90 days"),
        (LAST, FIRST, "before the first"),
        (date(2026, 5, 1), date(2026, 5, 31), "is over"),
        (date(2026, 5, 1), FIRST, None),
    ],
)
def test_the_days_of_an_alert_can_be_kept(first: date, last: date, fault: str | None) -> None:
    found = bad_days(first, last, FIRST)
    assert (fault in str(found)) if fault else found is None


def test_an_alert_that_cannot_be_changes_nothing(store: Flask) -> None:
    told = {"title": "x", "words": "y", "source": "z"}
    with pytest.raises(Invalid), transaction():
        alerts.put_up(an_act(Role.MANAGER), **told, from_on=LAST, until_on=FIRST)
    assert alerts.listed() == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_page_of_somebody_signed_in_shows_it(app: Flask, signed_in: Ask) -> None:
    worker = signed_in()
    assert "Drug alert" not in worker.get("/beds").get_data(as_text=True)
    with app.app_context(), transaction():
        a_drug_alert()
    for path in ("/beds", "/people", "/help"):
        html = worker.get(path).get_data(as_text=True)
        for words in ("Drug alert: Nitazenes", "Carry naloxone.", "Local alert"):
            assert words in html
    assert "Nitazenes" not in app.test_client().get("/help").get_data(as_text=True)
