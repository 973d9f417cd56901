"""Two records of one person become one, and are parted again."""

import threading
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, cast, func, insert, select, update

from pathway.acts import Act, now
from pathway.beds import actions as beds
from pathway.beds import callers, care, claims
from pathway.beds import queries as placements
from pathway.beds.rules import Happened
from pathway.db import Base, db, transaction
from pathway.errors import Absent, Invalid, Kept, Refused
from pathway.nights import london
from pathway.people import closing, editing, marks, merging, queries
from pathway.people.models import Person, PersonApart, PersonMerge
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import races
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later


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


def test_two_who_are_both_placed_are_not_merged(lead: Act) -> None:
    with transaction():
        first, second = a_hold(lead), a_hold(lead)
    with pytest.raises(Refused, match="cannot be made one just now"), transaction():
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


def test_only_the_end_of_a_chain_is_parted(lead: Act) -> None:
    with transaction():
        first, second, third = a_person(), a_person(), a_person()
        care.merge(lead, first.ref, second.ref)
        care.merge(lead, second.ref, third.ref)
    with pytest.raises(Refused, match=f"Part {second.ref} first"), transaction():
        care.unmerge(lead, first.ref)
    with transaction():
        care.unmerge(lead, second.ref)
        care.unmerge(lead, first.ref)
    for one in (first, second, third):
        found = queries.person(lead, one.ref)
        assert found is not None
        assert found.id == one.id


def test_a_lapsed_hold_does_not_keep_two_records_apart(lead: Act) -> None:
    with transaction():
        first, second = a_hold(lead), a_hold(lead)
        late = at(lead, later(hours=3))
        care.merge(late, first.person.ref, second.person.ref)
    assert queries.person(late, first.person.ref) == queries.person(late, second.person.ref)


def test_a_hub_keeps_its_resident_when_two_records_are_parted(lead: Act) -> None:
    with transaction():
        door = an_act(Role.HUB, HUB)
        inside = beds.walk_in(door, person=a_person().ref, site=HUB)
        old = care.restrict(door, inside.person.ref)
        elsewhere = an_act(Role.HUB_LEAD, "st-giles")
        closing.break_glass(elsewhere, old.ref, "recorded twice")
        kept = a_person()
        care.merge(elsewhere, old.ref, kept.ref)
        care.unmerge(elsewhere, old.ref)
    assert placements.open_placement(door, inside.id) is not None
    with transaction():
        beds.depart(at(door, later(minutes=1)), inside.id, reason="x", destination="prs")


def test_what_was_lifted_while_they_were_one_can_be_parted(lead: Act) -> None:
    with transaction():
        old, kept = a_person(), a_person()
        care.restrict(lead, old.ref)
        care.merge(lead, old.ref, kept.ref)
        closing.lift(lead, kept.ref)
        care.unmerge(lead, old.ref)
    assert queries.person(lead, old.ref) is not None


def test_closed_while_they_were_one_both_stay_closed(lead: Act) -> None:
    with transaction():
        worker, other = an_act(), an_act(Role.SWEP_COORDINATOR)
        first, second = a_person(), a_person()
        care.merge(lead, first.ref, second.ref)
        care.restrict(worker, second.ref)
        closing.break_glass(lead, second.ref, "not the same person")
        care.unmerge(lead, first.ref)
    for one in (first, second):
        assert queries.person(other, one.ref) is None
        assert queries.person(lead, one.ref) is not None


def test_a_restriction_asked_for_since_the_merge_outlives_the_parting(lead: Act) -> None:
    with transaction():
        worker, other = an_act(), an_act(Role.SWEP_COORDINATOR)
        old, kept = a_person(), a_person()
        care.restrict(lead, old.ref)
        care.merge(lead, old.ref, kept.ref)
        closing.break_glass(at(worker, later(minutes=1)), kept.ref, "he is looking for her")
        care.restrict(at(worker, later(minutes=2)), kept.ref)
        care.unmerge(at(lead, later(minutes=3)), old.ref)
    assert queries.person(at(other, later(minutes=4)), kept.ref) is None


def test_who_closed_one_record_does_not_come_to_open_another(lead: Act) -> None:
    with transaction():
        worker, other = an_act(), an_act(Role.SWEP_COORDINATOR)
        first = care.restrict(worker, a_person().ref)
        second = care.restrict(other, a_person().ref)
        for one in (first, second):
            closing.break_glass(lead, one.ref, "recorded twice")
        care.merge(lead, first.ref, second.ref)
    assert queries.person(worker, second.ref) is None


