"""When a site had beds free, over any stretch of time: the reckoning, in plain Python.

Each bed's history becomes a line of moments at which something changed, one for
each site, so that ten thousand questions of one year take a moment.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from pathway.beds.needed import suits, takes
from pathway.beds.rules import BedFacts
from pathway.nights import LONDON, london, night_span
from pathway.sites.rules import SiteFacts

Span = tuple[datetime, datetime]
"""From a moment until before another."""

Kind = tuple[bool, bool]
"""Whether a bed is surely not step-free, and whether it is in a women's room."""

_CLOCKS_CHANGE = time(1)
"""When the clocks change, in UTC, on the days on which they do."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A bed that stood at a site on the nights from first to last."""

    bed: BedFacts
    first: date
    last: date | None

    @property
    def kind(self) -> Kind:
        """What decides whom the bed is for."""
        return self.bed.step_free is False, self.bed.womens is True

    def span(self, stretch: Span) -> Span:
        """Return from when until when it stood, within a stretch."""
        begins = night_span(self.first)[0]
        ends = night_span(self.last)[1] if self.last else stretch[1]
        return max(begins, stretch[0]), min(ends, stretch[1])


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a placement's row says of when its bed was taken; None for what did not come.

    A hold runs until ``expires_at`` unless somebody came or it became a booking.
    ``ended_at`` is when it ended, however it did.
    """

    site_id: int
    bed_id: int | None
    made_at: datetime
    expires_at: datetime | None
    expected_at: datetime | None
    came_at: datetime | None
    ended_at: datetime | None

    def spans(self, last: datetime) -> list[Span]:
        """Return from when until when the bed was taken, up to a moment.

        A hold that lapsed and was brought back at the door left the bed free between.
        """
        ends = last if self.ended_at is None else self.ended_at
        if self.bed_id is None:
            return [(self.came_at, ends)] if self.came_at else []
        came, lapses = self.came_at, None if self.expected_at else self.expires_at
        if lapses is None or (came is not None and came <= lapses):
            return [(min(self.made_at, came or self.made_at), ends)]
        held = (self.made_at, min(lapses, ends))
        return [held] if came is None else [held, (came, ends)]


@dataclass(slots=True)
class Changes:
    """What changed at a site and when: beds of each kind, people without a bed on record, hours."""

    at: dict[datetime, dict[Kind | str, int]] = field(default_factory=dict)

    def count(self, what: Kind | str, span: Span) -> None:
        """Count one more of something in a span of time."""
        first, last = span
        if first < last:
            for at, more in ((first, 1), (last, -1)):
                then = self.at.setdefault(at, {})
                then[what] = then.get(what, 0) + more


_UNPLACED, _OPEN = "unplaced", "open"


class Vacancies:
    """When one site had beds free, of which kind, and took people in."""

    def __init__(self, site: SiteFacts, changes: Changes) -> None:
        self.site = site
        self._moments = sorted(changes.at)
        self._states: list[Mapping[Kind | str, int]] = []
        state: dict[Kind | str, int] = {}
        for at in self._moments:
            state = state.copy()
            for what, more in changes.at[at].items():
                state[what] = state.get(what, 0) + more
            self._states.append(state)
        self._kinds = [kind for kind in state if isinstance(kind, tuple)]
        self._fit: dict[frozenset[tuple[str, object]], list[Kind]] = {}

    def appeared(self, needed: Mapping[str, object], after: datetime, until: datetime) -> bool:
        """Return whether a bed for whoever needs this was free after one moment, up to another.

        People of whom no bed is recorded take what is free first.
        """
        fit = self._fitting(needed)
        if not fit:
            return False
        first = max(0, bisect_right(self._moments, after) - 1)
        last = bisect_right(self._moments, until)
        return any(self._free(state, fit) for state in self._states[first:last])

    def _fitting(self, needed: Mapping[str, object]) -> list[Kind]:
        """Return which kinds of beds are for whoever needs this; most need one of a few things."""
        key = frozenset(needed.items())
        if key not in self._fit:
            taken = self._kinds if takes(self.site, needed) else ()
            self._fit[key] = [kind for kind in taken if suits(_bed(kind), needed)]
        return self._fit[key]

    def _free(self, state: Mapping[Kind | str, int], fit: Iterable[Kind]) -> bool:
        """Return whether one of these kinds of beds was free and the site took people in."""
        if state.get(_OPEN, 0) <= 0 or not any(state.get(kind, 0) > 0 for kind in fit):
            return False
        return sum(state.get(kind, 0) for kind in self._kinds) > state.get(_UNPLACED, 0)


def vacancies(
    site: SiteFacts,
    beds: Iterable[Stood],
    busy: Mapping[int, Sequence[Span]],
    unplaced: Iterable[Span],
    stretch: Span,
) -> Vacancies:
    """Return when a site had beds free within a stretch of time.

    ``busy`` is when each bed was taken, out of use or being made ready.
    """
    changes = Changes()
    for one in beds:
        for span in _gaps(one.span(stretch), busy.get(one.bed.id, ())):
            changes.count(one.kind, span)
    for span in unplaced:
        changes.count(_UNPLACED, span)
    for span in open_spans(site, stretch):
        changes.count(_OPEN, span)
    return Vacancies(site, changes)


def _gaps(whole: Span, busy: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of a span without what is busy."""
    free_from, ends = whole
    for first, last in sorted(busy):
        if first >= ends:
            break
        if first > free_from:
            yield free_from, first
        free_from = max(free_from, last)
    if free_from < ends:
        yield free_from, ends


def open_spans(site: SiteFacts, stretch: Span) -> Iterator[Span]:
    """Yield when a site took people in, by the clock on the wall.

    It is looked at wherever it can change: at its own hours, either time where
    a time happens twice, and when the clocks change.
    """
    first, last = stretch
    if site.intake_from is None or site.intake_to is None:
        yield stretch
        return
    moments = {first, *_changing(site.intake_from, site.intake_to, stretch)}
    inside = sorted(at for at in moments if first <= at < last)
    for at, then in zip(inside, [*inside[1:], last], strict=True):
        if site.takes_in_at(london(at).time()):
            yield at, then


def _changing(begins: time, ends: time, stretch: Span) -> Iterator[datetime]:
    first, last = (london(at).date() for at in stretch)
    for number in range(-1, (last - first).days + 2):
        day = first + timedelta(days=number)
        yield datetime.combine(day, _CLOCKS_CHANGE, UTC)
        for wall in (begins, ends):
            for fold in (0, 1):
                there = datetime.combine(day, wall, LONDON).replace(fold=fold)
                yield there.astimezone(UTC)


def _bed(kind: Kind) -> BedFacts:
    """Return a bed that stands for all of its kind."""
    steps, womens = kind
    return BedFacts(0, 0, "", step_free=False if steps else None, womens=womens)
