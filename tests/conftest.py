"""Both engines, an application, and clients that are signed in."""

import itertools
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pluggy
import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from pathway import acts, schema
from pathway.beds.imports import load_reference
from pathway.config import Settings
from pathway.db import bare_app, db, transaction
from pathway.staff import actions, signing_in
from pathway.staff.doing import Role
from pathway.staff.secrecy import NEEDS_SECOND_FACTOR
from tests import factories
from tests.lending import Copies, Scene, Shelf, Stage
from tests.postgres import Postgres


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, "pluggy.Result[pytest.TestReport]", None]:
    """In CI a test that was not run has not passed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


ENGINES = ("sqlite", "postgresql")
SECRET = "a secret for tests"

LEDGER = Path(tempfile.gettempdir()) / f"pathway-tests-{os.getpid()}" / "erasures.txt"
"""Where tests that ask for no ledger of their own would write down who was erased."""

_numbers = itertools.count(1)

LendScene = Callable[[str, Callable[[str], None]], AbstractContextManager[str]]


def settings(url: str) -> Settings:
    """Return settings for a database of this test's own; its ledger is apart from every other."""
    return Settings(database_url=url, secret_key=SECRET, threads=16, erasures=LEDGER)


def prepare(url: str) -> None:
    """Bring a database to the newest schema, with the reference data."""
    app = bare_app(settings(url))
    with app.app_context():
        schema.move_to("head")
        with transaction():
            load_reference(acts.by_service(factories.NOW))
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session, with a prepared template."""
    server = Postgres()
    server.start()
    prepare(server.create("prepared"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prepared") / "pathway.db"
    prepare(f"sqlite:///{path}")
    app = bare_app(settings(f"sqlite:///{path}"))
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        connection.rollback()
    with app.app_context():
        db.engine.dispose()
    return path


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each test that touches the database runs on both engines."""
    return str(request.param)


@pytest.fixture(scope="session")
def shelf(postgres: Postgres) -> Iterator[Shelf]:
    """Databases of PostgreSQL that are put back after each test."""
    with closing(Shelf(postgres, "prepared")) as shelf:
        yield shelf


@pytest.fixture(scope="session")
def copies(prepared_sqlite: Path) -> Copies:
    """Databases of SQLite, a new one for each test."""
    return Copies(prepared_sqlite)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of this test's own, with the reference data."""
    lender: Copies | Shelf
    lender = request.getfixturevalue("copies" if engine == "sqlite" else "shelf")
    with lender.lent() as url:
        yield url


@pytest.fixture(scope="session")
def scenes() -> Iterator[dict[tuple[str, str], Scene]]:
    """What has happened in databases that are lent to tests, by its name and the engine."""
    scenes: dict[tuple[str, str], Scene] = {}
    yield scenes
    for scene in scenes.values():
        scene.close()


@pytest.fixture
def lend_scene(
    engine: str, scenes: dict[tuple[str, str], Scene], request: pytest.FixtureRequest
) -> LendScene:
    """Return what lends a database in which something has happened already, told by its name."""

    def lend(name: str, make: Callable[[str], None]) -> AbstractContextManager[str]:
        if (name, engine) not in scenes:
            blank = "prepared_sqlite" if engine == "sqlite" else "postgres"
            scenes[name, engine] = Scene(request.getfixturevalue(blank), make)
        return scenes[name, engine].lent()

    return lend


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"empty_{os.getpid()}_{next(_numbers)}")


@pytest.fixture(scope="session")
def stages() -> dict[str, Stage]:
    """The applications that are lent to tests, by engine."""
    return {}


@pytest.fixture
def app(
    engine: str, database_url: str, stages: dict[str, Stage], request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The whole application; a new one for a test that is marked ``own_app``."""
    if request.node.get_closest_marker("own_app"):
        stage = Stage(settings(database_url), takes_routes=True)
    else:
        if engine not in stages:
            stages[engine] = Stage(settings(database_url))
        stage = stages[engine]
    with stage.lent(database_url) as app:
        app.testing = True
        yield app


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords the same way, with less work."""
    monkeypatch.setattr(actions, "hasher", PasswordHasher(time_cost=1, memory_cost=64))
    signing_in._nobody.cache_clear()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Switch off pytest-flask's open request: requests would share one ``g``."""


@pytest.fixture
def store(app: Flask) -> Iterator[Flask]:
    """An open application context, for tests that call actions."""
    with app.app_context():
        yield app
        db.session.remove()


Ask = Callable[..., FlaskClient]


@pytest.fixture
def as_role(app: Flask) -> Ask:
    """Return a JSON client that holds a token of a new member of staff."""
    return programs_of(app)


def programs_of(app: Flask) -> Ask:
    """Return what gives a JSON client of an application to a new member of staff."""

    def ask(role: Role = Role.OUTREACH, *codes: str, email: str | None = None) -> FlaskClient:
        email = email or f"{role}-{'-'.join(codes)}-{next(_numbers)}@example.org"
        with app.app_context(), transaction():
            factories.an_act(role, *codes, email=email)
            token = factories.token_of(email)
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return ask


@pytest.fixture
def signed_in(app: Flask) -> Ask:
    """Return a browser-like client that has signed in through the page."""

    def ask(role: Role = Role.OUTREACH, *codes: str) -> FlaskClient:
        email = f"{role}-{'-'.join(codes)}-{next(_numbers)}@example.org"
        with app.app_context(), transaction():
            act = factories.an_act(role, *codes, email=email)
            actions.set_password(act, act.staff_id or 0, actions.kept_password(factories.PASSWORD))
        client = app.test_client()
        answer = submit(client, "/sign-in", {"email": email, "password": factories.PASSWORD})
        assert answer.status_code == 303
        if role in NEEDS_SECOND_FACTOR:
            set_up_factor(client)
        return client

    return ask


SET_UP = "/sign-in/second-factor"


def set_up_factor(client: FlaskClient, page: str = SET_UP) -> str:
    """Set up the second factor that a page offers; return its secret."""
    secret = offered(client, page)
    typed = {"code": pyotp.TOTP(secret).at(acts.now()), "current_password": factories.PASSWORD}
    answer = submit(client, page, typed)
    assert answer.status_code == 200
    return secret


def offered(client: FlaskClient, page: str = SET_UP) -> str:
    """Return the secret that a page offers to an authenticator."""
    html = client.get(page).get_data(as_text=True)
    return html.split('<code class="pw-code">')[1].split("<")[0].replace(" ", "")


def csrf_of(client: FlaskClient, page: str) -> str:
    """Return the CSRF token of a page, as a browser would send it back."""
    html = client.get(page).get_data(as_text=True)
    return html.split('name="csrf_token" value="')[1].split('"')[0]


def submit(
    client: FlaskClient, action: str, fields: dict[str, str], page: str | None = None
) -> TestResponse:
    """Post a form with the token of the page that carries it."""
    token = csrf_of(client, page or action)
    return client.post(action, data={"csrf_token": token, **fields})


def look_up(client: FlaskClient, page: str, words: str) -> str:
    """Type words into a page's search; return the address that it leads to."""
    answer = submit(client, page, {"q": words}, page="/help")
    assert answer.status_code == 303
    return answer.headers["Location"]
