"""Somebody is erased everywhere, and what counts stands."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text, update

from pathway.acts import Act, now
from pathway.assessments import notes, safeguarding
from pathway.assessments.rules import ConcernKind
from pathway.beds import actions as beds
from pathway.beds import care, claims, history
from pathway.beds import queries as placements
from pathway.beds.rules import Happened
from pathway.config import ROOT
from pathway.db import Base, db, engine_name, transaction
from pathway.errors import Absent, Refused, Unknown
from pathway.idempotency import ERASED_SINCE, Asked, IdempotencyKey, once
from pathway.messages.models import Notice
from pathway.nights import night_of
from pathway.outreach import actions as street
from pathway.outreach.rules import ContactKind
from pathway.people import marks, merging, queries
from pathway.people.rules import PersonFacts
from pathway.privacy import erasing, going, holding, restoring
from pathway.privacy.columns import KEPT
from pathway.privacy.ledger import Ledger
from pathway.privacy.rules import Why
from pathway.reports.queries import occupancy
from pathway.reports.rules import Period
from pathway.reports.street import framework, sleeping
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_person, a_site, an_act, at, later
from tests.privacy.planting import HERE, everything, found, plant

STAYS = {"audit_entry", "audit_mention", "erased"}
"""Where the reference stays: it leads nowhere. The trail refuses to be changed, and is sealed."""

ASKED = Why.ASKED

FIRST = date(2026, 1, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "erasures.txt")


@pytest.fixture
def manager(store: Flask) -> Act:
    with transaction():
        return an_act(Role.MANAGER)


def add(table: str, **row: Any) -> None:
    db.session.execute(insert(Base.metadata.tables[table]).values(**row))


def planted(act: Act) -> tuple[PersonFacts, set[str]]:
    """Add somebody with a row in every table, of whom others wrote, too; return the words."""
    with transaction():
        person = a_person()
        words = plant(person.id, act.staff_id or 0)
        hold = Base.metadata.tables["legal_hold"]
        db.session.execute(update(hold).values(lifted_at=NOW))
        add("note", person_id=a_person().id, at=NOW, words=f"Came with {person.ref.lower()}.")
        told = {"staff_id": act.staff_id, "fingerprint": "f", "at": NOW, "for_good": True}
        add(IdempotencyKey.__tablename__, key="k", answer=f'{{"ref": "{person.ref}"}}', **told)
        seen = {"at": NOW, "kind": "alarm", "audience": "watch", "useful_until": NOW}
        add(Notice.__tablename__, words="Look.", link=f"/people/{person.ref}/notes", **seen)
    return person, words


def erased(act: Act, person: PersonFacts, ledger: Ledger) -> None:
    with transaction():
        erasing.erase(act, person.ref, ledger, why=ASKED, despite_concern=True)


def left_of(person: PersonFacts, words: set[str]) -> set[str]:
    """Return the tables in which anything of somebody is left."""
    return found({*words, "1951", str(HERE)}) | found({person.ref, person.ref.lower()}) - STAYS


def test_nothing_of_them_is_left_anywhere(manager: Act, ledger: Ledger) -> None:
    person, words = planted(manager)
    assert len(left_of(person, words)) > 20
    sqlite = engine_name(db.session()) == "sqlite"
    assert not sqlite or in_the_file(words)
    erased(manager, person, ledger)
    assert left_of(person, words) == set()
    assert queries.closed_person(person.ref) is None
    assert [line.ref for line in ledger.lines()] == [person.ref]
    assert not sqlite or not in_the_file(words)
    with pytest.raises(Refused, match=ERASED_SINCE):
        once(manager, Asked("k", "f"), dict)


def in_the_file(words: set[str]) -> bool:
    """Return whether a word stands anywhere in the file of the database or beside it."""
    where = db.session.scalar(text("SELECT file FROM pragma_database_list WHERE name = 'main'"))
    db.session.rollback()
    path = Path(str(where))
    raw = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    return any(word.encode() in raw for word in words)


def test_with_one_table_left_out_it_is_found(
    manager: Act, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the search finds what is forgotten."""
    person, words = planted(manager)
    without = {name: kept for name, kept in KEPT.items() if name != "person_number"}
    monkeypatch.setattr(going, "KEPT", without)
    erased(manager, person, ledger)
    assert left_of(person, words) == {"person_number"}


