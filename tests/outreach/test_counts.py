"""A street count is walked, decided and signed off once, and its figure stands."""

import threading
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act
from pathway.audit import AuditEntry
from pathway.beds import care
from pathway.db import db, transaction
from pathway.errors import Absent, Forbidden, Invalid, Refused, Unknown
from pathway.outreach import count_queries, counts
from pathway.outreach.rules import ContactFacts, ContactKind
from pathway.people import closing
from pathway.staff.doing import Role
from tests.factories import NOW, a_count, a_person, an_act, later
from tests.factories import at as acting_at
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("store")

BEDDED = ContactKind.BEDDED_DOWN


@pytest.fixture
def act() -> Act:
    with transaction():
        return an_act(Role.SWEP_COORDINATOR)


@pytest.fixture
def ident(act: Act) -> int:
    return opened(act)


def opened(act: Act) -> int:
    with transaction():
        return a_count(act, starts=time(1), ends=time(3))


def areas(ident: int) -> list[int]:
    return [one.id for one in count_queries.areas(ident)]


def met(act: Act, ident: int, area: int = 0, **said: Any) -> ContactFacts:
    told: dict[str, Any] = {"kind": BEDDED, **said}
    with transaction():
        return counts.sight(act, ident, areas(ident)[area], **told)


def seen(act: Act, ident: int) -> count_queries.Seen:
    found = count_queries.count(ident)
    assert found is not None
    return count_queries.seen(act, found)


def finish(act: Act, ident: int) -> None:
    with transaction():
        for area in areas(ident):
            counts.finish(act, ident, area, finished=True)


def sign(act: Act, ident: int, **told: Any) -> int | None:
    with transaction():
        return counts.sign_off(act, ident, **told).counted


def lines(what: str) -> list[Any]:
    return list(db.session.scalars(select(AuditEntry.detail).where(AuditEntry.what == what)))


def test_a_person_met_by_two_teams_counts_once(act: Act, ident: int) -> None:
    with transaction():
        fern, moss = a_person().ref, a_person(given_name="Moss").ref
    for area in (0, 1):
        met(act, ident, area, person=fern)
    met(act, ident, person=moss, kind=ContactKind.NOT_BEDDED_DOWN)
    met(acting_at(act, later(hours=5)), ident, person=moss)
    met(act, ident, description="red sleeping bag")
    found = seen(act, ident)
    assert (found.figure, found.closed, len(found.outside)) == (2, 0, 2)
    assert [len(one) for one in found.people.values()] == [2, 1]
    assert found.per_area == dict(zip(areas(ident), (2, 1), strict=True))


def test_a_time_that_is_typed_is_one_of_the_counts_night(act: Act, ident: int) -> None:
    one = met(acting_at(act, later(days=1)), ident, description="red coat", met=time(2, 15))
    assert one.at == later(minutes=45)
    assert seen(act, ident).figure == 1


def test_a_slip_is_taken_back_and_counts_nowhere(act: Act, ident: int) -> None:
    one = met(act, ident, description="red coat")
    with pytest.raises(Absent), transaction():
        counts.take_back(act, ident, areas(ident)[1], one.id)
    with transaction():
        counts.take_back(act, ident, areas(ident)[0], one.id)
    assert seen(act, ident).figure == 0
    assert [one.struck_at for one in count_queries.in_area(act, areas(ident)[0])] == [NOW]


def test_a_closed_record_counts_and_is_not_listed(act: Act, ident: int) -> None:
    with transaction():
        fern = a_person().ref
    met(act, ident, person=fern)
    with transaction():
        closing.restrict(an_act(), fern)
    found = seen(act, ident)
    assert (found.figure, found.closed, found.inside) == (1, 1, [])


def test_two_who_are_the_same_count_once_and_two_who_are_not_twice(act: Act, ident: int) -> None:
    alike = [met(act, ident, area, description="red sleeping bag, dog") for area in (0, 1, 1)]
    first, second, third = (one.person_ref for one in alike)
    assert len(seen(act, ident).doubles) == 3
    with transaction():
        gone, kept = counts.pair_of(act, ident, first, second)
        care.merge(act, gone.ref, kept.ref)
    assert (kept.ref, seen(act, ident).figure) == (first, 2)
    for _ in range(2):
        with transaction():
            counts.keep_apart(act, ident, third, first)
    assert (seen(act, ident).doubles, seen(act, ident).figure) == ([], 2)
    assert lines("keep apart") == [{"refs": [third, first]}]


