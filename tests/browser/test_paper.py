"""Friday's paper entered on Monday: a lead goes back where staff may not, row by row."""

from datetime import datetime, time, timedelta

import pytest

from pathway.acts import now
from pathway.nights import london
from tests.browser.conftest import Phone

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine", ["sqlite"])]

SHEET = "F-17"
AGO = timedelta(days=4)
"""How long ago that night was: before anybody of the demonstration came."""


def on_friday(at: time, *, days_later: int = 0) -> str:
    """Return a London time of that night, as it is typed."""
    friday = london(now()).date() - AGO + timedelta(days=days_later)
    return f"{datetime.combine(friday, at):%Y-%m-%dT%H:%M}"


CAME, LEFT = time(22, 15), time(8, 0)


def is_known(staff: Phone, name: str) -> None:
    staff.page.goto("/people/new")
    staff.page.get_by_label("Name", exact=True).fill(name)
    staff.tap("button", "Save and find a bed")
    assert staff.heading() == f"A bed for {name}"


def opens_the_sheet(staff: Phone) -> None:
    staff.tap("link", "My site")
    staff.tap("link", "Enter a paper sheet")
    staff.page.get_by_label("Number of the sheet").fill(SHEET)


def fills_in(staff: Phone, name: str, came: str, left: str) -> None:
    """Fill in a row; the number of the sheet stays from the row before."""
    staff.page.get_by_label("Who?").fill(name)
    staff.page.get_by_label("When did they come?").fill(came)
    staff.page.get_by_label("When did they leave?").fill(left)
    staff.page.get_by_label("Why did they leave?").fill("Left in the morning")
    staff.page.get_by_label("Where did they go?").select_option("street")
    staff.tap("button", "Enter this row")


def says(staff: Phone) -> str:
    """Return the main part as one line."""
    return " ".join(staff.page.locator("main").inner_text().split())


def rows(staff: Phone) -> list[str]:
    """Return what is on the sheet so far."""
    return staff.page.locator("main ul.pw-rows li").all_inner_texts()


def free_tonight(staff: Phone) -> str:
    """Return how many beds the hub's page says are free."""
    staff.page.goto("/hub/165-hub")
    return staff.page.locator("main .govuk-body-l strong").first.inner_text()


def test_fridays_paper_is_entered_on_monday(phones: list[Phone]) -> None:
    staff, lead = phones
    came, left = on_friday(CAME), on_friday(LEFT, days_later=1)
    staff.sign_in("hub@example.org")
    is_known(staff, "Nettlewort")
    is_known(staff, "Quincewort")
    free = free_tonight(staff)
    opens_the_sheet(staff)
    assert staff.fits()
    fills_in(staff, "Nettlewort", came, left)
    assert "more than 24 hours ago. Keep the paper sheet and tell your lead." in says(staff)
    assert staff.page.get_by_label("Who?").input_value() == "Nettlewort"
    staff.picture("60-paper-refused")
    assert staff.fits()

    lead.sign_in("lead@example.org")
    opens_the_sheet(lead)
    fills_in(lead, "Nettlewort", came, left)
    assert [row.split(",")[0] for row in rows(lead)] == ["Nettlewort"]
    assert lead.page.get_by_label("Number of the sheet").input_value() == SHEET
    fills_in(lead, "Quincewort", came, on_friday(time(21, 0)))
    assert "That is before the arrival." in says(lead)
    fills_in(lead, "Quincewort", came, left)
    fills_in(lead, "Quincewort", came, left)
    assert [row.split(",")[0] for row in rows(lead)] == ["Nettlewort", "Quincewort"]
    lead.picture("61-paper")

    lead.tap("link", "Nettlewort")
    assert f"paper sheet {SHEET}" in says(lead)
    assert free_tonight(lead) == free
    was_on_the_board_then(lead)


def was_on_the_board_then(lead: Phone) -> None:
    """Find both on the board of that night, where nobody was the hour before."""
    for hour, inside in ((21, "0 in"), (23, "2 in")):
        lead.page.goto("/beds/then")
        lead.page.get_by_label("When").fill(on_friday(time(hour)))
        lead.tap("button", "Show")
        hub = lead.page.locator("li.pw-site").filter(has_text="165 Rough Sleeping Hub")
        assert inside in hub.inner_text()
    lead.picture("62-then")
