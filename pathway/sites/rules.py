"""What a site is and what it admits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Any


class Gender(StrEnum):
    """A person's gender as recorded; a site admits the first three."""

    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"
    NOT_KNOWN = "not_known"


class SupportLevel(StrEnum):
    """How much support a person needs, or a site can give."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for low, 1 for medium, 2 for high."""
        return list(SupportLevel).index(self)


ADMISSIBLE = (Gender.WOMAN, Gender.MAN, Gender.OTHER)
"""The genders a site can say that it admits, in the order they are written."""

DETAILS = {"phone": 40, "pickup_point": 200, "address": 400, "nominations": 200}
"""What a lead says of their site, and how many characters each may have."""

HOLD_MINUTES = 45
"""How long a hold lasts unless the site says otherwise, in minutes (ours)."""


@dataclass(frozen=True, slots=True)
class SiteNumbers:
    """The numbers of a site that are settings (all ours). Source: DOMAIN.md section 4.

    Kept as those that differ from these; a number is judged when something is
    done, so that a hold in being keeps its expiry when one changes.
    """

    least_hold: int = 20
    """The shortest hold, in minutes."""
    most_hold: int = 120
    """The longest hold, in minutes; also the cap on extensions."""
    book_hours: int = 36
    """How far ahead somebody may be expected, in hours."""
    grace_minutes: int = 60
    """How long past the expected time the hub is asked, in minutes."""
    stay_nights: int | None = None
    """How many nights somebody stays before they overstay; None is no limit."""
    kept_nights: int = 3
    """How many nights the bed of somebody who is away is kept unasked."""
    undo_minutes: int = 15
    """How long one may undo what one did oneself, in minutes."""
    lead_undo_hours: int = 24
    """How long a lead may undo what anybody did, in hours."""
    no_show_undo_minutes: int = 120
    """How long a no-show may be undone while the bed is free, in minutes."""
    backdate_hours: int = 24
    """How far back staff may date an arrival or a departure, in hours."""
    lead_backdate_days: int = 14
    """How far back a lead or SWEP coordinator may, with a paper-sheet number, in days."""


USUAL = SiteNumbers()

MOST_HOURS = 7 * 24
"""The most hours of any setting (ours): a week."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How one number of a site reads to its lead, and what it may be."""

    label: str
    unit: str
    least: int
    most: int


SETTINGS: Mapping[str, Setting] = {
    "least_hold": Setting("Shortest hold", "minutes", 5, 24 * 60),
    "most_hold": Setting("Longest hold, and cap on extensions", "minutes", 5, 24 * 60),
    "book_hours": Setting("How far ahead somebody may be expected", "hours", 1, MOST_HOURS),
    "grace_minutes": Setting(
        "How long after the expected time the hub is asked", "minutes", 0, 24 * 60
    ),
    "stay_nights": Setting("Longest stay", "nights", 1, 3650),
    "kept_nights": Setting("How long the bed of somebody away is kept", "nights", 0, 60),
    "undo_minutes": Setting("How long one may undo what one did", "minutes", 1, 24 * 60),
    "lead_undo_hours": Setting("How long a lead may undo", "hours", 1, MOST_HOURS),
    "no_show_undo_minutes": Setting("How long a no-show may be undone", "minutes", 1, 24 * 60),
    "backdate_hours": Setting("How far back staff may date", "hours", 1, MOST_HOURS),
    "lead_backdate_days": Setting("How far back a lead may date", "days", 1, 60),
}
"""Every number of :class:`SiteNumbers`, in the order of its page. The bounds are ours."""

HOLD_LENGTH = Setting("Hold length", "minutes", 5, 24 * 60)
"""The length of a hold for which nobody names one."""


def bad_settings(hold_minutes: int, numbers: SiteNumbers) -> dict[str, list[str]]:
    """Return what is wrong with the numbers of a site, by name, in sentences."""
    said = {"hold_minutes": hold_minutes, **asdict(numbers)}
    judged = {"hold_minutes": HOLD_LENGTH, **SETTINGS}
    faults = {
        name: [f"Write a number of {one.unit} from {one.least} to {one.most}."]
        for name, one in judged.items()
        if said[name] is not None and not one.least <= said[name] <= one.most
    }
    return faults or _at_odds(hold_minutes, numbers)