def test_only_people_of_the_count_are_decided_about(act: Act, ident: int) -> None:
    with transaction():
        fern, moss = a_person().ref, a_person(given_name="Moss").ref
    described = met(act, ident, description="red coat").person_ref
    for one in (fern, moss):
        with pytest.raises(Unknown), transaction():
            counts.pair_of(act, ident, described, one)
    for one in (fern, moss):
        met(act, ident, person=one)
    with pytest.raises(Refused, match="Both are known"), transaction():
        counts.keep_apart(act, ident, fern, moss)


def test_what_is_left_undone_needs_a_reason(act: Act, ident: int) -> None:
    for area in (0, 1):
        met(act, ident, area, description="red sleeping bag")
    with pytest.raises(Refused, match=r"Euston, Soho.* 1 pair may be"):
        sign(act, ident)
    assert sign(act, ident, why="Soho was flooded") == 2
    found = count_queries.count(ident)
    assert found is not None
    assert (found.signed_why, found.signed_by) == ("Soho was flooded", act.staff_name)


def test_nothing_changes_a_figure_that_is_signed_off(act: Act, ident: int) -> None:
    with transaction():
        fern = a_person().ref
    met(act, ident, person=fern)
    finish(act, ident)
    assert sign(act, ident) == 1
    met(act, ident, description="red coat")
    assert sign(act, ident) == 1
    found = seen(act, ident)
    assert (found.count.counted, found.figure) == (1, 2)
    with pytest.raises(Refused, match="signed off"), transaction():
        counts.add_area(act, ident, name="Camden Road")
    with pytest.raises(Refused, match="signed off"), transaction():
        counts.finish(act, ident, areas(ident)[0], finished=False)
    with pytest.raises(Invalid), transaction():
        counts.reopen(act, ident, why=" ")
    with transaction():
        counts.reopen(act, ident, why="One team had not come back")
    assert (seen(act, ident).count.counted, sign(act, ident)) == (None, 2)
    assert lines("open count again") == [{"counted": 1}]


def test_two_sign_offs_at_once_are_one(act: Act, ident: int, store: Flask) -> None:
    finish(act, ident)
    assert at_once([_signing(act, ident, store)] * 2) == [0, 0]
    assert len(lines("sign off count")) == 1


def test_without_the_lock_two_sign_offs_would_both_be_done(
    act: Act, ident: int, store: Flask, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: on SQLite only one writes at a time, lock or no lock."""
    if engine == "sqlite":
        return
    finish(act, ident)
    both = threading.Barrier(2)
    real = counts._refuse_unless_done

    def slowly(*told: Any) -> None:
        both.wait(5)
        real(*told)

    monkeypatch.setattr(counts, "held", counts._known)
    monkeypatch.setattr(counts, "_refuse_unless_done", slowly)
    assert at_once([_signing(act, ident, store)] * 2) == [0, 0]
    assert len(lines("sign off count")) == 2


def _signing(act: Act, ident: int, store: Flask) -> Any:
    def one() -> int | None:
        with store.app_context():
            return sign(act, ident)

    return one


def test_an_earlier_figure_stands_with_its_source_and_is_kept_once(act: Act) -> None:
    told = {"name": "June 2024", "night": date(2024, 6, 13), "counted": 112, "source": "AR 9"}
    with transaction():
        first = counts.enter_earlier(act, **told)  # type: ignore[arg-type]
        assert counts.enter_earlier(act, **told) == first  # type: ignore[arg-type]
    [kept] = count_queries.all_counts()
    assert (kept.earlier, kept.counted, kept.source) == (True, 112, "AR 9")
    assert count_queries.figures([kept]) == {first: 112}
    with pytest.raises(Refused, match="another name"), transaction():
        counts.enter_earlier(act, **{**told, "counted": 113})  # type: ignore[arg-type]
    with pytest.raises(Invalid), transaction():
        counts.enter_earlier(act, **{**told, "night": date(2026, 1, 11)})  # type: ignore[arg-type]
    with pytest.raises(Absent), transaction():
        counts.sign_off(act, first)


def test_a_manager_reads_and_records_nobody(act: Act, ident: int) -> None:
    with transaction():
        manager = an_act(Role.MANAGER)
    with pytest.raises(Forbidden):
        met(manager, ident, description="red coat")
