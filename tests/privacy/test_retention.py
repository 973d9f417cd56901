"""Each kind of record is kept to its last day, and no longer."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from pathway.acts import Act, by_service
from pathway.beds import care
from pathway.db import Base, db, transaction
from pathway.errors import Invalid
from pathway.jobs import keep_no_longer
from pathway.nights import london
from pathway.people import queries
from pathway.people.rules import PersonFacts
from pathway.privacy import ageing, holding, limits, retention
from pathway.privacy.ledger import Ledger
from pathway.privacy.retention import BY_KIND, LIMITS, Kind, cutoff, goes_before, kept_until
from pathway.runs import JobLease, Overtaken, Run
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.factories import HUB, NOW, a_person, an_act, at, later
from tests.privacy.planting import plant

LEAP = date(2024, 2, 29)

TABLES: dict[Kind, tuple[str, ...]] = {
    Kind.CONTACTS: ("contact",),
    Kind.PLACEMENTS: ("placement",),
    Kind.ASSESSMENTS: ("assessment",),
    Kind.NOTES: ("note",),
    Kind.WARNINGS: ("person_warning", "person_exclusion", "person_apart"),
    Kind.CONSENTS: ("person_consent",),
    Kind.WAITING: ("waiting",),
    Kind.TURN_AWAYS: ("turn_away",),
    Kind.REQUESTS: ("privacy_request",),
}


@pytest.mark.parametrize("days", [1, 365, 366, 2192])
def test_on_the_last_day_it_is_still_kept(days: int) -> None:
    last = kept_until(LEAP, days)
    assert goes_before(last, days) == LEAP
    assert goes_before(last + timedelta(days=1), days) > LEAP


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_a_day_is_a_day_in_london(moment: datetime, today: date) -> None:
    before = cutoff(moment, 30)
    assert london(before).date() == today - timedelta(days=30)
    assert london(before).hour == 0


def test_every_kind_has_bounds_around_its_days_and_says_whose_basis_it_is() -> None:
    assert [one.kind for one in LIMITS] == list(Kind)
    for one in LIMITS:
        assert one.least <= one.days <= one.most
        assert one.basis.endswith(retention.TO_CONFIRM)
        assert len(one.basis) <= 500


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "erasures.txt")


@pytest.fixture
def service(store: Flask) -> Act:
    return by_service(NOW)


def run(act: Act, kind: Kind, ledger: Ledger) -> None:
    """Let a kind go as the job does."""
    before = cutoff(act.at, BY_KIND[kind].days)
    for ident in ageing.whose(kind, before):
        with transaction():
            ageing.let_go(act, kind, before, ident, ledger)


@pytest.mark.parametrize("passed", [-1, 0, 1])
def test_a_person_goes_on_the_day_after_the_last(service: Act, ledger: Ledger, passed: int) -> None:
    days = BY_KIND[Kind.PEOPLE].days
    with transaction():
        old, held, met = a_person(), a_person(), a_person()
        holding.put_on(service, held.ref, reason="Inquest")
        note = Base.metadata.tables["note"]
        row = {"person_id": met.id, "at": later(days=days), "words": "Back again"}
        db.session.execute(insert(note).values(**row))
    run(at(service, later(days=days + passed)), Kind.PEOPLE, ledger)
    assert (queries.closed_person(old.ref) is None) == (passed > 0)
    assert queries.closed_person(held.ref)
    assert queries.closed_person(met.ref)
    assert len(list(ledger.lines())) == max(passed, 0)


def test_a_record_of_each_kind_goes_on_the_day_after_its_last(service: Act, ledger: Ledger) -> None:
    with transaction():
        old, held = a_person(), a_person()
        for person in (old, held):
            with_one_of_each(person)
        holding.put_on(service, held.ref, reason="Inquest")
    assert set(TABLES) | {Kind.PEOPLE} == set(Kind)
    for kind, tables in TABLES.items():
        before = {table: rows(table, held) for table in tables}
        whole = {table: rows(table, old) for table in tables}
        for passed in (-1, 0, 1):
            now = at(service, later(days=BY_KIND[kind].days + passed))
            due = ageing.count(kind, cutoff(now.at, BY_KIND[kind].days))
            run(now, kind, ledger)
            assert bool(due) == (passed > 0), (kind, passed)
            for table in tables:
                assert (rows(table, old) == whole[table]) == (passed <= 0), (table, passed)
        assert {table: rows(table, held) for table in tables} == before, kind
        assert ageing.count(kind, cutoff(now.at, BY_KIND[kind].days)) == 0, kind


def test_what_names_two_stays_while_a_hold_on_the_second_stands(
    service: Act, ledger: Ledger
) -> None:
    with transaction():
        old, held = a_person(), a_person()
        table = Base.metadata.tables["person_apart"]
        said = {"why": "Threats", "readers": "hub_lead", "at": NOW, "expires_on": NOW.date()}
        db.session.execute(insert(table).values(person_id=old.id, other_id=held.id, **said))
        holding.put_on(service, held.ref, reason="Inquest")
    late = at(service, later(days=BY_KIND[Kind.WARNINGS].days + 1))
    run(late, Kind.WARNINGS, ledger)
    assert rows("person_apart", old)
    with transaction():
        holding.lift(service, held.ref)
    run(late, Kind.WARNINGS, ledger)
    assert not rows("person_apart", old)


def with_one_of_each(person: PersonFacts) -> None:
    """Give somebody a record of each kind that ended now, and a newer assessment."""
    staff_id = db.session.scalar(select(Staff.id)) or an_act(email="planter@example.org").staff_id
    assert staff_id
    plant(person.id, staff_id)
    plant(person.id, staff_id, "assessment")
    newest = Base.metadata.tables["assessment"]
    mine = select(func.max(newest.c.id)).where(newest.c.person_id == person.id).scalar_subquery()
    db.session.execute(update(newest).where(newest.c.id == mine).values(at=later(days=9999)))
    for name, column in (
        ("person_warning", "expires_on"),
        ("person_exclusion", "until_on"),
        ("person_apart", "expires_on"),
    ):
        table = Base.metadata.tables[name]
        theirs = table.c.person_id == person.id
        db.session.execute(update(table).where(theirs).values({column: NOW.date()}))


def rows(table: str, person: PersonFacts) -> list[str]:
    found = Base.metadata.tables[table]
    query = select(found).where(found.c.person_id == person.id).order_by(found.c.id)
    return [repr(tuple(row)) for row in db.session.execute(query)]


def test_an_admin_sets_days_within_bounds(service: Act) -> None:
    limit = BY_KIND[Kind.NOTES]
    with transaction():
        limits.set_limit(service, Kind.NOTES, days=limit.least, basis="As the borough decided.")
    found = {one.limit.kind: one for one in limits.in_force()}
    assert (found[Kind.NOTES].days, found[Kind.NOTES].since) == (limit.least, NOW)
    for days in (limit.least - 1, limit.most + 1):
        with pytest.raises(Invalid), transaction():
            limits.set_limit(service, Kind.NOTES, days=days, basis="As the borough decided.")
    assert set(limits.to_go(NOW)) == set(Kind)


def test_whoever_somebody_waits_for_is_not_old(service: Act, ledger: Ledger) -> None:
    days = BY_KIND[Kind.PEOPLE].days
    with transaction():
        person = a_person()
        table = Base.metadata.tables["promise"]
        due = later(days=days + 400).date()
        row = {"person_id": person.id, "at": NOW, "words": "A coat", "due_on": due}
        db.session.execute(insert(table).values(**row))
    assert list(ageing.whose(Kind.PEOPLE, cutoff(later(days=days + 300), days))) == []
    assert list(ageing.whose(Kind.PEOPLE, cutoff(later(days=days + 401), days))) == []
    assert list(ageing.whose(Kind.PEOPLE, cutoff(later(days=2 * days + 402), days))) == [person.id]


def test_the_job_lets_go_of_what_is_old_and_of_nothing_once_overtaken(
    store: Flask, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        person, back = a_person(), a_person()
    ledger.add([back.ref], later(days=1))
    monkeypatch.setitem(store.config, "ERASURES", ledger.path)
    fence = db.session.scalar(select(JobLease.fence)) or 0
    now = by_service(later(days=BY_KIND[Kind.PEOPLE].days + 1))
    with pytest.raises(Overtaken):
        keep_no_longer(Run(now, fence - 1))
    assert queries.closed_person(back.ref)
    keep_no_longer(Run(now, fence))
    assert queries.closed_person(person.ref) is None
    assert queries.closed_person(back.ref) is None
    assert {line.ref for line in ledger.lines()} == {person.ref, back.ref}


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("locks", [True, False])
def test_a_hold_that_is_being_put_on_is_waited_for(
    app: Flask, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, locks: bool
) -> None:
    """The job locks whose notes go, and asks for a hold then; the control asks at once."""
    if not locks:
        monkeypatch.setattr(ageing, "_lock", lambda _: None)
    act = by_service(later(days=BY_KIND[Kind.NOTES].days + 1))
    before = cutoff(act.at, BY_KIND[Kind.NOTES].days)

    def let_go() -> None:
        with app.app_context(), transaction():
            ageing.let_go(act, Kind.NOTES, before, person.id, ledger)

    with app.app_context(), ThreadPoolExecutor(1) as crew:
        with transaction():
            person = a_person()
            note = Base.metadata.tables["note"]
            db.session.execute(insert(note).values(person_id=person.id, at=NOW, words="Old"))
        with transaction():
            holding.put_on(by_service(NOW), person.ref, reason="Inquest")
            going = crew.submit(let_go)
            wait([going], 0.3)
        going.result()
        assert bool(rows("note", person)) is locks


@pytest.mark.parametrize("put_on", ["before", "while"])
def test_a_hold_on_two_as_one_stands_for_both_once_they_are_parted(
    service: Act, ledger: Ledger, put_on: str
) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        gone, kept = a_person(), a_person()
        if put_on == "before":
            holding.put_on(service, gone.ref, reason="Inquest")
        care.merge(lead, gone.ref, kept.ref)
        holding.put_on(service, kept.ref, reason="Inquest")
        care.unmerge(lead, gone.ref)
    assert [len(holding.of(one.id)) for one in (gone, kept)] == [1, 1]
    with transaction():
        holding.lift(service, kept.ref)
    run(at(service, later(days=BY_KIND[Kind.PEOPLE].days + 1)), Kind.PEOPLE, ledger)
    assert queries.closed_person(kept.ref) is None
    assert queries.closed_person(gone.ref)
