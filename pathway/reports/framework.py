"""The month figures of the national framework: the counting, in plain Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pathway.outreach.classify import BAND_NAMES, MonthFlags, flags, months
from pathway.reports.rules import Period

FLAGS: Mapping[str, str] = {
    "people": "Everybody seen",
    "new": "New",
    "long_term": "Long term",
    "returner": "Back after a gap",
    "institution_leaver": "Left an institution",
}
"""The numbers of a month and their words."""

BANDS: Mapping[str, str] = {
    f"nights-{name}": f"Seen on {'over 10' if name == '10+' else name.replace('-', ' to ')} "
    f"night{'' if name == '1' else 's'} of 180"
    for name in BAND_NAMES
}
"""How a band is named in an address, and in words."""

NUMBERS: Mapping[str, str] = {**FLAGS, **BANDS}
"""All the numbers that open into people."""

DEFINITION = (
    "For everybody seen bedded down in a month; contacts struck as errors count nowhere. The "
    "flags overlap and are never added up. New: not seen here in the 60 months before the month’s "
    "first sighting, counted back to the same date. Long term: seen in 3 or more of the 12 months "
    "that end with this one. Back after a gap (returner): 180 days or more since the last sighting "
    "before the month’s first. Left an institution (institution leaver): seen in the month on the "
    "day they left prison, hospital, the armed forces or asylum support, or at most 85 days later. "
    "Nights: how many nights they were seen in the 180 days that end with the month’s last "
    "sighting. Months are whole: a period means every month that it touches. As of a day means by "
    "the nights that were over at its noon."
)

SOURCE = (
    "Pathway’s own records of contacts and leavings. The flags are those of the national “Ending "
    "rough sleeping data framework”."
)

Nights = Mapping[int, Sequence[date]]
"""By person: the nights on which they were seen bedded down, each once and in order."""


@dataclass(slots=True)
class Month:
    """One month: who was seen, and each number with the ids of those behind it."""

    month: date
    behind: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in NUMBERS})

    def add(self, person_id: int, found: MonthFlags) -> None:
        """Add somebody who was seen."""
        self.behind["people"].append(person_id)
        for name in ("new", "long_term", "returner", "institution_leaver"):
            if getattr(found, name):
                self.behind[name].append(person_id)
        self.behind[f"nights-{found.band}"].append(person_id)

    def count(self, name: str) -> int:
        """Return how many people are behind a number."""
        return len(self.behind[name])

    @property
    def nights(self) -> dict[str, int]:
        """Return how many people were seen on so many nights, by band."""
        return {name: self.count(f"nights-{name}") for name in BAND_NAMES}


def told(period: Period, nights: Nights, left: Mapping[int, Sequence[date]]) -> list[Month]:
    """Return the months that a period touches, in order; without nights there are none."""
    found = {month: Month(month) for month in months(period.first, period.last)}
    for person_id, seen in nights.items():
        for month in _months_seen(seen, found):
            one = flags(seen, month, left.get(person_id, ()))
            if one is not None:
                found[month].add(person_id, one)
    return list(found.values())


def _months_seen(seen: Sequence[date], asked: Iterable[date]) -> Iterable[date]:
    """Return in which of the months somebody was seen."""
    first = min(asked, default=None)
    if first is None:
        return ()
    return {night.replace(day=1) for night in seen if night >= first}
