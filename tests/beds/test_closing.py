"""Promise 4: whatever races, nobody holds or enters a bed that is closed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import and_, delete, func, or_, select, text, update

from pathway.acts import by_service, now
from pathway.audit import AuditEntry
from pathway.beds import capacity, queries, upkeep
from pathway.beds.capacity import set_capacity
from pathway.beds.models import IS_HELD, IS_LIVE, Bed, Placement, PlacementEvent
from pathway.beds.queries import FreeBed
from pathway.beds.rules import Happened
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.nights import night_of
from pathway.staff.doing import Role
from tests.factories import HUB, a_person, a_site, an_act, token_of
from tests.races import Answer, ask, at_once, in_process

BEDS = 6
HOLDERS = 18
ROUNDS = 4
PLACEMENTS = "/api/v1/placements"


@dataclass(frozen=True, slots=True)
class Night:
    """Six beds at the hub, eighteen people, a worker and the hub, over HTTP."""

    app: Flask
    address: str
    people: list[str]
    worker: str
    door: str

    def ask(self, token: str, path: str, **body: Any) -> Answer:
        return ask(self.address, path, token, body)

    def hold(self, person: str) -> Answer:
        return self.ask(self.worker, PLACEMENTS, person=person, site=HUB)

    def void(self, bed: int) -> Answer:
        return self.ask(self.door, f"/api/v1/beds/{bed}/void", reason="Window broken")

    def check_in(self, ident: int) -> Answer:
        return self.ask(self.door, f"{PLACEMENTS}/{ident}/check-in")

    def hold_bed(self, person: str, bed: int) -> Answer:
        return self.ask(self.worker, PLACEMENTS, person=person, bed=str(bed))

    def cut(self, beds: int, after: float = 0) -> Answer:
        """Cut the capacity, as the command line does beside a running server."""
        time.sleep(after)
        try:
            with self.app.app_context(), transaction():
                act = by_service(now())
                set_capacity(act, a_site(), beds, night_of(act.at))
        except Refused as refusal:
            return Answer(refusal.status, {})
        return Answer(200, {})


@pytest.fixture
def night(app: Flask) -> Iterator[Night]:
    with app.app_context(), transaction():
        an_act()
        an_act(Role.HUB, HUB)
        people = [a_person().ref for _ in range(HOLDERS)]
        tokens = [token_of(f"{name}@example.org") for name in ("outreach-all", f"hub-{HUB}")]
    with in_process(app) as address:
        yield Night(app, address, people, *tokens)


def beds_afresh(night: Night) -> list[int]:
    """Open the six beds again, all of them free."""
    with night.app.app_context(), transaction() as session:
        for table in (PlacementEvent, Placement):
            session.execute(delete(table))
        session.execute(update(Bed).values(void_from=None, void_until=None))
        set_capacity(by_service(now()), a_site(), BEDS, night_of(now()))
        night_now = queries.in_force(night_of(now()))
        of_hub = Bed.site_id == a_site().id
        return list(session.scalars(select(Bed.id).where(of_hub, night_now).order_by(Bed.id)))


def holds_afresh(night: Night, expires_in: timedelta) -> dict[int, int]:
    """Hold every bed; return the bed of each hold."""
    beds_afresh(night)
    answers = at_once([partial(night.hold, person) for person in night.people[:BEDS]])
    with night.app.app_context(), transaction() as session:
        session.execute(update(Placement).values(expires_at=now() + expires_in))
    return {int(one.body["id"]): int(one.body["bed"]) for one in answers}


def on_closed_beds(night: Night) -> list[str]:
    """Return who is on the way to a bed that is void or gone."""
    gone = ~queries.in_force(night_of(now()))
    waiting = and_(IS_LIVE, Placement.status != "in")
    query = select(Placement.status).join(Bed, Bed.id == Placement.bed_id)
    with night.app.app_context():
        rows = db.session.scalars(
            query.where(IS_LIVE, or_(gone, and_(waiting, Bed.void_from.is_not(None))))
        )
        return list(rows)


def last_line(night: Night) -> int:
    with night.app.app_context():
        return db.session.scalar(select(func.max(AuditEntry.id))) or 0


def arrived_too_late(night: Night, held: dict[int, int], since: int) -> list[int]:
    """Return the holds that were checked in after their bed had gone out of use."""
    with night.app.app_context():
        lines = select(AuditEntry.subject, AuditEntry.what, AuditEntry.id)
        rows = db.session.execute(lines.where(AuditEntry.id > since))
        when = {(subject, what): ident for subject, what, ident in rows}
    return [
        ident
        for ident, bed in held.items()
        if when.get((f"placement:{ident}", "checked in"), 0)
        > when.get((f"bed:{bed}", "void bed"), 10**9)
    ]


def clean(answers: list[Answer]) -> bool:
    return {answer.status for answer in answers} <= {200, 201, 409}


def holds_against_voids(night: Night) -> bool:
    """Race holds for six beds with a void of each; return whether all is well."""
    beds = beds_afresh(night)
    holds = [partial(night.hold, person) for person in night.people]
    answers = at_once([*holds, *[partial(night.void, bed) for bed in beds]])
    return clean(answers) and not on_closed_beds(night)


def holds_against_a_cut(night: Night) -> bool:
    beds_afresh(night)
    holds = [partial(night.hold, person) for person in night.people[:BEDS]]
    cuts = [partial(night.cut, beds, after) for beds, after in ((2, 0), (1, 0.01), (0, 0.04))]
    answers = at_once([*holds, *cuts])
    return clean(answers) and not on_closed_beds(night)


def check_ins_against_voids(night: Night, expires_in: timedelta) -> bool:
    held, since = holds_afresh(night, expires_in), last_line(night)
    arrivals = [partial(night.check_in, ident) for ident in held]
    answers = at_once([*arrivals, *[partial(night.void, bed) for bed in held.values()]])
    return clean(answers) and not on_closed_beds(night) and not arrived_too_late(night, held, since)


Race = Callable[[Night], bool]

RACES: dict[str, Race] = {
    "hold against void": holds_against_voids,
    "hold against cut": holds_against_a_cut,
    "check-in against void": partial(check_ins_against_voids, expires_in=timedelta(minutes=45)),
    "revival against void": partial(check_ins_against_voids, expires_in=-timedelta(minutes=1)),
}


@pytest.mark.parametrize("race", RACES)
def test_nobody_holds_or_enters_a_closed_bed(night: Night, race: str) -> None:
    assert all(RACES[race](night) for _ in range(ROUNDS))


def careless(
    site_id: int, bed_id: int | None, at: datetime, *, skip: bool, asked: object = None
) -> FreeBed | None:
    """Claim a bed that nobody has, without asking whether it is in use."""
    free = or_(Placement.id.is_(None), and_(IS_HELD, Placement.expires_at <= at))
    query = (
        select(Bed.id, Bed.label, Placement.id)
        .outerjoin(Placement, queries.live_on_bed())
        .where(Bed.site_id == site_id, free, Bed.id == bed_id if bed_id else text("true"))
        .order_by(Bed.position)
        .limit(1)
        .with_for_update(of=Bed, skip_locked=skip, key_share=True)
    )
    row = db.session.execute(query).first()
    return FreeBed(*row) if row else None


def nothing(*_: object) -> None:
    """Look at nothing."""


def nobody(*_: object) -> dict[int, str]:
    """See nobody."""
    return {}


GUARDS: dict[str, list[tuple[object, str, object]]] = {
    "hold against void": [(upkeep, "_refuse_if_wanted", nothing)],
    "hold against cut": [(capacity, "_live", nobody)],
    "check-in against void": [(upkeep, "_refuse_if_wanted", nothing)],
    "revival against void": [(queries, "claimable", careless)],
}


@pytest.mark.parametrize("race", RACES)
def test_with_its_guard_removed_each_race_is_lost(
    night: Night, race: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same check, one guard removed, must fail."""
    for place, name, instead in GUARDS[race]:
        monkeypatch.setattr(place, name, instead)
    assert not all(RACES[race](night) for _ in range(5 * ROUNDS))


