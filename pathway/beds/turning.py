"""Somebody for whom there was no bed: written down once for a night, whoever says it first."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from pathway import audit
from pathway.acts import Act
from pathway.beds import needed, queries
from pathway.beds.judging import already_placed
from pathway.beds.models import TurnAway
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.db import db
from pathway.errors import Absent, InVain, Refused, Unknown
from pathway.nights import night_of
from pathway.people import queries as people
from pathway.people.rules import DIED, PersonFacts
from pathway.sites import queries as sites
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def turn_away(act: Act, ref: str, *, site: str | None = None) -> PersonFacts:
    """Write down at the word of whoever acts that there was no bed for somebody.

    ``site`` is a site of theirs at whose door it was. Where it is written down
    already nothing changes.

    Raises:
        Absent: there is no such person, or their record is closed.
        Unknown: there is no such site of theirs.
        Refused: their death is recorded, or they have a bed.
    """
    people.lock_people(act, ref)
    who = people.person(act, ref)
    if who is None:
        raise Absent
    if who.died_on is not None:
        raise Refused(DIED)
    standing = _standing(act, who)
    if standing is not None:
        raise already_placed(act, standing)
    site_id = _own_site(act, site) if site else None
    _write(act, who, site_id, needed.kept(who))
    return who


def note(act: Act, asked: InVain) -> None:
    """Write down that a bed was asked for in vain, after the refusal rolled back.

    Not of somebody who has a bed meanwhile, nor of a caller whose record went
    with the refusal. It is no view of them: a closed record counts like any other.
    """
    people.lock_people(act, asked.person)
    who = people.closed_person(asked.person)
    if who is not None and who.died_on is None and _standing(act, who) is None:
        _write(act, who, asked.site_id, asked.needed)


def _write(act: Act, who: PersonFacts, site_id: int | None, what: Mapping[str, Any]) -> None:
    """Add the row, unless there is one of this night."""
    night = night_of(act.at)
    if queries.turned_away_at(who.id, night) is not None:
        return
    row = {"person_id": who.id, "site_id": site_id, "night": night, "at": act.at}
    db.session.execute(insert(TurnAway).values(**row, needed=dict(what), by=act.staff_id))
    audit.record(act, "turn away", f"person:{who.ref}")


def _standing(act: Act, who: PersonFacts) -> PlacementFacts | None:
    """Return the claim that somebody has on a bed, unless it lapsed."""
    found = queries.live_placement_of(who.id)
    lapsed = found is not None and found.status_at(act.at) is PlacementStatus.EXPIRED
    return None if lapsed else found


def _own_site(act: Act, code: str) -> int:
    found = sites.site(code)
    if found is None or not scope(act, Doing.RUN_SITE).covers(found):
        raise Unknown({"site": ["There is no such site of yours."]})
    return found.id
