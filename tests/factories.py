"""What tests are made of: acts, people and placements with as little said as possible."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, update

from pathway import acts
from pathway.acts import Act, by_service
from pathway.assessments import safeguarding
from pathway.assessments.rules import ConcernKind
from pathway.beds import actions as beds
from pathway.beds.rules import PlacementFacts
from pathway.db import db
from pathway.messages import actions as messages
from pathway.messages.models import Text
from pathway.messages.rules import Purpose
from pathway.nights import london, night_of
from pathway.outreach import actions as street
from pathway.outreach import alerts, counts, promises, shifts
from pathway.outreach.models import Spot
from pathway.outreach.rules import ContactKind
from pathway.people import actions as people
from pathway.people.rules import PersonFacts
from pathway.privacy import requests
from pathway.privacy.rules import AskedFor
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff import actions as staff
from pathway.staff.doing import Role

NOW = datetime(2026, 1, 10, 1, 30, tzinfo=UTC)
"""Half past one on the night of 9 January 2026."""

HUB = "165-hub"

_texts = itertools.count(1)
PASSWORD = "four plain words here"


def later(**passed: float) -> datetime:
    """Return a moment after NOW."""
    return NOW + timedelta(**passed)


def a_site(code: str = HUB) -> SiteFacts:
    found = sites.site(code)
    assert found is not None
    return found


def an_act(
    role: Role = Role.OUTREACH,
    *codes: str,
    at: datetime = NOW,
    email: str | None = None,
    organisation: str = "shp",
) -> Act:
    """Add a member of staff with this role at these sites, and act as them."""
    email = email or f"{role}-{'-'.join(codes) or 'all'}@example.org"
    ident = staff.add_staff(
        by_service(at),
        email=email,
        name=f"The {role}",
        organisation=organisation,
        roles=[role],
        site_codes=codes,
    )
    named = frozenset(a_site(code).id for code in codes)
    team = sites.organisation_ids()[organisation]
    return Act(at, ident, f"The {role}", frozenset({role.value}), named, organisation_id=team)


def at(act: Act, moment: datetime) -> Act:
    """Return the same member of staff at another moment."""
    return replace(act, at=moment, device_at=None)


def a_person(**facts: Any) -> PersonFacts:
    facts.setdefault("given_name", "Fern")
    return people.add_person(by_service(NOW), **facts)


def a_hold(act: Act, site: str = HUB, person: PersonFacts | None = None) -> PlacementFacts:
    return beds.hold(act, person=(person or a_person()).ref, site=site)


def a_count(act: Act, *, starts: time = time(12), ends: time = time(11, 59)) -> int:
    """Open a street count of tonight with two areas; it covers the night unless hours are given."""
    night = night_of(act.at)
    areas = [("Euston", "Ann and Ben"), ("Soho", None)]
    hours = {"starts": starts, "ends": ends}
    return counts.open_count(act, name="A count", night=night, areas=areas, **hours)


def a_lost_text() -> int:
    """Add a text that did not arrive."""
    body = f"Somebody is coming to bed {next(_texts)}."
    made = messages.queue(
        by_service(acts.now()), to="+447700900123", body=body, purpose=Purpose.NOTICE
    )
    db.session.execute(update(Text).where(Text.id == made).values(state="failed"))
    return made or 0


def a_night_out(act: Act) -> dict[str, int]:
    """Add a shift that is under way, its spot, a contact on it and a promise, all by id."""
    n = next(_texts)
    spot = db.session.execute(insert(Spot).values(name=f"Bridge {n}").returning(Spot.id))
    spot_id = spot.scalar_one()
    shift = shifts.plan(
        act,
        night=night_of(act.at),
        name="South",
        starts_at=act.at,
        ends_at=act.at + timedelta(hours=8),
        staff=(),
        spots=(spot_id,),
    ).id
    person = a_person().ref
    kind = ContactKind.BEDDED_DOWN
    met = street.record_contact(act, person=person, kind=kind, spot=spot_id, shift=shift)
    told = promises.promise(act, person=person, words="A coat", due_on=london(act.at).date())
    return {"shift": shift, "spot": spot_id, "contact": met.id, "promise": told.id}


def a_concern(act: Act, person: PersonFacts | None = None) -> int:
    """Raise a concern about an adult."""
    ref, kind = (person or a_person()).ref, ConcernKind.ADULT
    return safeguarding.raise_concern(act, person=ref, kind=kind, words="Bruises")


def a_request(act: Act, person: PersonFacts | None = None) -> int:
    """Record that somebody asked what is kept of them."""
    asked: dict[str, Any] = {"kind": AskedFor.ACCESS, "asked_by": "They do, at the hub"}
    ref, today = person.ref if person else None, london(act.at).date()
    return requests.record(act, person=ref, received_on=today, **asked)


def a_drug_alert() -> int:
    """Put up an alert that is shown today."""
    act = by_service(acts.now())
    today = london(act.at).date()
    told = {"title": "Nitazenes", "words": "Carry naloxone.", "source": "Local alert"}
    return alerts.put_up(act, **told, from_on=today, until_on=today)


def token_of(email: str) -> str:
    return staff.make_token(by_service(NOW), email)