def _at_odds(hold_minutes: int, numbers: SiteNumbers) -> dict[str, list[str]]:
    """Return which numbers contradict each other, each being sound by itself."""
    faults = {}
    if numbers.least_hold > numbers.most_hold:
        faults["least_hold"] = ["The shortest hold is longer than the longest."]
    elif not numbers.least_hold <= hold_minutes <= numbers.most_hold:
        between = f"from {numbers.least_hold} to {numbers.most_hold} minutes"
        faults["hold_minutes"] = [f"A hold here lasts {between}: choose a length within that."]
    if numbers.backdate_hours > numbers.lead_backdate_days * 24:
        faults["lead_backdate_days"] = ["A lead may go back at least as far as staff."]
    return faults


def differing_numbers(numbers: SiteNumbers) -> dict[str, Any] | None:
    """Return the numbers that differ from the usual ones, as they are kept; None for none."""
    usual = asdict(USUAL)
    return {name: at for name, at in asdict(numbers).items() if at != usual[name]} or None


def bad_hours(first: time | None, last: time | None) -> str | None:
    """Return what is wrong with intake hours, or None; they may run over midnight."""
    if (first is None) != (last is None):
        return "Write both the beginning and the end, or neither."
    if first is not None and first == last:
        return "The hours begin when they end. Leave both empty if people come at any time."
    return None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One site as the rules need it. None is not recorded, which never refuses.

    ``refuses`` are the kinds of warning with which a site takes nobody.
    """

    id: int
    code: str
    name: str
    admits: frozenset[Gender] = field(default=frozenset(ADMISSIBLE))
    confidential: bool = False
    venue: bool = False
    max_support_level: SupportLevel | None = None
    nrpf: bool = True
    phone: str | None = None
    pickup_point: str | None = None
    hold_minutes: int = HOLD_MINUTES
    turnaround: bool = False
    numbers: SiteNumbers = USUAL
    intake_from: time | None = None
    intake_to: time | None = None
    dogs: bool | None = None
    couples: bool | None = None
    nominations: str | None = None
    refuses: frozenset[str] = frozenset()

    @property
    def women_only(self) -> bool:
        """Whether the site is for women and nobody else."""
        return self.admits == {Gender.WOMAN}

    @property
    def intake_in_words(self) -> str | None:
        """The hours in which people are taken in, or None where it is not recorded."""
        if self.intake_from is None or self.intake_to is None:
            return None
        return f"from {self.intake_from:%H:%M} to {self.intake_to:%H:%M}"

    def takes_in_at(self, wall: time) -> bool:
        """Return whether people are taken in at this London time; the end is outside.

        >>> SiteFacts(1, "a", "A", intake_from=time(17), intake_to=time(1)).takes_in_at(time(0, 59))
        True
        """
        first, last = self.intake_from, self.intake_to
        if first is None or last is None or first == last:
            return True
        if first < last:
            return first <= wall < last
        return wall >= first or wall < last


_PLURAL = {Gender.WOMAN: "women", Gender.MAN: "men", Gender.OTHER: "people of other genders"}


def accepts_in_words(site: SiteFacts) -> str:
    """Return what a site accepts as one plain phrase.

    >>> accepts_in_words(SiteFacts(1, "a", "A", admits=frozenset({Gender.WOMAN})))
    'Women only.'
    """
    if site.women_only:
        parts = ["Women only."]
    elif site.admits == set(ADMISSIBLE):
        parts = ["Everyone."]
    else:
        named = [_PLURAL[gender] for gender in ADMISSIBLE if gender in site.admits]
        parts = [f"{' and '.join(named).capitalize()} only."]
    if site.max_support_level is not None:
        parts.append(f"Support needs up to {site.max_support_level}.")
    if not site.nrpf:
        parts.append("Not for people with no recourse to public funds.")
    return " ".join([*parts, *_ways_in(site)])


def _ways_in(site: SiteFacts) -> list[str]:
    """Return what is recorded of dogs, couples and hours; what is not recorded says nothing."""
    parts = []
    if site.dogs is not None:
        parts.append("Dogs welcome." if site.dogs else "No dogs.")
    if site.couples is not None:
        parts.append("Couples welcome." if site.couples else "No couples.")
    if site.intake_in_words:
        parts.append(f"Takes people in {site.intake_in_words}.")
    return parts


@dataclass(frozen=True, slots=True)
class Line:
    """A public telephone line or mailbox, and when it was last checked."""

    code: str
    name: str
    phone: str | None
    email: str | None
    note: str | None
    checked_on: date
