"""Counters of what this service does, for Prometheus. No name, number or place is a label.

With several worker processes the counts lie in files that all of them write,
in the folder that ``PROMETHEUS_MULTIPROC_DIR`` names; the library reads that
once, when it is imported, so :mod:`pathway.workers` sets it before anything
imports this module.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]

_OWN = CollectorRegistry()

HOLDS = Counter("pathway_holds", "Holds that were saved.", registry=_OWN)
REFUSALS = Counter("pathway_refusals", "Requests that were refused.", ["status"], registry=_OWN)
REQUESTS = Counter(
    "pathway_requests", "Requests that were answered.", ["status_class"], registry=_OWN
)
SECONDS = Histogram(
    "pathway_request_seconds",
    "How long answers took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
    registry=_OWN,
)
DATABASE_ERRORS = Counter(
    "pathway_database_errors",
    "Requests and jobs that the database let down.",
    ["kind"],
    registry=_OWN,
)

REFUSED = range(400, 500)
"""The statuses that say no to the caller."""


def count_answer(status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(f"{status // 100}xx").inc()
    SECONDS.observe(seconds)
    if status in REFUSED:
        REFUSALS.labels(str(status)).inc()


def counters() -> Collector:
    """Return the counts of all worker processes together."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return _OWN
    return MultiProcessCollector(CollectorRegistry(), folder)  # type: ignore[no-untyped-call]
