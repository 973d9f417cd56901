"""Run the benchmarks and print each figure beside its bound.

The exit status is 1 when a bound is missed.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator

from bench import alike, board, crowd, holds, importing, past, person, startup, texts, year
from bench.figures import Figure
from bench.place import Place, a_place

PARTS: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "startup": startup.figures,
    "holds": holds.figures,
    "board": board.figures,
    "past": past.figures,
    "import": importing.figures,
    "person": person.figures,
    "crowd": crowd.figures,
    "alike": alike.figures,
    "texts": texts.figures,
    "year": year.figures,
}


def main() -> int:
    """Measure the parts that were asked for, or all of them."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("part", nargs="*", default="all", choices=[*PARTS, "all"])
    parts = asked.parse_args().part
    names = list(PARTS) if "all" in parts else parts
    begun = time.perf_counter()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors", flush=True)
    missed = 0
    with a_place() as place:
        for name in names:
            for figure in PARTS[name](place):
                print(figure, flush=True)
                missed += not figure.holds
    print(f"Took {time.perf_counter() - begun:.0f} s.")
    print(f"{missed} bounds are missed." if missed else "Every bound holds.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
