"""The production server: gunicorn with threads, set up in code."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from pathway import db, logs
from pathway.clockwork import Clockwork
from pathway.config import Settings
from pathway.jobs import JOBS


class Plain(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Hand everything on to the one place where lines are made: handlers of its own tell all."""

    def setup(self, cfg: Any) -> None:
        """Keep the levels and nothing else."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """One application behind one address."""

    def __init__(self, app: Flask, settings: Settings, *, bind: str, workers: int) -> None:
        self._app = app
        self._settings = settings
        self._bind = bind
        self._workers = workers
        self._clockwork: Clockwork | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set what the service needs; nothing is read from files or arguments."""
        wanted = {
            "bind": self._bind,
            "workers": self._workers,
            "worker_class": "gthread",
            "threads": self._settings.threads,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 30,
            "loglevel": "warning",
            "logger_class": Plain,
            "post_fork": self._forget_connections,
            "child_exit": self._count_without,
            "post_worker_init": self._start_jobs,
            "worker_exit": self._stop_jobs,
            "control_socket_disable": True,
        }
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until told to stop; from here on everything is told in lines."""
        logs.configure()
        super().run()

    def load(self) -> Flask:
        """Return the application."""
        return self._app

    def _forget_connections(self, _server: Any, _worker: Any) -> None:
        """Let no forked process share a connection of its parent's."""
        with self._app.app_context():
            db.db.engine.dispose(close=False)

    def _start_jobs(self, _worker: Any) -> None:
        """Let each serving process run the jobs when it leads: a thread does not survive a fork."""
        self._clockwork = Clockwork(self._app, JOBS)
        self._clockwork.start()

    def _stop_jobs(self, _server: Any, _worker: Any) -> None:
        """Let another process lead at once."""
        if self._clockwork is not None:
            self._clockwork.stop()

    def _count_without(self, _server: Any, worker: Any) -> None:
        """Keep what a worker has counted, and forget what only it could say."""
        if self._workers > 1:
            mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
