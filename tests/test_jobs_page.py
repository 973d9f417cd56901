"""The page of the background jobs, and what the readiness check says of them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from pathway import acts, runs, seals
from pathway.acts import by_service
from pathway.db import transaction
from pathway.runs import JobLease, Run
from pathway.staff.doing import Role
from pathway.timetable import DAY, FORGET, LAPSE, SEAL, TIMETABLE
from pathway.trouble import Result
from tests.conftest import Ask
from tests.house.test_pages import check

MINUTE = timedelta(minutes=1)


def beat(holder: str | None, ago: timedelta = timedelta()) -> None:
    with transaction() as session:
        told = {"holder": holder, "beat_at": acts.now() - ago}
        session.execute(update(JobLease).values(**told))


def a_run(name: str, result: Result, note: str | None = None) -> None:
    run = Run(by_service(acts.now()), 0)
    with transaction():
        if result is Result.MISSED:
            runs.note_missed(run, name, [run.act.at])
            return
        ident = runs.claim(run, name, run.act.at)
        if ident and result is not Result.RUNNING:
            runs.finish(run, ident, result, note, run.act.at + timedelta(seconds=3))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_before_the_first_run_the_page_says_how_they_begin(app: Flask, signed_in: Ask) -> None:
    html = signed_in(Role.ADMIN).get("/jobs").get_data(as_text=True)
    check(html)
    assert "No process has run the jobs yet" in html
    assert html.count("Not run yet.") == len(TIMETABLE)


def test_the_page_shows_who_leads_and_what_each_job_came_to(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.MANAGER)
    with app.app_context():
        beat("host-a:4711")
        a_run(SEAL.name, Result.FAILED, "OperationalError")
        a_run(FORGET.name, Result.MISSED)
        a_run(LAPSE.name, Result.DONE)
    html = client.get("/jobs").get_data(as_text=True)
    check(html)
    assert "host-a:4711" in html
    rows = [" ".join(row.split()) for row in re.findall(r"<li[^>]*>.*?</li>", html, re.DOTALL)]
    seal, forget, lapse = (next(r for r in rows if job.words in r) for job in (SEAL, FORGET, LAPSE))
    assert "pw-alarm" in seal
    assert "<strong>Failed</strong>" in seal
    assert "after 3 s (OperationalError). Next: 03:10" in seal
    assert "pw-alarm" in forget
    assert "<strong>Missed</strong>" in forget
    assert "pw-alarm" not in lapse
    assert "every 30 seconds<br> Done at" in lapse
    assert "took 3 s. Next:" in lapse


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_page_tells_a_leader_that_fell_silent_from_one_that_stopped(
    app: Flask, signed_in: Ask
) -> None:
    client = signed_in(Role.ADMIN)
    with app.app_context():
        beat("host-a:4711", 2 * MINUTE)
    assert "No process runs the jobs." in client.get("/jobs").get_data(as_text=True)
    with app.app_context():
        beat(None)
    assert "Another takes over" in client.get("/jobs").get_data(as_text=True)


def test_readyz_names_what_is_wrong_and_is_ready_all_the_same(app: Flask) -> None:
    def told() -> list[str]:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 200
        found: list[str] = answer.get_json()["trouble"]
        return found

    never, unsealed = told()
    assert "no process has ever run the jobs" in never
    assert "not been sealed for two days" in unsealed
    with app.app_context():
        beat("host-a:4711")
        seals.seal(by_service(acts.now()))
    assert told() == []
    with app.app_context():
        beat("host-a:4711", MINUTE + timedelta(seconds=1))
        a_run(SEAL.name, Result.FAILED)
        a_run(FORGET.name, Result.MISSED)
    assert [sentence.split(" ")[0:4] for sentence in told()] == [
        ["no", "process", "has", "run"],
        ["the", "job", "“Seal", "the"],
        ["the", "job", "“Forget", "what"],
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_database_in_its_first_minutes_is_in_no_trouble(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        from pathway import audit

        began = audit.began()
    assert began is not None
    monkeypatch.setattr(acts, "now", lambda: began + 4 * MINUTE)
    assert app.test_client().get("/readyz").get_json()["trouble"] == []
    monkeypatch.setattr(acts, "now", lambda: began + DAY)
    assert len(app.test_client().get("/readyz").get_json()["trouble"]) == 1
