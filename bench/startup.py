"""How long the command line takes to say what it can do.

Somebody who types a command waits for every import that it makes, so what is
heavy is imported where it is used.
"""

import subprocess
import time
from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.place import Place
from bench.servers import PATHWAY

TRIES = 5


def figures(_place: Place) -> Iterator[Figure]:
    """Measure ``pathway --help``."""
    seconds = median(_help() for _ in range(TRIES))
    yield Figure("pathway --help", seconds, "s", most=0.6)


def _help() -> float:
    begun = time.perf_counter()
    subprocess.run([PATHWAY, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
