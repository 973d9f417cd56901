"""What Prometheus reads is right, whoever crashes, and says nothing of any one site."""

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pathway import acts
from pathway.beds import actions
from pathway.config import SettingsError, read
from pathway.db import db, transaction
from pathway.messages.models import Text
from pathway.messages.rules import Purpose, TextState
from pathway.runs import JobRun
from pathway.staff.doing import Role
from pathway.web import create_app
from tests.conftest import Ask, settings
from tests.factories import HUB, a_hold, a_person, an_act
from tests.serving import served

TOKEN = "a token for the metrics"


def scraped(client: FlaskClient, **headers: str) -> Mapping[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return numbers(answer.get_data(as_text=True))


def numbers(page: str) -> Mapping[str, float]:
    lines = [line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, number in lines}


def test_a_hold_counts_once_it_is_saved(app: Flask, as_role: Ask) -> None:
    program, client = as_role(), app.test_client()
    before = scraped(client)["pathway_holds_total"]
    with app.app_context(), transaction():
        person = a_person().ref
    asked = {"person": person, "site": HUB}
    for _ in range(2):
        again = {"Idempotency-Key": "one and the same"}
        assert program.post("/api/v1/placements", json=asked, headers=again).status_code == 201
    assert program.post("/api/v1/placements", json=asked).status_code == 409
    after = scraped(client)
    assert after["pathway_holds_total"] == before + 1
    assert after['pathway_refusals_total{status="409"}'] >= 1


def test_a_hold_that_is_undone_does_not_count(store: Flask) -> None:
    with transaction():
        act = an_act(at=acts.now())
    before = scraped(store.test_client())["pathway_holds_total"]
    with pytest.raises(RuntimeError), transaction():
        a_hold(act)
        raise RuntimeError
    with transaction(keep=False):
        a_hold(act)
    with transaction():
        a_person()
    assert scraped(store.test_client())["pathway_holds_total"] == before


def test_the_board_is_as_old_as_the_site_that_was_silent_longest(store: Flask) -> None:
    now = acts.now()
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB, at=now - timedelta(minutes=10))
        actions.confirm(lead, HUB, free=0)
        other = an_act(Role.HUB_LEAD, "st-giles", at=now - timedelta(hours=3))
        actions.confirm(other, "st-giles", free=0)
    page = store.test_client().get("/metrics").get_data(as_text=True)
    assert 10_800 <= numbers(page)["pathway_board_age_seconds"] < 10_860
    for word in ("giles", "hub", "respite", "site="):
        assert word not in page.lower()


def test_texts_and_jobs_are_told_as_they_stand(store: Flask) -> None:
    now = acts.now()
    with transaction() as session:
        for minutes in (5, 2, -30):
            due = now - timedelta(minutes=minutes)
            session.add(a_text(due))
        ran = [("done", 90), ("done", 30), ("failed", 5)]
        for result, seconds in ran:
            at = now - timedelta(seconds=seconds)
            session.add(
                JobRun(job="send", slot=at, fence=1, started_at=at, ended_at=at, result=result)
            )
    found = scraped(store.test_client())
    assert found['pathway_texts{state="waiting"}'] == 3
    assert found['pathway_texts{state="failed"}'] == 0
    assert 300 <= found["pathway_text_oldest_waiting_seconds"] < 330
    assert 30 <= found['pathway_job_lag_seconds{job="send"}'] < 60


def a_text(due: datetime) -> Text:
    return Text(
        to_number="+447700900123",
        body="words",
        purpose=Purpose.NOTICE.value,
        state=TextState.WAITING.value,
        at=due,
        due_at=due,
        good_until=due + timedelta(hours=2),
        changed_at=due,
        tries=0,
        asks=0,
    )


def test_without_a_token_only_this_machine_is_answered(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"):
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404, header
    for place in ("192.0.2.7", "10.0.0.1", "", "nowhere"):
        elsewhere = client.get("/metrics", environ_base={"REMOTE_ADDR": place})
        assert elsewhere.status_code == 404, place
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


def test_with_a_token_whoever_sends_it_is_answered_and_nobody_else(app: Flask) -> None:
    app.config["METRICS_TOKEN"] = TOKEN
    client = app.test_client()
    far = {"REMOTE_ADDR": "192.0.2.7"}
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=right, environ_base=far).status_code == 200
    for given in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"):
        answer = client.get("/metrics", headers={"Authorization": given})
        assert answer.status_code == 401, given
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_behind_a_believed_proxy_nobody_is_on_this_machine(database_url: str) -> None:
    app = create_app(replace(settings(database_url), proxies=1))
    said = {"X-Forwarded-For": "127.0.0.1"}
    assert app.test_client().get("/metrics", headers=said).status_code == 404
    with app.app_context():
        db.engine.dispose()


def test_a_short_token_is_refused() -> None:
    with pytest.raises(SettingsError, match="PATHWAY_METRICS_TOKEN"):
        read({"PATHWAY_METRICS_TOKEN": "short"})
    assert read({"PATHWAY_METRICS_TOKEN": TOKEN}).metrics_token == TOKEN
    assert read({}).metrics_token is None


def test_counters_are_told_while_the_database_is_away(engine: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'folder'}",
        "postgresql": f"postgresql+psycopg://pathway@/pathway?host={tmp_path}",
    }
    app = create_app(settings(urls[engine]))
    client, somebody = app.test_client(), app.test_client()
    with somebody.session_transaction() as session:
        session["sign_in"] = "x"
    before = scraped(client)
    assert somebody.get("/beds").status_code == 503
    after = scraped(client)
    away = 'pathway_database_errors_total{kind="away"}'
    assert after["pathway_database_up"] == 0
    assert after[away] == before.get(away, 0) + 1
    assert not any(
        name.startswith(("pathway_texts", "pathway_job", "pathway_board")) for name in after
    )
    with app.app_context():
        db.engine.dispose()


def test_no_answer_names_more_than_its_status(app: Flask) -> None:
    names = {name.split("{")[0]: name for name in scraped(app.test_client())}
    labels = {label for name in names.values() for label in re.findall(r"(\w+)=", name)}
    assert labels <= {"status", "status_class", "le", "state", "job", "kind", "version"}


@pytest.mark.parametrize("engine", ["postgresql"])
def test_two_workers_count_together_and_a_killed_one_has_counted(
    database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with served(database_url, log, workers=2) as address:
        for _ in range(30):
            # Each request has a connection of its own, and so either worker may get it.
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        told = [answered_well(address) for _ in range(6)]
        os.kill(a_worker(address), signal.SIGKILL)
        time.sleep(0.5)
        told.append(answered_well(address))
    assert told[0] >= 30
    assert told == sorted(set(told))
    assert len(re.findall(r'"endpoint": "health.healthz"', log.read_text())) >= 30


def answered_well(address: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        return numbers(answer.read().decode())['pathway_requests_total{status_class="2xx"}']


def a_worker(address: str) -> int:
    """Return the process id of a worker of the server at an address: its youngest process."""
    named = f"serve --port {address.rsplit(':', 1)[1]}"
    found = subprocess.run(
        ["pgrep", "--newest", "-f", named], capture_output=True, text=True, check=True
    )
    return int(found.stdout)
