"""The audit page and its file: what a manager reads, and what stays closed to them."""

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update

from pathway import audit
from pathway.acts import Act, by_service
from pathway.audit import AuditEntry
from pathway.beds import actions, board, upkeep, waiting
from pathway.beds.models import Waiting
from pathway.beds.offering import offer
from pathway.db import db, transaction
from pathway.desk import trail
from pathway.people import consents, merging, numbers
from pathway.people.consent_rules import ConsentKind
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from pathway.staff.models import Staff, StaffRole, StaffSite
from pathway.trail.rules import BED_ROUTES, NOT_SHOWN, PLACEMENT_ROUTES
from tests import factories
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW
from tests.trails import write_lines

SITE = "respite-rooms"
PLACEMENTS = {"held", "checked in", "view placement", "wait for bed", "offer bed"}


@pytest.fixture
def manager(signed_in: Ask) -> FlaskClient:
    return signed_in(Role.MANAGER)


def read(client: FlaskClient, **asked: Any) -> str:
    answer = client.get("/audit", query_string={_name(one): asked[one] for one in asked})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def saved(client: FlaskClient, **asked: Any) -> list[dict[str, str]]:
    answer = client.get("/audit.csv", query_string={_name(one): asked[one] for one in asked})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/csv")
    assert "audit.csv" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def _name(one: str) -> str:
    return one.rstrip("_")


def rows(html: str) -> list[str]:
    """Return the text of each line on the page."""
    listed = html.split('<ul class="pw-rows">')[1].partition("</ul>")[0]
    plain = [re.sub(r"<[^>]+>", " ", row) for row in listed.split("<li>")[1:]]
    return [re.sub(r"\s+", " ", row).strip() for row in plain]


def note(
    what: str, subject: str, detail: Any = None, *, act: Act | None = None, **more: Any
) -> None:
    with transaction():
        audit.record(act or by_service(NOW), what, subject, detail, **more)


def test_a_line_says_when_who_what_and_on_what_in_plain_words(
    app: Flask, manager: FlaskClient
) -> None:
    with app.app_context():
        with transaction():
            act = factories.an_act(email="robin@example.org")
        summer = factories.at(act, NOW + timedelta(days=180))
        note("set capacity", f"site:{HUB}", {"beds": 10, "from": "2026-07-01"}, act=summer)
    [line] = rows(read(manager, what="set capacity", staff=str(act.staff_id)))
    assert line == (
        "Set capacity : site 165-hub The outreach, 02:30 on 9 July 2026 beds: 10; from: 2026-07-01"
    )


def test_a_list_shows_references_and_never_names(app: Flask, manager: FlaskClient) -> None:
    with app.app_context():
        with transaction():
            fern = factories.a_person(given_name="Figment").ref
        note("search people", "list:people", people=[fern, "P-2"])
    [line] = rows(read(manager, what="search people"))
    assert line.endswith(f"About {fern}, P-2")
    assert "Figment" not in read(manager)


def test_by_person_finds_lines_about_them_and_lists_that_showed_them(
    app: Flask, manager: FlaskClient
) -> None:
    with app.app_context():
        note("view person", "person:P-2")
        note("held", "placement:9", person="P-2")
        note("search people", "list:people", people=["P-3", "P-2"])
        note("view person", "person:P-3")
    found = rows(read(manager, person="p-2"))
    assert [line.split(" :")[0] for line in found] == ["Search people", "Held", "View person"]


def test_by_staff_kind_and_days(app: Flask, manager: FlaskClient) -> None:
    with app.app_context():
        with transaction():
            act = factories.an_act()
        for days in range(3):
            note("one", "line:1", {"n": days}, act=factories.at(act, NOW + timedelta(days=days)))
        note("two", "line:2", act=act)
        note("one", "line:3")
    mine = str(act.staff_id)
    assert len(rows(read(manager, staff=mine))) == 4
    assert len(rows(read(manager, staff=mine, what="one"))) == 3
    assert len(rows(read(manager, staff="0", what="one"))) == 1
    between = rows(read(manager, staff=mine, from_="2026-01-11", to="12/01/2026"))
    assert [line[-4:] for line in between] == ["n: 2", "n: 1"]


