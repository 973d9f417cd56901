"""What whoever looks may know of who is kept apart, wants to stay together and is excluded."""

from collections.abc import Collection

from sqlalchemy import case, or_, select

from pathway.acts import Act
from pathway.db import db
from pathway.people.behind import listed
from pathway.people.models import PersonApart, PersonExclusion, PersonTogether
from pathway.people.rules import PersonFacts
from pathway.people.tie_rules import ApartFacts, ExclusionFacts, WishFacts
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.models import Staff
from pathway.staff.naming import name_for
from pathway.staff.rules import scope


def apart_of(act: Act, person: PersonFacts) -> list[ApartFacts]:
    """Return from whom somebody is kept apart, as far as whoever acts may know; newest first."""
    return [one for one in pairs(act, person) if one.may_be_read(act.roles)]


def pairs(act: Act, person: PersonFacts) -> list[ApartFacts]:
    """Return from whom somebody is kept apart, whoever may know of it; newest first."""
    one, of = PersonApart, person.id
    other = case((one.person_id == of, one.other_id), else_=one.person_id)
    rows = db.session.execute(
        select(one, other, name_for(act))
        .outerjoin(Staff, Staff.id == one.by)
        .where(or_(one.person_id == of, one.other_id == of), one.person_id != one.other_id)
        .order_by(one.at.desc(), one.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    whom = _open(act, [other_id for _, other_id, _ in rows])
    return [
        ApartFacts(
            id=row.id,
            other_id=other_id,
            other=whom.get(other_id),
            why=row.why,
            readers=frozenset(row.readers.split(";")),
            expires_on=row.expires_on,
            at=row.at,
            by_name=name,
            own=row.by is not None and row.by == act.staff_id,
            ended_at=row.ended_at,
        )
        for row, other_id, name in rows
    ]


def wishes_of(act: Act, person: PersonFacts) -> list[WishFacts]:
    """Return with whom somebody wants to stay, in their own words alone."""
    one = PersonTogether
    rows = db.session.execute(
        select(one.id, one.other_id, one.at, name_for(act))
        .outerjoin(Staff, Staff.id == one.by)
        .where(one.person_id == person.id, one.withdrawn_at.is_(None), one.other_id != person.id)
        .order_by(one.at.desc(), one.id.desc())
    ).all()
    whom = _open(act, [row[1] for row in rows])
    return [WishFacts(ident, whom.get(other), at, name) for ident, other, at, name in rows]


def exclusions_of(act: Act, person: PersonFacts) -> list[ExclusionFacts]:
    """Return which sites take somebody no more, to who sees the placements there."""
    one = PersonExclusion
    rows = db.session.execute(
        select(one.id, one.site_id, one.reason, one.until_on, one.at, name_for(act), one.ended_at)
        .outerjoin(Staff, Staff.id == one.by)
        .where(one.person_id == person.id)
        .order_by(one.at.desc(), one.id.desc())
    ).all()
    sees, led = scope(act, Doing.SEE_PLACEMENTS), scope(act, Doing.EXCLUDE)
    known = {site.id: site for site in sites.sites()}
    return [
        ExclusionFacts(
            ident, known[site].name, why, until, at, name, led.covers(known[site]), ended
        )
        for ident, site, why, until, at, name, ended in rows
        if sees.covers(known[site]) or led.covers(known[site])
    ]


def led_by(act: Act) -> list[SiteFacts]:
    """Return the sites from which whoever acts may exclude somebody."""
    led = scope(act, Doing.EXCLUDE)
    return [site for site in sites.sites() if led.covers(site)]


def _open(act: Act, idents: Collection[int]) -> dict[int, PersonFacts]:
    """Return those of these people whose records are open to whoever acts, by id."""
    return {one.id: one for one in listed(act, idents)} if idents else {}
