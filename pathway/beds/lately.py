"""Reads of what one member of staff did lately: the holds they made, the people they met."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from pathway.acts import Act
from pathway.beds.models import IS_LIVE, Placement
from pathway.beds.queries import LONGEST_LIST, RECENT, facts_of, placements, running
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see, visible
from pathway.db import run
from pathway.outreach.handover import Placed
from pathway.people.models import Person
from pathway.people.queries import PERSON_COLUMNS, open_people
from pathway.people.rules import PersonFacts
from pathway.people.sight import OPEN, looking

AT_A_GLANCE = 20
"""How many placements a person's own page lists (ours)."""


def made_by(act: Act) -> list[PlacementFacts]:
    """Return the holds that whoever acts made lately or that still run, newest first."""
    lately = or_(running(act.at), Placement.made_at > act.at - RECENT)
    query = placements().where(Placement.made_by == act.staff_id, lately, OPEN)
    rows = run(query.order_by(Placement.made_at.desc()).limit(LONGEST_LIST), **looking(act))
    return [facts_of(row) for row in rows]


def placements_seen(act: Act, person_id: int) -> list[PlacementFacts]:
    """Return the newest placements of a person that whoever acts may see."""
    query = placements().where(Placement.person_id == person_id, visible(act))
    newest = query.order_by(Placement.made_at.desc(), Placement.id.desc())
    return [facts_of(row) for row in run(newest.limit(AT_A_GLANCE))]


def placed(
    act: Act, person_ids: Collection[int], *, by: Collection[int], since: datetime, until: datetime
) -> list[Placed]:
    """Return where these people are placed now, and whom some staff placed in a stretch of time.

    Only what whoever acts may see; a hold that has lapsed is no placement.
    """
    made = and_(Placement.made_by.in_(by), Placement.made_at.between(since, until))
    asked = or_(Placement.person_id.in_(person_ids), made)
    query = placements().where(IS_LIVE, ~Placement.planned, OPEN, asked)
    rows = run(query.order_by(Placement.made_at, Placement.id), **looking(act))
    live = [one for one in map(facts_of, rows) if may_see(act, one)]
    return [_placed(one) for one in live if one.status_at(act.at) is not PlacementStatus.EXPIRED]


def _placed(placement: PlacementFacts) -> Placed:
    """Return a placement for paper that anybody may find: no confidential site is named."""
    person, site = placement.person, placement.site
    where = None if site.confidential else site.name
    return Placed(person.id, person.ref, person.name, where)


def recent_people(act: Act, most: int = 8) -> list[PersonFacts]:
    """Return the people whom whoever acts added or placed last."""
    staff_id = act.staff_id
    placed = (
        select(Placement.person_id.label("id"), Placement.made_at.label("at"))
        .where(Placement.made_by == staff_id)
        .order_by(Placement.made_at.desc())
        .limit(50)
    )
    added = (
        select(Person.id, Person.created_at.label("at"))
        .where(Person.created_by == staff_id)
        .order_by(Person.created_at.desc())
        .limit(50)
    )
    met = select(placed.subquery()).union_all(select(added.subquery())).subquery()
    last = select(met.c.id, func.max(met.c.at).label("at")).group_by(met.c.id).subquery()
    query = select(*PERSON_COLUMNS).join(last, last.c.id == Person.id)
    return open_people(act, query.order_by(last.c.at.desc(), Person.id).limit(most))
