"""Friday's paper, entered on Monday."""

from datetime import timedelta

import pytest

from pathway.acts import Act
from pathway.beds import actions, board, queries
from pathway.beds.rules import PlacementFacts
from pathway.beds.stretch import Stretch, voids
from pathway.db import transaction
from pathway.errors import Forbidden, Invalid, Refused
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, a_site, an_act, later

pytestmark = pytest.mark.usefixtures("store")

CAME, LEFT = NOW - timedelta(hours=60), NOW - timedelta(hours=50)
SHEET = {"sheet": "F-12", "reason": "Moved on", "destination": "street"}


@pytest.fixture
def lead(store: object) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB)


@pytest.fixture
def fern(store: object) -> PersonFacts:
    with transaction():
        return a_person()


def a_stay(act: Act, person: PersonFacts, **told: object) -> PlacementFacts:
    entry = {"site": HUB, "at": CAME, "departed_at": LEFT, **SHEET, **told}
    with transaction():
        return actions.record_stay(act, person=person.ref, **entry)  # type: ignore[arg-type]


def test_a_stay_from_paper_is_over_at_once_and_says_when_and_from_where(
    lead: Act, fern: PersonFacts
) -> None:
    stay = a_stay(lead, fern)
    assert (stay.status, stay.checked_in_at, stay.departed_at) == ("departed", CAME, LEFT)
    told = [
        (event["what"], event["at"], event["recorded_at"]) for event in queries.events_of(stay.id)
    ]
    assert told == [("walked_in", CAME, NOW), ("departed", LEFT, NOW)]
    assert board.free_beds(a_site(), NOW) == 16


def test_the_same_entry_again_changes_nothing_and_a_different_one_is_refused(
    lead: Act, fern: PersonFacts
) -> None:
    stay = a_stay(lead, fern)
    assert a_stay(lead, fern) == stay
    with pytest.raises(Refused, match="Fern was at 165"):
        a_stay(lead, fern, at=CAME + timedelta(hours=1))


def test_where_they_are_now_does_not_matter_for_a_stay_that_is_over(
    lead: Act, fern: PersonFacts
) -> None:
    with transaction():
        actions.walk_in(lead, person=fern.ref, site=HUB)
    assert a_stay(lead, fern).status == "departed"


def test_without_a_departure_they_are_in_since_then(lead: Act, fern: PersonFacts) -> None:
    stay = a_stay(lead, fern, departed_at=None, reason=None, destination=None)
    assert (stay.status, stay.checked_in_at) == ("in", CAME)
    assert a_stay(lead, fern, departed_at=None, reason=None, destination=None).id == stay.id


def test_two_sheets_do_not_put_two_people_into_one_bed(lead: Act, fern: PersonFacts) -> None:
    bed = a_stay(lead, fern).bed_id
    with transaction():
        other = a_person(given_name="Ash")
    with pytest.raises(Invalid) as refusal:
        a_stay(lead, other, site=None, bed=bed, at=CAME + timedelta(hours=1))
    assert set(refusal.value.errors) == {"bed"}
    assert a_stay(lead, other, site=None, bed=bed, at=LEFT, departed_at=NOW).status == "departed"


def test_a_bed_that_was_out_of_use_had_nobody_in_it(lead: Act, fern: PersonFacts) -> None:
    bed = board.beds_of(a_site(), NOW)[0].id
    with transaction():
        actions.void(lead, bed, reason="Window broken")
        later_lead = Act(later(hours=5), lead.staff_id, "", lead.roles, lead.site_ids)
    with pytest.raises(Invalid, match="not valid"):
        a_stay(later_lead, fern, site=None, bed=bed, at=later(hours=1), departed_at=later(hours=2))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"departed_at": CAME - timedelta(minutes=1)}, "departed_at"),
        ({"departed_at": later(minutes=1)}, "departed_at"),
        ({"at": NOW - timedelta(days=15)}, "at"),
        ({"sheet": None}, "at"),
        ({"reason": None}, "reason"),
        ({"destination": "the moon"}, "destination"),
        ({"departed_at": None}, "departed_at"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    lead: Act, fern: PersonFacts, told: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        a_stay(lead, fern, **told)
    assert field in refusal.value.errors


def test_staff_go_back_a_day_and_nobody_writes_for_another_site(fern: PersonFacts) -> None:
    with transaction():
        door, elsewhere = an_act(Role.HUB, HUB), an_act(Role.HUB_LEAD, "st-giles")
    with pytest.raises(Invalid, match="not valid"):
        a_stay(door, fern)
    with pytest.raises(Forbidden):
        a_stay(elsewhere, fern)
    yesterday = NOW - timedelta(hours=24)
    assert a_stay(door, fern, at=yesterday, departed_at=NOW, sheet=None).checked_in_at == yesterday


def test_a_void_lasts_until_it_ends_is_changed_or_is_lifted() -> None:
    times = [NOW + timedelta(hours=hours) for hours in range(5)]
    events = [
        ("void", times[0], times[4]),
        ("void", times[1], None),
        ("ready", times[2], None),
        ("reinstated", times[3], None),
    ]
    assert voids(events) == [Stretch(times[0], times[1]), Stretch(times[1], times[3])]
