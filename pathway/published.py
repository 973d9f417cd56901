"""A made-up history that adds up to the published figures of people sleeping rough.

What it comes to is known from how it is made, and from nothing that counts:
each cohort says in which years its people were seen. Source of the figures:
Annual Report of the Cabinet Member for Safer Communities, 7 October 2024.
Everyone in it is made up.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from pathway.acts import by_service
from pathway.db import transaction
from pathway.demo import FAMILY, GIVEN
from pathway.nights import from_london, night_of
from pathway.outreach.models import Contact, StreetCount
from pathway.outreach.rules import ContactKind
from pathway.people import actions as people
from pathway.people import queries
from pathway.people.rules import Recourse
from pathway.sites import queries as sites
from pathway.sites.rules import Gender

SEED = 20240331

MOST_TIMES = 6
"""How often somebody is seen in one year, at most (ours)."""

SOURCE = (
    "Annual Report of the Cabinet Member for Safer Communities, 7 October 2024. The night is not "
    "published: the month’s last stands for it."
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """So many people who were seen in these years, each named by its first calendar year."""

    people: int
    years: tuple[int, ...]


COHORTS = (
    Cohort(497, (2023,)),
    Cohort(150, (2022, 2023)),
    Cohort(103, (2020, 2022, 2023)),
    Cohort(91, (2021, 2023)),
    Cohort(62, (2019, 2023)),
    Cohort(280, (2022,)),
    Cohort(106, (2021, 2022)),
    Cohort(80, (2020, 2022)),
)
"""903 people in 2023/24: 497 new, 253 seen in 2022/23 as well, 153 back; 719 in 2022/23."""

COUNTS = {date(2023, 6, 30): 64, date(2024, 6, 30): 112}
"""By night: how many a street count came to."""


def load(now: datetime) -> str:
    """Load the history; return what was made as a sentence."""
    rng = random.Random(SEED)  # noqa: S311 - a believable history, not a secret
    told = [cohort for cohort in COHORTS for _ in range(cohort.people)]
    rows = [
        _person(number, *name, rng)
        for number, name in zip(range(1, len(told) + 1), _names(), strict=False)
    ]
    whole = people.compare(rows)
    with transaction() as session:
        people.save_imported(by_service(now), whole)
        idents = queries.ids_by_ref(row["ref"] for row in rows)
        team = sites.organisation_ids()["rts"]
        contacts = [
            _contact(ident, team, at)
            for ident, cohort in zip((idents[row["ref"]] for row in rows), told, strict=True)
            for at in _times(cohort, rng)
        ]
        session.execute(insert(Contact), contacts)
        session.execute(insert(StreetCount), [_count(now, *one) for one in COUNTS.items()])
    return f"History loaded: {len(rows):,} fictional people, {len(contacts):,} contacts."


def _names() -> Iterator[tuple[str, str]]:
    """Yield names of three words, which nobody of the demonstration has."""
    for families in itertools.permutations(FAMILY, 2):
        for given in GIVEN:
            yield given, " ".join(families)


def _person(number: int, given: str, family: str, rng: random.Random) -> dict[str, Any]:
    born = date(rng.randint(1950, 2003), rng.randint(1, 12), rng.randint(1, 28))
    genders = (Gender.MAN, Gender.WOMAN, Gender.OTHER)
    nationalities = ("GB", "PL", "RO", "ER", "IN", "PT", "US", None)
    return {
        "ref": f"R-{number:04}",
        "given_name": given,
        "family_name": family,
        "date_of_birth": born,
        "gender": rng.choices(genders, (80, 19, 1))[0].value,
        "nationality": rng.choices(nationalities, (45, 9, 9, 9, 9, 5, 2, 12))[0],
        "recourse": Recourse.NOT_KNOWN.value,
        "local_connection": None,
        "support_level": None,
        "needs": "",
    }


def _times(cohort: Cohort, rng: random.Random) -> Iterator[datetime]:
    """Yield when somebody was seen: at least once in each of their years, and in no other."""
    for year in cohort.years:
        begins = date(year, 4, 1)
        nights = (date(year + 1, 4, 1) - begins).days
        for _ in range(rng.randint(1, MOST_TIMES)):
            evening = begins + timedelta(days=rng.randrange(nights))
            yield from_london(datetime.combine(evening, time(22, rng.randrange(60))))


def _contact(person_id: int, organisation_id: int, at: datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "kind": ContactKind.BEDDED_DOWN.value,
        "at": at,
        "night": night_of(at),
        "recorded_at": at + timedelta(minutes=20),
        "staff_name": "Robin Outreach",
        "organisation_id": organisation_id,
        "place": "Figment Street",
    }


def _count(now: datetime, night: date, counted: int) -> dict[str, Any]:
    name = f"Street count of {night:%B %Y}"
    made = {"made_at": now, "signed_at": now}
    return {"night": night, "name": name, "counted": counted, "source": SOURCE} | made
