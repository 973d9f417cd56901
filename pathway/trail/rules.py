"""What a reader of the audit trail asks for, and how a line reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pathway.acts import Act
from pathway.nights import from_london
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

PAGE = 50
"""How many lines one page shows (ours)."""

MOST_EXPORTED = 10_000
"""The most lines of one export: about two megabytes, made in memory (ours)."""

SERVICE = 0
"""Stands for the service itself where a member of staff is asked for."""

NOT_SHOWN = "somebody not shown here"
"""What stands for a person where naming them would give a confidential site away."""

HOLDS = "list:holds"
"""The subject of a line that tells who holds a bed by whose doing."""

OF_ONE = ("person:", "contact:", "concern:")
"""How the subject of a line begins that is of one person: others act on the same concern."""

MARKS = ("not here", "here again", "exclude")
"""What a line does that says of a person that a site is not for them."""

CONSENTS = ("take consent", "withdraw consent")
"""What a line does whose detail tells which question somebody was asked.

That an answer about outreach was taken back looks like one that nobody asked for.
"""

NUMBERS = ("set number", "remove number")
"""What a line does whose detail tells by which service somebody is known."""

BY_ROLE = 403
"""A page that a role does not have is a wrong turn, not a search for somebody."""

_PLACEMENT_VERBS = ("show", "extend", "release", "check_in", "leaving", "depart", "walk")
_BED_VERBS = ("void", "reinstate", "ready")


def _routes(verbs: Iterable[str]) -> frozenset[str]:
    return frozenset(f"route:{of}.{verb}" for of in ("beds", "beds_api") for verb in verbs)


_LIFE_VERBS = ("book", "cancel", "no_show", "away", "back", "stay", "undo", "void")

PLACEMENT_ROUTES = _routes(_PLACEMENT_VERBS) | {f"route:life_api.{verb}" for verb in _LIFE_VERBS}
"""The subjects of denials in which ``ident`` is a placement's."""

BED_ROUTES = _routes(_BED_VERBS)
"""The subjects of denials in which ``ident`` is a bed's."""

_ALREADY_TOLD = {"refs", "person"}
"""What the detail of a line repeats of the people it is about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines: each part that is None leaves them all in. Days are London days."""

    person: str | None = None
    staff: int | None = None
    what: str | None = None
    first: date | None = None
    last: date | None = None
    before: int | None = None

    @property
    def since(self) -> datetime | None:
        """Return the first instant that is inside."""
        return None if self.first is None else _midnight(self.first)

    @property
    def until(self) -> datetime | None:
        """Return the first instant that is outside again."""
        return None if self.last is None else _midnight(self.last + timedelta(days=1))

    @property
    def told(self) -> dict[str, Any]:
        """Return the filter for the trail itself; the person has a column there."""
        given = {
            "staff": self.staff,
            "what": self.what,
            "from": self.first and str(self.first),
            "to": self.last and str(self.last),
            "before": self.before,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail as one reader may see it."""

    id: int
    at: datetime
    who: str
    what: str
    on: str
    people: tuple[str, ...]
    detail: str


def closed_to(act: Act, sites: Iterable[SiteFacts]) -> list[SiteFacts]:
    """Return the confidential sites whose placements whoever reads may not see."""
    reach = scope(act, Doing.SEE_PLACEMENTS)
    return [site for site in sites if site.confidential and not reach.covers(site)]


def in_words(subject: str, names: Mapping[int, str]) -> str:
    """Return what a line is about; ``names`` are those of staff.

    >>> in_words("placement:17", {}), in_words("list:people", {})
    ('placement 17', 'a list of people')
    """
    kind, _, ref = subject.partition(":")
    if kind in {"list", "file"}:
        return f"a {kind} of {ref}"
    if kind == "staff" and ref.isdecimal():
        return names.get(int(ref), f"staff {ref}")
    if kind == "audit":
        return "the audit trail"
    return f"{kind} {ref}".strip()


def detail_in_words(detail: Mapping[str, Any] | None) -> str:
    """Return a line's detail without the people, who are shown beside it.

    >>> detail_in_words({"roles": ["hub", "manager"], "refs": ["P-7K3M"]})
    'roles: hub, manager'
    """
    told = {name: value for name, value in (detail or {}).items() if name not in _ALREADY_TOLD}
    return "; ".join(f"{_spaced(name)}: {_plain(value)}" for name, value in told.items())


def _plain(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(name)} {_plain(one)}" for name, one in value.items())
    return str(value)


def _spaced(name: str) -> str:
    return str(name).replace("_", " ")


def _midnight(on: date) -> datetime:
    return from_london(datetime.combine(on, time()))
