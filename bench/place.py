"""Where the benchmarks happen: a folder, a PostgreSQL server and prepared databases.

PostgreSQL runs with its usual care for the disk, since a hold that is answered
before it is safe would be no measure of anything.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pathway import acts, schema
from pathway.beds.capacity import set_capacity
from pathway.beds.imports import load_reference
from pathway.config import Settings
from pathway.db import bare_app, db, transaction
from pathway.nights import night_of
from pathway.staff import actions as staff
from pathway.staff.doing import Role
from tests import factories
from tests.postgres import Postgres

BEDS = 60
EMAIL = "worker@example.org"
SECRET = "a secret for benchmarks"


@dataclass(frozen=True)
class Place:
    """A folder for files, and a PostgreSQL server that is started when it is needed."""

    folder: Path

    @cached_property
    def postgres(self) -> Postgres:
        """The server."""
        server = Postgres(fast=False)
        server.start()
        return server

    def stop(self) -> None:
        """End the server, if it was ever needed."""
        if "postgres" in self.__dict__:
            self.postgres.stop()

    def url(self, engine: str, name: str) -> str:
        """Return the URL of a new, empty database."""
        if engine == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        return self.postgres.create(name)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database with the reference data, one site of 60 beds and one worker."""

    url: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that lets the worker in."""
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def a_place() -> Iterator[Place]:
    """Give a place, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory(prefix="pathway-bench-") as folder:
        place = Place(Path(folder))
        try:
            yield place
        finally:
            place.stop()


@contextmanager
def a_database(place: Place, engine: str, name: str) -> Iterator[Prepared]:
    """Give a prepared database, with its application context open."""
    url = place.url(engine, name)
    app = bare_app(Settings(database_url=url, secret_key=SECRET))
    with app.app_context():
        schema.move_to("head")
        try:
            yield Prepared(url, _fill())
        finally:
            db.session.remove()
            db.engine.dispose()


def _fill() -> str:
    """Load what every part needs; return a token of an outreach worker."""
    at = acts.now()
    service = acts.by_service(at)
    with transaction():
        load_reference(service)
        set_capacity(service, factories.a_site(), BEDS, night_of(at))
        worker = factories.an_act(Role.OUTREACH, at=at, email=EMAIL)
        staff.set_password(service, worker.staff_id or 0, staff.kept_password(factories.PASSWORD))
        return staff.make_token(service, EMAIL)
