"""Assessments: whole versions, what they make of the record, and who may write them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway import acts
from pathway.acts import Act
from pathway.assessments import actions, notes, queries
from pathway.assessments.models import Assessment, Leaving
from pathway.assessments.rules import Institution, Known
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.beds import queries as placements
from pathway.beds.rules import PlacementStatus
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused, Unfit
from pathway.idempotency import KEPT, IdempotencyKey, forget
from pathway.people import editing, merging
from pathway.people import queries as people
from pathway.people.rules import Need, PersonFacts, Recourse
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_person, an_act, at, later


def known(act: Act, ref: str) -> PersonFacts:
    found = people.person(act, ref)
    assert found is not None
    return found


def test_the_newest_version_is_what_the_record_says_and_what_is_left_out_carries_over(
    store: Flask,
) -> None:
    with transaction():
        act = an_act()
        person = a_person(needs=[Need.DRUGS], recourse=Recourse.NO, has_dog=True)
        first = actions.assess(
            act, person=person.ref, alcohol=Known.NO, language="Tigrinya", interpreter=True
        )
        told: dict[str, Any] = {
            "drugs": Known.NOT_KNOWN,
            "has_dog": None,
            "local_connection": "Camden",
        }
        second = actions.assess(at(act, later(hours=1)), person=person.ref, **told)
        after = known(act, person.ref)
        kept = queries.versions(act, person.id)
    assert (first.found.drugs, first.found.recourse) == (Known.YES, Recourse.NO)
    assert (second.found.alcohol, second.found.drugs) == (Known.NO, Known.NOT_KNOWN)
    assert (after.needs, after.recourse, after.has_dog) == ((), Recourse.NO, None)
    assert (after.language, after.interpreter) == ("Tigrinya", True)
    assert after.local_connection == "camden"
    assert after.version == person.version + 2
    assert [(one.id, one.decides) for one in kept] == [(second.id, True), (first.id, False)]
    assert kept[1].found == first.found
    with pytest.raises(Refused, match="Somebody else changed"), transaction():
        editing.edit(act, person.ref, person.version, {"given_name": "Older"})
    with pytest.raises(Refused, match="Somebody else changed"), transaction():
        actions.assess(act, person=person.ref, seen=person.version)


def test_a_late_entry_that_is_older_than_the_newest_decides_nothing_and_says_so(
    store: Flask,
) -> None:
    with transaction():
        act = an_act()
        person = a_person()
        newest = actions.assess(act, person=person.ref, has_dog=True)
        then = NOW - timedelta(seconds=1)
        late = actions.assess(
            at(act, later(hours=1)), person=person.ref, at=then, has_dog=False, wants="A room"
        )
        after = known(act, person.ref)
        kept = queries.versions(act, person.id)
        as_new = actions.assess(at(act, later(hours=2)), person=person.ref, at=NOW, has_dog=None)
        again = known(act, person.ref)
    assert (late.decides, late.late) == (False, True)
    assert (after.has_dog, after.version) == (True, person.version + 1)
    told = [(one.id, one.decides, one.late) for one in kept]
    assert told == [(newest.id, True, False), (late.id, False, True)]
    assert as_new.found.wants is None
    assert (as_new.decides, again.has_dog) == (True, None)


def test_a_hold_is_refused_after_an_assessment_and_taken_after_the_next(store: Flask) -> None:
    with transaction():
        act = an_act()
        db.session.execute(update(Site).where(Site.code == HUB).values(dogs=False))
        person = a_person()
        actions.assess(act, person=person.ref, has_dog=True)
    with pytest.raises(Unfit, match="does not take dogs"), transaction():
        beds.hold(act, person=person.ref, site=HUB)
    with transaction():
        actions.assess(at(act, later(minutes=5)), person=person.ref, has_dog=False)
        held = beds.hold(at(act, later(minutes=6)), person=person.ref, site=HUB)
    assert held.status is PlacementStatus.HELD


def test_what_is_found_out_never_ends_a_placement(store: Flask) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, "respite-rooms")
        person = a_person(gender=Gender.WOMAN)
        made = beds.walk_in(lead, person=person.ref, site="respite-rooms")
        actions.assess(lead, person=person.ref, gender=Gender.MAN)
        stands = placements.placement(made.id)
    assert stands is not None
    assert stands.status is PlacementStatus.IN
    assert stands.person.gender is Gender.MAN


def test_a_leaving_is_kept_once_and_a_closed_record_answers_as_none(store: Flask) -> None:
    with transaction():
        act = an_act()
        person = a_person()
        for _ in range(2):
            actions.assess(
                act,
                person=person.ref,
                last_institution=Institution.PRISON,
                left_on=date(2026, 1, 10),
            )
        assert len(db.session.scalars(select(Leaving)).all()) == 1
        assert queries.leavings(person.id)[0].institution is Institution.PRISON
    wrong: dict[str, Any]
    for wrong in ({"at": NOW + timedelta(seconds=1)}, {"left_on": date(2026, 1, 9)}):
        with pytest.raises(Invalid), transaction():
            actions.assess(act, person=person.ref, **wrong)
    with transaction():
        care.restrict(an_act(Role.HUB, HUB), person.ref)
    with pytest.raises(Absent), transaction():
        actions.assess(act, person=person.ref)


def test_a_program_writes_once_for_good_and_a_hub_of_its_residents_only(
    app: Flask, as_role: Ask
) -> None:
    worker, door = as_role(Role.OUTREACH), as_role(Role.HUB, HUB)
    with app.app_context(), transaction():
        hub = an_act(Role.HUB, HUB, at=acts.now())
        stranger, resident = a_person().ref, a_person().ref
        beds.walk_in(hub, person=resident, site=HUB)
    body = {"person": stranger, "drugs": "yes", "at": "2026-01-09T22:15"}
    key = {"Idempotency-Key": "kept-for-weeks"}
    made = worker.post("/api/v1/assessments", json=body, headers=key)
    assert (made.status_code, set(made.get_json())) == (201, {"id", "decides"})
    with app.app_context(), transaction():
        assert forget(acts.now() + 100 * KEPT, 1000) == 0
        assert db.session.scalars(select(IdempotencyKey.for_good)).all() == [True]
    again = worker.post("/api/v1/assessments", json=body, headers=key)
    assert again.get_json() == made.get_json()
    listed = worker.get(f"/api/v1/people/{stranger}/assessments").get_json()
    assert [one["id"] for one in listed["items"]] == [made.get_json()["id"]]
    assert (listed["items"][0]["drugs"], listed["next"]) == ("yes", None)
    assert door.post("/api/v1/assessments", json={"person": stranger}).status_code == 403
    assert door.post("/api/v1/assessments", json={"person": resident}).status_code == 201
    skipped = {"person": stranger, "at": "2026-03-29T01:30"}
    assert worker.post("/api/v1/assessments", json=skipped).status_code == 422
    nobody = worker.post("/api/v1/assessments", json={"person": "P-222222"})
    assert (nobody.status_code, set(nobody.get_json()["errors"])) == (422, {"person"})


def test_the_page_shows_what_is_known_and_refuses_what_was_changed_meanwhile(
    app: Flask, signed_in: Ask
) -> None:
    page = signed_in(Role.OUTREACH)
    with app.app_context(), transaction():
        act = an_act(at=acts.now())
        ref = a_person(needs=[Need.DRUGS]).ref
    address = f"/people/{ref}/assess"
    form = {"csrf_token": csrf_of(page, address), "seen": "1", "alcohol": "yes", "drugs": "yes"}
    assert page.post(address, data=form).status_code == 303
    shown = page.get(address).get_data(as_text=True)
    assert "This one counts now" in shown
    assert "Alcohol: yes (before: not known)" in shown
    refused = page.post(address, data=form)
    assert refused.status_code == 409
    assert "Somebody else changed" in refused.get_data(as_text=True)
    with app.app_context():
        assert known(act, ref).needs == (Need.ALCOHOL, Need.DRUGS)
        assert len(db.session.scalars(select(Assessment)).all()) == 1
    soon = form | {"seen": "2", "at": f"{acts.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"}
    assert page.post(address, data=soon).status_code == 422


def test_the_page_says_where_the_record_differs_from_the_newest_version(
    app: Flask, signed_in: Ask
) -> None:
    page = signed_in(Role.OUTREACH)
    with app.app_context(), transaction():
        act = an_act(at=acts.now())
        described, kept = a_person(given_name=None), a_person()
        actions.assess(act, person=kept.ref, has_dog=False)
        later = replace(act, at=act.at + timedelta(seconds=1))
        actions.assess(later, person=described.ref, has_dog=True)
    address = f"/people/{kept.ref}/assess"
    assert "says otherwise" not in page.get(address).get_data(as_text=True)
    with app.app_context(), transaction():
        merging.merge(act, described.ref, kept.ref)
    shown = page.get(address).get_data(as_text=True)
    assert "says otherwise" in shown
    assert "Has a dog with them: no (newest version: yes)" in shown


def test_who_works_at_a_site_is_named_to_those_who_work_there_and_to_nobody_else(
    store: Flask,
) -> None:
    with transaction():
        resident = a_person(gender=Gender.WOMAN)
        writers = {code: an_act(Role.HUB, code) for code in ("respite-rooms", "st-giles")}
        worker, treats = an_act(), an_act(Role.TREATMENT)
        for act in (*writers.values(), worker, treats):
            actions.assess(act, person=resident.ref)
            notes.write(act, person=resident.ref, words="Seen", shared=True)
        colleague = an_act(Role.HUB_LEAD, "respite-rooms")
        manager = an_act(Role.MANAGER)

    def named(reader: Act) -> list[list[str | None]]:
        assessed = queries.versions(reader, resident.id)
        noted = notes.of(reader, resident.id)
        return [
            [one.by_name for one in reversed(assessed)],
            [one.by_name for one in reversed(noted)],
        ]

    assert named(colleague) == [["The hub", None, "The outreach", None]] * 2
    assert named(manager) == named(worker) == [[None, None, "The outreach", None]] * 2
    assert named(treats) == [[None, None, "The outreach", "The treatment"]] * 2
