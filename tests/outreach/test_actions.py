"""Contacts as they are written down, read and taken back, on both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.messages.models import Notice
from pathway.nights import night_of
from pathway.outreach import actions, queries, sight
from pathway.outreach.rules import ContactFacts, ContactKind, Offer
from pathway.people import closing, lookouts
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from tests import factories
from tests.factories import NOW, an_act, at, later

BEDDED = ContactKind.BEDDED_DOWN


def met(act: Act, person: PersonFacts, **said: object) -> ContactFacts:
    kind = {"kind": BEDDED} | said
    return actions.record_contact(act, person=person.ref, **kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("happened", "night"),
    [
        (datetime(2026, 4, 1, 1, 0, tzinfo=UTC), date(2026, 3, 31)),  # 02:00 in London
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 28)),  # 02:00, an hour is gone
        (datetime(2026, 3, 29, 10, 59, tzinfo=UTC), date(2026, 3, 28)),  # 11:59 in London
        (datetime(2026, 3, 29, 11, 0, tzinfo=UTC), date(2026, 3, 29)),  # noon
        (datetime(2025, 10, 26, 0, 30, tzinfo=UTC), date(2025, 10, 25)),  # 01:30 once
        (datetime(2025, 10, 26, 1, 30, tzinfo=UTC), date(2025, 10, 25)),  # and again
        (datetime(2025, 10, 26, 11, 59, tzinfo=UTC), date(2025, 10, 25)),
        (datetime(2024, 2, 29, 23, 30, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 3, 1, 3, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_a_contact_falls_on_the_night_it_happened(happened: datetime, night: date) -> None:
    """The action stores what this rule says; the next test shows that it does."""
    assert night_of(happened) == night


def test_a_contact_keeps_when_it_happened_and_when_it_was_recorded(store: Flask) -> None:
    then = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    with transaction():
        act = an_act(at=then + timedelta(days=2))
        person = factories.a_person()
        told = met(
            replace(act, device_at=then),
            person,
            at=then,
            place="Euston Road",
            lat=51.5287431,
            lon=-0.1339,
            offered=[Offer.FOOD, Offer.BED],
            notes="Asleep",
        )
    found = queries.contact(act, told.id)
    assert found == replace(told, ring_duty=False)
    assert (found.at, found.night, found.recorded_at) == (then, date(2026, 3, 31), act.at)
    assert found.late
    assert (found.lat, found.lon, found.where) == (51.529, -0.134, "Euston Road")
    assert found.offered == (Offer.BED, Offer.FOOD)
    assert queries.contacts_of(act, person.id, limit=5) == [found]
    assert queries.contacts_of(act, person.id, before=(found.at, found.id), limit=5) == []


def test_a_description_is_a_person_without_a_name(store: Flask) -> None:
    with transaction():
        told = actions.record_contact(an_act(), kind=BEDDED, description=" Man, red sleeping bag ")
    assert told.person_name == "No name given (Man, red sleeping bag)"
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "record contact")).one()
    assert (line.subject, line.person) == (f"contact:{told.id}", told.person_ref)


@pytest.mark.parametrize("unseen", ["\u200b", " \u202e\u2060 ", "\ufeff"])
def test_a_description_that_nobody_can_see_is_none(store: Flask, unseen: str) -> None:
    with transaction():
        act = an_act()
    with pytest.raises(Invalid), transaction():
        actions.record_contact(act, kind=BEDDED, description=unseen)


def test_what_is_wrong_with_a_contact_is_said_by_field(store: Flask) -> None:
    with transaction():
        act, person = an_act(), factories.a_person()
    wrong: list[tuple[dict[str, object], str]] = [
        ({}, "description"),
        ({"person": person.ref, "description": "a man"}, "person"),
        ({"person": "P-NOBODY"}, "person"),
        ({"person": person.ref, "at": later(minutes=6)}, "at"),
        ({"person": person.ref, "lat": 51.5}, "lon"),
        ({"person": person.ref, "offered": [Offer.BED, Offer.NOTHING]}, "offered"),
        ({"person": person.ref, "spot": 999_999}, "spot"),
    ]
    for said, field in wrong:
        with pytest.raises(Invalid) as refusal, transaction():
            actions.record_contact(act, kind=BEDDED, **said)  # type: ignore[arg-type]
        assert set(refusal.value.errors) == {field}
    assert queries.contacts_of(act, person.id, limit=5) == []


def test_a_contact_is_taken_back_by_its_writer_for_a_day_and_by_a_coordinator_later(
    store: Flask,
) -> None:
    with transaction():
        act, other = an_act(), an_act(email="other@example.org")
        lead = an_act(Role.SWEP_COORDINATOR, at=later(days=9))
        one, two, three = (met(act, factories.a_person()) for _ in range(3))
        struck = actions.strike(at(act, later(hours=24)), one.id)
        assert struck.struck_at == later(hours=24)
        assert actions.strike(at(act, later(days=3)), one.id) == struck
        assert actions.strike(lead, two.id).struck_at == lead.at
    for who in (at(act, later(hours=24, seconds=1)), other):
        with pytest.raises(Refused, match="coordinator or a manager"), transaction():
            actions.strike(who, three.id)
    with pytest.raises(Absent), transaction():
        actions.strike(act, 999_999)


def test_what_was_met_at_a_confidential_site_is_seen_by_its_staff_alone(store: Flask) -> None:
    with transaction():
        inside = an_act(Role.HUB, "respite-rooms")
        person = factories.a_person()
        told = met(inside, person, site=factories.a_site("respite-rooms").id)
        open_one = met(inside, person, site=factories.a_site().id)
        others = [an_act(role) for role in (Role.OUTREACH, Role.MANAGER, Role.TREATMENT)]
        others += [an_act(Role.HUB, factories.HUB), an_act(Role.SWEP_COORDINATOR)]
        named = an_act(Role.HUB_LEAD, "respite-rooms")
        elsewhere = replace(inside, site_ids=frozenset())
    assert queries.contact(named, told.id) == told
    for act in (*others, elsewhere):
        seen = queries.contacts_of(act, person.id, limit=5)
        assert told not in seen
        told_to = [one.id for one in (told, open_one) if sight.may_see(act, one)]
        assert told_to == [one.id for one in seen]
        assert not any(one.by_name or one.organisation for one in seen)
    manager, hub = others[1], others[3]
    for act in (manager, hub):
        found = queries.contact(act, open_one.id)
        assert found is not None
        assert found.id == open_one.id
    with pytest.raises(Absent), transaction():
        actions.strike(manager, told.id)


def test_a_closed_record_closes_its_contacts(store: Flask) -> None:
    with transaction():
        act, other = an_act(), an_act(email="other@example.org")
        told = met(act, factories.a_person())
        closing.restrict(act, told.person_ref)
    assert queries.contact(act, told.id) is not None
    assert queries.contact(other, told.id) is None
    with pytest.raises(Unknown), transaction():
        actions.record_contact(other, kind=BEDDED, person=told.person_ref)


def test_whoever_looks_out_for_somebody_is_told_once_and_without_a_name(store: Flask) -> None:
    with transaction():
        act, holder = an_act(), an_act(email="holder@example.org")
        person = factories.a_person()
        for key, of in (("one", holder.staff_id), ("mine", act.staff_id)):
            until = later(days=1)
            lookouts.look_out(act, person.id, key=key, staff_id=of, until=until)
            lookouts.look_out(act, person.id, key=key, staff_id=of, until=until)
        assert not met(act, person, at=NOW - timedelta(hours=1)).ring_duty
        assert met(act, person).ring_duty
        assert not met(act, person).ring_duty
    told = db.session.scalars(select(Notice).where(Notice.kind == "met")).one()
    assert (told.staff_id, told.words) == (holder.staff_id, lookouts.MET)
    assert "Fern" not in told.words


def test_nobody_is_looked_out_for_longer_than_was_said(store: Flask) -> None:
    with transaction():
        act = an_act()
        person = factories.a_person()
        lookouts.look_out(act, person.id, key="one", staff_id=None, until=later(days=7))
        assert not lookouts.met(at(act, later(days=7)), person.id)
        assert lookouts.met(at(act, later(days=7, seconds=-1)), person.id)
