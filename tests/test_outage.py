"""Promise 17: the database is gone; people still find a number to ring."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pathway.db import db
from pathway.web import create_app
from tests.conftest import settings


@pytest.fixture
def cut_off(engine: str, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of an application whose database does not answer."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'folder'}",
        "postgresql": f"postgresql+psycopg://pathway@/pathway?host={tmp_path}",
    }
    (tmp_path / "folder").mkdir()
    app: Flask = create_app(settings(urls[engine]))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_readyz_says_so_and_healthz_lives(cut_off: FlaskClient) -> None:
    assert cut_off.get("/healthz").status_code == 200
    answer = cut_off.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["trouble"] == ["the database cannot be reached"]


def test_the_page_has_numbers_to_ring_and_nothing_of_the_inside(cut_off: FlaskClient) -> None:
    with cut_off.session_transaction() as session:
        session["sign_in"] = "x"
    answer = cut_off.get("/beds")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "020 7846 3535" in html
    for inside in ("Traceback", "sqlite", "psycopg", "SELECT"):
        assert inside not in html


def test_a_program_gets_problem_details(cut_off: FlaskClient) -> None:
    headers = {"Authorization": "Bearer x"}
    answer = cut_off.get("/api/v1/beds/tonight", headers=headers)
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"


def test_whom_to_ring_needs_no_database(cut_off: FlaskClient) -> None:
    assert cut_off.get("/help").status_code == 200


def test_an_older_schema_is_not_ready(app: Flask) -> None:
    from pathway import schema

    with app.app_context():
        schema.move_to("base")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "run “pathway upgrade”" in answer.get_json()["trouble"][0]
