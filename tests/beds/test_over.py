"""Over capacity: a bed more, for one person, by a lead, with a reason."""

import pytest

from pathway.acts import Act
from pathway.beds import actions, board, queries
from pathway.beds.capacity import set_capacity
from pathway.db import transaction
from pathway.errors import Forbidden, Refused
from pathway.nights import night_of
from pathway.staff.rules import Doing, Role, scope
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

pytestmark = pytest.mark.usefixtures("store")

COLD = "Minus six, nowhere else"


@pytest.fixture
def lead(store: object) -> Act:
    with transaction():
        act = an_act(Role.HUB_LEAD, HUB)
        set_capacity(act, a_site(), 1, night_of(NOW))
        return act


def counts(act: Act) -> tuple[int, int, int]:
    """Return capacity, over and free of the hub as of this act."""
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    found = next(one.counts for one in seen.sites if one.site.code == HUB)
    assert found is not None
    return found.capacity, found.over, found.free


def test_while_an_ordinary_bed_is_free_it_is_that_one(lead: Act) -> None:
    with transaction():
        held = actions.hold(lead, person=a_person().ref, site=HUB, over=COLD)
    assert held.bed_label == "1"
    assert "over" not in queries.events_of(held.id)[0]


def test_a_lead_goes_over_capacity_with_a_reason_and_the_board_says_by_how_many(lead: Act) -> None:
    with transaction():
        a_hold(lead)
        first, second = (
            actions.walk_in(lead, person=a_person().ref, site=HUB, over=COLD) for _ in range(2)
        )
    assert (first.bed_label, second.bed_label) == ("+1", "+2")
    assert queries.events_of(first.id)[0]["over"] == COLD
    assert counts(lead) == (1, 2, 0)


def test_the_bed_is_gone_with_the_one_it_was_for(lead: Act) -> None:
    with transaction():
        a_hold(lead)
        extra = actions.hold(lead, person=a_person().ref, site=HUB, over=COLD)
    assert counts(lead) == (1, 1, 0)
    assert counts(at(lead, later(minutes=45))) == (1, 0, 1)
    with pytest.raises(Refused), transaction():
        actions.hold(at(lead, later(minutes=45)), person=a_person().ref, bed=extra.bed_id)


def test_only_the_lead_of_the_site_goes_over_capacity(lead: Act) -> None:
    with transaction():
        a_hold(lead)
        worker = an_act()
        elsewhere = an_act(Role.HUB_LEAD, "st-giles")
    for act in (worker, elsewhere):
        with pytest.raises(Forbidden, match="Only the lead of"), transaction():
            actions.hold(act, person=a_person().ref, site=HUB, over=COLD)
