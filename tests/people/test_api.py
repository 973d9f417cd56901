"""People over JSON, as programs see them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pathway.audit import AuditEntry
from pathway.db import db
from pathway.people.models import Person
from pathway.staff.doing import Role
from tests.conftest import Ask

PEOPLE = "/api/v1/people"


@pytest.fixture
def client(as_role: Ask) -> FlaskClient:
    return as_role(Role.OUTREACH)


def add(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(PEOPLE, json=fields)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.get_json()
    return added


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


def errors(answer: Any) -> dict[str, list[str]]:
    named: dict[str, list[str]] = problem(answer, 422)["errors"]
    return named


def how_many(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Person)) or 0


def refs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [person["ref"] for person in answer.get_json()["items"]]


def walk(client: FlaskClient, **asked: Any) -> Iterator[list[str]]:
    while True:
        answer = client.get(PEOPLE, query_string=asked)
        yield refs(answer)
        asked["cursor"] = answer.get_json()["next"]
        if asked["cursor"] is None:
            return


def test_a_person_added_gets_a_reference(client: FlaskClient) -> None:
    added = add(client, given_name="Fern", family_name="Fable")
    assert added["ref"]
    assert added["name"] == "Fern Fable"
    assert added["possible_duplicates"] == []


def test_everything_sent_comes_back(client: FlaskClient) -> None:
    sent = {
        "given_name": "Fern",
        "family_name": "Fable",
        "aliases": ["Badger"],
        "dog_name": "Rex",
        "date_of_birth": "1990-05-17",
        "gender": "woman",
        "nationality": "PL",
        "recourse": "no",
        "local_connection": "camden",
        "support_level": "high",
        "needs": ["alcohol", "drugs"],
    }
    added = add(client, **sent)
    assert {name: added[name] for name in sent} == sent
    shown = client.get(f"{PEOPLE}/{added['ref']}").get_json()
    assert {name: shown[name] for name in sent} == sent


def test_a_birth_that_is_partly_known_comes_back(client: FlaskClient) -> None:
    sent = {"birth_year": 1985, "birth_month": 3, "birth_guessed": True}
    added = add(client, given_name="Fern", **sent)
    shown = client.get(f"{PEOPLE}/{added['ref']}").get_json()
    assert {name: shown[name] for name in sent} == sent


def test_a_whole_date_leaves_no_year_and_no_guess_beside_it(client: FlaskClient) -> None:
    partly = {"birth_year": 1985, "birth_month": 3, "birth_guessed": True}
    added = add(client, date_of_birth="1985-03-02", **partly)
    assert added["date_of_birth"] == "1985-03-02"
    assert {added[name] for name in partly} == {None}


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"birth_month": 3}, "birth_year", "Write the year as well"),
        ({"birth_year": 1885}, "birth_year", "Write a year from 1900"),
        ({"birth_year": 9_999_999_999}, "birth_year", "Write a year from 1900"),
        ({"birth_year": 1985, "birth_month": 13}, "birth_month", "month from 1 to 12"),
        ({"birth_year": 1985, "date_of_birth": "1984-03-02"}, "birth_year", "Correct one of them"),
    ],
)
def test_a_birth_that_cannot_be_so_is_refused_by_field(
    client: FlaskClient, sent: dict[str, Any], field: str, sentence: str
) -> None:
    assert sentence in errors(client.post(PEOPLE, json=sent))[field][0]


def test_a_person_may_be_added_without_a_word_said_of_them(client: FlaskClient) -> None:
    added = add(client)
    assert added["ref"]
    assert (added["given_name"], added["gender"]) == (None, "not_known")


def test_who_may_be_the_same_is_told_with_score_and_reasons(client: FlaskClient) -> None:
    first = add(client, given_name="Jon", family_name="Fable", date_of_birth="1990-05-17")
    again = add(client, given_name="jon", family_name="FABLE", date_of_birth="1990-05-17")
    assert again["ref"] != first["ref"]
    assert again["possible_duplicates"] == [
        {"ref": first["ref"], "score": 100, "reasons": ["same name", "same date of birth"]}
    ]


def test_who_was_known_by_an_alias_may_be_the_same(client: FlaskClient) -> None:
    first = add(client, aliases=["Badger"])
    [alike] = add(client, given_name="Badger")["possible_duplicates"]
    assert alike["ref"] == first["ref"]
    assert alike["reasons"]


def test_a_name_may_have_200_characters(client: FlaskClient) -> None:
    assert add(client, given_name="🙂" * 200)["given_name"] == "🙂" * 200


@pytest.mark.parametrize("field", ["given_name", "family_name"])
def test_a_name_of_201_characters_is_refused_by_field(
    client: FlaskClient, app: Flask, field: str
) -> None:
    assert list(errors(client.post(PEOPLE, json={field: "x" * 201}))) == [field]
    assert how_many(app) == 0


@pytest.mark.parametrize("field", ["given_name", "family_name", "local_connection"])
def test_a_nul_is_refused_by_field(client: FlaskClient, field: str) -> None:
    assert list(errors(client.post(PEOPLE, json={field: "Fe\x00rn"}))) == [field]


def test_half_a_sign_is_refused_by_field(client: FlaskClient) -> None:
    answer = client.post(PEOPLE, data=b'{"given_name": "\\ud800"}', content_type="application/json")
    assert list(errors(answer)) == ["given_name"]


def test_an_unknown_field_is_refused_by_name(client: FlaskClient, app: Flask) -> None:
    answer = client.post(PEOPLE, json={"given_name": "Fern", "shoe_size": 9, "created_by": 1})
    assert set(errors(answer)) == {"shoe_size", "created_by"}
    assert how_many(app) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", 7),
        ("given_name", ["Fern"]),
        ("date_of_birth", "31/02/2020"),
        ("date_of_birth", "2023-02-29"),
        ("date_of_birth", "01/02/03"),
        ("date_of_birth", 45000),
        ("date_of_birth", "0001-01-01"),
        ("gender", "female"),
        ("gender", "WOMAN"),
        ("nationality", "Poland"),
        ("nationality", "p1"),
        ("recourse", "maybe"),
        ("support_level", "complex"),
        ("needs", ["drink"]),
        ("needs", "alcohol"),
        ("aliases", [""]),
        ("aliases", ["x"] * 21),
    ],
)
def test_a_value_that_is_not_valid_is_refused_by_field(
    client: FlaskClient, field: str, value: object
) -> None:
    assert list(errors(client.post(PEOPLE, json={field: value}))) == [field]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"not json"])
def test_what_is_no_json_is_malformed(client: FlaskClient, body: bytes) -> None:
    problem(client.post(PEOPLE, data=body, content_type="application/json"), 400)


@pytest.mark.parametrize("body", ["[]", '"Fern"', "7"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    errors(client.post(PEOPLE, data=body, content_type="application/json"))


def test_a_body_beyond_all_measure_is_refused(client: FlaskClient) -> None:
    body = json.dumps({"given_name": "x" * 10_000_000})
    problem(client.post(PEOPLE, data=body, content_type="application/json"), 413)


def test_a_search_answers_with_items_and_no_cursor_when_that_is_all(client: FlaskClient) -> None:
    ref = add(client, given_name="Nguyễn")["ref"]
    answer = client.get(PEOPLE, query_string={"q": "nguyen"}).get_json()
    assert [person["ref"] for person in answer["items"]] == [ref]
    assert answer["next"] is None


def test_a_search_that_finds_nobody_is_an_empty_list(client: FlaskClient) -> None:
    assert client.get(PEOPLE, query_string={"q": "nobody"}).get_json() == {
        "items": [],
        "next": None,
    }


def test_a_cursor_walks_over_everybody_once(client: FlaskClient) -> None:
    everyone = [add(client, given_name="Fern")["ref"] for _ in range(5)]
    pages = list(walk(client, q="fern", limit=2))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [ref for page in pages for ref in page] == everyone


def test_a_last_page_that_is_full_has_no_cursor(client: FlaskClient) -> None:
    for _ in range(4):
        add(client, given_name="Fern")
    assert [len(page) for page in walk(client, q="fern", limit=2)] == [2, 2]


@pytest.mark.parametrize("limit", ["1", "200"])
def test_a_limit_of_1_to_200_is_taken(client: FlaskClient, limit: str) -> None:
    assert client.get(PEOPLE, query_string={"q": "x", "limit": limit}).status_code == 200


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "1.5"])
def test_any_other_limit_is_refused_by_name(client: FlaskClient, limit: str) -> None:
    answer = client.get(PEOPLE, query_string={"q": "x", "limit": limit})
    assert list(errors(answer)) == ["limit"]


@pytest.mark.parametrize("cursor", ["", "-1", "x", "9" * 19, "1;--", "٣"])
def test_a_cursor_that_is_none_of_ours_is_refused_by_name(client: FlaskClient, cursor: str) -> None:
    answer = client.get(PEOPLE, query_string={"q": "x", "cursor": cursor})
    assert list(errors(answer)) == ["cursor"]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 201}, {"q": "\x00"}])
def test_a_search_needs_something_to_look_for(client: FlaskClient, query: dict[str, str]) -> None:
    assert list(errors(client.get(PEOPLE, query_string=query))) == ["q"]


def test_a_search_for_spaces_does_not_list_everybody(client: FlaskClient) -> None:
    add(client, given_name="Fern")
    answer = client.get(PEOPLE, query_string={"q": "  "})
    assert answer.status_code == 422 or refs(answer) == []


def test_a_person_is_shown_by_reference(client: FlaskClient) -> None:
    ref = add(client, given_name="O’Brien")["ref"]
    answer = client.get(f"{PEOPLE}/{ref}")
    assert answer.status_code == 200
    assert answer.get_json()["given_name"] == "O’Brien"


@pytest.mark.parametrize("ref", ["P-000000", "%20", "P%27--", "%F0%9F%99%82", "x" * 3000, "%00"])
def test_an_unknown_reference_is_not_there(client: FlaskClient, ref: str) -> None:
    problem(client.get(f"{PEOPLE}/{ref}"), 404)


@pytest.mark.parametrize("role", [Role.OUTREACH, Role.SWEP_COORDINATOR, Role.TREATMENT])
def test_street_and_treatment_roles_read_and_write_people(as_role: Ask, role: Role) -> None:
    client = as_role(role)
    ref = add(client, given_name="Fern")["ref"]
    assert client.get(f"{PEOPLE}/{ref}").status_code == 200


@pytest.mark.parametrize("role", [Role.HUB, Role.HUB_LEAD])
def test_a_hub_writes_down_who_comes_to_the_door(as_role: Ask, role: Role) -> None:
    client = as_role(role, "165-hub")
    ref = add(client, given_name="Fern")["ref"]
    assert refs(client.get(PEOPLE, query_string={"q": "fern"})) == [ref]


def test_a_manager_reads_people_and_adds_none(as_role: Ask, client: FlaskClient) -> None:
    ref = add(client, given_name="Fern")["ref"]
    manager = as_role(Role.MANAGER)
    assert manager.get(f"{PEOPLE}/{ref}").status_code == 200
    problem(manager.post(PEOPLE, json={"given_name": "Moss"}), 403)


def test_an_admin_neither_reads_nor_adds_people(as_role: Ask, client: FlaskClient) -> None:
    ref = add(client, given_name="Fern")["ref"]
    admin = as_role(Role.ADMIN)
    problem(admin.post(PEOPLE, json={"given_name": "Moss"}), 403)
    problem(admin.get(PEOPLE, query_string={"q": "fern"}), 403)
    problem(admin.get(f"{PEOPLE}/{ref}"), 403)


def test_who_may_not_look_is_told_the_same_whether_there_is_somebody_or_not(
    as_role: Ask, client: FlaskClient
) -> None:
    ref = add(client)["ref"]
    admin = as_role(Role.ADMIN)
    answers = [admin.get(f"{PEOPLE}/{one}").get_json() for one in (ref, "P-000000")]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer nonsense", "Basic eDp5"])
def test_without_a_token_nobody_is_told_anything(app: Flask, authorization: str | None) -> None:
    client = app.test_client()
    headers = {"Authorization": authorization} if authorization else {}
    for answer in (
        client.get(PEOPLE, query_string={"q": "fern"}, headers=headers),
        client.get(f"{PEOPLE}/P-000000", headers=headers),
        client.post(PEOPLE, json={}, headers=headers),
    ):
        problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_signed_in_browser_is_no_token(signed_in: Ask) -> None:
    problem(signed_in(Role.OUTREACH).get(PEOPLE, query_string={"q": "fern"}), 401)


def test_another_method_is_refused_with_those_that_there_are(client: FlaskClient) -> None:
    answer = client.delete(PEOPLE)
    problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


KEY = {"Idempotency-Key": "one-and-the-same"}


def test_the_same_key_adds_one_person_and_answers_alike(client: FlaskClient, app: Flask) -> None:
    body = {"given_name": "Fern", "date_of_birth": "1990-05-17", "gender": "woman"}
    first = client.post(PEOPLE, json=body, headers=KEY)
    again = client.post(PEOPLE, json=body, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert how_many(app) == 1


def test_the_order_of_fields_does_not_make_another_request(client: FlaskClient, app: Flask) -> None:
    for body in (
        '{"given_name": "A", "family_name": "B"}',
        '{"family_name": "B","given_name":"A"}',
    ):
        client.post(PEOPLE, data=body, content_type="application/json", headers=KEY)
    assert how_many(app) == 1


def test_the_same_key_with_another_body_is_refused(client: FlaskClient, app: Flask) -> None:
    client.post(PEOPLE, json={"given_name": "Fern"}, headers=KEY)
    answer = client.post(PEOPLE, json={"given_name": "Moss"}, headers=KEY)
    assert list(errors(answer)) == ["Idempotency-Key"]
    assert how_many(app) == 1


def test_a_key_belongs_to_one_member_of_staff(as_role: Ask, app: Flask) -> None:
    body = {"given_name": "Fern"}
    found = {as_role().post(PEOPLE, json=body, headers=KEY).get_json()["ref"] for _ in range(2)}
    assert len(found) == how_many(app) == 2


def test_without_a_key_the_same_body_is_another_person(client: FlaskClient, app: Flask) -> None:
    assert add(client, given_name="Fern")["ref"] != add(client, given_name="Fern")["ref"]
    assert how_many(app) == 2


def test_a_refused_request_does_not_spend_its_key(client: FlaskClient) -> None:
    errors(client.post(PEOPLE, json={"given_name": "x" * 201}, headers=KEY))
    assert client.post(PEOPLE, json={"given_name": "Fern"}, headers=KEY).status_code == 201


def test_a_key_of_more_than_200_characters_is_refused(client: FlaskClient) -> None:
    answer = client.post(PEOPLE, json={}, headers={"Idempotency-Key": "k" * 201})
    assert list(errors(answer)) == ["Idempotency-Key"]


def test_a_search_is_on_the_audit_trail_as_one_row_naming_whom_it_showed(
    client: FlaskClient, app: Flask
) -> None:
    everyone = [add(client, given_name="Fern")["ref"] for _ in range(3)]
    client.get(PEOPLE, query_string={"q": "fern"})
    with app.app_context():
        [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "search people"))
    assert entry.detail == {"refs": everyone}


def test_a_view_and_a_denial_are_on_the_audit_trail(
    client: FlaskClient, as_role: Ask, app: Flask
) -> None:
    ref = add(client)["ref"]
    client.get(f"{PEOPLE}/{ref}")
    as_role(Role.ADMIN).get(f"{PEOPLE}/{ref}")
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))
        assert [what for what in rows if what in {"view person", "denied"}] == [
            "view person",
            "denied",
        ]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=1+1", "{{7*7}}", "O’Brien", "\u202eabc"]
)
def test_a_name_comes_back_exactly_as_it_was_sent(client: FlaskClient, name: str) -> None:
    ref = add(client, given_name=name)["ref"]
    assert client.get(f"{PEOPLE}/{ref}").get_json()["given_name"] == name
