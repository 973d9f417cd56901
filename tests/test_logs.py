"""Promise 61: a day of requests leaves lines, and nobody's name is in any of them."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from pathway import logs
from pathway.beds import board
from pathway.db import db
from pathway.staff.doing import Role
from tests.conftest import Ask, look_up, submit
from tests.factories import HUB

MARKS = ("Quillfeather", "07700", "900123", "P-222222", "MARKBODY", "MARKTOKEN", "MARKERROR")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as the service writes it."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    told = io.StringIO()
    logs.configure(told)
    yield told
    root.handlers[:], root.level = kept
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_day_of_requests_leaves_nobodys_name(
    app: Flask,
    signed_in: Ask,
    as_role: Ask,
    lines: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, program = signed_in(Role.OUTREACH), as_role(Role.OUTREACH)
    submit(page, "/people", {"given_name": "Quillfeather", "phone": "07700 900123"}, "/people/new")
    page.get("/people?q=Quillfeather")
    page.get(look_up(page, "/people", "Quillfeather"))
    page.get("/people/P-222222")
    page.get("/Quillfeather/07700900123")
    page.get("/beds", headers={"X-Request-Id": "Quillfeather", "User-Agent": "Quillfeather"})
    person = program.post("/api/v1/people", json={"given_name": "Quillfeather"}).get_json()["ref"]
    program.post("/api/v1/placements", json={"person": person, "site": HUB})
    program.post("/api/v1/placements", json={"person": person, "site": HUB})
    program.post("/api/v1/people", data="MARKBODY {", content_type="application/json")
    program.post("/api/v1/people", json={"given_name": ["MARKBODY"], "Quillfeather": 1})
    program.open("/api/v1/people", method="MARKBODY")
    bearer = {"Authorization": "Bearer MARKTOKEN"}
    app.test_client().get("/api/v1/people?q=Quillfeather", headers=bearer)

    def misuse(*_: Any) -> None:
        db.session.execute(text("SELECT 'Quillfeather' FROM MARKERROR"))

    def fail(*_: Any) -> None:
        msg = "MARKERROR of Quillfeather, 07700 900123"
        raise RuntimeError(msg)

    app.testing = False
    for way in (misuse, fail):
        monkeypatch.setattr(board, "tonight", way)
        assert page.get("/beds").status_code == 500
    told = read(lines)
    assert [mark for mark in (*MARKS, person) if mark in lines.getvalue()] == []
    requests = [line for line in told if line["event"] == "request"]
    assert {200, 201, 303, 400, 401, 404, 405, 409, 422, 500} <= {one["status"] for one in requests}
    held = next(one for one in requests if one["endpoint"] == "beds_api.place")
    assert (held["method"], held["status"]) == ("POST", 201)
    assert held["staff"] is not None
    assert held["ms"] > 0
    failed = [line for line in told if line["event"] == "unexpected"]
    assert [line["error"] for line in failed][-1] == "RuntimeError"
    assert "test_logs.py:" in failed[-1]["places"][0]
    assert failed[-1]["request"] == requests[-1]["request"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_request_is_named_by_us_and_the_answer_says_how(app: Flask, lines: io.StringIO) -> None:
    answer = app.test_client().get("/healthz", headers={"X-Request-Id": "mine"})
    name = answer.headers["X-Request-Id"]
    assert name != "mine"
    assert read(lines)[-1]["request"] == name
    assert app.test_client().get("/healthz").headers["X-Request-Id"] != name


@pytest.mark.parametrize("name", sorted(logs.QUIET))
def test_loggers_of_others_tell_no_calls_and_no_statements(lines: io.StringIO, name: str) -> None:
    for level in (logging.DEBUG, logging.INFO):
        logging.getLogger(name).log(level, "a text to 07700 900123")
    logging.getLogger("twilio.http_client").info("Data: %s", {"To": "+447700900123"})
    assert lines.getvalue() == ""


def test_an_error_that_others_log_keeps_its_kind_and_places_alone(lines: io.StringIO) -> None:
    try:
        int("Quillfeather")
    except ValueError:
        logging.getLogger("apscheduler.executors").exception("Job %s failed", "Quillfeather")
    (line,) = read(lines)
    assert line["event"] == "Job … failed"
    assert line["error"] == "ValueError"
    assert "test_logs.py:" in line["places"][0]
    assert "Quillfeather" not in lines.getvalue()


@pytest.mark.parametrize(
    ("message", "given", "told"),
    [
        ("worker %s was lost", (12,), "worker 12 was lost"),
        ("Retrying %r after %d", ("/to/07700900123", 2), "Retrying … after …"),
        ("%(who)s left", ({"who": "Quillfeather"},), "… left"),
    ],
)
def test_a_message_keeps_its_words_and_its_numbers(
    lines: io.StringIO, message: str, given: tuple[Any, ...], told: str
) -> None:
    logging.getLogger("urllib3.connectionpool").warning(message, *given)
    assert read(lines)[0]["event"] == told


def test_of_words_that_were_put_together_only_the_place_is_told(lines: io.StringIO) -> None:
    name = "Quillfeather"
    logging.getLogger("gunicorn.error").warning(f"Invalid request: GET /{name}")  # noqa: G004
    logging.getLogger("gunicorn.error").warning(ValueError(name))
    assert [line["event"].split(":")[0] for line in read(lines)] == ["told at test_logs"] * 2


def test_our_own_modules_say_which_job_it_was_and_flask_says_no_address(
    lines: io.StringIO,
) -> None:
    logging.getLogger("pathway.clockwork").warning("job %s stops", "send")
    logging.getLogger("pathway").error("Exception on %s [%s]", "/people/Quillfeather", "GET")
    assert [line["event"] for line in read(lines)] == ["job send stops", "Exception on … […]"]


def test_a_thread_that_crashes_tells_no_words(lines: io.StringIO) -> None:
    thread = threading.Thread(target=lambda: int("Quillfeather"))
    thread.start()
    thread.join()
    (line,) = read(lines)
    assert (line["event"], line["error"]) == ("crashed", "ValueError")
    assert "Quillfeather" not in lines.getvalue()


def test_somebody_at_a_terminal_reads_words_instead(lines: io.StringIO) -> None:
    record = logging.LogRecord("pathway", logging.INFO, "x.py", 1, "request", (), None)
    record.told = {"endpoint": "beds.tonight"}
    line = logs.Line(readable=True).format(record)
    assert "beds.tonight" in line
    assert not line.startswith("{")


def test_nothing_is_set_up_by_an_import(app: Flask) -> None:
    assert not any(isinstance(one.formatter, logs.Line) for one in logging.getLogger().handlers)