def test_newest_first_fifty_to_a_page_and_the_rest_under_earlier(
    app: Flask, manager: FlaskClient
) -> None:
    with app.app_context():
        write_lines(120, what="many")
    seen: list[str] = []
    address = "/audit?what=many"
    for expected in (50, 50, 20):
        html = manager.get(address).get_data(as_text=True)
        found = rows(html)
        assert len(found) == expected
        seen += found
        link = re.search(r'href="([^"]+)">Earlier<', html)
        assert (link is None) is (expected == 20)
        address = link[1].replace("&amp;", "&") if link else ""
    numbers = [int(line.split("number: ")[1]) for line in seen]
    assert numbers == list(range(119, -1, -1))


def test_nothing_found_says_so(manager: FlaskClient) -> None:
    html = read(manager, person="P-0000000")
    assert "There are no lines like that." in html
    assert "Save as CSV" not in html


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"from": "2026-02-30"}, "The day is “2026-02-30”, which is no date"),
        ({"from": "2026-01-10", "to": "2026-01-09"}, "The last day is before the first."),
        ({"before": "x"}, "This is not an id."),
        ({"person": "a\x00b"}, "There is a sign in it that cannot be kept (NUL)."),
    ],
)
def test_bad_input_gets_a_sentence_and_reads_nothing(
    app: Flask, manager: FlaskClient, asked: dict[str, str], sentence: str
) -> None:
    for path in ("/audit", "/audit.csv"):
        answer = manager.get(path, query_string=asked)
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    with app.app_context():
        assert count("read audit") == count("export audit") == 0


def count(what: str) -> int:
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.what == what)
    return db.session.scalar(query) or 0


def test_reading_and_saving_are_recorded_with_the_filter(app: Flask, manager: FlaskClient) -> None:
    read(manager, person="P-2", what="view person", from_="2026-01-09")
    saved(manager, staff="0", what="save site")
    with app.app_context():
        query = select(AuditEntry).where(AuditEntry.subject == "audit:trail")
        seen, kept = db.session.scalars(query.order_by(AuditEntry.id))
        assert (seen.what, seen.person) == ("read audit", "P-2")
        assert seen.detail == {"what": "view person", "from": "2026-01-09"}
        assert (kept.what, kept.person) == ("export audit", None)
        assert kept.detail == {"staff": 0, "what": "save site", "lines": 8}


def test_the_file_says_what_the_page_says(app: Flask, manager: FlaskClient) -> None:
    with app.app_context():
        note("search people", "list:people", {"more": 2}, people=["P-2", "P-3"])
    assert saved(manager, what="search people") == [
        {
            "at": NOW.isoformat(),
            "who": "Pathway",
            "what": "search people",
            "on": "a list of people",
            "people": "P-2;P-3",
            "detail": "more: 2",
        }
    ]


def test_a_name_like_a_formula_is_neutral_in_the_file_and_kept_in_the_database(
    app: Flask, manager: FlaskClient
) -> None:
    with app.app_context():
        with transaction() as session:
            act = factories.an_act()
            session.execute(update(Staff).where(Staff.id == act.staff_id).values(name="=1+1"))
        note("one", "line:1", act=act)
    assert [row["who"] for row in saved(manager, what="one")] == ["'=1+1"]
    with app.app_context():
        assert db.session.scalar(select(Staff.name).where(Staff.id == act.staff_id)) == "=1+1"


def test_more_lines_than_a_file_takes_are_refused_rather_than_cut(
    app: Flask, manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "MOST_EXPORTED", 5)
    with app.app_context():
        write_lines(5, what="some")
        assert len(saved(manager, what="some")) == 5
        write_lines(1, what="some")
    answer = manager.get("/audit.csv?what=some")
    assert answer.status_code == 422
    assert "There are more than 5 lines. Say fewer days." in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [role for role in Role if role not in {"manager", "admin"}])