def test_nights_and_sightings_stand(manager: Act, ledger: Ledger) -> None:
    with transaction():
        hub = an_act(Role.HUB_LEAD, HUB, at=later(hours=-30))
        out = an_act(at=later(hours=-30))
        person = a_person(nationality="GB")
        street.record_contact(
            out, person=person.ref, kind=ContactKind.BEDDED_DOWN, notes="Shivered"
        )
        stay = beds.hold(hub, person=person.ref, site=HUB)
        beds.check_in(hub, stay.id)
        beds.depart(at(hub, later(hours=-1)), stay.id, reason="Moved on", destination="prs")
    before = figures(manager)
    erased(manager, person, ledger)
    assert figures(manager) == before
    assert before[0]
    assert not found({"Shivered", "Moved on", person.ref}) - STAYS


def figures(act: Act) -> tuple[Any, ...]:
    """Return what the measures come to: rough sleepers, months, bed nights, a past board."""
    period, reach = Period(FIRST, night_of(act.at)), scope(act, Doing.SEE_SLEEPING)
    here = scope(act, Doing.SEE_OCCUPANCY)
    slept = sleeping(period, act.at, reach)
    board = history.board_at(later(hours=-20), here)
    taken = [one.counts.occupied for one in board.sites if one.counts]
    return (
        len(slept.sleepers),
        slept.groups,
        framework(period, act.at),
        occupancy(period, act.at, here),
        taken,
    )


def test_a_legal_hold_keeps_everything(manager: Act, ledger: Ledger) -> None:
    with transaction():
        kept, merged = a_person(), a_person()
        holding.put_on(manager, merged.ref, reason="Inquest")
        care.merge(manager, merged.ref, kept.ref)
    before = everything()
    for ref in (kept.ref, merged.ref):
        with pytest.raises(Refused, match="legal hold"), transaction():
            erasing.erase(manager, ref, ledger, why=ASKED)
    assert everything() == before
    assert list(ledger.lines()) == []
    with transaction():
        holding.lift(manager, kept.ref)
        assert sorted(erasing.erase(manager, kept.ref, ledger, why=ASKED)) == sorted(
            [kept.ref, merged.ref]
        )
    for ref in (kept.ref, merged.ref):
        with pytest.raises(Absent), transaction():
            care.unmerge(manager, ref)


def test_whoever_has_a_bed_or_an_open_concern_is_not_erased(manager: Act, ledger: Ledger) -> None:
    with transaction():
        out = an_act()
        placed, safeguarded = a_person(), a_person()
        beds.hold(out, person=placed.ref, site=HUB)
        adult = ConcernKind.ADULT
        safeguarding.raise_concern(out, person=safeguarded.ref, kind=adult, words="Bruises")
    for person, sentence in ((placed, erasing.NOT_NOW), (safeguarded, erasing.CONCERN)):
        with pytest.raises(Refused, match=sentence[:20]), transaction():
            erasing.erase(manager, person.ref, ledger, why=ASKED)
    with transaction():
        lapsed = at(manager, later(hours=5))
        erasing.erase(lapsed, placed.ref, ledger, why=ASKED)
        erasing.erase(manager, safeguarded.ref, ledger, why=ASKED, despite_concern=True)
    for ref in (placed.ref, "P-NOBODY"):
        with pytest.raises(Absent), transaction():
            erasing.erase(manager, ref, ledger, why=ASKED)


def test_what_is_rolled_back_leaves_a_line_too_much_and_never_one_too_few(
    manager: Act, ledger: Ledger
) -> None:
    with transaction():
        person = a_person()
    with pytest.raises(ZeroDivisionError), transaction():
        erasing.erase(manager, person.ref, ledger, why=ASKED)
        raise ZeroDivisionError
    assert queries.closed_person(person.ref) is not None
    with transaction():
        a_person()
    assert restoring.reapply(at(manager, later(hours=1)), ledger).erased == 1
    assert queries.closed_person(person.ref) is None


