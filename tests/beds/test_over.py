"""Over capacity: a bed more, for one person, by a lead, with a reason."""

from datetime import timedelta

import pytest

from pathway.acts import Act
from pathway.beds import actions, board, capacity, care, queries
from pathway.beds.capacity import set_capacity
from pathway.db import transaction
from pathway.errors import Forbidden, Invalid, Refused
from pathway.nights import night_of
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
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


def test_a_site_closes_from_a_night_and_opens_by_a_statement(lead: Act) -> None:
    tonight = night_of(NOW)
    with transaction():
        capacity.close_site(lead, HUB, from_night=tonight, reason="Heating broken")
    assert board.beds_of(a_site(), NOW) == []
    assert next((one.beds, one.reason) for one in capacity.statements(a_site())) == (
        0,
        "Heating broken",
    )
    with transaction():
        capacity.set_beds(lead, HUB, beds=3, from_night=tonight)
    assert len(board.beds_of(a_site(), NOW)) == 3


def test_nobody_closes_a_site_with_somebody_in_it(lead: Act) -> None:
    with transaction():
        held = a_hold(lead)
        over = actions.walk_in(lead, person=a_person().ref, site=HUB, over=COLD)
        actions.release(lead, held.id)
    with pytest.raises(Refused, match=f"cannot close: {over.person.ref}"), transaction():
        capacity.close_site(lead, HUB, from_night=night_of(NOW), reason="Heating broken")


def test_a_closing_for_a_later_night_says_how_many_are_in(lead: Act) -> None:
    with transaction():
        a_hold(lead)
        later_night = night_of(NOW) + timedelta(days=3)
        capacity.close_site(lead, HUB, from_night=later_night, reason="Lease ends")
    assert capacity.closing(lead, a_site()) == capacity.Closing(later_night, 1)
    with pytest.raises(Invalid), transaction():
        capacity.close_site(lead, HUB, from_night=night_of(NOW) - timedelta(days=1), reason="x")


def test_a_refusal_names_nobody_whose_record_is_closed_to_the_lead(lead: Act) -> None:
    with transaction():
        ash = a_person(given_name="Ash")
        a_hold(lead, person=ash)
        other = an_act(Role.HUB_LEAD, "st-giles")
        care.restrict(other, ash.ref)
        stranger = an_act(Role.HUB_LEAD, "finchley-hub")
    with pytest.raises(Refused, match="somebody in bed 1") as refusal, transaction():
        set_capacity(stranger, a_site(), 0, night_of(NOW))
    assert ash.ref not in refusal.value.detail
