"""Two records of one person become one, and are parted again."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.beds import queries as placements
from pathway.db import Base, db, transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.people import merging, queries
from pathway.people.models import Person
from pathway.staff.rules import Role
from tests.factories import HUB, a_hold, a_person, an_act


@pytest.fixture
def lead(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB)


def test_the_old_reference_leads_to_the_one_person(lead: Act) -> None:
    with transaction():
        old, kept = a_person(given_name="Fernanda"), a_person(given_name="Fern")
        care.merge(lead, old.ref, kept.ref)
    found = queries.whole_person(lead, old.ref)
    assert found is not None
    assert found.ref == kept.ref
    assert [one.ref for one in queries.search(lead, "fernanda")] == [kept.ref]


def test_everything_that_refers_to_a_person_moves(lead: Act) -> None:
    columns = {f"{table.name}.{column.name}" for table, column in merging.references()}
    assert columns >= {"placement.person_id", "person_alias.person_id", "person_opening.person_id"}
    with transaction():
        old, kept = a_person(aliases=["Badger"]), a_person()
        care.restrict(lead, old.ref)
        held = beds.hold(lead, person=old.ref, site=HUB)
        care.merge(lead, old.ref, kept.ref)
    for table, column in merging.references():
        assert db.session.scalar(select(column).where(column == old.id)) is None, table.name
    assert [one.id for one in placements.placements_of(kept.id)] == [held.id]


def test_what_moves_is_read_from_the_schema(lead: Act) -> None:
    """A new table that refers to a person moves with it, or is on the list with a reason."""
    referring = {
        table.name
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column is Person.__table__.c.id for key in column.foreign_keys)
    }
    assert referring == {table.name for table, _ in merging.references()} | merging.STAY


def dump(table: str) -> list[tuple[Any, ...]]:
    found = Base.metadata.tables[table]
    return [tuple(row) for row in db.session.execute(select(found).order_by(*found.primary_key))]


def test_parted_again_everything_is_as_before(lead: Act) -> None:
    watched = ("person", "person_alias", "person_key", "placement", "person_opening")
    with transaction():
        old, kept = a_person(aliases=["Badger"]), a_person(given_name="Gale")
        a_hold(lead, person=old)
        before = {name: dump(name) for name in watched}
        care.merge(lead, old.ref, kept.ref)
        care.unmerge(lead, old.ref)
        assert {name: dump(name) for name in watched} == before


def test_two_who_are_both_placed_are_not_merged(lead: Act) -> None:
    with transaction():
        first, second = a_hold(lead), a_hold(lead)
    with pytest.raises(Refused, match="Both have a bed"), transaction():
        care.merge(lead, first.person.ref, second.person.ref)
    assert queries.person(lead, first.person.ref) == first.person


def test_a_closed_record_stays_closed_in_whom_it_became(lead: Act) -> None:
    with transaction():
        worker, other = an_act(), an_act(Role.SWEP_COORDINATOR)
        old, kept = a_person(), a_person()
        care.restrict(lead, old.ref)
        held = beds.hold(worker, person=kept.ref, site=HUB)
        care.merge(lead, old.ref, kept.ref)
    assert queries.person(other, kept.ref) is None
    assert queries.person(other, old.ref) is None
    assert queries.person(lead, kept.ref) is not None
    assert placements.open_placement(lead, held.id) is not None
    with transaction():
        care.unmerge(lead, old.ref)
    assert queries.person(other, kept.ref) is not None
    assert queries.person(other, old.ref) is None


def test_a_chain_leads_to_its_end(lead: Act) -> None:
    with transaction():
        first, second, third = a_person(), a_person(), a_person()
        care.merge(lead, first.ref, second.ref)
        care.merge(lead, second.ref, third.ref)
    found = queries.person(lead, first.ref)
    assert found is not None
    assert found.ref == third.ref


def test_nothing_merges_into_itself_or_into_nobody(lead: Act) -> None:
    with transaction():
        person, old = a_person(), a_person()
        care.merge(lead, old.ref, person.ref)
    for ref in (person.ref, old.ref):
        with pytest.raises(Invalid, match="not valid"), transaction():
            care.merge(lead, person.ref, ref)
    with pytest.raises(Invalid), transaction():
        care.merge(lead, person.ref, "P-222222")
    with pytest.raises(Absent), transaction():
        care.merge(lead, "P-222222", person.ref)
    with pytest.raises(Absent), transaction():
        care.unmerge(lead, person.ref)
