"""Reads of street counts: their areas, who was met in them, and what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from pathway.acts import Act
from pathway.db import AnyRow, AnySelect, db
from pathway.outreach import count_rules
from pathway.outreach.count_rules import AreaFacts, CountFacts, Double, Sighting
from pathway.outreach.models import Contact, CountApart, CountArea, Spot, StreetCount
from pathway.outreach.queries import contact_facts, contacts
from pathway.outreach.rules import ContactFacts, ContactKind
from pathway.people.models import Person
from pathway.sites.rules import Gender
from pathway.staff.models import Staff

_COUNTS = select(
    StreetCount.id,
    StreetCount.night,
    StreetCount.name,
    StreetCount.starts_at,
    StreetCount.ends_at,
    StreetCount.signed_at,
    Staff.name,
    StreetCount.signed_why,
    StreetCount.counted,
    StreetCount.source,
    StreetCount.reopened_at,
    StreetCount.reopened_why,
).outerjoin(Staff, Staff.id == StreetCount.signed_by)


def all_counts() -> list[CountFacts]:
    """Return every count, the newest night first."""
    query = _COUNTS.order_by(StreetCount.night.desc(), StreetCount.id.desc())
    return [CountFacts(*row) for row in db.session.execute(query)]


def count(ident: int) -> CountFacts | None:
    """Return one count that was or is walked; of an earlier one only the figure is known."""
    walked = StreetCount.starts_at.is_not(None)
    row = db.session.execute(_COUNTS.where(StreetCount.id == ident, walked)).first()
    return CountFacts(*row) if row else None


def areas(count_id: int) -> list[AreaFacts]:
    """Return the areas of a count, in the order in which they were added."""
    columns = (CountArea.id, CountArea.name, CountArea.team, CountArea.finished_at)
    query = select(*columns).where(CountArea.count_id == count_id).order_by(CountArea.id)
    return [AreaFacts(*row) for row in db.session.execute(query)]


def area(count_id: int, ident: int) -> AreaFacts | None:
    """Return one area of a count."""
    return next((one for one in areas(count_id) if one.id == ident), None)


def sightings(count_id: int) -> list[Sighting]:
    """Return everybody met at a count whom nobody took back, closed records among them.

    For the figure alone: who they are is asked of :func:`seen`.
    """
    query = (
        select(
            Contact.id,
            Contact.person_id,
            Contact.kind,
            Contact.at,
            Contact.count_area_id.label("area_id"),
            Contact.staff_id,
            func.coalesce(Contact.place, Spot.name).label("place"),
            Contact.spot_id,
            Contact.lat,
            Contact.lon,
            Person.unnamed,
            Person.description,
            Person.gender,
        )
        .join(CountArea, CountArea.id == Contact.count_area_id)
        .join(Person, Person.id == Contact.person_id)
        .outerjoin(Spot, Spot.id == Contact.spot_id)
        .where(CountArea.count_id == count_id, Contact.struck_at.is_(None))
        .order_by(Contact.at, Contact.id)
    )
    return [_sighting(row) for row in db.session.execute(query)]


def _sighting(row: AnyRow) -> Sighting:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name for a row by column
    kind, gender = ContactKind(told.pop("kind")), Gender(told.pop("gender"))
    return Sighting(kind=kind, gender=gender, **told)


def figure(one: CountFacts) -> int:
    """Return how many people a count counts as things stand, each once."""
    if one.earlier:
        return one.counted or 0
    return len(count_rules.counted(one, sightings(one.id)))


def figures(counts: list[CountFacts]) -> Mapping[int, int]:
    """Return each count's figure, by id: the one that was signed off, else as things stand."""
    return {one.id: figure(one) if one.counted is None else one.counted for one in counts}


def apart(count_id: int) -> set[frozenset[int]]:
    """Return the pairs of people of whom somebody decided that they are not the same."""
    query = select(CountApart.person_id, CountApart.other_id)
    rows = db.session.execute(query.where(CountApart.count_id == count_id))
    return {frozenset(pair) for pair in rows}


@dataclass(frozen=True, slots=True)
class Seen:
    """A count as whoever looks may see it.

    ``per_area`` is how many people each area met, by id: one of two areas is in both.
    ``inside`` are the sightings that count and ``outside`` those that do not, of
    records that are open; ``closed`` is how many people count whose records are not.
    ``apart`` are the pairs of open records that somebody decided are not the same.
    """

    count: CountFacts
    areas: list[AreaFacts]
    figure: int
    per_area: Mapping[int, int]
    inside: list[ContactFacts]
    outside: list[ContactFacts]
    closed: int
    doubles: list[Double]
    apart: list[tuple[int, int]]

    @property
    def people(self) -> dict[int, list[ContactFacts]]:
        """The people who count, each with where they were met."""
        found: dict[int, list[ContactFacts]] = {}
        for one in self.inside:
            found.setdefault(one.person_id, []).append(one)
        return found

    @property
    def unfinished(self) -> list[str]:
        """The names of the areas whose teams are not through."""
        return [one.name for one in self.areas if one.finished_at is None]


def seen(act: Act, one: CountFacts) -> Seen:
    """Return a count, its figure, and whom it counts as far as whoever looks may see them."""
    every = sightings(one.id)
    within = select(CountArea.id).where(CountArea.count_id == one.id)
    shown = _found(contacts(act, Contact.count_area_id.in_(within), Contact.struck_at.is_(None)))
    inside = [contact for contact in shown if one.counts(contact.kind, contact.at)]
    counted = count_rules.counted(one, every)
    named = {contact.person_id for contact in shown}
    decided = apart(one.id)
    open_ones = [sighting for sighting in every if sighting.person_id in named]
    return Seen(
        count=one,
        areas=areas(one.id),
        figure=len(counted),
        per_area=count_rules.per_area(one, every),
        inside=inside,
        outside=[contact for contact in shown if contact not in inside],
        closed=len(counted - {contact.person_id for contact in inside}),
        doubles=count_rules.doubles(one, open_ones, decided),
        apart=sorted((min(pair), max(pair)) for pair in decided if len(pair) > 1 and pair <= named),
    )


def in_area(act: Act, area_id: int) -> list[ContactFacts]:
    """Return who was met in an area, struck sightings among them, the newest first."""
    query = contacts(act, Contact.count_area_id == area_id)
    return _found(query)[::-1]


def _found(query: AnySelect) -> list[ContactFacts]:
    rows = db.session.execute(query.order_by(Contact.at, Contact.id))
    return [contact_facts(row) for row in rows]
