"""The bare views: the least that does the same work, behind the same server settings.

Run as ``python -m bench.bare PORT hold URL`` or ``... PORT page FOLDER``.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import LifoQueue
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request

from pathway.config import Settings
from pathway.server import Server

LOOKS = 12

SCHEMA = """
CREATE TABLE bed (id integer PRIMARY KEY);
CREATE TABLE claim (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bed_id integer NOT NULL REFERENCES bed,
    person text NOT NULL,
    live boolean NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX live_bed ON claim (bed_id) WHERE live;
CREATE UNIQUE INDEX live_person ON claim (person) WHERE live;
"""

PICK = """
SELECT id FROM bed
WHERE NOT EXISTS (SELECT FROM claim WHERE claim.bed_id = bed.id AND live)
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""

CLAIM = """
INSERT INTO claim (bed_id, person, live, made_at) VALUES (%s, %s, true, now())
ON CONFLICT DO NOTHING RETURNING id
"""

END = "UPDATE claim SET live = false WHERE live"


class BareServer(Server):
    """The server of the service, for an application that has none of its parts."""

    def load_config(self) -> None:
        """Set the same, but for the connections that only the service has."""
        super().load_config()
        self.cfg.set("post_fork", lambda _server, _worker: None)


def dsn(url: str) -> str:
    """Return a database URL as psycopg takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def lay_out(url: str, beds: int) -> None:
    """Make the tables of the bare hold."""
    with psycopg.connect(dsn(url)) as connection:
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO bed SELECT generate_series(1, %s)", [beds])


def holding(url: str, threads: int) -> Flask:
    """Return an application with one view, which holds a free bed for a person."""
    app = Flask("bare")
    pool: LifoQueue[psycopg.Connection[Any] | None] = LifoQueue()
    for _ in range(threads):
        pool.put(None)

    @contextmanager
    def connected() -> Iterator[psycopg.Connection[Any]]:
        connection = pool.get() or psycopg.connect(dsn(url))
        try:
            yield connection
        finally:
            connection.rollback()
            pool.put(connection)

    @app.post("/hold")
    def hold() -> tuple[Response, int]:
        person = request.get_json()["person"]
        with connected() as connection:
            for _ in range(LOOKS):
                bed = connection.execute(PICK).fetchone()
                claim = bed and connection.execute(CLAIM, [bed[0], person]).fetchone()
                if bed and claim:
                    connection.commit()
                    return jsonify(id=str(claim[0]), bed=str(bed[0]), person=person), 201
        return jsonify(detail="No bed is free."), 409

    return app


def showing(folder: Path) -> Flask:
    """Return an application that answers with bytes that were made before."""
    app = Flask("bare")
    body = (folder / "body").read_bytes()
    headers = json.loads((folder / "headers").read_text("utf-8"))

    @app.get("/page")
    def page() -> Response:
        return Response(body, headers=headers)

    @app.get("/unchanged")
    def unchanged() -> Response:
        return Response(status=304, headers=headers)

    return app


def main() -> None:
    """Serve one bare view until the process is ended."""
    port, view, argument = sys.argv[1:]
    settings = Settings(database_url="", secret_key=None)
    views: dict[str, Callable[[], Flask]] = {
        "hold": lambda: holding(argument, settings.threads),
        "page": lambda: showing(Path(argument)),
    }
    BareServer(views[view](), settings, bind=f"127.0.0.1:{port}", workers=1).run()


if __name__ == "__main__":
    main()