def test_what_only_the_other_record_knew_is_known_of_the_one_person(lead: Act) -> None:
    with transaction():
        old, kept = a_person(has_dog=True, nationality="PL"), a_person(nationality="IE")
        told = {"birth_year": 1980, "birth_guessed": True, "dog_name": "Rex"}
        db.session.execute(update(Person).where(Person.id == old.id).values(**told))
        became = care.merge(lead, old.ref, kept.ref)
    assert (became.birth_year, became.birth_guessed, became.dog_name) == (1980, True, "Rex")
    assert (became.has_dog, became.nationality) == (True, "IE")
    with transaction():
        care.unmerge(lead, old.ref)
    found = queries.person(lead, kept.ref)
    assert found is not None
    assert (found.birth_year, found.has_dog, found.dog_name) == (None, None, None)


def test_a_form_from_before_the_merge_is_refused(lead: Act) -> None:
    with transaction():
        old, kept = a_person(aliases=["Badger"]), a_person()
        care.merge(lead, old.ref, kept.ref)
    for ref in (old.ref, kept.ref):
        with pytest.raises(Refused, match="Somebody else changed"), transaction():
            editing.edit(lead, ref, old.version, {"given_name": "Fern"})


def test_a_name_kept_by_a_form_goes_back_with_its_record(lead: Act) -> None:
    with transaction():
        old, kept = a_person(aliases=["Badger"]), a_person(aliases=["Badger", "Brock"])
        became = care.merge(lead, old.ref, kept.ref)
        assert became.aliases == ("Badger", "Brock")
        editing.edit(lead, kept.ref, became.version, {"aliases": ["Badger", "Bill"]})
        care.unmerge(lead, old.ref)
    found = [queries.whole_person(lead, ref) for ref in (old.ref, kept.ref)]
    assert [one and one.aliases for one in found] == [("Badger",), ("Badger", "Bill")]


def test_what_two_parts_share_leaves_with_the_last(lead: Act) -> None:
    """Two closed records of people who died become one: parting one leaves the other's word."""
    with transaction():
        worker, other = an_act(), an_act(Role.SWEP_COORDINATOR)
        first, second, kept = a_person(), a_person(), a_person()
        for n, one in enumerate((first, second), start=1):
            care.record_death(lead, one.ref, died_on=NOW.date())
            care.restrict(worker, one.ref)
            closing.break_glass(lead, one.ref, "recorded twice")
            care.merge(at(lead, later(minutes=n)), one.ref, kept.ref)
        care.unmerge(at(lead, later(minutes=3)), first.ref)
    assert queries.person(other, kept.ref) is None
    left = queries.person(worker, kept.ref)
    assert left is not None
    assert left.died_on == NOW.date()
    with transaction():
        care.unmerge(at(lead, later(minutes=4)), second.ref)
    found = queries.person(other, kept.ref)
    assert found is not None
    assert found.died_on is None
    assert queries.person(other, second.ref) is None


def kept_apart(one: PersonFacts, other: PersonFacts, expires_on: date | None) -> None:
    """Write down that two people must never meet."""
    row = {"person_id": one.id, "other_id": other.id, "why": "-", "readers": "", "at": NOW}
    db.session.execute(insert(PersonApart).values(**row, expires_on=expires_on))


def test_two_who_must_never_meet_are_not_made_one(lead: Act) -> None:
    today = london(NOW).date()
    with transaction():
        first, second, third = a_person(), a_person(), a_person()
        caller = callers.hold_unnamed(lead, description="red coat", site=HUB).person
        for one in (first, second, caller):
            kept_apart(one, third, today)
        care.merge(lead, first.ref, second.ref)
    for one in (first, second, caller):
        for pair in ((one.ref, third.ref), (third.ref, one.ref)):
            with pytest.raises(Kept, match="Ring the duty manager"), transaction():
                care.merge(lead, *pair)
    with pytest.raises(Refused, match="Ring the duty manager"), transaction():
        callers.say_who(lead, caller.ref, person=third.ref)
    with transaction():
        care.merge(at(lead, later(days=1)), first.ref, third.ref)