def test_other_roles_may_not_and_see_no_link(signed_in: Ask, role: Role) -> None:
    client = signed_in(role)
    assert client.get("/audit").status_code == 403
    assert client.get("/audit.csv").status_code == 403
    assert ">Audit<" not in client.get("/beds").get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_managers_and_admins_have_a_link_to_it(signed_in: Ask, role: Role) -> None:
    client = signed_in(role)
    assert ">Audit</a>" in client.get("/beds").get_data(as_text=True)
    assert client.get("/audit").status_code == 200


@dataclass(frozen=True, slots=True)
class Hidden:
    """A woman at the confidential site, and who brought her there."""

    ref: str
    lead: FlaskClient
    holder: int


@pytest.fixture
def hidden(app: Flask, signed_in: Ask) -> Hidden:
    """Put on the list from the street, offered a bed, checked in, viewed, seen and counted."""
    lead = signed_in(Role.HUB_LEAD, SITE)
    with app.app_context(), transaction():
        worker = factories.an_act(email="worker@example.org")
        door = factories.an_act(Role.HUB_LEAD, SITE, email="door@example.org")
        person = factories.a_person(gender=Gender.WOMAN)
        wait = waiting.wait(worker, person=person.ref, site=SITE)
        placement = offer(by_service(NOW), wait.id)
        assert placement is not None
        at_the_site = {"status": 409, "code": SITE}
        audit.record(worker, "told of person", "route:beds.place", at_the_site, person=person.ref)
        audit.record(worker, "exclude", f"person:{person.ref}", {"site": SITE})
        actions.check_in(door, placement.id)
        actions.confirm(door, SITE, free=3)
    for path in (f"/hub/{SITE}", f"/people/{person.ref}", f"/placements/{placement.id}", "/people"):
        assert lead.get(path).status_code == 200
    return Hidden(person.ref, lead, worker.staff_id or 0)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_no_line_ties_a_person_to_a_confidential_site(
    hidden: Hidden, signed_in: Ask, role: Role
) -> None:
    reader = signed_in(role)
    for lines in (read_by_kind(reader), [(row["what"], str(row)) for row in saved(reader)]):
        assert not {what.lower() for what, _ in lines} & PLACEMENTS
        assert {what.lower() for what, line in lines if hidden.ref in line} == {"add person"}
        theirs = {what.lower(): line for what, line in lines if f"site {SITE}" in line}
        assert NOT_SHOWN in theirs["view site"]
        assert "said" not in theirs["confirm count"]
        assert "beds" not in theirs["set capacity"]


def read_by_kind(client: FlaskClient, **asked: Any) -> list[tuple[str, str]]:
    return [(line.split(" :")[0], line) for line in rows(read(client, **asked))]


def test_asking_for_the_person_leaves_out_what_would_give_the_site_away(
    hidden: Hidden, manager: FlaskClient
) -> None:
    assert [line.split(" :")[0] for line in rows(read(manager, person=hidden.ref))] == [
        "Add person"
    ]


def test_asking_for_who_held_the_bed_does_not_tell_that_they_held_one(
    hidden: Hidden, manager: FlaskClient
) -> None:
    found = rows(read(manager, staff=str(hidden.holder)))
    assert [line.split(" :")[0] for line in found] == ["Exclude", "Told of person"]
    assert not any(hidden.ref in line for line in found)


def test_a_manager_who_also_leads_the_site_reads_all_of_it(
    app: Flask, hidden: Hidden, signed_in: Ask
) -> None:
    """The control of the tests above: the lines are there."""
    reader = manager_who_leads(app, signed_in)
    found = rows(read(reader, person=hidden.ref))
    kinds = {line.split(" :")[0] for line in found}
    assert {"Held", "Checked in", "View site", "View person", "View placement"} <= kinds
    assert {"Wait for bed", "Offer bed"} <= kinds
    assert any("said: 3" in line for line in rows(read(reader)))


def manager_who_leads(app: Flask, signed_in: Ask) -> FlaskClient:
    """Return a manager who is named for the confidential site as its lead."""
    reader = signed_in(Role.MANAGER)
    with app.app_context(), transaction() as session:
        newest = session.scalar(select(func.max(Staff.id)))
        site = factories.a_site(SITE)
        assert newest is not None
        session.add(StaffRole(staff_id=newest, role="hub_lead"))
        session.add(StaffSite(staff_id=newest, site_id=site.id))
    return reader


