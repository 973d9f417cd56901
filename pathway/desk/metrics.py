"""What Prometheus reads: the counters, and how the records stand right now.

No site is named or can be made out: the age of the board is that of the site
whose last word is oldest, whichever it is.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pathway import __version__, runs
from pathway.acts import now
from pathway.beds import board
from pathway.db import reachable
from pathway.errors import Unauthorised
from pathway.messages import outbox
from pathway.messages import queries as messages
from pathway.messages.rules import TextState
from pathway.metrics import counters
from pathway.staff.acting import public

bp = Blueprint("metrics", __name__)

HANDED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
"""Headers that a proxy adds: whoever asks through one is not on this machine."""


@bp.get("/metrics")
@public
def show() -> ResponseReturnValue:
    """Answer whoever holds the token or, where there is none, whoever is on this machine."""
    _let_in()
    registry = CollectorRegistry()
    registry.register(counters())
    registry.register(Standing(now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _let_in() -> None:
    token: str | None = current_app.config["METRICS_TOKEN"]
    if token is None:
        if not _on_this_machine():
            abort(404)
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Unauthorised("Send the token of the metrics.")


def _on_this_machine() -> bool:
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in HANDED_ON)


class Standing(Collector):
    """How the records stand at one moment, read when asked."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what the database tells, or only that it does not answer."""
        yield _labelled("pathway_build_info", "Which version runs.", "version", {__version__: 1})
        up = reachable()
        yield GaugeMetricFamily("pathway_database_up", "Whether the database answers.", float(up))
        if up:
            yield from self._of_board()
            yield from self._of_texts()
            yield from self._of_jobs()

    def _of_board(self) -> Iterator[Metric]:
        told = "Seconds since the last word of the site that has been silent longest."
        word = board.oldest_word()
        if word is not None:
            yield GaugeMetricFamily("pathway_board_age_seconds", told, self._since(word))

    def _of_texts(self) -> Iterator[Metric]:
        found = outbox.counts(self._at - timedelta(days=1))
        by_state = {state.value: float(found.get(state, 0)) for state in TextState}
        told = "Texts of the last 24 hours, by where they stand."
        yield _labelled("pathway_texts", told, "state", by_state)
        told = "Seconds that the text has waited which should have been sent first; 0 if none."
        due = messages.oldest_due(self._at)
        waited = self._since(due) if due else 0
        yield GaugeMetricFamily("pathway_text_oldest_waiting_seconds", told, waited)

    def _of_jobs(self) -> Iterator[Metric]:
        told = "Seconds since a job was last done."
        lags = {job: self._since(ended) for job, ended in runs.last_done().items()}
        yield _labelled("pathway_job_lag_seconds", told, "job", lags)

    def _since(self, moment: datetime) -> float:
        return max(0.0, (self._at - moment).total_seconds())


def _labelled(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