def test_neither_a_bed_nor_a_move_that_is_planned_is_doubled(lead: Act) -> None:
    with transaction():
        inside = beds.walk_in(lead, person=a_person().ref, site=HUB)
        beds.transfer(lead, inside.id, site="st-giles", planned=True)
        other, nobody = a_hold(lead).person, a_person()
    for pair in ((inside.person, other), (other, inside.person)):
        with pytest.raises(Kept), transaction():
            care.merge(lead, pair[0].ref, pair[1].ref)
    with transaction():
        care.merge(lead, inside.person.ref, nobody.ref)
    assert len(placements.placements_of(nobody.id)) == 2


def test_merged_twice_changes_nothing_the_second_time(lead: Act) -> None:
    with transaction():
        old, kept = a_person(), a_person()
        became = care.merge(lead, old.ref, kept.ref)
        assert care.merge(lead, old.ref, kept.ref) == became
    assert db.session.scalar(select(func.count()).select_from(PersonMerge)) == 1


@pytest.mark.parametrize("looks_again", [True, False])
def test_a_bed_is_not_held_for_a_record_merged_meanwhile(
    lead: Act, monkeypatch: pytest.MonkeyPatch, *, looks_again: bool
) -> None:
    """A hold that found its person before the merge looks again; the control does not."""
    if not looks_again:
        as_before = marks.Meanwhile(
            merged=False,
            restricted=False,
            perhaps_child=None,
            died_on=None,
            apart=False,
            erased=False,
        )
        monkeypatch.setattr(marks, "since", lambda _: as_before)
    with transaction():
        old, kept = a_person(), a_person()
        care.merge(lead, old.ref, kept.ref)
    until = {"status": "held", "expires_at": later(minutes=45)}
    with suppress(Refused), transaction():
        claims.claim(lead, old, a_site(), None, until, Happened.HELD, claims.Beside())
    assert placements.placements_of(old.id) == [] or not looks_again
    assert bool(placements.placements_of(old.id)) is not looks_again


def at_once(app: Flask, *pairs: tuple[int, int]) -> tuple[list[str], list[int | None]]:
    """Merge three people by pairs at the same moment; return how it ended and who became whom."""
    with app.app_context(), transaction():
        act = an_act(Role.HUB_LEAD, HUB, at=now())
        people = [a_person() for _ in range(3)]

    def merge(gone: int, kept: int) -> str:
        with app.app_context():
            try:
                with transaction():
                    care.merge(act, people[gone].ref, people[kept].ref)
            except Refused as refusal:
                return type(refusal).__name__
            finally:
                db.session.remove()
            return "done"

    ended = races.at_once([partial(merge, *pair) for pair in pairs])
    with app.app_context():
        idents = [one.id for one in people]
        became = select(Person.merged_into_id).where(Person.id.in_(idents)).order_by(Person.id)
        return sorted(ended), [
            None if into is None else idents.index(into) for into in db.session.scalars(became)
        ]


def both_ways_at_once(app: Flask) -> tuple[list[str], list[int | None]]:
    """Merge two people into each other at the same moment; return how it ended."""
    ended, became = at_once(app, (0, 1), (1, 0))
    return ended, became[:2]


def test_the_same_merge_twice_at_once_is_done_once(app: Flask) -> None:
    ended, became = at_once(app, (0, 1), (0, 1))
    assert ended == ["done", "done"]
    assert became == [1, None, None]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PersonMerge)) == 1


def test_two_links_of_a_chain_at_once_lead_to_its_end(app: Flask) -> None:
    for _ in range(3):
        clear_staff(app)
        ended, became = at_once(app, (0, 1), (1, 2))
        assert ended == ["done", "done"]
        assert became == [2, 2, None]


def test_two_merges_both_ways_at_once_leave_one_person(app: Flask) -> None:
    for _ in range(5):
        clear_staff(app)
        ended, became = both_ways_at_once(app)
        assert ended == ["Invalid", "done"]
        assert sum(one is None for one in became) == 1


def test_without_the_lock_both_may_be_merged_away(
    app: Flask, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control; on SQLite writers take turns in any case."""
    if engine == "sqlite":
        assert both_ways_at_once(app)[0].count("done") == 1
        return
    met = threading.Barrier(2, timeout=10)
    monkeypatch.setattr(queries, "lock_people", lambda *_: None)
    move = merging._move_all

    def together(*asked: Any) -> Any:
        met.wait()
        return move(*asked)

    monkeypatch.setattr(merging, "_move_all", together)
    ended, became = both_ways_at_once(app)
    assert ended.count("done") == 2
    assert sum(one is None for one in became) != 1


def clear_staff(app: Flask) -> None:
    """Give the next round's member of staff a free address."""
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(email="old-" + cast(Staff.id, String) + Staff.email))