def test_a_wait_that_is_not_kept_any_more_is_told_to_those_who_read_of_every_site(
    app: Flask, hidden: Hidden, manager: FlaskClient, signed_in: Ask
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(delete(Waiting))
    assert "Offer bed" not in read(manager).split('<ul class="pw-rows">')[1]
    assert hidden.ref in dict(read_by_kind(manager_who_leads(app, signed_in)))["Offer bed"]


def test_what_was_asked_about_treatment_is_told_to_whoever_treats(
    app: Flask, signed_in: Ask
) -> None:
    reader, treats = signed_in(Role.MANAGER), signed_in(Role.MANAGER)
    with app.app_context():
        with transaction() as session:
            newest = session.scalar(select(func.max(Staff.id)))
            session.add(StaffRole(staff_id=newest, role="treatment"))
            act, ref = factories.an_act(Role.TREATMENT), factories.a_person().ref
        with transaction():
            for kind in ConsentKind:
                consents.take(act, ref, kind=kind, given=True)
                consents.withdraw(act, ref, kind=kind)
            numbers.set_number(act, ref, scheme="clinic", number="7")
    assert "scheme: clinic" in str(saved(treats, what="set number"))
    assert "clinic" not in str(saved(reader, what="set number"))
    assert (len(told(treats, ref)), len(set(told(treats, ref)))) == (6, 6)
    assert (len(told(reader, ref)), len(set(told(reader, ref)))) == (4, 2)
    assert "ndtms" not in str(told(reader, ref))


def told(client: FlaskClient, ref: str) -> list[str]:
    """Return what the lines say of somebody's consents."""
    return [line for kind, line in read_by_kind(client, person=ref) if "consent" in kind]


def test_an_open_sites_placements_name_whom_they_are_about(
    app: Flask, manager: FlaskClient
) -> None:
    with app.app_context(), transaction():
        person = factories.a_person()
        factories.a_hold(factories.an_act(), HUB, person)
    assert rows(read(manager, person=person.ref))[0].startswith("Held")


@pytest.mark.parametrize(
    "subject", ["placement:", "placement:x", "placement:1x", "placement:" + "9" * 40]
)
def test_a_subject_that_is_no_placement_breaks_nothing(
    app: Flask, manager: FlaskClient, subject: str
) -> None:
    with app.app_context():
        note("odd", subject)
    assert len(rows(read(manager, what="odd"))) == 1


def test_a_list_of_holds_names_nobody_and_is_not_found_by_person(
    app: Flask, hidden: Hidden, signed_in: Ask
) -> None:
    with app.app_context():
        act = replace(by_service(NOW), staff_id=hidden.holder)
        note("list holds", "list:holds", people=[hidden.ref], act=act)
    reader = signed_in(Role.MANAGER)
    assert saved(reader, person=hidden.ref, what="list holds") == []
    [line] = saved(reader, what="list holds")
    assert (line["on"], line["people"], line["detail"]) == ("a list of holds", "", "")
    assert hidden.ref not in read(reader, staff=str(hidden.holder))


def test_a_list_of_holds_names_all_to_who_is_closed_out_of_nothing(
    app: Flask, hidden: Hidden, signed_in: Ask
) -> None:
    """The control of the test above."""
    with app.app_context():
        note("list holds", "list:holds", people=[hidden.ref])
    reader = manager_who_leads(app, signed_in)
    assert [line["people"] for line in saved(reader, person=hidden.ref, what="list holds")] == [
        hidden.ref
    ]


def bed_lines(app: Flask, signed_in: Ask, site: str) -> tuple[int, int]:
    """Take a bed out of use and put it back, and be denied a bed and a placement there.

    Return the bed and the placement.
    """
    prober = signed_in(Role.HUB, "finchley-hub" if site == HUB else HUB)
    with app.app_context(), transaction():
        keeper = factories.an_act(Role.HUB_LEAD, site, email="keeper@example.org")
        free = board.beds_of(factories.a_site(site), NOW)[-1].id
        upkeep.void(keeper, free, reason="mattress")
        upkeep.reinstate(keeper, free)
        woman = factories.a_person(gender=Gender.WOMAN)
        placement = actions.walk_in(keeper, person=woman.ref, site=site).id
    assert prober.get(f"/placements/{placement}").status_code == 404
    assert submit(prober, f"/beds/{free}/ready", {}, page="/people").status_code == 404
    return free, placement


TOLD_OF_BEDS = ["denied", "denied", "reinstate bed", "void bed"]


def about_beds(client: FlaskClient, bed: int, placement: int) -> list[str]:
    wanted = {f"bed {bed}", "route beds.show", "route beds.ready"}
    theirs = [line for line in saved(client) if line["on"] in wanted]
    shown = [line for line in rows(read(client)) if re.search(rf"(bed|ident:) {bed}\b", line)]
    assert bool(shown) is bool(theirs)
    assert all(
        str(placement) in line["detail"] for line in theirs if line["on"] == "route beds.show"
    )
    return sorted(line["what"] for line in theirs)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_beds_out_of_use_and_denials_there_are_left_out_for_a_confidential_site(
    app: Flask, signed_in: Ask, role: Role
) -> None:
    assert about_beds(signed_in(role), *bed_lines(app, signed_in, SITE)) == []


def test_the_same_lines_stand_for_an_open_site(app: Flask, signed_in: Ask) -> None:
    """The control of the test above."""
    assert about_beds(signed_in(Role.MANAGER), *bed_lines(app, signed_in, HUB)) == TOLD_OF_BEDS


def test_who_leads_the_confidential_site_reads_them(app: Flask, signed_in: Ask) -> None:
    told = bed_lines(app, signed_in, SITE)
    assert about_beds(manager_who_leads(app, signed_in), *told) == TOLD_OF_BEDS


def test_every_address_with_a_number_of_a_bed_or_placement_is_known_as_one(app: Flask) -> None:
    named = {"placements": PLACEMENT_ROUTES, "beds": BED_ROUTES}
    for rule in app.url_map.iter_rules():
        if "ident" in rule.arguments and rule.endpoint.startswith(("beds.", "beds_api.")):
            kind = "beds" if "/beds/" in rule.rule else "placements"
            assert f"route:{rule.endpoint}" in named[kind], rule


def merged(app: Flask, *codes: str) -> tuple[str, str, str]:
    """Merge one into another and that into a third, by a lead; note a line about each."""
    with app.app_context():
        with transaction():
            lead = factories.an_act(Role.HUB_LEAD, *codes)
            first, second, third = (factories.a_person().ref for _ in range(3))
            merging.merge(lead, first, second)
            merging.merge(lead, second, third)
        for ref in (first, second, third):
            note("view person", f"person:{ref}")
    return first, second, third


def test_by_person_finds_what_was_merged_into_them_and_what_they_became(
    app: Flask, manager: FlaskClient
) -> None:
    refs = merged(app, HUB)
    for asked in refs:
        found = saved(manager, person=asked.lower(), what="view person")
        assert {line["on"] for line in found} == {f"person {ref}" for ref in refs}


def test_parted_again_they_are_two(app: Flask, manager: FlaskClient) -> None:
    first, second, third = merged(app, HUB)
    with app.app_context(), transaction():
        merging.unmerge(factories.an_act(Role.HUB_LEAD, HUB, email="b@example.org"), second)
    found = saved(manager, person=third, what="view person")
    assert {line["on"] for line in found} == {f"person {third}"}
    assert len(saved(manager, person=first, what="view person")) == 2


def test_a_merge_by_staff_of_a_confidential_site_is_not_followed(
    app: Flask, manager: FlaskClient, signed_in: Ask
) -> None:
    refs = merged(app, SITE)
    for asked in refs:
        found = saved(manager, person=asked, what="view person")
        assert [line["on"] for line in found] == [f"person {asked}"]
    control = saved(manager_who_leads(app, signed_in), person=refs[0], what="view person")
    assert len(control) == 3
