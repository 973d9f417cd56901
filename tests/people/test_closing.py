"""Closed records: one tap, uniform answers, breaking the glass, alarms."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import Act, now
from pathway.audit import AuditEntry
from pathway.beds import actions as beds
from pathway.beds import care, lately
from pathway.beds import queries as placements
from pathway.beds.sight import may_see
from pathway.db import db, transaction
from pathway.errors import Absent, Forbidden, Invalid
from pathway.people import closing, queries
from pathway.people.alike import likely
from pathway.people.likeness import Told
from pathway.people.models import PersonOpening
from pathway.people.probing import PROBES, Probing, probing
from pathway.people.rules import GLASS_LASTS, PersonFacts
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_hold, a_person, an_act, at, later


@pytest.fixture
def worker(store: Flask) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def other(store: Flask) -> Act:
    with transaction():
        return an_act(Role.SWEP_COORDINATOR)


@pytest.fixture
def closed(worker: Act) -> PersonFacts:
    with transaction():
        return care.restrict(worker, a_person(given_name="Olive", family_name="Inkwell").ref)


def test_a_closed_record_is_open_to_whoever_closed_it(worker: Act, closed: PersonFacts) -> None:
    found = queries.whole_person(worker, closed.ref)
    assert found is not None
    assert found.restricted


def test_to_others_it_is_not_there(other: Act, closed: PersonFacts) -> None:
    assert queries.whole_person(other, closed.ref) is None
    assert queries.search(other, "olive") == []
    assert queries.search(other, closed.ref) == []
    assert likely(other, Told(names=("Olive", "Inkwell"))) == []


def test_a_hold_for_it_is_refused_as_for_nobody(other: Act, closed: PersonFacts) -> None:
    told = []
    for ref in (closed.ref, "P-222222"):
        with pytest.raises(Invalid) as refusal, transaction():
            beds.hold(other, person=ref, site=HUB)
        told.append((type(refusal.value), refusal.value.errors, refusal.value.status))
    assert told[0] == told[1]


def test_closing_it_twice_changes_nothing_more(worker: Act, closed: PersonFacts) -> None:
    with transaction():
        care.restrict(worker, closed.ref)
        lines = select(AuditEntry.id).where(AuditEntry.what == "restrict person")
        assert len(db.session.scalars(lines).all()) == 1


def test_nobody_closes_what_is_closed_to_them(other: Act, closed: PersonFacts) -> None:
    for ref in (closed.ref, "P-222222"):
        with pytest.raises(Absent), transaction():
            care.restrict(other, ref)


def test_the_site_that_has_them_in_its_care_keeps_the_record(worker: Act, other: Act) -> None:
    with transaction():
        door, elsewhere = an_act(Role.HUB, HUB), an_act(Role.HUB, "st-giles")
        inside = beds.walk_in(door, person=a_person().ref, site=HUB)
        closed = care.restrict(worker, inside.person.ref)
    assert queries.person(door, closed.ref) is not None
    assert queries.person(elsewhere, closed.ref) is None
    assert placements.open_placement(door, inside.id) is not None
    assert placements.open_placement(elsewhere, inside.id) is None
    with transaction():
        beds.depart(at(door, later(hours=1)), inside.id, reason="x", destination="prs")
    assert queries.person(at(door, later(hours=2)), closed.ref) is None


def test_who_held_their_bed_keeps_the_record_while_the_hold_runs(worker: Act, other: Act) -> None:
    with transaction():
        held = a_hold(other)
        care.restrict(worker, held.person.ref)
    assert queries.person(other, held.person.ref) is not None
    assert queries.person(at(other, later(minutes=44, seconds=59)), held.person.ref) is not None
    assert queries.person(at(other, later(minutes=45)), held.person.ref) is None


def test_a_hub_knows_whom_to_expect_while_the_hold_runs(worker: Act, closed: PersonFacts) -> None:
    with transaction():
        door = an_act(Role.HUB, HUB)
        held = beds.hold(worker, person=closed.ref, site=HUB)
    assert placements.open_placement(door, held.id) is not None
    with transaction():
        beds.extend(worker, held.id, minutes=15)
    assert placements.open_placement(at(door, later(minutes=50)), held.id) is not None
    with transaction():
        beds.release(worker, held.id)
    assert placements.open_placement(at(door, later(seconds=1)), held.id) is None


def test_a_closed_persons_placement_is_not_listed_or_moved_by_others(
    worker: Act, other: Act, closed: PersonFacts
) -> None:
    with transaction():
        held = beds.hold(worker, person=closed.ref, site=HUB)
        mine = a_hold(other)
        care.restrict(worker, mine.person.ref)
        closing.end_care(act := at(other, later(minutes=1)), mine.person.id)
    assert lately.made_by(at(act, later(minutes=2))) == []
    for verb in (beds.release, beds.check_in):
        with pytest.raises(Absent), transaction():
            verb(at(other, later(minutes=2)), mine.id)
    with pytest.raises(Absent), transaction():
        beds.release(other, held.id)


def test_breaking_the_glass_opens_it_for_one_shift(other: Act, closed: PersonFacts) -> None:
    with transaction():
        closing.break_glass(other, closed.ref, "found unconscious")
    assert queries.person(other, closed.ref) is not None
    last = NOW + GLASS_LASTS
    assert queries.person(at(other, last - timedelta(seconds=1)), closed.ref) is not None
    assert queries.person(at(other, last), closed.ref) is None


def test_breaking_the_glass_is_told_with_its_reason(other: Act, closed: PersonFacts) -> None:
    with transaction():
        closing.break_glass(other, closed.ref, "found unconscious")
    told = queries.broken_glass(NOW - timedelta(days=1), [])
    assert [(one.staff, one.ref, one.reason) for one in told] == [
        (other.staff_name, closed.ref, "found unconscious")
    ]


def test_an_open_record_needs_no_glass_to_be_broken(other: Act) -> None:
    with transaction():
        person = a_person()
        closing.break_glass(other, person.ref, "found unconscious")
    assert queries.broken_glass(NOW - timedelta(days=1), []) == []


def test_no_glass_opens_a_record_that_is_not_there(other: Act) -> None:
    with pytest.raises(Absent), transaction():
        closing.break_glass(other, "P-222222", "found unconscious")


def test_glass_does_not_open_a_confidential_site(worker: Act, other: Act) -> None:
    from pathway.sites.rules import Gender

    with transaction():
        door = an_act(Role.HUB_LEAD, "respite-rooms")
        woman = a_person(gender=Gender.WOMAN)
        inside = beds.walk_in(door, person=woman.ref, site="respite-rooms")
        care.restrict(worker, woman.ref)
        closing.break_glass(other, woman.ref, "found unconscious")
    assert not may_see(other, inside)


def test_a_lead_opens_it_again(worker: Act, other: Act, closed: PersonFacts) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        with pytest.raises(Absent):
            closing.lift(lead, closed.ref)
        closing.break_glass(lead, closed.ref, "wrongly closed")
        closing.lift(lead, closed.ref)
    assert queries.person(at(other, later(seconds=1)), closed.ref) is not None


def test_who_closed_it_opens_it_and_another_worker_does_not(
    worker: Act, other: Act, closed: PersonFacts
) -> None:
    with transaction():
        closing.break_glass(other, closed.ref, "found unconscious")
    with pytest.raises(Forbidden, match="lead"), transaction():
        closing.lift(other, closed.ref)
    with transaction():
        assert not closing.lift(worker, closed.ref).restricted


def test_closed_anew_it_is_open_to_nobody_from_before(worker: Act, closed: PersonFacts) -> None:
    with transaction():
        third = an_act(Role.TREATMENT)
        closing.break_glass(third, closed.ref, "found unconscious")
        closing.lift(worker, closed.ref)
        care.restrict(at(worker, later(minutes=1)), closed.ref)
    assert queries.person(at(third, later(minutes=2)), closed.ref) is None


def test_five_denials_within_an_hour_look_like_probing() -> None:
    times = [NOW + timedelta(minutes=15 * place) for place in range(PROBES)]
    assert probing((7, moment) for moment in times) == [Probing(7, PROBES, times[0], times[-1])]
    assert probing((7, moment) for moment in times[1:]) == []
    late = [*times[:-1], times[-1] + timedelta(seconds=1)]
    assert probing((7, moment) for moment in late) == []
    assert probing((place, moment) for place, moment in enumerate(times)) == []


def test_a_long_run_of_denials_is_one_alarm_and_a_later_one_another() -> None:
    first = [NOW + timedelta(minutes=place) for place in range(8)]
    second = [NOW + timedelta(days=1, minutes=place) for place in range(PROBES)]
    told = probing((7, moment) for moment in [*first, *second])
    assert [(one.times, one.first) for one in told] == [(PROBES, second[0]), (8, first[0])]


def test_repeated_probing_is_an_alarm_on_the_leads_page(app: Flask, signed_in: Ask) -> None:
    prober, lead = signed_in(), signed_in(Role.HUB_LEAD, HUB)
    for place in range(PROBES):
        assert "Nobody was kept" in lead.get("/watch").get_data(as_text=True)
        assert prober.get(f"/people/P-22222{place}").status_code == 404
    page = lead.get("/watch").get_data(as_text=True)
    assert f"was refused {PROBES} times" in page
    assert "The outreach" in page


def test_mistyped_addresses_and_pages_of_other_roles_are_no_alarm(
    app: Flask, signed_in: Ask
) -> None:
    prober, lead = signed_in(), signed_in(Role.HUB_LEAD, HUB)
    for place in range(PROBES):
        assert prober.get(f"/hub/nowhere-{place}").status_code in {403, 404}
        assert prober.get(f"/api/v1/nothing/{place}").status_code in {401, 404}
        assert lead.get(f"/sites/nowhere-{place}/edit").status_code == 404
        assert prober.get("/audit").status_code == 403
    assert "Nobody was kept" in lead.get("/watch").get_data(as_text=True)


def test_looking_for_placements_is_an_alarm_too(app: Flask, signed_in: Ask) -> None:
    prober, lead = signed_in(), signed_in(Role.HUB_LEAD, HUB)
    for place in range(PROBES):
        assert prober.get(f"/placements/{9000 + place}").status_code == 404
    assert f"was refused {PROBES} times" in lead.get("/watch").get_data(as_text=True)


CONFIDENTIAL = "respite-rooms"


@pytest.fixture
def at_our_door(app: Flask) -> str:
    """A closed record that a lead of the confidential site opened, and another an outreach did."""
    with app.app_context(), transaction():
        moment = now()
        door = an_act(Role.HUB_LEAD, CONFIDENTIAL, at=moment, email="door@example.org")
        street = an_act(at=moment, email="street@example.org")
        closer = an_act(at=moment, email="closer@example.org")
        here, there = a_person().ref, a_person().ref
        for ref in (here, there):
            care.restrict(closer, ref)
        closing.break_glass(door, here, "she is at our door")
        closing.break_glass(street, there, "found unconscious")
    return here


def last_watched(app: Flask) -> list[str]:
    with app.app_context():
        lines = select(AuditEntry.detail).where(AuditEntry.what == "view watch")
        detail = db.session.scalars(lines.order_by(AuditEntry.id.desc())).first() or {}
        return list(detail["refs"])


@pytest.mark.parametrize("reader", [(Role.HUB_LEAD, HUB), (Role.MANAGER,)])
def test_what_staff_of_a_confidential_site_opened_is_not_told_to_others(
    app: Flask, signed_in: Ask, at_our_door: str, reader: tuple[Role, ...]
) -> None:
    page = signed_in(*reader).get("/watch").get_data(as_text=True)
    assert "opened by staff of a confidential site. Its lead sees the rest." in page
    assert "found unconscious" in page
    assert at_our_door not in page
    assert "at our door" not in page
    assert len(last_watched(app)) == 1
    assert at_our_door not in last_watched(app)


def test_its_own_lead_reads_whose_record_and_why(
    app: Flask, signed_in: Ask, at_our_door: str
) -> None:
    """The control of the test above."""
    page = signed_in(Role.HUB_LEAD, CONFIDENTIAL).get("/watch").get_data(as_text=True)
    assert f"opened {at_our_door}. Reason: she is at our door" in page
    assert "Its lead sees the rest" not in page
    assert at_our_door in last_watched(app)


def test_the_way_to_break_the_glass_is_the_same_for_any_reference(
    app: Flask, signed_in: Ask
) -> None:
    client, closer = signed_in(), signed_in()
    with app.app_context(), transaction():
        ref = a_person().ref
    submit(closer, f"/people/{ref}/restrict", {}, page=f"/people/{ref}")
    pages = [client.get(f"/people/{one}").get_data(as_text=True) for one in (ref, "P-222222")]
    assert f"/people/{ref}/break-glass" in pages[0]
    path = f"/people/{ref}/break-glass"
    weak = submit(client, path, {"reason": "x"})
    assert weak.status_code == 422
    assert client.get(f"/people/{ref}").status_code == 404
    opened = submit(client, path, {"reason": "found unconscious, who is the GP"})
    assert opened.status_code == 303
    assert "closed to others" in client.get(f"/people/{ref}").get_data(as_text=True)


def test_the_record_says_nothing_more_of_a_closed_person_to_a_manager(store: Flask) -> None:
    with transaction():
        worker, manager = an_act(), an_act(Role.MANAGER)
        held = a_hold(worker)
        care.restrict(worker, held.person.ref)
    assert placements.open_placement(manager, held.id) is None
    assert may_see(manager, replace(held))


def test_a_hub_checks_in_late_whom_it_expected_and_reads_their_name(
    app: Flask, signed_in: Ask
) -> None:
    hub = signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        moment = now() - timedelta(hours=1)
        worker = an_act(at=moment, email="closer@example.org")
        person = a_person(given_name="Olive")
        held = beds.hold(worker, person=person.ref, site=HUB, minutes=20)
        care.restrict(worker, person.ref)
    assert "Olive" in hub.get(f"/hub/{HUB}").get_data(as_text=True)
    page = f"/placements/{held.id}"
    assert submit(hub, f"{page}/check-in", {}, page=page).status_code == 303
    assert hub.get(page).status_code == 200


def test_a_hub_reads_no_name_of_a_lapsed_hold_that_was_closed_afterwards(
    app: Flask, signed_in: Ask
) -> None:
    hub = signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        moment = now() - timedelta(hours=1)
        worker = an_act(at=moment, email="closer@example.org")
        person = a_person(given_name="Olive")
        beds.hold(worker, person=person.ref, site=HUB, minutes=20)
        beds.hold(replace(worker, at=now()), person=person.ref, site="st-giles")
        care.restrict(replace(worker, at=now()), person.ref)
    assert "Olive" not in hub.get(f"/hub/{HUB}").get_data(as_text=True)


def test_a_kept_answer_is_not_given_again_once_the_record_is_closed(
    app: Flask, as_role: Ask
) -> None:
    client = as_role()
    key = {"Idempotency-Key": "k1"}
    with app.app_context(), transaction():
        closer = an_act(at=now(), email="closer@example.org")
        ref = care.restrict(closer, a_person(given_name="Olive").ref).ref
    path, why = f"/api/v1/people/{ref}/break-glass", {"reason": "found unconscious"}
    assert client.post(path, json=why, headers=key).status_code == 200
    assert client.post(path, json=why, headers=key).status_code == 200
    with app.app_context(), transaction() as session:
        session.execute(update(PersonOpening).values(until=NOW))
    again = client.post(path, json=why, headers=key)
    assert again.status_code == 404
    assert "Olive" not in again.get_data(as_text=True)


def test_an_added_person_closed_since_is_not_told_again(app: Flask, as_role: Ask) -> None:
    client, key = as_role(), {"Idempotency-Key": "k2"}
    with app.app_context(), transaction():
        twin = a_person(given_name="Olive").ref
    first = client.post("/api/v1/people", json={"given_name": "Olive"}, headers=key).get_json()
    assert [one["ref"] for one in first["possible_duplicates"]] == [twin]
    with app.app_context(), transaction():
        closer = an_act(at=now(), email="closer@example.org")
        care.restrict(closer, twin)
    again = client.post("/api/v1/people", json={"given_name": "Olive"}, headers=key).get_json()
    assert again["possible_duplicates"] == []
    with app.app_context(), transaction():
        care.restrict(closer, first["ref"])
    gone = client.post("/api/v1/people", json={"given_name": "Olive"}, headers=key)
    assert gone.status_code == 404


def test_asking_for_it_too_gives_nobody_the_record_to_keep_or_to_lift(
    worker: Act, other: Act, closed: PersonFacts
) -> None:
    with transaction():
        closing.break_glass(other, closed.ref, "found unconscious")
        care.restrict(other, closed.ref)
    with pytest.raises(Forbidden), transaction():
        closing.lift(other, closed.ref)
    assert queries.person(at(other, NOW + GLASS_LASTS), closed.ref) is None


def test_whoever_asks_for_it_too_is_written_down(worker: Act, closed: PersonFacts) -> None:
    with transaction():
        other = an_act(Role.TREATMENT)
        closing.break_glass(other, closed.ref, "he is looking for her")
        care.restrict(other, closed.ref)
        lines = (
            select(AuditEntry.staff_id)
            .where(AuditEntry.what == "restrict person")
            .order_by(AuditEntry.id)
        )
        assert list(db.session.scalars(lines)) == [worker.staff_id, other.staff_id]


def test_an_edit_with_nothing_in_it_is_refused_in_words(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        ref = a_person().ref
    answer = submit(client, f"/people/{ref}/edit", {"x": "y"})
    assert answer.status_code == 422
