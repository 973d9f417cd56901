"""A contact in the order in which an entry in CHAIN is made: pure.

CHAIN is written to by hand: it takes in no file of anybody's, so that a list in
its order saves the searching and not the typing. It keeps who somebody is, then
each contact, bedded down or not. Its form is not published: the order within the
two is ours. Source: what CHAIN says of itself on homeless.org.uk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pathway.nights import london
from pathway.outreach.rules import ContactFacts
from pathway.people.rules import CHAIN, PersonFacts
from pathway.sites.rules import Gender

BOROUGH = "Camden"
"""The borough whose street teams write down what they find here."""

COLUMNS = (
    "chain_number",
    "given_name",
    "family_name",
    "also_known_as",
    "date_of_birth",
    "gender",
    "nationality",
    "ref",
    "date",
    "time",
    "place",
    "borough",
    "latitude",
    "longitude",
    "found",
    "worker",
    "team",
    "offered",
    "also",
    "notes",
    "entered_in_chain",
)
"""The columns of the file. The first eight say who it was, the rest what happened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One contact of a morning list, with the person it is of."""

    contact: ContactFacts
    person: PersonFacts
    numbers: tuple[str, ...] = ()
    chained_at: datetime | None = None
    chained_by: str | None = None

    @property
    def number(self) -> str:
        """Return what CHAIN knows them under, or nothing."""
        return ", ".join(self.numbers)

    @property
    def gender(self) -> str:
        """Return the gender as people say it, or nothing where it is not known."""
        known = self.person.gender is not Gender.NOT_KNOWN
        return str(self.person.gender.value).replace("_", " ").capitalize() if known else ""

    @property
    def offered(self) -> str:
        """Return what was offered, in words."""
        return ", ".join(one.words for one in self.contact.offered)

    @property
    def also(self) -> str:
        """Return what else happened, in words."""
        return ", ".join(_also(self.contact))

    @property
    def cells(self) -> tuple[object, ...]:
        """Return one row of the file, in the order of ``COLUMNS``."""
        who, met = self.person, self.contact
        here = london(met.at)
        return (
            self.number,
            who.given_name or "",
            who.family_name or "",
            "; ".join(who.aliases) or (who.description or ""),
            who.date_of_birth or "",
            self.gender,
            who.nationality or "",
            who.ref,
            here.date(),
            f"{here:%H:%M}",
            met.where,
            BOROUGH,
            "" if met.lat is None else met.lat,
            "" if met.lon is None else met.lon,
            met.kind.words,
            met.by_name or "",
            met.organisation or "",
            self.offered,
            self.also,
            met.notes or "",
            "yes" if self.chained_at else "no",
        )


def _also(met: ContactFacts) -> Iterable[str]:
    if met.hidden:
        yield met.hidden.words
    if met.present:
        yield f"With them: {met.present}"
    if met.naloxone:
        yield f"Naloxone: {met.naloxone.words.lower()}"
    if met.overdose:
        yield "Overdose"
    if met.moved_on:
        yield "Moved on by enforcement"


def last_night(now: datetime) -> date:
    """Return the night of which a list is made in the morning: the one before today.

    >>> from datetime import UTC
    >>> last_night(datetime(2026, 1, 10, 8, tzinfo=UTC))
    datetime.date(2026, 1, 9)
    """
    return london(now).date() - timedelta(days=1)


def chain_numbers(numbers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return those of somebody's numbers that are CHAIN's."""
    return tuple(number for scheme, number in numbers if scheme == CHAIN)
