"""How many beds a site has, from which night on.

A statement holds from its night until the next later one. Beds are rows with a
first and a last night, so that a past night keeps its own capacity. All of a
site's statements are judged together, once the last of them has been made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice, zip_longest
from typing import Any

from sqlalchemy import case, delete, insert, or_, select, update

from pathway import audit
from pathway.acts import Act
from pathway.beds.journal import mark_lapsed
from pathway.beds.models import IS_HELD, IS_LIVE, Bed, BedEvent, Capacity, Placement
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused
from pathway.nights import night_of
from pathway.people.models import Person
from pathway.people.sight import OPEN, looking
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

NEVER = (date.max, date.max - timedelta(days=1))
"""The nights of a bed that is no longer counted but that somebody once slept in."""


@dataclass(frozen=True, slots=True)
class Span:
    """The nights from first to last, both included; no last is for ever."""

    first: date
    last: date | None

    def covers(self, night: date) -> bool:
        """Return whether a night is inside."""
        return self.first <= night and (self.last is None or night <= self.last)


def spans(statements: Mapping[date, int], order: Sequence[int]) -> dict[int, list[Span]]:
    """Return the nights on which each position exists.

    Where a statement says n beds, they are the first n of the order.

    >>> spans({date(2022, 1, 1): 2, date(2023, 1, 1): 1}, [1, 2])[2]
    [Span(first=datetime.date(2022, 1, 1), last=datetime.date(2022, 12, 31))]
    """
    found: dict[int, list[Span]] = {}
    firsts = sorted(statements)
    for first, after in zip_longest(firsts, firsts[1:]):
        beds, last = statements[first], after - timedelta(days=1) if after else None
        for position in order[:beds]:
            mine = found.setdefault(position, [])
            if mine and mine[-1].last == first - timedelta(days=1):
                mine[-1] = Span(mine[-1].first, last)
            else:
                mine.append(Span(first, last))
    return found


def set_capacity(act: Act, site: SiteFacts, beds: int, from_night: date) -> None:
    """State how many ordinary beds a site has from a night on, and make it so.

    Raises:
        Refused: the beds to be taken away are held or occupied; it names them.
    """
    state(act, site, beds, from_night)
    settle(act, site)


def set_beds(act: Act, code: str, *, beds: int, from_night: date) -> None:
    """State as a lead how many beds a site has from tonight or a later night on.

    Raises:
        Absent: there is no such site, or it is not theirs to say.
        Invalid: the night is over; what was is not said anew.
        Refused: as :func:`set_capacity`.
    """
    site = _led(act, code)
    _refuse_the_past(act, from_night)
    set_capacity(act, site, beds, from_night)


def close_site(act: Act, code: str, *, from_night: date, reason: str) -> None:
    """Close a site from a night on, and say why. Raises as :func:`set_beds`.

    It opens again by a statement of beds. For a later night nobody is in the
    way yet: the page warns of those who are in.
    """
    site = _led(act, code)
    _refuse_the_past(act, from_night)
    state(act, site, 0, from_night, reason)
    settle(act, site)


@dataclass(frozen=True, slots=True)
class Closing:
    """The first night from which a site is to be closed, and how many are in its way."""

    night: date
    inside: int


def closing(act: Act, site: SiteFacts) -> Closing | None:
    """Return when a site that is open closes, if that is stated and somebody is there."""
    stated = _statements(site.id)
    ahead = [night for night, beds in stated.items() if not beds and night > night_of(act.at)]
    inside = len(_live(act, site.id))
    return Closing(min(ahead), inside) if ahead and inside else None


def statements(site: SiteFacts) -> list[Capacity]:
    """Return what is stated of a site, newest night first."""
    query = select(Capacity).where(Capacity.site_id == site.id)
    return list(db.session.scalars(query.order_by(Capacity.from_night.desc())))


def _led(act: Act, code: str) -> SiteFacts:
    site = sites.site(code)
    if site is None or not scope(act, Doing.SET_BEDS).covers(site):
        raise Absent
    return site


def _refuse_the_past(act: Act, from_night: date) -> None:
    if from_night < night_of(act.at):
        raise Invalid({"from_night": ["That night is over. Choose tonight or a later night."]})


def state(
    act: Act, site: SiteFacts, beds: int, from_night: date | None, reason: str | None = None
) -> bool:
    """State a capacity and return whether that is news.

    Without a night it holds from tonight on, if it is not so already.
    """
    lock_site(site.id)
    stated = _statements(site.id)
    if from_night is None:
        from_night = night_of(act.at)
        if _on(stated, from_night) == beds:
            return False
    if stated.get(from_night) == beds and reason is None:
        return False
    told = {"beds": beds, "reason": reason}
    if from_night in stated:
        db.session.execute(
            update(Capacity)
            .where(Capacity.site_id == site.id, Capacity.from_night == from_night)
            .values(**told)
        )
    else:
        db.session.execute(insert(Capacity).values(site_id=site.id, from_night=from_night, **told))
    audit.record(act, "set capacity", f"site:{site.code}", {"beds": beds, "from": str(from_night)})
    return True


def settle(act: Act, site: SiteFacts) -> None:
    """Let the beds of a site be what its statements say.

    Whoever is held or in keeps their bed: the others go first, highest first.
    Holds that lapsed are written down as over, so that nobody arrives on one
    by a clock that is a moment behind.

    Raises:
        Refused: tonight more beds are held or occupied than there are to be.
    """
    tonight = night_of(act.at)
    stated = _statements(site.id)
    rows = list(
        db.session.scalars(
            select(Bed)
            .where(Bed.site_id == site.id, ~Bed.extra)
            .order_by(Bed.id)
            .with_for_update(key_share=True)
        )
    )
    mark_lapsed(act, _lapsed(act, site.id))
    live = _live(act, site.id)
    taken = [bed for bed in rows if bed.id in live]
    beds = _on(stated, tonight)
    if not beds and len(live) > len(taken):
        people = ", ".join(sorted(live.values()))
        raise Refused(f"{site.name} cannot close: {people} are there. Move them first.")
    if len(taken) > beds:
        people = ", ".join(f"{live[bed.id]} in bed {bed.label}" for bed in taken)
        raise Refused(
            f"{site.name} cannot have {beds} beds: {len(taken)} are held or occupied "
            f"({people}). Move them first."
        )
    here = {bed.position for bed in rows if Span(bed.first_night, bed.last_night).covers(tonight)}
    spare = sorted(here - {bed.position for bed in taken})[: beds - len(taken)]
    kept = sorted({bed.position for bed in taken} | set(spare))
    others = (position for position in count(1) if position not in kept)
    order = [*kept, *islice(others, max(stated.values(), default=0))]
    _arrange(site.id, rows, spans(stated, order), tonight)


def lock_site(site_id: int) -> None:
    """Let statements about one site wait for each other: each has to see them all."""
    query = select(Site.id).where(Site.id == site_id).with_for_update(key_share=True)
    db.session.execute(query)


def _lapsed(act: Act, site_id: int) -> list[int]:
    """Return the holds at a site that are over and not yet written down so."""
    over = select(Placement.id).where(Placement.site_id == site_id, IS_HELD)
    return list(db.session.scalars(over.where(Placement.expires_at <= act.at)))


def _statements(site_id: int) -> dict[date, int]:
    rows = db.session.execute(
        select(Capacity.from_night, Capacity.beds).where(Capacity.site_id == site_id)
    )
    return dict(rows.all())


def _on(statements: Mapping[date, int], night: date) -> int:
    """Return the capacity of a night: nought before the first statement."""
    before = [first for first in statements if first <= night]
    return statements[max(before)] if before else 0


def _live(act: Act, site_id: int) -> dict[int | None, str]:
    """Return who holds or has which bed; a hold that lapsed stands in nobody's way.

    A record that is closed to whoever acts is somebody's.
    """
    rows = db.session.execute(
        select(Placement.bed_id, case((OPEN, Person.ref), else_="somebody"))
        .join(Person, Person.id == Placement.person_id)
        .where(Placement.site_id == site_id, IS_LIVE)
        .where(or_(~IS_HELD, Placement.expires_at > act.at)),
        looking(act),
    )
    return dict(rows.all())


def _arrange(
    site_id: int, rows: Sequence[Bed], wanted: Mapping[int, Sequence[Span]], tonight: date
) -> None:
    """Give each wanted span a row; tonight's beds stay the rows that they are."""
    spare: dict[int, list[Bed]] = {}
    for row in rows:
        spare.setdefault(row.position, []).append(row)
    fresh = []
    for position, nights in wanted.items():
        mine = spare.get(position, [])
        for span in sorted(nights, key=lambda span: not span.covers(tonight)):
            found = _fitting(mine, tonight if span.covers(tonight) else span.first)
            if found is None:
                fresh.append(_row(site_id, position, span))
            else:
                mine.remove(found)
                found.first_night, found.last_night = span.first, span.last
    if fresh:
        db.session.execute(insert(Bed), fresh)
    db.session.flush()
    for unused in [row for left in spare.values() for row in left]:
        _remove(unused)


def _fitting(rows: Sequence[Bed], night: date) -> Bed | None:
    """Return the row that exists on a night, or any other."""
    exact = (bed for bed in rows if Span(bed.first_night, bed.last_night).covers(night))
    return next(exact, rows[0] if rows else None)


def _row(site_id: int, position: int, span: Span) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "label": str(position),
        "position": position,
        "extra": False,
        "first_night": span.first,
        "last_night": span.last,
    }


def _remove(bed: Bed) -> None:
    """Remove a bed, or let it never count when something once happened in it or to it."""
    used = (select(table.id).where(table.bed_id == bed.id) for table in (Placement, BedEvent))
    if not any(db.session.scalar(query.limit(1)) for query in used):
        db.session.execute(delete(Bed).where(Bed.id == bed.id))
    else:
        bed.first_night, bed.last_night = NEVER
    db.session.flush()
