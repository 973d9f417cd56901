"""Promise 54, second half: what was changed in the audit trail, or taken away, is found."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from pathway import audit, seals
from pathway.acts import by_service
from pathway.audit import AuditEntry, AuditSeal
from pathway.db import db, transaction
from pathway.errors import Busy, Refused
from pathway.seals import START, Sealing
from tests.factories import NOW
from tests.trails import unguard, write_lines

SERVICE = by_service(NOW)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BLOCK", 3)


@pytest.fixture
def last(store: Flask) -> int:
    """The id of the newest line of a trail of several sealed blocks."""
    write_lines(8)
    seals.seal(SERVICE)
    return newest()


def newest() -> int:
    return db.session.scalar(select(func.max(AuditEntry.id))) or 0


def how_many_lines() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def tamper(engine: str, *statements: str) -> tuple[str, ...]:
    """Change the trail as its owner could, and return what is found then."""
    with transaction() as session:
        unguard(session, engine)
        for statement in statements:
            session.execute(text(statement))
    return seals.verify().findings


def all_seals() -> Sequence[Any]:
    return db.session.execute(select(*AuditSeal.__table__.columns).order_by(AuditSeal.id)).all()


def test_sealing_covers_every_line_in_blocks_and_says_how_many(store: Flask) -> None:
    write_lines(8)
    done = seals.seal(SERVICE)
    made = all_seals()
    assert done == Sealing(how_many_lines(), made[-1].hash)
    assert sum(one.entries for one in made) == how_many_lines()
    assert all(one.entries <= 3 for one in made)
    assert [one.previous for one in made] == [START, *(one.hash for one in made[:-1])]
    assert made[-1].last_id == newest()


def test_sealing_again_with_nothing_new_keeps_the_head(last: int) -> None:
    head = all_seals()[-1].hash
    assert seals.seal(SERVICE) == Sealing(0, head)


def test_an_empty_trail_has_nothing_to_seal(store: Flask, engine: str) -> None:
    tamper(engine, "DELETE FROM audit_entry")
    assert seals.seal(SERVICE) == Sealing(0, START)
    assert seals.verify(START).findings == ()


def test_a_whole_trail_is_whole_and_says_what_is_not_sealed_yet(last: int) -> None:
    write_lines(2)
    found = seals.verify()
    assert (found.findings, found.sealed, found.unsealed) == ((), how_many_lines() - 2, 2)


def test_the_head_and_any_older_one_are_in_the_chain(last: int) -> None:
    older = all_seals()[-1].hash
    write_lines(1)
    head = seals.seal(SERVICE).head
    assert older != head
    assert seals.verify(older).findings == ()
    assert seals.verify(head).findings == ()


def test_another_head_is_not_in_the_chain(last: int) -> None:
    [finding] = seals.verify("f" * 64).findings
    assert finding.startswith("The head ffff")
    assert "not in the chain" in finding


@pytest.mark.parametrize(
    "change",
    [
        """detail = '{"number": 99}'""",
        "detail = NULL",
        "at = '2025-01-01 00:00:00'",
        "staff_id = 7",
        "what = 'nothing'",
        "subject = 'line:70'",
        "person = 'P-2'",
    ],
)
def test_a_change_of_any_column_is_found(last: int, engine: str, change: str) -> None:
    [finding] = tamper(engine, f"UPDATE audit_entry SET {change} WHERE id = {last}")
    assert finding.endswith("something was changed after they were sealed.")
    assert f"to {last} " in finding


def test_a_deleted_line_is_found_with_the_numbers(last: int, engine: str) -> None:
    block = all_seals()[0]
    [finding] = tamper(engine, f"DELETE FROM audit_entry WHERE id = {block.first_id}")
    assert finding == f"Lines 1 to {block.last_id}: 3 were sealed, 2 are there now."


def test_a_line_put_into_a_gap_is_found(last: int, engine: str) -> None:
    moved = f"UPDATE audit_entry SET id = id + 100 WHERE id = {last}"
    assert tamper(engine, moved) != ()


def test_a_line_before_the_first_is_found(last: int, engine: str) -> None:
    add = "INSERT INTO audit_entry (id, at, what, subject) "
    values = "VALUES (-5, '2026-01-01 00:00:00', 'x', 'y')"
    [finding] = tamper(engine, add + values)
    assert finding == "1 lines stand before the first that can be sealed."


def test_a_deleted_seal_is_found_wherever_it_was(last: int, engine: str) -> None:
    first, second, *_ = all_seals()
    [finding] = tamper(engine, f"DELETE FROM audit_seal WHERE id = {second.id}")
    assert finding == f"The seal of {lines_of(second)} is missing."
    with transaction() as session:
        session.execute(text(f"DELETE FROM audit_seal WHERE id = {first.id}"))
    assert seals.verify().findings == (
        f"The seal of lines {first.first_id} to {second.last_id} is missing.",
    )


def test_only_a_head_kept_elsewhere_finds_that_the_last_seal_is_gone(
    last: int, engine: str
) -> None:
    *_, newest_seal = all_seals()
    assert tamper(engine, f"DELETE FROM audit_seal WHERE id = {newest_seal.id}") == ()
    assert seals.verify().unsealed == newest_seal.entries
    assert len(seals.verify(newest_seal.hash).findings) == 1


def test_a_chain_that_was_made_anew_has_another_head(last: int, engine: str) -> None:
    head = all_seals()[-1].hash
    redone = f"UPDATE audit_entry SET what = 'x' WHERE id = {last}"
    assert tamper(engine, redone, "DELETE FROM audit_seal") == ()
    assert seals.seal(SERVICE).head != head
    assert seals.verify().findings == ()
    assert len(seals.verify(head).findings) == 1


@pytest.mark.parametrize("change", ["entries = entries - 1", "at = '2025-01-01 00:00:00'"])
def test_a_changed_seal_is_found(last: int, engine: str, change: str) -> None:
    assert len(tamper(engine, f"UPDATE audit_seal SET {change} WHERE first_id = 1")) == 1


def test_a_broken_link_is_found(last: int, engine: str) -> None:
    second = all_seals()[1]
    broken = f"UPDATE audit_seal SET hash = '{'0' * 64}' WHERE first_id = 1"
    changed, link = tamper(engine, broken)
    assert changed.startswith("In lines 1 to")
    assert link == f"The seal of {lines_of(second)} does not continue the one before it."


def lines_of(one: Any) -> str:
    return f"lines {one.first_id} to {one.last_id}"


def test_a_number_that_was_handed_out_and_rolled_back_is_no_finding(store: Flask) -> None:
    write_lines(2)
    with pytest.raises(RuntimeError), transaction():
        audit.record(SERVICE, "never", "line:0")
        raise RuntimeError
    write_lines(2)
    seals.seal(SERVICE)
    found = seals.verify()
    assert (found.findings, found.unsealed) == ((), 0)


def in_threads(app: Flask, *jobs: Callable[[], Any]) -> list[Any]:
    """Run these at once, each with a connection of its own; return what came of them."""
    outcomes: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                outcomes[place] = job()
            except (Refused, Busy) as refusal:
                outcomes[place] = refusal

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold two sealers until both have worked out their first block."""
    both = threading.Barrier(2)
    met = threading.local()
    real = seals._next_block

    def next_block(*args: Any) -> Any:
        block = real(*args)
        db.session.rollback()
        if not getattr(met, "already", False):
            met.already = True
            both.wait(10)
        return block

    monkeypatch.setattr(seals, "_next_block", next_block)


