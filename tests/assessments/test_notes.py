"""Notes: who reads them, and how they are taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from pathway import acts
from pathway.acts import Act
from pathway.assessments import notes
from pathway.assessments.models import Note
from pathway.beds import actions as beds
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.sites import queries as sites
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_person, an_act, later


def of_team(organisation: str, *roles: Role, email: str) -> Act:
    """Add a member of an organisation's staff who holds these roles."""
    act = an_act(roles[0], email=email, organisation=organisation)
    held = frozenset(role.value for role in roles)
    return replace(act, organisation_id=sites.organisation_ids()[organisation], roles=held)


def read(act: Act, person_id: int) -> list[str]:
    return [one.words for one in notes.of(act, person_id)]


def test_a_private_note_is_read_by_the_same_role_of_the_same_organisation_alone(
    store: Flask,
) -> None:
    with transaction():
        writer = of_team("cgl", Role.OUTREACH, email="a@example.org")
        colleague = of_team("cgl", Role.OUTREACH, email="b@example.org")
        other_role = of_team("cgl", Role.TREATMENT, email="c@example.org")
        other_house = of_team("shp", Role.OUTREACH, email="d@example.org")
        both = of_team("cgl", Role.HUB, Role.OUTREACH, email="e@example.org")
        person = a_person()
        notes.write(writer, person=person.ref, words="For all", shared=True)
        made = notes.write(writer, person=person.ref, words="For us", shared=False)
    for reader in (writer, colleague, both):
        assert read(reader, person.id) == ["For us", "For all"]
    for reader in (other_role, other_house, replace(writer, organisation_id=None)):
        assert read(reader, person.id) == ["For all"]
    for stranger in (other_role, other_house):
        with pytest.raises(Absent), transaction():
            notes.strike(stranger, person.ref, made.id)
    with pytest.raises(Refused, match="Somebody else"), transaction():
        notes.strike(colleague, person.ref, made.id)
    with pytest.raises(Invalid), transaction():
        notes.write(both, person=person.ref, words="Which?", shared=False)
    with transaction():
        notes.write(both, person=person.ref, words="Hub only", shared=False, role="hub")
    assert "Hub only" not in read(writer, person.id)


def test_who_works_at_a_confidential_site_too_is_read_by_no_colleague_of_the_other_site(
    store: Flask,
) -> None:
    """What they write of somebody who is not at the other site would tell where she is."""
    with transaction():
        writer = an_act(Role.HUB, HUB, "respite-rooms", email="both@example.org")
        colleague, inside = an_act(Role.HUB, HUB), an_act(Role.HUB, "respite-rooms")
        both = an_act(Role.HUB, HUB, "respite-rooms", email="two@example.org")
        person = a_person()
        made = notes.write(writer, person=person.ref, words="For us", shared=False)
        notes.write(writer, person=person.ref, words="For all", shared=True)
    assert [(one.words, one.by_name) for one in notes.of(colleague, person.id)] == [
        ("For all", None)
    ]
    assert read(both, person.id) == read(writer, person.id) == ["For all", "For us"]
    assert [one.by_name for one in notes.of(inside, person.id)] == ["The hub", "The hub"]
    with pytest.raises(Absent), transaction():
        notes.strike(colleague, person.ref, made.id)


def test_a_note_is_taken_back_within_a_day_and_kept(store: Flask) -> None:
    with transaction():
        writer = of_team("shp", Role.OUTREACH, email="a@example.org")
        person = a_person()
        made = notes.write(writer, person=person.ref, words="Wrong person", shared=True)
    at_the_limit = replace(writer, at=later(hours=24))
    with pytest.raises(Refused, match="24 hours"), transaction():
        notes.strike(replace(writer, at=NOW + timedelta(hours=24, seconds=1)), person.ref, made.id)
    with transaction():
        notes.strike(at_the_limit, person.ref, made.id)
        again = notes.strike(replace(writer, at=later(days=3)), person.ref, made.id)
    assert (again.words, again.struck_at) == ("", at_the_limit.at)
    assert db.session.get_one(Note, made.id).words == "Wrong person"


def test_the_page_of_another_team_says_nothing_of_a_private_note(
    app: Flask, signed_in: Ask
) -> None:
    outreach, door = signed_in(Role.OUTREACH), signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        hub = an_act(Role.HUB, HUB, at=acts.now())
        ref, stranger = a_person().ref, a_person().ref
        beds.walk_in(hub, person=ref, site=HUB)
    page = f"/people/{ref}/notes"
    before = outreach.get(page).get_data(as_text=True)
    assert "No note that you may read." in before
    form = {"csrf_token": csrf_of(door, page), "words": "Sleeps badly", "readers": "team"}
    assert door.post(page, data=form).status_code == 303
    assert "Sleeps badly" in door.get(page).get_data(as_text=True)
    seen = outreach.get(page).get_data(as_text=True)
    assert "No note that you may read." in seen
    assert "badly" not in seen
    assert door.post(f"/people/{stranger}/notes", data=form).status_code == 403
    with app.app_context(), transaction():
        db.session.execute(update(Note).values(at=acts.now() - timedelta(hours=25)))
    assert "Take it back" not in door.get(page).get_data(as_text=True)
