"""Who may be meant while somebody is typed in, and two records side by side."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pathway.acts import now
from pathway.audit import AuditEntry
from pathway.beds import actions as beds
from pathway.db import db, transaction
from pathway.outreach.actions import record_contact
from pathway.outreach.rules import ContactKind
from pathway.people import closing
from pathway.people.models import Person
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, a_person, an_act

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])

BORN = date(1990, 5, 17)

Known = Callable[..., PersonFacts]


@pytest.fixture
def known(app: Flask) -> Known:
    def make(**facts: object) -> PersonFacts:
        with app.app_context(), transaction():
            return a_person(**{"given_name": "Kathryn", "family_name": "O'Brien"} | facts)

    return make


def typed(client: FlaskClient, **fields: str) -> str:
    """Return who is shown while this is typed."""
    return submit(client, "/people/likely", fields, page="/help").get_data(as_text=True)


def refs(html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"P-[0-9A-Z]{6}", html)))


def lines(app: Flask, what: str) -> list[AuditEntry]:
    with app.app_context():
        found = select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id)
        return list(db.session.scalars(found))


def test_who_may_be_meant_is_shown_with_reasons_while_typing(
    app: Flask, known: Known, signed_in: Ask
) -> None:
    client, person = signed_in(), known(date_of_birth=BORN, aliases=["Kit"])
    known(given_name="Gale", family_name="Figment")
    shown = typed(client, name="Catherine O’Brien", date_of_birth=str(BORN))
    assert refs(shown) == [person.ref]
    assert f"/people/{person.ref}/bed" in shown
    assert "same date of birth" in shown.lower()
    assert "%" not in shown
    assert [one.detail for one in lines(app, "show people alike")] == [{"refs": [person.ref]}]


@ONE_ENGINE
def test_at_most_five_are_shown_and_nobody_whose_record_is_closed(
    app: Flask, known: Known, signed_in: Ask
) -> None:
    people = [known() for _ in range(7)]
    with app.app_context(), transaction():
        closing.restrict(an_act(), people[-1].ref)
    shown = refs(typed(signed_in(), name="kathryn o brien"))
    assert len(shown) == 5
    assert people[-1].ref not in shown


@ONE_ENGINE
@pytest.mark.parametrize(
    "half", [{"date_of_birth": "1990-0"}, {"age": "4o"}, {"birth_year": "19"}, {"gender": "no"}]
)
def test_what_cannot_be_read_yet_is_left_out(
    known: Known, signed_in: Ask, half: dict[str, str]
) -> None:
    person = known()
    assert refs(typed(signed_in(), name="Kathryn O'Brien", **half)) == [person.ref]


@ONE_ENGINE
def test_nothing_typed_shows_nobody(known: Known, signed_in: Ask) -> None:
    known()
    assert refs(typed(signed_in())) == []


def test_where_they_were_seen_last_counts_but_not_where_they_stay(
    app: Flask, known: Known, signed_in: Ask
) -> None:
    stays, sleeps = (known(given_name="Wren", family_name=None) for _ in range(2))
    with app.app_context(), transaction():
        door = an_act(Role.HUB, HUB, at=now(), email="door@example.org")
        site = beds.walk_in(door, person=stays.ref, site=HUB).site.id
        kind = ContactKind.NOT_BEDDED_DOWN
        record_contact(door, kind=kind, person=stays.ref, place="Euston Arch", site=site)
        worker = an_act(at=now(), email="worker@example.org")
        record_contact(worker, kind=kind, person=sleeps.ref, place="Euston Arch")
    door_page = signed_in(Role.HUB, HUB)
    shown = typed(door_page, name="Wren", seen="euston arch")
    assert refs(shown)[0] == sleeps.ref
    assert shown.lower().count("seen at the same place") == 1


def test_a_program_is_told_the_same(known: Known, as_role: Ask) -> None:
    program, person = as_role(), known(dog_name="Rex", birth_year=1985, birth_guessed=True)
    asked = {"given_name": "Cathryn", "family_name": "Obrien", "dog_name": "rex"}
    answer = program.post("/api/v1/people/likely", json=asked | {"birth_year": 1985})
    (one,) = answer.get_json()["items"]
    assert (one["ref"], one["name"]) == (person.ref, "Kathryn O'Brien")
    assert {"same dog's name", "about the same age"} <= set(one["reasons"])
    assert program.post("/api/v1/people/likely", json={"birth_year": "x"}).status_code == 422
    long_key = {"Idempotency-Key": "x" * 201}
    assert program.post("/api/v1/people/likely", json=asked, headers=long_key).status_code == 422


def test_without_a_script_the_button_looks_first_and_adds_nobody(
    app: Flask, known: Known, signed_in: Ask
) -> None:
    client, person = signed_in(), known()
    shown = submit(client, "/people/new", {"name": "Kathrin O'Brien", "look": "yes"})
    assert shown.status_code == 200
    assert person.ref in shown.text
    assert "Look for them first" in shown.text
    nobody = submit(client, "/people/new", {"name": "Zebedee", "look": "yes"})
    assert "Nobody who is recorded looks like them." in nobody.text
    with app.app_context():
        assert len(db.session.scalars(select(Person.id)).all()) == 1


def test_what_helps_to_find_them_is_kept(app: Flask, signed_in: Ask) -> None:
    told = {"name": "Wren", "aliases": "Kit, , The Bird", "age": "40", "dog_name": "Rex"}
    answer = submit(signed_in(), "/people/new", told | {"seen": "Arch"})
    assert answer.status_code == 303
    with app.app_context():
        kept = db.session.scalars(select(Person)).one()
        assert (kept.birth_year, kept.birth_guessed) == (now().year - 40, True)
        assert kept.dog_name == "Rex"
        page = signed_in().get(f"/people/{kept.ref}").get_data(as_text=True)
    assert "Kit, The Bird" in page
    assert "(a guess)" in page


@ONE_ENGINE
def test_a_date_and_the_year_of_it_are_kept_as_the_date(app: Flask, signed_in: Ask) -> None:
    told = {"name": "Wren", "date_of_birth": "1985-03-02", "birth_year": "1985"}
    assert submit(signed_in(), "/people/new", told).status_code == 303
    with app.app_context():
        kept = db.session.scalars(select(Person)).one()
        assert (str(kept.date_of_birth), kept.birth_year) == ("1985-03-02", None)


@ONE_ENGINE
def test_a_year_that_has_not_come_is_refused_in_its_place(signed_in: Ask) -> None:
    answer = submit(signed_in(), "/people/new", {"name": "Wren", "birth_year": "2999"})
    assert answer.status_code == 422
    assert 'id="birth_year-error"' in answer.text


def test_somebody_says_perhaps_and_a_lead_decides(app: Flask, known: Known, signed_in: Ask) -> None:
    one, other = known(dog_name="Rex"), known(given_name="Catherine")
    worker, lead = signed_in(), signed_in(Role.HUB_LEAD, HUB)
    pair = f"/people/{one.ref}/same/{other.ref}"
    assert "Nobody waits for a decision." in lead.get("/people/same").text
    listed = worker.get(f"/people/{one.ref}/same").text
    assert pair in listed
    page = worker.get(pair).text
    assert "Merge" not in page
    assert '<strong class="govuk-tag">Differs</strong>' in page
    assert '<strong class="govuk-tag">Only in one</strong>' in page
    assert submit(worker, pair, {"verdict": "perhaps"}).location == pair
    assert worker.get("/people/same").status_code == 403
    assert pair in lead.get("/people/same").text
    merge = f"/people/{one.ref}/merge"
    done = submit(lead, merge, {"other": other.ref, "into": one.ref}, page=pair)
    assert done.status_code == 303
    after = lead.get(done.location).text
    assert f"{other.ref} leads here" in after
    assert f"/people/{other.ref}/unmerge" in after
    assert "Part " not in worker.get(done.location).text
    assert submit(lead, f"/people/{other.ref}/unmerge", {}, page=pair).status_code == 303
    assert "Differs" in lead.get(pair).text


@ONE_ENGINE
def test_not_the_same_takes_the_button_away_until_it_is_taken_back(
    known: Known, signed_in: Ask
) -> None:
    one, other = known(), known()
    lead = signed_in(Role.HUB_LEAD, HUB)
    pair = f"/people/{one.ref}/same/{other.ref}"
    assert "Which record is kept?" in lead.get(pair).text
    submit(lead, pair, {"verdict": "two"})
    page = lead.get(pair).text
    assert "Somebody said that they are not the same." in page
    assert "Which record is kept?" not in page
    assert other.ref in lead.get(f"/people/{one.ref}/same").text.split("Said not to be the same")[1]
    refused = submit(lead, f"/people/{one.ref}/merge", {"into": other.ref}, page=pair)
    assert refused.status_code == 409
    assert "take it back first" in refused.text
    submit(lead, pair, {"verdict": ""})
    assert "Which record is kept?" in lead.get(pair).text
    assert submit(lead, pair, {"verdict": "nonsense"}).status_code == 422


def test_two_who_have_a_bed_each_are_not_made_one_and_the_page_says_so(
    app: Flask, known: Known, signed_in: Ask
) -> None:
    one, other = known(), known()
    with app.app_context(), transaction():
        door = an_act(Role.HUB, HUB, at=now(), email="door@example.org")
        for person in (one, other):
            beds.walk_in(door, person=person.ref, site=HUB)
    lead = signed_in(Role.HUB_LEAD, HUB)
    pair = f"/people/{one.ref}/same/{other.ref}"
    told = {"into": other.ref, "other": other.ref}
    refused = submit(lead, f"/people/{one.ref}/merge", told, page=pair)
    assert refused.status_code == 409
    assert "They were not made one" in refused.text
    assert "Ring the duty manager." in refused.text
    assert "Which record is kept?" in refused.text
    assert len(lines(app, "denied")) == 1


@ONE_ENGINE
def test_a_reference_leads_to_the_two_side_by_side_and_a_name_to_a_list(
    known: Known, signed_in: Ask
) -> None:
    one, other = known(), known(given_name="Zebedee")
    client, page = signed_in(), f"/people/{one.ref}/same"
    assert submit(client, page, {"q": other.ref.lower()}).location == f"{page}/{other.ref}"
    led = submit(client, page, {"q": "zebedee"}).location
    assert "zebedee" not in led.lower()
    assert f"{page}/{other.ref}" in client.get(led).text
    assert "Nobody else of that name" in client.get(submit(client, page, {"q": "qq"}).location).text


@ONE_ENGINE
@pytest.mark.parametrize("closed", [0, 1])
def test_a_closed_record_is_as_if_it_were_not_there(
    app: Flask, known: Known, signed_in: Ask, closed: int
) -> None:
    pair = known(), known()
    with app.app_context(), transaction():
        closing.restrict(an_act(), pair[closed].ref)
    client = signed_in(Role.HUB_LEAD, HUB)
    path = f"/people/{pair[0].ref}/same/{pair[1].ref}"
    assert client.get(path).status_code == 404
    assert submit(client, path, {"verdict": "two"}, page="/help").status_code == 404
    absent = client.get(path.replace(pair[closed].ref, "P-NOBODY"))
    assert absent.status_code == 404


@ONE_ENGINE
def test_a_year_that_fits_a_date_of_birth_is_not_said_to_differ(
    known: Known, signed_in: Ask
) -> None:
    one, other = known(date_of_birth=BORN), known(birth_year=BORN.year)
    page = signed_in().get(f"/people/{one.ref}/same/{other.ref}").text
    assert ">Fits</strong>" in page
    assert ">Differs</strong>" not in page
