"""Concerns raised, followed up and told of; who reads them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act, by_service
from pathway.assessments import safeguarding, standing
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.messages import inbox
from pathway.people import closing
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.factories import HUB, a_concern, a_person, an_act, at, later

RESPITE = "respite-rooms"


def with_organisation(act: Act) -> Act:
    """Return the act as a request makes it: with whose staff they are."""
    mine = select(Staff.organisation_id).where(Staff.id == act.staff_id)
    return replace(act, organisation_id=db.session.scalar(mine))


def test_a_concern_is_sent_acknowledged_chased_and_closed(store: Flask) -> None:
    with transaction():
        worker = an_act()
        ident = a_concern(worker)
        with pytest.raises(Refused, match="not been sent"):
            safeguarding.step(worker, ident, ConcernStep.ACKNOWLEDGED, "Ms Adeyemi")
        safeguarding.step(worker, ident, ConcernStep.SENT)
        for _ in range(2):
            safeguarding.step(worker, ident, ConcernStep.CHASED)
        with pytest.raises(Invalid):
            safeguarding.step(worker, ident, ConcernStep.ACKNOWLEDGED, " ")
        safeguarding.step(worker, ident, ConcernStep.ACKNOWLEDGED, "Ms Adeyemi")
        safeguarding.step(worker, ident, ConcernStep.ACKNOWLEDGED, "somebody else")
        done = safeguarding.step(worker, ident, ConcernStep.CLOSED, "Seen by a social worker")
    told = [(one.what.value, one.detail) for one in done.events]
    assert told == [
        ("raised", None),
        ("sent", None),
        ("chased", None),
        ("chased", None),
        ("acknowledged", "Ms Adeyemi"),
        ("closed", "Seen by a social worker"),
    ]
    assert standing.open_ones(replace(worker, roles=frozenset({"manager"}))) == []


def test_raiser_and_leads_are_told_once_for_each_stage_and_nobody_is_named(store: Flask) -> None:
    with transaction():
        worker, lead, other = an_act(), an_act(Role.HUB_LEAD, HUB), an_act(Role.HUB, HUB)
        ident = a_concern(worker)

    def job(hours: float) -> None:
        act = by_service(later(hours=hours))
        for one in standing.to_tell_of(act.at):
            with transaction():
                safeguarding.tell(act, one)
        with transaction():
            safeguarding.tell(act, ident)

    def told(act: Act, hours: float) -> list[str]:
        return [one.words for one in inbox.listed(at(act, later(hours=hours)))]

    job(3.9)
    assert told(worker, 4) == []
    job(4)
    job(4.1)
    for act in (worker, lead):
        (words,) = told(act, 5)
        assert "not sent" in words
        assert "Fern" not in words
    assert told(other, 5) == []
    with transaction():
        safeguarding.step(at(worker, later(hours=5)), ident, ConcernStep.SENT)
    job(24 * 5)
    job(24 * 6)
    assert len(told(lead, 24 * 6)) == 2
    assert standing.to_tell_of(later(days=30)) == []


def test_a_concern_that_is_acknowledged_tells_nobody(store: Flask) -> None:
    with transaction():
        worker = an_act()
        ident = a_concern(worker)
        safeguarding.step(worker, ident, ConcernStep.SENT)
        safeguarding.step(worker, ident, ConcernStep.ACKNOWLEDGED, "The duty social worker")
    assert standing.to_tell_of(later(days=30)) == []


def test_hub_staff_read_what_their_own_raised_and_what_is_of_residents(store: Flask) -> None:
    with transaction():
        worker = an_act(organisation="rts")
        door = with_organisation(an_act(Role.HUB, HUB))
        colleague = an_act(Role.HUB_LEAD, HUB)
        person, resident = a_person(), a_person()
        beds.walk_in(door, person=resident.ref, site=HUB)
        theirs, ours = a_concern(worker, person), a_concern(colleague, person)
        inside = a_concern(worker, resident)
        residents = care.residents(door)
    assert [one.id for one in standing.of_person(door, person.id, residents)] == [ours]
    assert {one.id for one in standing.open_ones(door, residents)} == {ours, inside}
    assert standing.concern(door, theirs, residents) is None
    with pytest.raises(Absent), transaction():
        safeguarding.step(door, theirs, ConcernStep.SENT, None, residents)
    assert [one.id for one in standing.open_ones(worker)] == [theirs, inside]
    assert len(standing.open_ones(colleague)) == 3


def test_words_from_a_confidential_site_are_read_there_alone(store: Flask) -> None:
    with transaction():
        within = an_act(Role.HUB, RESPITE)
        lead = with_organisation(an_act(Role.HUB_LEAD, HUB))
        door = with_organisation(an_act(Role.HUB, HUB))
        person = a_person()
        beds.walk_in(within, person=(resident := a_person(gender="woman")).ref, site=RESPITE)
        a_concern(within, person)
        a_concern(within, resident)
    (seen,) = standing.of_person(lead, person.id)
    assert (seen.words, seen.by, seen.events[0].by) == (None, None, None)
    assert standing.of_person(door, person.id) == []
    assert standing.of_person(within, resident.id, care.residents(within))[0].words == "Bruises"


def test_concerns_of_a_closed_record_are_as_if_they_were_not(store: Flask) -> None:
    with transaction():
        worker, manager = an_act(), an_act(Role.MANAGER)
        person = a_person()
        a_concern(worker, person)
        closing.restrict(worker, person.ref)
    assert standing.open_ones(manager) == []
    assert standing.of_person(manager, person.id) == []
    assert len(standing.of_person(worker, person.id)) == 1


def test_the_mark_opens_one_concern_about_a_child_and_keeps_why_it_is_taken_back(
    store: Flask,
) -> None:
    with transaction():
        worker, person = an_act(), a_person()
        for _ in range(2):
            safeguarding.mark_perhaps_child(worker, person.ref)
        (one,) = standing.of_person(worker, person.id)
        assert one.kind is ConcernKind.CHILD
        safeguarding.not_a_child(worker, person.ref, reason="Saw a passport")
        (one,) = standing.of_person(worker, person.id)
    assert one.events[-1].detail == "Saw a passport"
    assert one.closed_at is None
    with transaction():
        safeguarding.mark_perhaps_child(worker, person.ref)
        beyond = worker.at + timedelta(hours=1)
        with pytest.raises(Invalid):
            safeguarding.not_a_child(at(worker, beyond), person.ref, reason=" ")
