"""Adding a person in two fields, once."""

from flask import Flask
from sqlalchemy import func, select

from pathway.db import db
from pathway.people.models import Person
from tests.conftest import Ask, submit


def people(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Person)) or 0)


def test_somebody_new_is_added_and_a_bed_is_looked_for(app: Flask, signed_in: Ask) -> None:
    answer = submit(signed_in(), "/people/new", {"name": "Fern Figment", "gender": "woman"})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/bed")
    assert people(app) == 1


def test_a_double_tap_adds_one_person(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    fields = {"name": "Fern Figment", "idempotency_key": "k"}
    first, second = (submit(client, "/people/new", fields) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert people(app) == 1


def test_somebody_of_the_same_name_is_shown_before_anybody_is_added(
    app: Flask, signed_in: Ask
) -> None:
    client = signed_in()
    submit(client, "/people/new", {"name": "Fern Figment", "gender": "woman"})
    answer = submit(client, "/people/new", {"name": "fern FIGMENT", "gender": "woman"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Is it one of these?" in html
    assert people(app) == 1
    sure = {"name": "fern FIGMENT", "gender": "woman", "sure": "yes"}
    assert submit(client, "/people/new", sure).status_code == 303
    assert people(app) == 2


def test_a_name_that_is_too_long_is_refused_in_its_place(app: Flask, signed_in: Ask) -> None:
    answer = submit(signed_in(), "/people/new", {"name": "x" * 201})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.get_data(as_text=True)
    assert people(app) == 0