def two_sealers(app: Flask) -> list[Any]:
    with app.app_context():
        write_lines(1)
        db.session.remove()
    return in_threads(app, lambda: seals.seal(SERVICE), lambda: seals.seal(SERVICE))


def test_of_two_sealers_one_wins_and_the_other_is_told(app: Flask, side_by_side: None) -> None:
    outcomes = two_sealers(app)
    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert len(refused) == 1
    assert refused[0].detail == "Somebody else is sealing the audit trail at this moment."
    with app.app_context():
        assert seals.verify().findings == ()
        assert seals.verify().unsealed == 0


def test_without_the_unique_index_both_would_seal_the_same_lines(
    app: Flask, side_by_side: None
) -> None:
    """The control of the test above."""
    with app.app_context(), transaction() as session:
        session.execute(text("DROP INDEX uq_audit_seal_first_id"))
    outcomes = two_sealers(app)
    assert all(isinstance(one, Sealing) for one in outcomes)
    with app.app_context():
        assert any("sealed before it" in finding for finding in seals.verify().findings)


@pytest.fixture
def slow_writer(app: Flask) -> Iterator[Callable[[], None]]:
    """A writer that has its line's number already and saves when it is told to."""
    written, save = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), transaction():
            audit.record(SERVICE, "slow", "line:0")
            written.set()
            save.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(10)

    def finish() -> None:
        save.set()
        thread.join()

    yield finish
    finish()


@pytest.mark.parametrize("engine", ["postgresql"])
def test_sealing_waits_for_a_line_that_has_its_number_and_is_not_saved_yet(
    app: Flask, slow_writer: Callable[[], None]
) -> None:
    def finish_soon() -> None:
        time.sleep(0.2)
        slow_writer()

    with app.app_context():
        write_lines(1)
    done, _ = in_threads(app, lambda: seals.seal(SERVICE), finish_soon)
    with app.app_context():
        assert done.lines == how_many_lines()
        assert seals.verify().findings == ()
        assert seals.verify().unsealed == 0


@pytest.mark.parametrize("engine", ["postgresql"])
def test_without_the_lock_that_line_slips_in_behind_the_seal(
    app: Flask, slow_writer: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(seals, "_settled", lambda _fenced: newest())
    with app.app_context():
        write_lines(1)
        seals.seal(SERVICE)
        slow_writer()
        assert len(seals.verify().findings) == 1


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_writer_that_takes_too_long_has_sealing_tried_again_later(
    app: Flask, slow_writer: Callable[[], None]
) -> None:
    with app.app_context(), pytest.raises(Busy):
        seals.seal(SERVICE)


def test_lines_written_while_sealing_go_on_and_nothing_is_found(app: Flask) -> None:
    def write() -> None:
        write_lines(40)

    def seal() -> int:
        return sum(seals.seal(SERVICE).lines for _ in range(6))

    *_, sealed = in_threads(app, write, write, seal)
    with app.app_context():
        found = seals.verify()
        assert found.findings == ()
        assert (sealed, found.unsealed) == (found.sealed, how_many_lines() - found.sealed)
        seals.seal(SERVICE)
        assert seals.verify().unsealed == 0
        assert seals.verify().sealed == how_many_lines()
