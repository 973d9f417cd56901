"""How many people there was no bed for, and whether one appeared within two hours."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from pathway.acts import Act
from pathway.beds import actions, board, care, needed
from pathway.beds.history import board_at
from pathway.beds.models import Bed, BedEvent, TurnAway
from pathway.beds.rules import BedHappened
from pathway.db import db, transaction
from pathway.nights import night_of
from pathway.people.closing import restrict
from pathway.people.rules import PersonFacts
from pathway.reports import turned_away
from pathway.reports.rules import Period
from pathway.reports.unmet import (
    MET,
    NOT_MET,
    PENDING,
    PEOPLE,
    Away,
    Told,
    Unmet,
    first_of_night,
    outcome,
)
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.conftest import Ask
from tests.factories import HUB, a_person, a_site, an_act, at

NIGHT = date(2025, 12, 9)
EVENING = datetime(2025, 12, 9, 21, tzinfo=UTC)
ASKED = "from=2025-12-08&to=2025-12-10"
OTHERS = ("st-giles", "finchley-hub", "grays-inn-road")
WOMAN, MAN = {"gender": "woman"}, {"gender": "man"}


def away(person: int, hour: float = 0, **needs: Any) -> Away:
    at_ = EVENING + timedelta(hours=hour)
    return Away(person, night_of(at_), at_, {"gender": "man"} | needs)


def test_the_first_time_of_a_night_counts_and_the_next_night_is_another() -> None:
    rows = [away(1, 2, dog=True), away(1), away(2, 1), away(1, 24)]
    assert first_of_night(rows) == [rows[1], rows[2], rows[3]]


def test_what_came_of_it_is_known_when_the_two_hours_are_over() -> None:
    one = away(1)
    assert outcome(one, EVENING + timedelta(hours=2, seconds=-1), lambda _: True) == PENDING
    assert outcome(one, EVENING + timedelta(hours=2), lambda _: True) == MET
    assert outcome(one, EVENING + timedelta(hours=2), lambda _: False) == NOT_MET


def test_the_share_leaves_out_those_of_whom_it_is_not_known() -> None:
    told = [
        Told(away(1, dog=True), MET),
        Told(away(2), NOT_MET),
        Told(away(3), NOT_MET),
        Told(away(4), PENDING),
    ]
    found = Unmet(Period(NIGHT, NIGHT + timedelta(days=1)), told)
    assert (found.met.numerator, found.met.denominator, found.met.percent) == (1, 3, 33.3)
    assert found.times(PEOPLE) == 4
    assert found.needs == {"man": 4, "dog": 1}
    assert [(night, count[PEOPLE]) for night, count in found.by_night.items()] == [
        (NIGHT, 4),
        (NIGHT + timedelta(days=1), 0),
    ]
    assert found.of(NOT_MET, NIGHT) == [2, 3]
    assert found.of("dog") == [1]


def shut(*codes: str, since: datetime) -> None:
    """Take every bed of these sites out of use, as many taps would."""
    idents = [a_site(code).id for code in codes]
    beds = db.session.execute(select(Bed.id, Bed.site_id).where(Bed.site_id.in_(idents))).all()
    void = {"what": BedHappened.VOID.value, "at": since, "recorded_at": since}
    rows = [{"bed_id": bed, "site_id": site, **void} for bed, site in beds]
    db.session.execute(insert(BedEvent), rows)
    db.session.execute(update(Bed).where(Bed.site_id.in_(idents)).values(void_from=since))


def turned(person: PersonFacts, moment: datetime) -> None:
    row = {"person_id": person.id, "night": night_of(moment), "at": moment, "site_id": None}
    db.session.execute(insert(TurnAway).values(**row, needed=needed.kept(person), by=None))


def measured(role: Role = Role.MANAGER, now: datetime | None = None) -> Unmet:
    act = Act(now or EVENING + timedelta(days=3), None, "x", frozenset({role.value}))
    period = Period(NIGHT - timedelta(days=1), NIGHT + timedelta(days=1))
    return turned_away.unmet(act, period, act.at)


def outcomes(found: Unmet) -> dict[int, str]:
    return {one.away.person_id: one.outcome for one in found.told}


def test_a_bed_that_somebody_leaves_within_two_hours_was_there_for_whom_it_fits(
    store: Flask,
) -> None:
    with transaction():
        hub = an_act(Role.HUB, HUB, at=EVENING - timedelta(hours=5))
        sleeper = a_person(gender=Gender.MAN)
        bed = board.beds_of(a_site(), hub.at)[0].id
        inside = actions.walk_in(hub, person=sleeper.ref, bed=bed)
        shut(HUB, *OTHERS, "respite-rooms", since=EVENING - timedelta(hours=4))
        actions.reinstate(at(hub, EVENING - timedelta(hours=3)), bed)
        early, fits, dog, late = (
            a_person(gender=Gender.MAN, has_dog=True if n == 2 else None) for n in range(4)
        )
        turned(early, EVENING - timedelta(hours=2.5))
        turned(fits, EVENING)
        turned(dog, EVENING)
        turned(late, EVENING + timedelta(hours=3))
        db.session.execute(update(Site).where(Site.code == HUB).values(dogs=False))
        left = at(hub, EVENING + timedelta(hours=1.5))
        actions.depart(left, inside.id, reason="x", destination="prs")
        full = at(hub, EVENING + timedelta(hours=2.5))
        actions.void(full, bed, reason="Wet")
        wanted = {early.id: NOT_MET, fits.id: MET, dog.id: NOT_MET, late.id: NOT_MET}
        assert outcomes(measured()) == wanted
        actions.strike(at(an_act(Role.HUB_LEAD, HUB), full.at), inside.id, reason="Never here")
        assert outcomes(measured())[early.id] == MET


def test_rows_say_when_beds_were_taken_as_the_events_do(store: Flask) -> None:
    """A year is reckoned from rows; the board of a past moment from events: they agree."""
    with transaction():
        hub = an_act(Role.HUB_LEAD, HUB, "st-giles", at=EVENING)

        def then(hours: float) -> Act:
            return at(hub, EVENING + timedelta(hours=hours))

        held = [actions.hold(hub, person=a_person().ref, site=HUB, minutes=30) for _ in range(6)]
        actions.extend(then(0.25), held[0].id, minutes=30)
        actions.release(then(0.5), held[1].id)
        actions.check_in(then(2), held[2].id)
        actions.check_in(then(0.3), held[3].id)
        actions.depart(then(3), held[3].id, reason="x", destination="prs")
        actions.undo(then(3.1), held[3].id)
        due = EVENING + timedelta(hours=1)
        actions.book(then(0.1), held[4].id, expected_at=due)
        actions.no_show(then(2.5), held[4].id, called=True)
        earlier = EVENING - timedelta(hours=2)
        actions.walk_in(then(0.2), person=a_person().ref, site=HUB, at=earlier)
        inside = actions.walk_in(then(0.2), person=a_person().ref, site=HUB)
        moved = actions.transfer(then(1.5), inside.id, site="st-giles", planned=True)
        actions.check_in(then(1.9), moved.id)
        wrong = actions.walk_in(then(0.2), person=a_person().ref, site=HUB)
        actions.strike(then(4), wrong.id, reason="Wrong person")
        ends = EVENING + timedelta(hours=5)
        sites = [a_site(code).id for code in (HUB, "st-giles")]
        claims = list(turned_away._claims(sites, (EVENING - timedelta(hours=3), ends)))
        spans = [span for one in claims for span in one.spans(ends)]
        for quarter in range(-10, 18):
            moment = EVENING + timedelta(minutes=15 * quarter, seconds=1)
            counts = [one.counts for one in board_at(moment, scope(hub, Doing.RUN_SITE)).sites]
            wanted = sum(one.occupied + one.held + one.booked for one in counts if one)
            found = sum(since <= moment < until for since, until in spans)
            assert found == wanted, moment


def test_a_hold_that_lapses_frees_its_bed_and_a_bed_of_ones_own_counts(store: Flask) -> None:
    with transaction():
        street = an_act(at=EVENING - timedelta(minutes=30))
        first, given = a_person(gender=Gender.MAN), a_person(gender=Gender.MAN)
        held = actions.hold(street, person=first.ref, site=HUB, minutes=45)
        others = [bed.id for bed in board.beds_of(a_site(), EVENING) if bed.id != held.bed_id]
        before = EVENING - timedelta(hours=1)
        db.session.execute(
            update(Bed).where(Bed.id.in_(others)).values(first_night=date(2030, 1, 1))
        )
        shut(*OTHERS, "respite-rooms", since=before)
        soon, after = a_person(gender=Gender.MAN), a_person(gender=Gender.MAN)
        turned(soon, EVENING)
        turned(given, EVENING)
        hub = at(an_act(Role.HUB, HUB), EVENING + timedelta(hours=1))
        actions.walk_in(hub, person=given.ref, bed=held.bed_id)
        turned(after, EVENING + timedelta(hours=1, minutes=1))
        assert outcomes(measured()) == {soon.id: MET, given.id: MET, after.id: NOT_MET}
        early = measured(now=EVENING + timedelta(hours=2))
        assert outcomes(early) == {soon.id: MET, given.id: MET, after.id: PENDING}


def test_beds_that_the_reader_may_not_count_say_nothing(store: Flask) -> None:
    with transaction():
        shut(HUB, *OTHERS, since=EVENING - timedelta(hours=1))
        woman, man = a_person(gender=Gender.WOMAN), a_person(gender=Gender.MAN)
        placed = a_person(gender=Gender.WOMAN)
        for one in (woman, man):
            turned(one, EVENING)
        assert outcomes(measured(Role.MANAGER)) == {woman.id: NOT_MET, man.id: NOT_MET}
        assert outcomes(measured(Role.SWEP_COORDINATOR)) == {woman.id: MET, man.id: NOT_MET}
        shut("respite-rooms", since=EVENING + timedelta(days=1))
        turned(placed, EVENING + timedelta(days=1, hours=1))
        lead = at(an_act(Role.HUB_LEAD, "respite-rooms"), EVENING + timedelta(days=1, hours=2))
        actions.reinstate(lead, board.beds_of(a_site("respite-rooms"), lead.at)[0].id)
        actions.walk_in(lead, person=placed.ref, site="respite-rooms")
        assert outcomes(measured(Role.MANAGER))[placed.id] == NOT_MET


def test_two_records_that_became_one_are_one_person(store: Flask) -> None:
    with transaction():
        one, other = a_person(), a_person()
        turned(one, EVENING)
        turned(other, EVENING + timedelta(hours=1))
        assert measured().by_night[NIGHT][PEOPLE] == 2
        manager = an_act(Role.MANAGER)
        care.merge(manager, one.ref, other.ref)
        found = measured()
        assert (found.by_night[NIGHT][PEOPLE], found.told[0].away.at) == (1, EVENING)
        care.unmerge(manager, one.ref)
        assert measured().times(PEOPLE) == 2


@pytest.fixture
def two(app: Flask) -> PersonFacts:
    """Two turned away on one night, one of whose records is closed."""
    with app.app_context(), transaction():
        shown, closed = a_person(gender=Gender.MAN), a_person(given_name="Hidden")
        for one in (shown, closed):
            turned(one, EVENING)
        restrict(an_act(), closed.ref)
        return shown


def test_the_figures_say_their_rule_and_each_opens_into_its_people(
    two: PersonFacts, as_role: Ask, signed_in: Ask
) -> None:
    told = as_role(Role.MANAGER).get(f"/api/v1/measures/unmet?{ASKED}").get_json()
    assert [(one["night"], one["people"], one["met_within_2h"]) for one in told["nights"]] == [
        ("2025-12-08", 0, 0),
        ("2025-12-09", 2, 2),
        ("2025-12-10", 0, 0),
    ]
    assert (told["people"], told["met"]["percent"], told["by_need"]["man"]) == (2, 100.0, 1)
    assert "may not see" in told["definition"]
    assert told["source"]
    manager = signed_in(Role.MANAGER)
    page = manager.get(f"/measures/unmet?{ASKED}").text
    assert "9 December 2025" in page
    assert "100.0%" in page
    behind = manager.get(f"/measures/unmet/people?{ASKED}&number=people&night=2025-12-09").text
    assert two.ref in behind
    assert "Hidden" not in behind
    assert "1 who cannot be listed" in behind
    file = manager.get(f"/measures/unmet.csv?{ASKED}").text
    assert "night,2025-12-09,2,2,0,0" in file.splitlines()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_number_or_a_period_that_makes_no_sense_is_refused(signed_in: Ask) -> None:
    manager = signed_in(Role.MANAGER)
    for asked in ("?from=2025-12-11&to=2025-12-09", "/people?number=names", ".csv?from=x&to=y"):
        assert manager.get(f"/measures/unmet{asked}").status_code == 422, asked
    assert "Nobody was turned away" in manager.get("/measures/unmet").text
