"""A measured figure beside its bound, and how two servers are measured turn by turn."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Round = Callable[[], float]
"""Does one round of work and returns how many seconds one piece of it took."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. Without a bound it is only told."""

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None
    aim: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is inside its bound."""
        enough = self.least is None or self.value >= self.least
        return enough and (self.most is None or self.value <= self.most)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        said = f"{self.what}: {_number(self.value)}{unit}"
        if self.least is None and self.most is None:
            return f"  {said}"
        word, bound = ("at least", self.least) if self.most is None else ("at most", self.most)
        aim = f", aim {_number(self.aim)}" if self.aim is not None else ""
        judged = "holds" if self.holds else "MISSED"
        return f"  {said} ({word} {_number(bound or 0)}{aim}): {judged}"


def turn_by_turn(ours: Round, bare: Round, rounds: int) -> tuple[float, float]:
    """Return the median seconds of ours and of the bare one.

    They take turns, so that a machine that slows down slows both; the first
    turn of each is not counted.
    """
    pairs = [(ours(), bare()) for _ in range(rounds + 1)][1:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def percentile(values: list[float], percent: int) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"  # noqa: PLR2004 - decimals
