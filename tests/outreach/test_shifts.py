"""Shifts, handovers, promises and the morning list, on both engines."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from pathway.acts import Act, by_service
from pathway.acts import now as present
from pathway.audit import AuditEntry
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.db import db, transaction
from pathway.desk.handover import told
from pathway.errors import Absent, Forbidden, Invalid, Kept, Refused, Telling, Unknown
from pathway.nights import night_of
from pathway.outreach import mornings, promises, queries, shift_queries, shifts
from pathway.outreach.actions import record_contact, strike
from pathway.outreach.models import Spot
from pathway.outreach.rules import ContactKind, Offer
from pathway.outreach.shift_rules import ShiftFacts
from pathway.people import merging, numbers
from pathway.people import queries as people
from pathway.people.models import Person
from pathway.people.rules import CHAIN, PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_person, a_site, an_act, at, later

BEDDED = ContactKind.BEDDED_DOWN


def a_spot(name: str = "Bridge", route: str | None = None) -> int:
    made = insert(Spot).values(name=name, route=route).returning(Spot.id)
    return db.session.execute(made).scalar_one()


def a_shift(act: Act, *spots: int, **told: Any) -> ShiftFacts:
    usual: dict[str, Any] = {
        "night": night_of(act.at),
        "name": "South",
        "starts_at": act.at - timedelta(hours=3),
        "ends_at": act.at + timedelta(hours=6),
        "staff": [act.staff_id],
    }
    return shifts.plan(act, spots=spots, **(usual | told))


def lines() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))


def test_a_shift_is_planned_joined_left_and_ticked_off(store: Flask) -> None:
    with transaction():
        act, other = an_act(), an_act(email="other@example.org")
        spot, extra = a_spot(), a_spot("Park")
        one = a_shift(act, spot)
        assert one.out == ((act.staff_id, "The outreach"),)
        assert queries.shift_of(act, NOW) == one.id
        assert queries.shift_of(other, NOW) is None
        assert shifts.join(other, one.id).has(other.staff_id)
        said = len(lines())
        assert shifts.join(other, one.id).has(other.staff_id)
        assert len(lines()) == said
        assert not shifts.leave(other, one.id).has(other.staff_id)
        assert shifts.been_there(act, one.id, spot).spots[0].visited_at == NOW
        assert shifts.been_there(at(act, later(hours=1)), one.id, spot).spots[0].visited_at == NOW
        assert shifts.not_been_there(act, one.id, spot).spots[0].visited_at is None
        with pytest.raises(Absent):
            shifts.been_there(act, one.id, extra)


def test_a_shift_is_changed_by_its_own_organisation_only(store: Flask) -> None:
    with transaction():
        act, other = an_act(), an_act(email="cgl@example.org", organisation="cgl")
        one = a_shift(act)
        with pytest.raises(Forbidden):
            shifts.join(other, one.id)
        with pytest.raises(Invalid):
            a_shift(act, staff=[other.staff_id])
        with pytest.raises(Invalid):
            a_shift(act, 999)


def test_a_handover_is_signed_once_and_the_next_team_reads_it_first(store: Flask) -> None:
    with transaction():
        act = an_act()
        coming = a_shift(act, starts_at=later(hours=1))
        with pytest.raises(Refused, match="has not begun"):
            shifts.hand_over(act, coming.id, words="Early")
        one = a_shift(act)
        assert shifts.hand_over(act, one.id, words=" Look for Fern ").words == "Look for Fern"
        again = shifts.hand_over(at(act, later(hours=1)), one.id, words="Something else")
        assert (again.words, again.handed_over_at) == ("Look for Fern", NOW)
        assert lines().count("hand over shift") == 1
        before = shift_queries.handed_over_before(coming)
        assert before is not None
        assert before.id == one.id


def met(act: Act, person: PersonFacts, ago: int = 0, **said: Any) -> int:
    then = at(act, act.at - timedelta(days=ago))
    return record_contact(then, person=person.ref, **({"kind": BEDDED} | said)).id


def test_a_handover_tells_who_was_seen_who_is_missing_and_who_waits(store: Flask) -> None:
    with transaction():
        act, spot, park = an_act(), a_spot(), a_spot("Park")
        seen, missing, moved, long_ago, dead, struck = (a_person() for _ in range(6))
        for person, nights in ((seen, 1), (missing, 14), (moved, 3), (long_ago, 15), (dead, 1)):
            met(act, person, nights, spot=spot)
        strike(act, met(act, struck, 1, spot=spot))
        met(act, moved, 2, spot=park)
        db.session.execute(update(Person).where(Person.id == dead.id).values(died_on=NOW.date()))
        one = a_shift(act, spot)
        met(act, seen, offered=[Offer.BED], shift=one.id)
        page = told(act, one)
        assert [each.person_ref for each in page.seen] == [seen.ref]
        assert [each.ref for each in page.missing] == [missing.ref]
        assert [each.person_ref for each in page.waiting] == [seen.ref]
        beds.hold(act, person=seen.ref, site=HUB)
        page = told(act, one)
        assert page.waiting == ()
        assert [(each.ref, each.where) for each in page.placed] == [(seen.ref, a_site().name)]


def test_a_handover_leaves_out_what_the_reader_may_not_see(store: Flask) -> None:
    """A confidential stay changes nothing on the page, and a closed record is not on it."""
    with transaction():
        act, spot = an_act(), a_spot()
        inside = an_act(Role.HUB_LEAD, "respite-rooms")
        stays, closed = a_person(gender=Gender.WOMAN), a_person()
        one = a_shift(act, spot)
        for person in (stays, closed):
            met(act, person, 1, spot=spot)
            met(act, person, offered=[Offer.BED], shift=one.id)
        promises.promise(act, person=closed.ref, words="A coat", due_on=NOW.date())
        before = told(act, one)
        assert len(before.seen) == len(before.waiting) == 2
        care.restrict(inside, closed.ref)
        without = told(act, one)
        assert without.refs == [stays.ref]
        beds.walk_in(inside, person=stays.ref, site="respite-rooms")
        record = {"kind": ContactKind.NOT_BEDDED_DOWN, "site": a_site("respite-rooms").id}
        record_contact(inside, person=stays.ref, shift=one.id, **record)  # type: ignore[arg-type]
        assert told(act, one) == without
        assert [each.where for each in told(inside, one).placed] == [None]


def test_a_promise_is_made_kept_and_taken_back(store: Flask) -> None:
    with transaction():
        act, person, day = an_act(), a_person(), date(2026, 1, 10)
        ident = met(act, person)
        late = promises.promise(act, person=person.ref, words="A coat", due_on=day, contact=ident)
        soon = promises.promise(act, person=person.ref, words="Tea", due_on=day + timedelta(days=1))
        assert promises.open_ones(act) == [late, soon]
        assert promises.settle(act, late.id, kept=True).kept is True
        said = lines().count("settle promise")
        assert promises.settle(act, late.id, kept=True).kept is True
        assert lines().count("settle promise") == said
        assert promises.open_ones(act) == [soon]
        assert [one.id for one in promises.settled_lately(act)] == [late.id]
        assert promises.settle(act, late.id, kept=None).settled_at is None
        with pytest.raises(Invalid):
            promises.promise(act, person=person.ref, words="x", due_on=day - timedelta(days=1))
        with pytest.raises(Unknown):
            promises.promise(act, person=a_person().ref, words="x", due_on=day, contact=ident)
        assert len(promises.made_to(act, person.ref)) == 2


def test_promises_are_the_teams_and_tell_of_no_confidential_site_or_treatment(store: Flask) -> None:
    with transaction():
        act, other = an_act(), an_act(email="cgl@example.org", organisation="cgl")
        inside = an_act(Role.HUB, "respite-rooms")
        treats = an_act(Role.TREATMENT)
        person, day = a_person(gender=Gender.WOMAN), date(2026, 1, 10)
        mine = promises.promise(act, person=person.ref, words="A coat", due_on=day)
        theirs = promises.promise(inside, person=person.ref, words="Your key", due_on=day)
        assert promises.open_ones(other) == []
        assert promises.open_ones(act) == [mine]
        assert promises.open_ones(inside) == [mine, theirs]
        clinic = promises.promise(treats, person=person.ref, words="A script", due_on=day)
        assert promises.open_ones(treats) == [mine, clinic]
        assert promises.open_ones(act) == [mine]
        for stranger, one in ((other, mine), (act, theirs), (act, clinic), (inside, clinic)):
            with pytest.raises(Absent):
                promises.settle(stranger, one.id, kept=True)


def test_a_number_leads_to_one_person_and_says_what_to_do_about_another(store: Flask) -> None:
    with transaction():
        act = an_act()
        one, other = a_person(), a_person(given_name="Gale")
        numbers.set_number(act, one.ref, scheme="CHAIN", number=" ab 12 ")
        assert numbers.of(act, [one.id]) == {one.id: ((CHAIN, "AB 12"),)}
        assert [found.ref for found in people.search(act, "Ab  12")] == [one.ref]
        with pytest.raises(Telling, match=f"ask a lead to merge.*Fern, {one.ref}"):
            numbers.set_number(act, other.ref, scheme="chain", number="AB 12")
        care.restrict(an_act(Role.HUB_LEAD, HUB), one.ref)
        with pytest.raises(Kept) as refused:
            numbers.set_number(act, other.ref, scheme="chain", number="AB 12")
        assert refused.value.detail.endswith("ask a lead to merge.")
        assert people.search(act, "AB 12") == []
        numbers.set_number(act, other.ref, scheme="chain", number="CD 34")
        numbers.set_number(act, other.ref, scheme="chain", number="EF 56")
        assert numbers.of(act, [other.id]) == {other.id: ((CHAIN, "EF 56"),)}
        numbers.remove_number(act, other.ref, scheme="Chain", number="ef 56")
        assert numbers.of(act, [other.id]) == {}


def test_a_number_that_treatment_wrote_down_is_treatments_alone(store: Flask) -> None:
    with transaction():
        clinic, act = an_act(Role.TREATMENT), an_act()
        one = a_person()
        numbers.set_number(clinic, one.ref, scheme="CGL", number="T77")
        numbers.set_number(clinic, one.ref, scheme="CHAIN", number="77")
        numbers.set_number(act, one.ref, scheme="St Mungo's", number="M77")
        assert len(numbers.of(clinic, [one.id])[one.id]) == 3
        assert numbers.of(act, [one.id])[one.id] == ((CHAIN, "77"), ("st mungo's", "M77"))
        assert people.search(act, "T77") == []
        assert [found.ref for found in people.search(clinic, "T77")] == [one.ref]
        numbers.set_number(act, one.ref, scheme="CGL", number="T78")
        assert ("cgl", "T77") in numbers.of(clinic, [one.id])[one.id]


def test_numbers_move_with_a_merge_and_back(store: Flask) -> None:
    with transaction():
        act = an_act(Role.HUB_LEAD, HUB)
        gone, kept = a_person(), a_person()
        numbers.set_number(act, gone.ref, scheme="chain", number="1")
        numbers.set_number(act, kept.ref, scheme="chain", number="2")
        merging.merge(act, gone.ref, kept.ref)
        assert len(numbers.of(act, [kept.id])[kept.id]) == 2
        merging.unmerge(act, gone.ref)
        assert numbers.of(act, [gone.id, kept.id]) == {
            gone.id: ((CHAIN, "1"),),
            kept.id: ((CHAIN, "2"),),
        }


def test_the_morning_list_is_of_ones_own_organisation_and_is_ticked_off(store: Flask) -> None:
    with transaction():
        act, other = an_act(), an_act(email="cgl@example.org", organisation="cgl")
        person, closed = a_person(aliases=["Ferny"]), a_person()
        numbers.set_number(act, person.ref, scheme="chain", number="77")
        ident, theirs = met(act, person), met(other, person)
        strike(act, met(act, person))
        met(act, closed)
        care.restrict(other, closed.ref)
        [one] = mornings.entries(act, date(2026, 1, 9))
        assert (one.contact.id, one.number, one.person.aliases) == (ident, "77", ("Ferny",))
        assert mornings.entered(act, ident).chained_at == NOW
        again = mornings.entered(at(act, later(hours=1)), ident)
        assert (again.chained_at, again.chained_by) == (NOW, "The outreach")
        assert lines().count("entered in CHAIN") == 1
        assert mornings.not_entered(act, ident).chained_at is None
        with pytest.raises(Absent):
            mornings.entered(act, theirs)


def test_a_night_from_its_plan_to_its_handover_in_a_browser(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        spot = a_spot("Bridge", "South")
        person = a_person(family_name="Costa").ref
        me = db.session.scalars(select(Staff.id).order_by(Staff.id.desc())).first()
    night = night_of(present())
    plan = {"name": "South", "night": str(night), "begins": "12:00", "ends": "01:10"}
    wrong = submit(client, "/shifts", plan | {"ends": "25:00", "staff": str(me)})
    assert wrong.status_code == 422
    assert "like 22:15" in wrong.text
    made = submit(client, "/shifts", plan | {"routes": "South", "staff": str(me)})
    assert made.status_code == 303
    shift = made.headers["Location"]
    assert "Bridge" in client.get(shift).text
    assert submit(client, f"{shift}/spots/{spot}/been-there", {}, shift).status_code == 303
    assert "Been there at" in client.get(shift).text
    promised = f"/people/{person}/promises"
    coat = {"words": "A coat", "due_on": str(present().date() + timedelta(days=1))}
    assert submit(client, promised, coat).status_code == 303
    assert "A coat" in client.get("/promises").text
    assert (
        submit(client, f"/people/{person}/numbers", {"scheme": "CHAIN", "number": "9"}).status_code
        == 303
    )
    assert "CHAIN 9" in client.get(f"/people/{person}").text
    signed = submit(client, f"{shift}/handover", {"words": "All quiet"})
    assert signed.status_code == 303
    page = client.get(f"{shift}/handover").text
    assert "All quiet" in page
    assert "A coat" in page


def test_the_morning_file_neutralises_formulas_and_leaves_a_line(
    app: Flask, signed_in: Ask
) -> None:
    client: FlaskClient = signed_in()
    with app.app_context(), transaction():
        me = db.session.execute(
            select(Staff.id, Staff.organisation_id).order_by(Staff.id.desc())
        ).first()
        assert me is not None
        act = Act(NOW, me[0], "", frozenset({"outreach"}), organisation_id=me[1])
        person = a_person(given_name="=1+1")
        ident = met(act, person)
    answer = client.get("/mornings.csv?night=2026-01-09")
    assert answer.mimetype == "text/csv"
    assert "'=1+1" in answer.text
    assert client.get("/mornings.csv?night=soon").status_code == 422
    page = "/mornings?night=2026-01-09"
    assert submit(client, f"/mornings/{ident}/entered", {}, page).status_code == 303
    assert "Entered in CHAIN by" in client.get(page).text
    with app.app_context():
        assert lines().count("export contacts for CHAIN") == 1


def test_a_program_reads_a_persons_numbers(app: Flask, as_role: Ask) -> None:
    client = as_role()
    with app.app_context(), transaction():
        person = a_person()
        numbers.set_number(by_service(NOW), person.ref, scheme="chain", number="9")
    shown = client.get(f"/api/v1/people/{person.ref}").get_json()
    assert shown["numbers"] == [{"scheme": "chain", "number": "9"}]


def test_a_contact_after_noon_is_of_the_shift_that_goes_on(store: Flask) -> None:
    with transaction():
        act = an_act()
        long = a_shift(act, ends_at=later(hours=12))
        who = a_person().ref
        after = [record_contact(at(act, later(hours=n)), person=who, kind=BEDDED) for n in (11, 12)]
    assert after[0].night == night_of(NOW) + timedelta(days=1)
    assert [one.shift_id for one in after] == [long.id, None]
