"""Whom a site and a bed take: tables with their edges, and that every door asks the same rule."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import now
from pathway.audit import AuditEntry
from pathway.beds import actions, board, fit, queries
from pathway.beds.fit import NOT_TONIGHT, fitting, none_fits, why_not, why_not_bed
from pathway.beds.models import Bed
from pathway.beds.rules import BedFacts, PlacementStatus
from pathway.db import db, transaction
from pathway.errors import Refused, Unfit
from pathway.nights import from_london
from pathway.people import editing, merging
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.sites.models import Site
from pathway.sites.rules import (
    USUAL,
    Gender,
    SiteFacts,
    SiteNumbers,
    SupportLevel,
    accepts_in_words,
    bad_hours,
    bad_settings,
    differing_numbers,
)
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_person, a_site, an_act

ANYONE = PersonFacts(1, "P-1")
EVENING = SiteFacts(1, "st-giles", "St Giles", intake_from=time(17), intake_to=time(22))
OVERNIGHT = replace(EVENING, intake_from=time(22), intake_to=time(2))

Stretch = Callable[[str, int], tuple[datetime, datetime]]


def from_(wall: str, minutes: int = 0) -> tuple[datetime, datetime]:
    """Return a stretch that begins at a London time."""
    begins = from_london(datetime.fromisoformat(wall))
    return begins, begins + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("said", "of_site", "refused"),
    [
        (True, False, True),
        (True, True, False),
        (True, None, False),
        (False, False, False),
        (None, False, False),
    ],
)
def test_only_what_is_recorded_of_both_refuses(
    said: bool | None, of_site: bool | None, *, refused: bool
) -> None:
    dog = why_not(replace(EVENING, dogs=of_site), replace(ANYONE, has_dog=said))
    pair = why_not(replace(EVENING, couples=of_site), replace(ANYONE, with_partner=said))
    assert [one and one.sentence for one in (dog, pair)] == (
        ["St Giles does not take dogs.", "St Giles does not take couples."]
        if refused
        else [None, None]
    )


@pytest.mark.parametrize(
    ("site", "wall", "minutes", "refused"),
    [
        (EVENING, "2026-01-09T16:59:59", 0, True),
        (EVENING, "2026-01-09T17:00:00", 0, False),
        (EVENING, "2026-01-09T16:15:00", 44, True),
        (EVENING, "2026-01-09T16:15:00", 45, False),
        (EVENING, "2026-01-09T21:59:59", 45, False),
        (EVENING, "2026-01-09T22:00:00", 45, True),
        (EVENING, "2026-01-09T22:00:00", 24 * 60, False),
        (OVERNIGHT, "2026-01-09T21:59:59", 0, True),
        (OVERNIGHT, "2026-01-09T23:59:59", 0, False),
        (OVERNIGHT, "2026-01-10T01:59:59", 0, False),
        (OVERNIGHT, "2026-01-10T02:00:00", 60, True),
        (replace(EVENING, intake_to=None), "2026-01-09T03:00:00", 0, False),
    ],
)
def test_the_hours_take_in_who_may_come_within_them(
    site: SiteFacts, wall: str, minutes: int, *, refused: bool
) -> None:
    refusal = why_not(site, ANYONE, from_(wall, minutes))
    assert (refusal is not None) is refused
    if refusal:
        hours = "from 17:00 to 22:00" if site is EVENING else "from 22:00 to 02:00"
        decides = "Its lead decides otherwise: ring them."
        assert refusal.sentence == f"St Giles takes people in {hours}. {decides}"
        assert refusal.lead_may_decide
        assert not refusal.of_them


def test_who_is_judged_without_a_time_is_judged_by_no_hours() -> None:
    assert why_not(EVENING, ANYONE) is None


CLOCKS = [
    # The clocks went forward on 29 March 2026 at 01:00 UTC: 01:30 was no time.
    (time(1, 30), time(3), datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), True),
    (time(1, 30), time(3), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),
    (time(1, 30), time(3), datetime(2026, 3, 29, 2, 0, tzinfo=UTC), True),
    (time(22), time(1, 30), datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), False),
    (time(22), time(1, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),
    # They went back on 25 October 2026 at 01:00 UTC: 01:30 was twice.
    (time(1, 30), time(3), datetime(2026, 10, 25, 0, 29, 59, tzinfo=UTC), True),
    (time(1, 30), time(3), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), False),
    (time(1, 30), time(3), datetime(2026, 10, 25, 1, 0, tzinfo=UTC), True),
    (time(1, 30), time(3), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), False),
    (time(1, 30), time(3), datetime(2026, 10, 25, 3, 0, tzinfo=UTC), True),
]


@pytest.mark.parametrize(("first", "last", "at", "refused"), CLOCKS)
def test_when_the_clocks_change_the_hours_are_what_the_wall_says(
    first: time, last: time, at: datetime, *, refused: bool
) -> None:
    site = replace(EVENING, intake_from=first, intake_to=last)
    assert (why_not(site, ANYONE, (at, at)) is not None) is refused


def test_a_lead_who_may_decide_one_thing_does_not_decide_another() -> None:
    women = replace(EVENING, admits=frozenset({Gender.WOMAN}), dogs=False)
    refusal = why_not(women, replace(ANYONE, has_dog=True))
    assert refusal is not None
    assert refusal.sentence == "St Giles does not take dogs."
    assert not refusal.lead_may_decide


def test_a_site_that_is_not_for_them_has_one_sentence_and_no_lead() -> None:
    marked = replace(ANYONE, not_here=frozenset({EVENING.id}))
    refusal = why_not(EVENING, marked, from_("2026-01-09T23:00:00"))
    assert refusal is not None
    assert refusal == fit.WhyNot(NOT_TONIGHT, lead_may_decide=False, of_them=False)
    assert why_not(replace(EVENING, id=2), marked) is None


PLAIN = BedFacts(1, 1, "1", step_free=False, womens=False)
UNKNOWN = BedFacts(2, 1, "2")
LEVEL = BedFacts(3, 1, "3", step_free=True, womens=False)
ROOM = BedFacts(4, 1, "4", step_free=False, womens=True)
BEDS = (LEVEL, ROOM, UNKNOWN, PLAIN)

WOMAN = replace(ANYONE, gender=Gender.WOMAN)
MAN = replace(ANYONE, gender=Gender.MAN)


@pytest.mark.parametrize(
    ("person", "labels"),
    [
        (MAN, "2 1 3"),
        (replace(MAN, needs_step_free=False), "2 1 3"),
        (replace(MAN, needs_step_free=True), "3 2"),
        (WOMAN, "4 2 1 3"),
        (replace(WOMAN, needs_step_free=True), "3 2"),
        (ANYONE, "2 1 3"),
    ],
)
def test_each_gets_the_bed_that_others_need_least(person: PersonFacts, labels: str) -> None:
    assert [bed.label for bed in fitting(BEDS, person)] == labels.split()


@pytest.mark.parametrize(
    ("gender", "sentence", "decides"),
    [
        (Gender.WOMAN, None, False),
        (Gender.MAN, "Bed 4 is in a women's room.", False),
        (
            Gender.NOT_KNOWN,
            "Bed 4 is in a women's room. The site's lead decides: ring them.",
            True,
        ),
        (Gender.OTHER, "Bed 4 is in a women's room. The site's lead decides: ring them.", True),
    ],
)
def test_a_womens_room_is_for_women_and_in_doubt_for_the_lead(
    gender: Gender, sentence: str | None, *, decides: bool
) -> None:
    refusal = why_not_bed(ROOM, replace(ANYONE, gender=gender))
    assert (refusal and refusal.sentence) == sentence
    assert bool(refusal and refusal.lead_may_decide) is decides


@pytest.mark.parametrize(
    ("person", "beds", "sentence"),
    [
        (MAN, (ROOM,), "The beds free at St Giles are in women's rooms."),
        (MAN, (ROOM, UNKNOWN), None),
        (MAN, (), None),
        (
            replace(MAN, needs_step_free=True),
            (PLAIN, ROOM),
            "The beds free at St Giles are not step-free.",
        ),
        (
            ANYONE,
            (ROOM,),
            "The beds free at St Giles are in women's rooms. Its lead decides: ring them.",
        ),
    ],
)
def test_a_site_whose_free_beds_do_not_fit_says_so(
    person: PersonFacts, beds: tuple[BedFacts, ...], sentence: str | None
) -> None:
    refusal = none_fits(EVENING, beds, person)
    assert (refusal and refusal.sentence) == sentence


@pytest.mark.parametrize(
    ("hold", "numbers", "wrong"),
    [
        (45, USUAL, None),
        (20, USUAL, None),
        (120, USUAL, None),
        (19, USUAL, "hold_minutes"),
        (121, USUAL, "hold_minutes"),
        (45, SiteNumbers(least_hold=60, most_hold=50), "least_hold"),
        (45, SiteNumbers(undo_minutes=0), "undo_minutes"),
        (45, SiteNumbers(undo_minutes=1), None),
        (45, SiteNumbers(grace_minutes=-1), "grace_minutes"),
        (45, SiteNumbers(grace_minutes=0, kept_nights=0), None),
        (45, SiteNumbers(stay_nights=0), "stay_nights"),
        (45, SiteNumbers(backdate_hours=48, lead_backdate_days=1), "lead_backdate_days"),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_name(
    hold: int, numbers: SiteNumbers, wrong: str | None
) -> None:
    assert list(bad_settings(hold, numbers)) == ([wrong] if wrong else [])


def test_only_numbers_that_differ_are_kept() -> None:
    assert differing_numbers(USUAL) is None
    mine = SiteNumbers(stay_nights=28)
    assert differing_numbers(mine) == {"stay_nights": 28}
    assert SiteNumbers(**(differing_numbers(mine) or {})) == mine


def test_hours_have_a_beginning_and_another_end() -> None:
    assert bad_hours(None, None) is None
    assert bad_hours(time(22), time(2)) is None
    assert bad_hours(time(22), None) is not None
    assert bad_hours(time(22), time(22)) is not None


def test_what_a_site_takes_is_told_in_words_and_what_is_not_known_is_not() -> None:
    assert accepts_in_words(replace(EVENING, intake_from=None)) == "Everyone."
    told = accepts_in_words(replace(EVENING, dogs=True, couples=False))
    assert told == "Everyone. Dogs welcome. No couples. Takes people in from 17:00 to 22:00."


def of_beds(**facts: Any) -> None:
    """Record something of every bed of the hub."""
    db.session.execute(update(Bed).where(Bed.site_id == a_site().id).values(**facts))


def of_bed(label: str, **facts: Any) -> None:
    here = (Bed.site_id == a_site().id, Bed.label == label)
    db.session.execute(update(Bed).where(*here).values(**facts))


def test_a_claim_takes_the_bed_that_the_rule_chooses(store: Flask) -> None:
    with transaction():
        act = an_act()
        of_bed("1", step_free=True)
        of_bed("2", womens=True)
        for facts in (
            {"gender": Gender.MAN},
            {"gender": Gender.WOMAN},
            {"gender": Gender.MAN, "needs_step_free": True},
            {"gender": Gender.WOMAN},
            {},
        ):
            person = a_person(**facts)
            beds = board.free_of(a_site(), act.at)
            held = actions.hold(act, person=person.ref, site=HUB)
            assert held.bed_label == fitting(beds, person)[0].label


def test_a_womens_room_is_not_given_to_a_man_nor_a_stair_to_who_cannot(store: Flask) -> None:
    with transaction():
        act, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        of_beds(womens=True)
        man, unsure = a_person(gender=Gender.MAN), a_person()
        with pytest.raises(Unfit, match="are in women's rooms") as refusal:
            actions.hold(act, person=man.ref, site=HUB)
        assert HUB not in [one["site"] for one in refusal.value.extra["alternatives"]]
        with pytest.raises(Unfit, match="Its lead decides: ring them"):
            actions.hold(act, person=unsure.ref, site=HUB)
        bed = board.beds_of(a_site(), act.at)[0]
        with pytest.raises(Unfit, match="Bed 1 is in a women's room"):
            actions.hold(act, person=man.ref, bed=bed.id)
        assert actions.hold(lead, person=unsure.ref, site=HUB, override="Knows her").bed_label
        of_beds(womens=False, step_free=False)
        needs = a_person(needs_step_free=True)
        with pytest.raises(Unfit, match="are not step-free"):
            actions.hold(act, person=needs.ref, site=HUB)


def test_after_hours_a_hold_is_for_the_lead_and_the_door_takes_whoever_stands_there(
    store: Flask,
) -> None:
    with transaction():
        act, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        evening = {"intake_from": time(17), "intake_to": time(22)}
        db.session.execute(update(Site).where(Site.code == HUB).values(**evening))
        with pytest.raises(Refused, match="takes people in from 17:00 to 22:00") as refusal:
            actions.hold(act, person=a_person().ref, site=HUB)
        assert not isinstance(refusal.value, Unfit)
        decided = actions.hold(lead, person=a_person().ref, site=HUB, override="On the way")
        assert decided.status is PlacementStatus.HELD
        inside = actions.walk_in(lead, person=a_person().ref, site=HUB)
        assert inside.status is PlacementStatus.IN


def test_marks_of_two_records_that_become_one_both_count(store: Flask) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        one, other = a_person(), a_person()
        editing.not_here(lead, one.ref, site=HUB)
        editing.not_here(lead, one.ref, site=HUB)
        editing.not_here(lead, other.ref, site=HUB)
        editing.not_here(lead, other.ref, site="st-giles")
        merging.merge(lead, one.ref, other.ref)
        both = {a_site(HUB).id, a_site("st-giles").id}
        for ref in (one.ref, other.ref):
            found = people.person(lead, ref)
            assert found is not None
            assert found.not_here == both
        assert editing.here_again(lead, other.ref, site=HUB).not_here == both - {a_site().id}


def test_a_mark_refuses_at_every_door_alike_and_is_told_to_nobody(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    program, worker = as_role(Role.HUB, HUB), as_role(Role.OUTREACH)
    page, door = signed_in(Role.OUTREACH), signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        ref = a_person().ref
    before = program.get(f"/api/v1/people/{ref}").get_json()
    assert (before.pop("numbers"), before.pop("in_touch_with_treatment")) == ([], None)
    marked = program.post(f"/api/v1/people/{ref}/not-here", json={"site": HUB})
    assert (marked.status_code, marked.get_json()) == (200, before)
    assert program.get("/api/v1/people?q=fern").get_json()["items"] == [before]
    unknown = program.post(f"/api/v1/people/{ref}/not-here", json={"site": "nowhere"})
    assert unknown.status_code == 422
    assert program.post(f"/api/v1/people/{ref}/here-again", json={"site": HUB}).status_code == 403

    refused = worker.post("/api/v1/placements", json={"person": ref, "site": HUB})
    assert (refused.status_code, refused.get_json()["detail"]) == (409, NOT_TONIGHT)
    assert NOT_TONIGHT in page.get(f"/people/{ref}/bed").get_data(as_text=True)
    assert "Take it back" in page.get(f"/people/{ref}").get_data(as_text=True)
    shown = door.get(f"/people/{ref}").get_data(as_text=True)
    assert "Not this site" in shown
    assert "Take it back" not in shown
    taken = {"csrf_token": csrf_of(page, f"/people/{ref}"), "site": HUB}
    assert page.post(f"/people/{ref}/here-again", data=taken).status_code == 303
    again = worker.post("/api/v1/placements", json={"person": ref, "site": HUB})
    assert again.status_code == 201


def test_what_decides_on_beds_is_told_and_shown_and_its_change_named(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    program, page = as_role(Role.OUTREACH), signed_in(Role.OUTREACH)
    facts = {"has_dog": True, "needs_step_free": False, "with_partner": None, "vulnerable": True}
    added = program.post("/api/v1/people", json={"given_name": "Wren", **facts})
    assert added.status_code == 201
    ref = added.get_json()["ref"]
    assert facts.items() <= program.get(f"/api/v1/people/{ref}").get_json().items()
    typed = {"csrf_token": csrf_of(page, f"/people/{ref}/edit"), "version": "1"}
    typed |= {"given_name": "Wren", "has_dog": "no", "needs_step_free": "no", "vulnerable": "yes"}
    assert page.post(f"/people/{ref}/edit", data=typed).status_code == 303
    with app.app_context():
        found = people.closed_person(ref)
        assert found is not None
        assert (found.has_dog, found.needs_step_free, found.vulnerable) == (False, False, True)
        said = select(AuditEntry.detail).where(AuditEntry.what == "edit person")
        assert db.session.scalars(said).one() == {"changed": ["has_dog"]}


def test_a_lead_says_what_their_site_is_and_a_hold_keeps_its_end(
    app: Flask, signed_in: Ask
) -> None:
    lead = signed_in(Role.HUB_LEAD, HUB)
    with app.app_context(), transaction():
        act = an_act(at=now(), email="worker@example.org")
        held = actions.hold(act, person=a_person().ref, site=HUB)
    path = f"/sites/{HUB}/edit"
    said = {
        "csrf_token": csrf_of(lead, path),
        "version": "1",
        "dogs": "no",
        "max_support_level": "medium",
        "intake_from": "17:00",
        "intake_to": "01:30",
        "hold_minutes": "30",
        "turnaround": "yes",
        "most_hold": "60",
        "stay_nights": "28",
    }
    assert lead.post(path, data=said | {"hold_minutes": "90"}).status_code == 422
    assert lead.post(path, data=said | {"undo_minutes": "-1"}).status_code == 422
    assert lead.post(path, data=said).status_code == 303
    with app.app_context():
        site = a_site()
        assert asdict(site.numbers) == asdict(SiteNumbers(most_hold=60, stay_nights=28))
        assert (site.dogs, site.couples, site.turnaround) == (False, None, True)
        assert (site.max_support_level, site.hold_minutes) == (SupportLevel.MEDIUM, 30)
        assert site.intake_in_words == "from 17:00 to 01:30"
        standing = queries.placement(held.id)
        assert standing is not None
        assert standing.expires_at == held.expires_at
    stale = lead.post(path, data=said | {"dogs": "yes"})
    assert stale.status_code == 409
    assert "Dogs: no" in stale.get_data(as_text=True)


def test_a_lead_says_of_each_bed_what_it_is_and_the_board_counts_it(
    app: Flask, signed_in: Ask
) -> None:
    lead = signed_in(Role.HUB_LEAD, HUB)
    path = f"/sites/{HUB}/rooms"
    with app.app_context():
        one, other = (str(bed.id) for bed in board.beds_of(a_site(), NOW)[:2])
    said = {
        "csrf_token": csrf_of(lead, path),
        "version": "1",
        "bed": [one, other],
        "step_free": ["yes", "no"],
        "womens": ["not_known", "yes"],
        "shared": ["no", "not_known"],
    }
    assert lead.post(path, data=said | {"step_free": ["yes"]}).status_code == 422
    assert lead.post(path, data=said | {"bed": [one, "2147483647"]}).status_code == 422
    assert lead.post(path, data=said).status_code == 303
    assert lead.post(path, data=said | {"shared": ["yes", "yes"]}).status_code == 409
    with app.app_context():
        beds = board.beds_of(a_site(), NOW)[:2]
        assert [(bed.step_free, bed.womens, bed.shared) for bed in beds] == [
            (True, None, False),
            (False, True, None),
        ]
    shown = lead.get("/beds").get_data(as_text=True)
    assert "1 of the free beds is step-free." in shown


def test_what_is_not_told_of_a_confidential_site_is_not_told_of_its_hours_and_dogs(
    app: Flask, as_role: Ask
) -> None:
    with app.app_context(), transaction():
        facts = {"dogs": True, "couples": False, "intake_from": time(17), "intake_to": time(22)}
        db.session.execute(update(Site).where(Site.code == "respite-rooms").values(**facts))
    rows = {
        role: next(
            one["accepts"]
            for one in as_role(role).get("/api/v1/beds/tonight").get_json()["sites"]
            if one["code"] == "respite-rooms"
        )
        for role in (Role.OUTREACH, Role.MANAGER)
    }
    assert rows[Role.OUTREACH]["intake_from"] == "17:00"
    assert rows[Role.MANAGER]["dogs"] is None
    assert "22:00" not in rows[Role.MANAGER]["words"]