@pytest.mark.parametrize("looks_again", [True, False])
def test_a_bed_is_not_held_for_whoever_was_erased_meanwhile(
    manager: Act, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, looks_again: bool
) -> None:
    """A hold that found its person before the erasure looks again; the control does not."""
    with transaction():
        person = a_person()
    erased(manager, person, ledger)
    if not looks_again:
        since = marks.since
        monkeypatch.setattr(marks, "since", lambda ident: since(ident)._replace(erased=False))
    until = {"status": "held", "expires_at": later(minutes=45)}
    with suppress(Refused), transaction():
        claims.claim(manager, person, a_site(), None, until, Happened.HELD, claims.Beside())
    assert bool(placements.placements_of(person.id)) is not looks_again


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("locks", [True, False])
def test_what_is_written_while_somebody_is_erased_is_refused(
    app: Flask, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, locks: bool
) -> None:
    """Whoever writes waits for the erasure and looks then; the control looks before it waits."""
    if not locks:
        monkeypatch.setattr(queries, "lock_people", lambda *_: None)
    with app.app_context():
        with transaction():
            manager, out, person = an_act(Role.MANAGER), an_act(), a_person()
        ref, met = person.ref, ContactKind.BEDDED_DOWN
        adult = ConcernKind.ADULT
        writing: tuple[Callable[[], Any], ...] = (
            partial(street.record_contact, out, person=ref, kind=met),
            partial(notes.write, out, person=ref, words="Shivered", shared=True),
            partial(
                safeguarding.raise_concern, out, person=person.ref, kind=adult, words="Bruises"
            ),
        )
        with ThreadPoolExecutor(len(writing)) as crew, transaction():
            erasing.erase(manager, person.ref, ledger, why=ASKED)
            tried = [crew.submit(written, app, deed) for deed in writing]
            until_they_wait(app, len(writing))
        assert [one.result() for one in tried] == [not locks] * len(writing)


def written(app: Flask, deed: Callable[[], Any]) -> bool:
    """Return whether something was written down, rather than refused."""
    with app.app_context():
        try:
            with transaction():
                deed()
        except (Absent, Unknown):
            return False
        finally:
            db.session.remove()
    return True


def until_they_wait(app: Flask, many: int) -> None:
    """Return once so many wait for a lock of somebody else's."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with app.app_context(), db.engine.connect() as beside:
        for _ in range(200):
            if (beside.scalar(waiting) or 0) >= many:
                return
            beside.rollback()
            time.sleep(0.02)
    pytest.fail("nobody waited for the erasure")


def test_whether_somebody_has_a_bed_and_where_is_not_told(
    app: Flask, signed_in: Ask, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ERASURES", ledger.path)
    manager = signed_in(Role.MANAGER)
    with app.app_context(), transaction():
        moment = now()
        people = [a_person(gender="woman") for _ in range(3)]
        for person, site in zip(people, (HUB, "respite-rooms"), strict=False):
            door = an_act(Role.HUB_LEAD, site, at=moment)
            beds.walk_in(door, person=person.ref, site=site, override="She stands here")
    told = []
    for person in people:
        page = f"/people/{person.ref}/kept"
        shown = manager.get(page).get_data(as_text=True)
        assert "Erase them everywhere" in shown
        assert erasing.NOT_NOW not in shown
        wish = {"why": "asked", "again": person.ref}
        answer = submit(manager, f"/people/{person.ref}/erase", wish, page)
        told.append((answer.status_code, erasing.NOT_NOW in answer.get_data(as_text=True)))
    assert told == [(409, True), (409, True), (303, False)]


def test_who_was_merged_in_goes_along_and_so_does_what_others_said_of_them(
    manager: Act, ledger: Ledger
) -> None:
    """A chain of three records is one person; rows of somebody else that name them go, too."""
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        first, second, last, other = (a_person() for _ in range(4))
        words: set[str] = set()
        for one in (first, second, last):
            names = ("person_alias", "person_sound", "waiting", "turn_away", "note")
            words |= plant(one.id, manager.staff_id or 0, *names)
        for one in (second, last):
            both = {"person_id": other.id, "other_id": one.id, "at": NOW}
            add("person_apart", **both, why=f"zqj {one.id} hit her", readers="manager")
            add("person_together", **both)
            add("person_same", **both, verdict="two")
        alarmed = {
            "at": NOW,
            "kind": "apart",
            "words": "Look.",
            "link": f"/people/{last.ref}/apart",
        }
        add("alarm", key="a", step=0, told_at=NOW, **alarmed)
        merging.merge(lead, first.ref, second.ref)
        merging.merge(lead, second.ref, last.ref)
    with transaction():
        assert len(erasing.erase(manager, first.ref, ledger, why=ASKED)) == 3
    refs = {first.ref, second.ref, last.ref}
    assert found({*words, "hit her"}) | found(refs) - STAYS == set()
    rows = everything()
    pairs = ("person_apart", "person_together", "person_same", "person_merge", "waiting")
    assert [rows[name] for name in pairs] == [[]] * len(pairs)
    assert queries.closed_person(other.ref)


def test_a_command_that_erases_or_exports_knows_every_table() -> None:
    """In a process of its own: nothing else has imported them there."""
    asking = (
        "from pathway.privacy import {}; from pathway.db import Base; "
        "from pathway.privacy.columns import KEPT; print(*set(KEPT) - set(Base.metadata.tables))"
    )
    for module in ("erasing", "exporting"):
        alone = [sys.executable, "-c", asking.format(module)]
        done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.split() == []