only_postgresql = pytest.mark.parametrize("engine", ["postgresql"])
"""On SQLite writers take turns: nobody ever waits for a row."""


def somebody_waits_for_a_row(night: Night) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with night.app.app_context():
        return bool(db.session.scalar(waiting))


def a_claim_that_waits(
    night: Night, close: Callable[[], Answer], claim: Callable[[], Answer], done: threading.Event
) -> Answer:
    """Let a claim wait for the bed until its closing is done; return its answer."""
    answers: dict[str, Answer] = {}
    closing = threading.Thread(target=lambda: answers.update(close=close()))
    claiming = threading.Thread(target=lambda: answers.update(claim=claim()))
    closing.start()
    assert done.wait(10)
    claiming.start()
    ends = time.monotonic() + 1.5
    while not somebody_waits_for_a_row(night) and time.monotonic() < ends:
        time.sleep(0.01)
    waited = somebody_waits_for_a_row(night)
    done.clear()
    closing.join()
    claiming.join()
    assert waited
    assert answers["close"].status == 200
    return answers["claim"]


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Keep a void or a cut open, all but committed, from when it is set to when it is cleared."""
    closed = threading.Event()

    def slowly(verb: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any, **values: Any) -> Any:
            made = verb(*args, **values)
            if threading.current_thread() is not threading.main_thread():
                closed.set()
                while closed.is_set():
                    time.sleep(0.01)
            return made

        return do

    monkeypatch.setattr(upkeep, "_change", slowly(upkeep._change))
    monkeypatch.setattr(capacity, "_arrange", slowly(capacity._arrange))
    return closed


def how_it_closes(night: Night, how: str, bed: int) -> Callable[[], Answer]:
    return partial(night.cut, 0) if how == "cut" else partial(night.void, bed)


def one_bed(night: Night) -> int:
    """Leave the hub one bed, on which somebody once slept."""
    beds_afresh(night)
    with night.app.app_context(), transaction():
        set_capacity(by_service(now()), a_site(), 1, night_of(now()))
    answer = night.hold(night.people[0])
    night.ask(night.worker, f"{PLACEMENTS}/{answer.body['id']}/release")
    return int(answer.body["bed"])


@only_postgresql
@pytest.mark.parametrize("how", ["void", "cut"])
def test_a_hold_that_waited_for_the_bed_sees_that_it_was_closed(
    night: Night, how: str, closing: threading.Event
) -> None:
    bed = one_bed(night)
    hold = partial(night.hold_bed, night.people[1], bed)
    answer = a_claim_that_waits(night, how_it_closes(night, how, bed), hold, closing)
    assert answer.status == 409
    assert not on_closed_beds(night)


@only_postgresql
@pytest.mark.parametrize("how", ["void", "cut"])
def test_a_careless_hold_that_waited_takes_the_closed_bed(
    night: Night, how: str, closing: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the above."""
    bed = one_bed(night)
    monkeypatch.setattr(queries, "claimable", careless)
    hold = partial(night.hold_bed, night.people[1], bed)
    answer = a_claim_that_waits(night, how_it_closes(night, how, bed), hold, closing)
    assert answer.status == 201
    assert on_closed_beds(night)


@only_postgresql
@pytest.mark.parametrize("how", ["void", "cut"])
def test_an_arrival_that_waited_for_the_bed_sees_that_it_was_closed(
    night: Night, how: str, closing: threading.Event
) -> None:
    bed = one_bed(night)
    held = int(night.hold(night.people[1]).body["id"])
    with night.app.app_context(), transaction() as session:
        over = now() - timedelta(minutes=1)
        session.execute(update(Placement).where(IS_HELD).values(expires_at=over))
    arrive = partial(night.check_in, held)
    answer = a_claim_that_waits(night, how_it_closes(night, how, bed), arrive, closing)
    assert answer.status == 409
    with night.app.app_context():
        told = [event["what"] for event in queries.events_of(held)]
    assert told == [Happened.HELD, Happened.EXPIRED]
