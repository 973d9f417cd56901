"""Writing contacts down, and taking back what was recorded in error."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.nights import london, night_of
from pathway.outreach import queries
from pathway.outreach.models import Contact
from pathway.outreach.rules import (
    STRUCK_BY_ONESELF,
    ContactFacts,
    ContactKind,
    Hidden,
    Naloxone,
    Offer,
    bad_location,
    bad_moment,
    bad_offers,
    rounded,
)
from pathway.people import actions as people_actions
from pathway.people import lookouts
from pathway.people import queries as people
from pathway.people.rules import DIED, PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


class Said(TypedDict, total=False):
    """What may be said of a contact; all of it may be left out.

    ``spot``, ``site``, ``count_area`` and ``shift`` are ids. ``site`` is the one whose
    staff met them there.
    """

    place: str | None
    spot: int | None
    lat: float | None
    lon: float | None
    present: str | None
    offered: Collection[Offer]
    naloxone: Naloxone | None
    overdose: bool
    moved_on: bool
    hidden: Hidden | None
    notes: str | None
    site: int | None
    count_area: int | None
    shift: int | None


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
    """Write down that somebody was met: a person by reference, or a description.

    A shift that is not named is the one that whoever acts is on at the time.

    Raises:
        Invalid: a value is wrong, or there is neither or both of person and description.
        Unknown: there is no such person or spot.
        Refused: their death is recorded, and they were not met before it.
    """
    then = min(at or act.at, act.at)
    _check(act, at or act.at, said)
    whom = _whom(act, person, description, gender or Gender.NOT_KNOWN)
    if whom.died_on and (at is None or london(then).date() > whom.died_on):
        raise Refused(DIED)
    row = _about(said) | {
        "person_id": whom.id,
        "kind": kind.value,
        "at": then,
        "night": night_of(then),
        "recorded_at": act.at,
        "device_at": act.device_at,
        "staff_id": act.staff_id,
        "organisation_id": act.organisation_id,
        "shift_id": said.get("shift") or queries.shift_of(act, then),
    }
    ident = db.session.execute(insert(Contact).values(**row).returning(Contact.id)).scalar_one()
    audit.record(act, "record contact", f"contact:{ident}", person=whom.ref)
    told = whom.died_on is None and lookouts.met(act, whom.id, at=then)
    return replace(queries.written(ident), ring_duty=told)


def strike(act: Act, ident: int) -> ContactFacts:
    """Take back a contact that was recorded in error; it is kept, and counts nowhere.

    Raises:
        Absent: there is no such contact that whoever acts may see.
        Refused: it is somebody else's, or too old to be taken back by whoever wrote it.
    """
    db.session.execute(select(Contact.id).where(Contact.id == ident).with_for_update())
    found = queries.contact(act, ident)
    if found is None:
        raise Absent
    if found.struck_at is None:
        if not may_strike(act, found):
            raise Refused(
                "Whoever recorded a contact takes it back within a day. "
                "After that ask a coordinator or a manager."
            )
        struck = {"struck_at": act.at, "struck_by": act.staff_id}
        db.session.execute(update(Contact).where(Contact.id == ident).values(**struck))
    audit.record(act, "strike contact", f"contact:{ident}", person=found.person_ref)
    return queries.written(ident)


def may_strike(act: Act, contact: ContactFacts) -> bool:
    """Return whether whoever acts may take a contact back that they may see."""
    own = contact.staff_id is not None and contact.staff_id == act.staff_id
    if own and act.at - contact.recorded_at <= STRUCK_BY_ONESELF:
        return True
    return scope(act, Doing.SIGN_COUNT).everywhere


def _check(act: Act, at: datetime, said: Said) -> None:
    """Refuse values that cannot be; every fault is told at once."""
    faults = bad_location(said.get("lat"), said.get("lon"))
    told = {"at": bad_moment(at, act.at), "offered": bad_offers(said.get("offered", ()))}
    faults |= {name: fault for name, fault in told.items() if fault}
    if faults:
        raise Invalid({name: [fault] for name, fault in faults.items()})
    spot = said.get("spot")
    if spot is not None and queries.spot(spot) is None:
        raise Unknown({"spot": ["There is no such spot. Choose one from the list."]})


def _whom(act: Act, person: str | None, description: str | None, gender: Gender) -> PersonFacts:
    """Return who was met; somebody who is only described is a new record without a name.

    Locked, so that nothing is written on a record that is being merged away.
    """
    described = (description or "").strip()
    if not any(one.isprintable() and not one.isspace() for one in described):
        described = ""  # nobody finds a person again whose name is not to be seen
    blank = description is not None and not described
    if blank or bool(person) == bool(described):
        one = "Say who it was, or describe them: one of the two."
        raise Invalid({"description" if not person else "person": [one]})
    if not person:
        return people_actions.add_unnamed(act, described, gender)
    people.lock_people(act, person)
    found = people.person(act, person)
    if found is None:
        raise Unknown({"person": ["There is no person with this reference."]}, person=person)
    return found


def _about(said: Said) -> dict[str, Any]:
    """Return the columns for what is said of a contact."""
    offered = said.get("offered", ())
    return {
        "count_area_id": said.get("count_area"),
        "site_id": said.get("site"),
        "spot_id": said.get("spot"),
        "place": said.get("place") or None,
        "lat": rounded(said.get("lat")),
        "lon": rounded(said.get("lon")),
        "present": said.get("present") or None,
        "offered": ";".join(one.value for one in Offer if one in offered),
        "naloxone": said.get("naloxone"),
        "overdose": said.get("overdose", False),
        "moved_on": said.get("moved_on", False),
        "hidden": said.get("hidden"),
        "notes": said.get("notes") or None,
    }
