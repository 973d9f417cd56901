"""Offering beds that are free to those who wait: an offer is a hold, made for who asked for it.

The order of locking is bed, then placement, then wait: the first as in every claim, and
the wait last, because a merge holds the person before it moves what refers to them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from pathway import audit
from pathway.acts import Act
from pathway.beds import board, queries, queue
from pathway.beds.claims import insert_claim
from pathway.beds.fit import fitting
from pathway.beds.journal import mark_lapsed, note
from pathway.beds.judging import Arrival, arriving, check_fit
from pathway.beds.models import Waiting
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.beds.suiting import suits
from pathway.beds.telling import tell_of_offer
from pathway.beds.transfers import in_order
from pathway.beds.turn import OFFERED, Wait, passed_over
from pathway.beds.waited import end
from pathway.db import db
from pathway.errors import Refused
from pathway.sites.rules import SiteFacts


def to_offer(act: Act, site: SiteFacts) -> list[int]:
    """Return the waits at a site that a bed may be offered to now, in turn."""
    waits = queue.at_site(act, site)
    claims = queue.claims_of(waits)
    free = [one for one in waits if not passed_over(one, claims.get(one.person.id, ()), act.at)]
    return [one.id for one in free]


def offer(act: Act, ident: int) -> PlacementFacts | None:
    """Hold a bed for somebody who waits, if one is free and it is still theirs to have.

    One for each transaction. Whoever is not offered anything keeps their place.
    """
    wait = queue.wait(act, ident)
    if wait is None or wait.ended_at is not None:
        return None
    claims = queue.claims_of([wait]).get(wait.person.id, [])
    if passed_over(wait, claims, act.at):
        return None
    try:
        with db.session.begin_nested() as look:
            made = _held(act, wait, claims)
            if made is None or not _spent(act, wait, made):
                look.rollback()
                return None
    except Refused:
        return None
    note(act, made, Happened.HELD)
    audit.record(act, "offer bed", f"waiting:{wait.id}", person=made.person.ref)
    tell_of_offer(act, made)
    return made


def _held(act: Act, wait: Wait, claims: list[PlacementFacts]) -> PlacementFacts | None:
    """Put a hold on a bed for them, or a planned move where they are in elsewhere."""
    claimed = {
        "status": PlacementStatus.HELD.value,
        "expires_at": act.at + timedelta(minutes=wait.site.hold_minutes),
        "made_by": wait.by,
    }
    check_fit(act, wait.person, wait.site, None, Arrival(arriving(act, wait.site, claimed)))
    inside = next((one for one in claims if one.status is PlacementStatus.IN), None)
    if inside is not None:
        return _planned(act, wait, inside, claimed)
    asked = suits(wait.person)
    bed = queries.claimable(wait.site.id, None, act.at, skip=True, asked=asked)
    bed = bed or queries.claimable(wait.site.id, None, act.at, skip=False, asked=asked)
    if bed is None:
        return None
    mark_lapsed(act, [bed.lapsed_id, *(one.id for one in claims)])
    return insert_claim(act, wait.person, wait.site, bed, claimed)


def _planned(
    act: Act, wait: Wait, inside: PlacementFacts, claimed: Mapping[str, Any]
) -> PlacementFacts | None:
    """Plan a move from where they are in; both beds are locked as for any move."""
    free = fitting(board.free_of(wait.site, act.at), wait.person)
    if not free:
        return None
    for one in in_order([inside.bed_id or 0, free[0].id]):
        queries.lock_bed(one)
    old = queries.placement(inside.id, lock=True)
    bed = queries.claimable(wait.site.id, free[0].id, act.at, skip=False)
    if bed is None or old is None or old.status is not PlacementStatus.IN:
        return None
    planned = queries.planned_of(wait.person.id)
    mark_lapsed(act, [bed.lapsed_id, planned.id if planned else None])
    move = {**claimed, "planned": True, "transfer_from": old.id}
    return insert_claim(act, wait.person, wait.site, bed, move)


def _spent(act: Act, wait: Wait, made: PlacementFacts) -> bool:
    """Write down what was offered, unless the wait ended meanwhile; every other one ends too."""
    offered = {"placement_id": made.id, "offered_at": act.at}
    row = (
        update(Waiting)
        .where(Waiting.id == wait.id, Waiting.ended_at.is_(None))
        .values(**offered, ended_at=act.at, ended_why=OFFERED)
        .returning(Waiting.id)
    )
    if db.session.scalar(row) is None:
        return False
    end(act, wait.person.id, OFFERED, site_id=wait.site.id)
    return True
