"""What a site is and what it admits."""

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum


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

DETAILS = {"phone": 40, "pickup_point": 200, "address": 400}
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


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One site as the rules need it. None is not recorded, which never refuses."""

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

    @property
    def women_only(self) -> bool:
        """Whether the site is for women and nobody else."""
        return self.admits == {Gender.WOMAN}


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
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Line:
    """A public telephone line or mailbox, and when it was last checked."""

    code: str
    name: str
    phone: str | None
    email: str | None
    note: str | None
    checked_on: date
