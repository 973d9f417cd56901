"""What happens to a person's record and depends on where they are placed."""

from collections.abc import Collection
from datetime import datetime
from typing import Unpack

from sqlalchemy import select

from pathway.acts import Act
from pathway.beds import apart, queries
from pathway.beds.deaths import record_death, take_back_death
from pathway.beds.journal import mark_lapsed
from pathway.beds.leaving import let_the_planned_stand
from pathway.beds.models import IS_LIVE, Placement
from pathway.beds.openings import keep_open
from pathway.db import db
from pathway.errors import Forbidden, Refused
from pathway.outreach import actions as outreach
from pathway.outreach.actions import Said
from pathway.outreach.rules import ContactFacts, ContactKind
from pathway.people import closing, merging
from pathway.people import queries as people
from pathway.people.rules import DIED, PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

__all__ = [
    "may_consent",
    "may_edit",
    "may_keep_apart",
    "may_record",
    "merge",
    "record_contact",
    "record_death",
    "residents",
    "restrict",
    "take_back_death",
    "unmerge",
]


def restrict(act: Act, ref: str, reason: str | None = None) -> PersonFacts:
    """Close a person's record; the site they are at, and who held their bed, keep it.

    Raises as :func:`pathway.people.closing.restrict`.
    """
    person = closing.restrict(act, ref, reason)
    _renew(act, person)
    return person


def merge(act: Act, ref: str, into: str) -> PersonFacts:
    """Let one record become another; a site that has the person in its care keeps it open.

    A hold that has lapsed stands in nobody's way.
    Raises as :func:`pathway.people.merging.merge`.
    """
    gone, kept = people.person(act, ref), people.person(act, into)
    for one, other in ((gone, kept), (kept, gone)):
        standing = queries.live_placement_of(one.id) if one else None
        mark_lapsed(act, [standing.id if standing else None])
        if one and other and other.died_on and queries.live_placement_of(one.id):
            raise Refused(DIED)
    person = merging.merge(act, ref, into)
    _renew(act, person)
    apart.tell_if_met(act, person)
    return person


def unmerge(act: Act, ref: str) -> PersonFacts:
    """Part a record again; each site keeps whom it has in its care.

    A move that was planned for both as one is the only claim of whoever is in
    nowhere now. Raises as :func:`pathway.people.merging.unmerge`.
    """
    parted, kept = merging.unmerge(act, ref)
    for one in (parted, kept):
        if queries.live_placement_of(one.id) is None:
            let_the_planned_stand(one.id)
    _renew(act, parted)
    _renew(act, kept)
    return parted


def may_edit(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts may change a record: hubs those of their residents only."""
    return _reaches(act, person, Doing.EDIT_PEOPLE)


def may_record(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts may record a contact or an assessment of somebody, likewise."""
    return _reaches(act, person, Doing.RECORD)


def may_consent(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts may record what somebody agrees to share, likewise."""
    return _reaches(act, person, Doing.CONSENT)


def may_keep_apart(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts may say whom somebody must not meet, or wants to; likewise."""
    return _reaches(act, person, Doing.KEEP_APART)


def record_contact(
    act: Act,
    *,
    kind: ContactKind,
    person: str | None = None,
    description: str | None = None,
    gender: Gender | None = None,
    at: datetime | None = None,
    **said: Unpack[Said],
) -> ContactFacts:
    """Write a contact down; staff of a site write down those of their residents, as met there.

    Raises:
        Forbidden: staff of a site met somebody who is not in their care.

    Else as :func:`pathway.outreach.actions.record_contact`.
    """
    if not scope(act, Doing.RECORD).everywhere:
        said["site"] = _their_site(act, person)
    whom = {"person": person, "description": description}
    return outreach.record_contact(act, kind=kind, gender=gender, at=at, **whom, **said)


def _their_site(act: Act, ref: str | None) -> int | None:
    """Return at which site of whoever acts somebody is placed."""
    whom = people.person(act, ref) if ref else None
    if ref and whom is None:
        return None
    standing = queries.live_placement_of(whom.id) if whom else None
    if standing is None or not scope(act, Doing.RECORD).covers(standing.site):
        raise Forbidden("You record contacts of your own residents only. Ring their worker.")
    return standing.site.id


def residents(act: Act) -> Collection[int]:
    """Return who has a bed, or is on the way to one, at a site that whoever acts is named for."""
    here = select(Placement.person_id).where(IS_LIVE, Placement.site_id.in_(sorted(act.site_ids)))
    return frozenset(db.session.scalars(here))


def _reaches(act: Act, person: PersonFacts, doing: Doing) -> bool:
    reach = scope(act, doing)
    if reach.everywhere:
        return True
    standing = queries.live_placement_of(person.id)
    return standing is not None and reach.covers(standing.site)


def _renew(act: Act, person: PersonFacts) -> None:
    if not person.restricted:
        return
    closing.end_care(act, person.id)
    standing = queries.live_placement_of(person.id)
    if standing is not None:
        keep_open(act, standing)
