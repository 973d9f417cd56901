"""How many beds a site has, from which night on.

A statement holds from its night until the next later statement. Beds are rows
with a first and a last night, so that a past night keeps its own capacity.
"""

from datetime import date, timedelta

from sqlalchemy import func, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.beds.models import IS_LIVE, Bed, Capacity, Placement
from pathway.beds.queries import in_force
from pathway.db import db
from pathway.errors import Refused
from pathway.people.models import Person
from pathway.sites.rules import SiteFacts

MOST_BEDS = 500
"""The most beds of one site (ours)."""

_ONE_NIGHT = timedelta(days=1)


def set_capacity(act: Act, site: SiteFacts, beds: int, from_night: date) -> None:
    """State that a site has so many ordinary beds from a night on.

    Raises:
        Refused: the beds to be taken away are held or occupied; it names them.
    """
    until = _next_statement(site.id, from_night)
    standing = _ordinary(site.id, from_night)
    if len(standing) < beds:
        _add(site.id, beds - len(standing), from_night, until)
    elif len(standing) > beds:
        _take(site, standing, len(standing) - beds, from_night, until)
    _state(site.id, from_night, beds)
    audit.record(act, "set capacity", f"site:{site.code}", {"beds": beds, "from": str(from_night)})


def _next_statement(site_id: int, from_night: date) -> date | None:
    return db.session.scalar(
        select(func.min(Capacity.from_night)).where(
            Capacity.site_id == site_id, Capacity.from_night > from_night
        )
    )


def _ordinary(site_id: int, night: date) -> list[Bed]:
    query = select(Bed).where(Bed.site_id == site_id, ~Bed.extra, in_force(night))
    return list(db.session.scalars(query.order_by(Bed.position)))


def _add(site_id: int, number: int, first: date, until: date | None) -> None:
    """Add beds under the lowest labels that are free on these nights."""
    taken = select(Bed.position).where(
        Bed.site_id == site_id, ~Bed.extra, Bed.last_night.is_(None) | (Bed.last_night >= first)
    )
    if until is not None:
        taken = taken.where(Bed.first_night < until)
    used = set(db.session.scalars(taken))
    free = [position for position in range(1, MOST_BEDS * 2) if position not in used][:number]
    last = until - _ONE_NIGHT if until else None
    db.session.execute(
        insert(Bed),
        [
            {
                "site_id": site_id,
                "label": str(position),
                "position": position,
                "extra": False,
                "first_night": first,
                "last_night": last,
            }
            for position in free
        ],
    )


def _take(site: SiteFacts, beds: list[Bed], number: int, first: date, until: date | None) -> None:
    """End the highest free beds; those that a later statement counts come back."""
    live = dict(
        db.session.execute(
            select(Placement.bed_id, Person.ref)
            .join(Person, Person.id == Placement.person_id)
            .where(Placement.site_id == site.id, IS_LIVE)
        ).all()
    )
    free = [bed for bed in reversed(beds) if bed.id not in live]
    if len(free) < number:
        people = ", ".join(f"{live[bed.id]} in bed {bed.label}" for bed in beds if bed.id in live)
        raise Refused(
            f"{site.name} cannot have {len(beds) - number} beds: {len(live)} are held or "
            f"occupied ({people}). Move them first."
        )
    for bed in free[:number]:
        _resume(bed, until)
        db.session.execute(
            update(Bed).where(Bed.id == bed.id).values(last_night=first - _ONE_NIGHT)
        )


def _resume(bed: Bed, again: date | None) -> None:
    """Let a bed exist again from the next statement on, under the same label."""
    if again is None or (bed.last_night is not None and bed.last_night < again):
        return
    db.session.execute(
        insert(Bed).values(
            site_id=bed.site_id,
            label=bed.label,
            position=bed.position,
            extra=False,
            first_night=again,
            last_night=bed.last_night,
        )
    )


def _state(site_id: int, from_night: date, beds: int) -> None:
    changed = db.session.execute(
        update(Capacity)
        .where(Capacity.site_id == site_id, Capacity.from_night == from_night)
        .values(beds=beds)
        .returning(Capacity.site_id)
    ).scalar()
    if changed is None:
        db.session.execute(
            insert(Capacity).values(site_id=site_id, from_night=from_night, beds=beds)
        )
