"""What a bed is, who fits, and how long a hold runs: at the edges."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathway.beds import rules
from pathway.beds.fit import why_not
from pathway.beds.rules import (
    BedFacts,
    BedStatus,
    Claim,
    PlacementFacts,
    PlacementStatus,
    bed_status,
    count,
)
from pathway.beds.timing import Hand, bad_moment, extended_until, minutes_to_add
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.rules import USUAL, Gender, SiteFacts, SupportLevel
from tests.factories import NOW, later

SECOND = timedelta(seconds=1)
SITE = SiteFacts(1, "165-hub", "165 Hub")
WOMEN = SiteFacts(2, "respite-rooms", "Respite Rooms", admits=frozenset({Gender.WOMAN}))
ANYONE = PersonFacts(1, "P-222222", given_name="Fern")


def a_bed(claim: Claim | None = None, **facts: object) -> BedFacts:
    return BedFacts(1, 1, "1", claim=claim, **facts)  # type: ignore[arg-type]


def a_held(**facts: object) -> PlacementFacts:
    told = {"made_at": NOW, "expires_at": later(minutes=45), **facts}
    return PlacementFacts(
        id=1,
        status=PlacementStatus.HELD,
        person=ANYONE,
        site=SITE,
        bed_id=1,
        bed_label="1",
        made_by=1,
        **told,  # type: ignore[arg-type]
    )


def test_a_hold_counts_until_the_last_second() -> None:
    claim = Claim(PlacementStatus.HELD, NOW + SECOND)
    assert bed_status(a_bed(claim), NOW) is BedStatus.HELD


def test_a_hold_is_free_the_very_second_it_lapses() -> None:
    claim = Claim(PlacementStatus.HELD, NOW)
    assert bed_status(a_bed(claim), NOW) is BedStatus.FREE


def test_a_booking_never_lapses_unseen() -> None:
    claim = Claim(PlacementStatus.BOOKED, NOW - SECOND)
    assert bed_status(a_bed(claim), NOW) is BedStatus.BOOKED


def test_a_person_in_a_bed_comes_before_a_void() -> None:
    claim = Claim(PlacementStatus.IN)
    assert bed_status(a_bed(claim, void_from=NOW), NOW) is BedStatus.OCCUPIED


def test_a_void_begins_and_ends_on_time() -> None:
    bed = a_bed(void_from=NOW, void_until=later(hours=1))
    assert bed_status(bed, NOW - SECOND) is BedStatus.FREE
    assert bed_status(bed, NOW) is BedStatus.VOID
    assert bed_status(bed, later(hours=1) - SECOND) is BedStatus.VOID
    assert bed_status(bed, later(hours=1)) is BedStatus.FREE


def test_a_void_stands_from_when_it_was_written_by_whichever_clock() -> None:
    bed = a_bed(void_from=NOW, void_until=later(hours=1))
    assert rules.void_stands(bed, NOW - SECOND)
    assert not rules.void_stands(bed, later(hours=1))


def test_a_void_waits_for_whoever_is_in_and_for_nobody_else() -> None:
    inside = Claim(PlacementStatus.IN)
    assert rules.void_pending(a_bed(inside, void_from=NOW), NOW)
    assert not rules.void_pending(a_bed(inside), NOW)
    assert not rules.void_pending(
        a_bed(inside, void_from=NOW, void_until=later(hours=1)), later(hours=1)
    )
    assert not rules.void_pending(a_bed(void_from=NOW), NOW)


def test_a_void_without_end_stays() -> None:
    assert bed_status(a_bed(void_from=NOW), later(days=400)) is BedStatus.VOID


def test_a_void_comes_before_turnaround() -> None:
    assert bed_status(a_bed(void_from=NOW, turnaround_since=NOW), NOW) is BedStatus.VOID


def test_a_bed_being_made_ready_is_not_free() -> None:
    assert bed_status(a_bed(turnaround_since=NOW), NOW) is BedStatus.TURNAROUND


def test_a_bed_is_void_under_a_lapsed_hold() -> None:
    claim = Claim(PlacementStatus.HELD, NOW)
    assert bed_status(a_bed(claim, void_from=NOW), NOW) is BedStatus.VOID


_claims = st.none() | st.builds(
    Claim,
    st.sampled_from(list(rules.LIVE)),
    st.sampled_from([NOW - SECOND, NOW, NOW + SECOND]),
)
_beds = st.builds(
    BedFacts,
    id=st.integers(1, 9),
    site_id=st.just(1),
    label=st.just("1"),
    extra=st.booleans(),
    claim=_claims,
    void_from=st.none() | st.just(NOW),
    turnaround_since=st.none() | st.just(NOW),
)


@given(st.lists(st.tuples(_beds, st.integers(1, 9)), max_size=30))
def test_the_parts_always_add_up_to_capacity_and_over(beds: list[tuple[BedFacts, int]]) -> None:
    found = count(beds, NOW)
    parts = found.occupied + found.booked + found.held + found.void + found.turnaround + found.free
    assert parts == found.capacity + found.over == sum(number for _, number in beds)


def test_nothing_recorded_refuses_nobody_at_an_open_site() -> None:
    assert why_not(SITE, ANYONE) is None


def test_a_woman_fits_a_site_for_women() -> None:
    assert why_not(WOMEN, PersonFacts(1, "P", gender=Gender.WOMAN)) is None


def test_a_man_does_not_and_no_lead_may_decide_otherwise() -> None:
    refusal = why_not(WOMEN, PersonFacts(1, "P", gender=Gender.MAN))
    assert refusal is not None
    assert refusal.sentence == "Respite Rooms is for women only."
    assert not refusal.lead_may_decide


@pytest.mark.parametrize("gender", [Gender.NOT_KNOWN, Gender.OTHER])
def test_the_lead_of_a_site_for_women_decides_about(gender: Gender) -> None:
    refusal = why_not(WOMEN, PersonFacts(1, "P", gender=gender))
    assert refusal is not None
    assert refusal.lead_may_decide


def test_gender_not_known_refuses_nowhere_else() -> None:
    men = SiteFacts(3, "m", "M", admits=frozenset({Gender.MAN}))
    assert why_not(men, ANYONE) is None


@pytest.mark.parametrize(
    ("level", "fits"),
    [
        (None, True),
        (SupportLevel.LOW, True),
        (SupportLevel.MEDIUM, True),
        (SupportLevel.HIGH, False),
    ],
)
def test_support_needs_up_to_the_sites_level_fit(level: SupportLevel | None, fits: bool) -> None:
    site = SiteFacts(4, "st-giles", "St Giles", max_support_level=SupportLevel.MEDIUM)
    assert (why_not(site, PersonFacts(1, "P", support_level=level)) is None) is fits


@pytest.mark.parametrize(
    ("recourse", "fits"),
    [(Recourse.YES, True), (Recourse.NOT_KNOWN, True), (Recourse.NO, False)],
)
def test_only_a_recorded_no_refuses_where_recourse_is_needed(
    recourse: Recourse, fits: bool
) -> None:
    site = SiteFacts(5, "x", "X", nrpf=False)
    assert (why_not(site, PersonFacts(1, "P", recourse=recourse)) is None) is fits


def test_a_hold_may_run_two_hours_from_its_beginning() -> None:
    assert extended_until(a_held(), 75, NOW) == later(minutes=120)


def test_a_hold_may_not_run_a_minute_longer() -> None:
    told = extended_until(a_held(), 76, NOW)
    assert told == "This hold can run until 03:30 at the latest: 75 more minutes."


def test_a_hold_at_its_cap_says_so() -> None:
    told = extended_until(a_held(expires_at=later(minutes=120)), 1, NOW)
    assert isinstance(told, str)
    assert "cannot run past 03:30" in told


@pytest.mark.parametrize(("runs", "added"), [(45, 15), (105, 15), (106, 14), (119, 1), (120, 0)])
def test_one_tap_adds_a_quarter_of_an_hour_or_what_is_left(runs: int, added: int) -> None:
    assert minutes_to_add(a_held(expires_at=later(minutes=runs))) == added


def test_a_lapsed_hold_is_not_extended() -> None:
    assert extended_until(a_held(), 15, later(minutes=45)) == (
        "This hold ended at 02:15. Hold a bed again."
    )


def test_a_hold_is_extended_in_its_last_second() -> None:
    assert extended_until(a_held(), 15, later(minutes=45) - SECOND) == later(minutes=60)


def test_nothing_happens_in_the_future_or_before_its_beginning_or_long_ago() -> None:
    def fault(at: object) -> str | None:
        return bad_moment(
            at,  # type: ignore[arg-type]
            NOW,
            Hand(USUAL),
            not_before=NOW - timedelta(days=2),
            before_words="the arrival",
        )

    assert fault(NOW) is None
    assert fault(NOW + SECOND) == "That time has not come yet."
    assert fault(NOW - timedelta(hours=24)) is None
    assert "24 hours" in str(fault(NOW - timedelta(hours=24) - SECOND))
    assert fault(NOW - timedelta(days=3)) == "That is before the arrival."
