"""The site hears that somebody is coming, and the holder that a hold lapsed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from pathway.acts import Act, by_service
from pathway.beds import actions, journal, telling
from pathway.beds.rules import Happened, PlacementFacts
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.messages import inbox
from pathway.messages.models import Notice
from pathway.messages.rules import Kind
from pathway.messages.wording import NoticeFacts, one_text
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_hold, a_person, a_site, an_act, at, later

RESPITE = "respite-rooms"


@pytest.fixture
def worker(store: Flask) -> Act:
    with transaction():
        return an_act()


@pytest.fixture
def hub(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def held(worker: Act, hub: Act) -> PlacementFacts:
    with transaction():
        return a_hold(worker)


def only(act: Act) -> NoticeFacts:
    (one,) = inbox.listed(act)
    return one


def test_a_hold_tells_the_site_and_nobody_else(worker: Act, hub: Act, held: PlacementFacts) -> None:
    one = only(hub)
    assert one.words == f"Someone is coming to bed {held.bed_label} by 02:15."
    assert one.link == f"/placements/{held.id}"
    assert one.useful_until == held.expires_at
    assert "Fern" not in one.words
    assert inbox.listed(worker) == []


def test_staff_of_the_site_are_not_told_of_their_own_holds(store: Flask, hub: Act) -> None:
    with transaction():
        a_hold(hub)
        a_hold(an_act(Role.HUB_LEAD, HUB))
        assert inbox.listed(hub) == []
        a_hold(an_act(Role.HUB_LEAD, "st-giles"))
        assert len(inbox.listed(hub)) == 1


def test_walking_in_is_no_news_to_those_at_the_door(hub: Act) -> None:
    with transaction():
        actions.walk_in(hub, person=a_person().ref, site=HUB)
    assert inbox.listed(hub) == []


def test_a_refused_hold_tells_nobody(worker: Act, hub: Act, held: PlacementFacts) -> None:
    with pytest.raises(Refused), transaction():
        actions.hold(worker, person=held.person.ref, site=HUB)
    assert len(inbox.listed(hub)) == 1


def test_a_longer_hold_says_the_new_time_where_it_stood(
    worker: Act, hub: Act, held: PlacementFacts
) -> None:
    before = only(hub)
    with transaction():
        actions.extend(at(worker, later(minutes=10)), held.id, minutes=30)
    after = only(hub)
    assert after.words == f"Someone is coming to bed {held.bed_label} by 02:45."
    assert (after.id, after.at) == (before.id, before.at)
    assert not after.is_over(later(minutes=74))


@pytest.mark.parametrize("verb", ["check_in", "release"])
def test_who_has_come_or_will_not_is_waited_for_no_more(
    worker: Act, hub: Act, held: PlacementFacts, verb: str
) -> None:
    with transaction():
        getattr(actions, verb)(at(hub, later(minutes=5)), held.id)
    assert only(hub).over_at == later(minutes=5)
    told = [one.words for one in inbox.listed(worker)]
    given_back = f"bed {held.bed_label} at {HUB} was given back by somebody else at 01:35."
    assert told == ([f"Your hold on {given_back} Ring the site."] if verb == "release" else [])


def lapse(held: PlacementFacts, **passed: float) -> None:
    with transaction():
        journal.mark_lapsed(by_service(later(**passed)), [held.id])


def test_a_lapse_is_told_to_the_holder_and_ends_the_waiting(
    worker: Act, hub: Act, held: PlacementFacts
) -> None:
    lapse(held, minutes=44)
    assert inbox.listed(worker) == []
    for _ in range(2):
        lapse(held, minutes=46)
    assert only(hub).over_at == later(minutes=46)
    one = only(worker)
    assert one.words == f"Your hold on bed {held.bed_label} at {held.site.code} lapsed at 02:15."
    assert one.link == f"/placements/{held.id}"
    assert not one.is_over(later(minutes=164))
    assert one.is_over(later(minutes=165))


def test_whoever_takes_the_bed_of_a_lapsed_hold_tells_its_holder(
    worker: Act, hub: Act, held: PlacementFacts
) -> None:
    with transaction():
        actions.hold(
            an_act(at=later(hours=1), email="other@example.org"),
            person=a_person().ref,
            bed=held.bed_id,
        )
    assert [one.over_at is not None for one in inbox.listed(hub)] == [False, True]
    assert only(worker).kind is Kind.HOLD_LAPSED


def test_who_comes_after_all_ends_the_notice_of_the_lapse(
    worker: Act, hub: Act, held: PlacementFacts
) -> None:
    lapse(held, minutes=46)
    with transaction():
        actions.check_in(at(hub, later(hours=1)), held.id)
    assert only(worker).over_at == later(hours=1)


@pytest.fixture
def secret(worker: Act) -> PlacementFacts:
    with transaction():
        return a_hold(worker, RESPITE, a_person(gender=Gender.WOMAN))


def test_no_notice_and_no_text_names_a_confidential_site(
    worker: Act, secret: PlacementFacts
) -> None:
    with transaction():
        own = an_act(Role.HUB, RESPITE)
    coming = only(own)
    lapse(secret, minutes=46)
    lapsed = only(worker)
    assert lapsed.words == "Your hold lapsed at 02:15."
    told = db.session.scalars(select(Notice.words)).all()
    texts = [one_text([one], "https://pathway.example.org") for one in (coming, lapsed)]
    assert texts[0].startswith("Someone is coming to your site by 02:15. Open")
    for words in (*told, *texts):
        assert RESPITE not in words
        assert a_site(RESPITE).name not in words
    assert f"bed {secret.bed_label}" not in " ".join(texts)


def test_who_held_a_bed_there_does_not_learn_of_the_arrival(
    worker: Act, secret: PlacementFacts
) -> None:
    """Once she has arrived, only staff named for the site know. Source: DOMAIN.md section 8."""
    lapse(secret, minutes=46)
    before = only(worker)
    with transaction():
        own = an_act(Role.HUB, RESPITE)
        actions.check_in(at(own, later(hours=1)), secret.id)
    assert only(worker) == before


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect every statement that reaches the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def statements(do: Callable[[], object]) -> list[str]:
    """Return what a verb sends to the database, and undo it."""
    with counted() as seen, transaction(keep=False):
        do()
    return seen


@pytest.mark.parametrize("verb", ["hold", "extend", "check_in", "release"])
def test_telling_costs_each_verb_one_statement_and_an_arrival_one_for_who_waits(
    worker: Act, hub: Act, held: PlacementFacts, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        person = a_person().ref
    soon = {who: at(act, later(minutes=1)) for who, act in (("worker", worker), ("hub", hub))}
    deeds: dict[str, Callable[[], object]] = {
        "hold": lambda: actions.hold(soon["worker"], person=person, site=HUB),
        "extend": lambda: actions.extend(soon["worker"], held.id, minutes=5),
        "check_in": lambda: actions.check_in(soon["hub"], held.id),
        "release": lambda: actions.release(soon["worker"], held.id),
    }
    told = statements(deeds[verb])
    monkeypatch.setattr(journal, "tell", lambda *_: None)
    untold = statements(deeds[verb])
    extra = [one for one in told if "notice" in one]
    waited_for = [one for one in told if "person_lookout" in one]
    assert len(told) - len(untold) == len(extra) + len(waited_for)
    # Longer is said to the site and, if it was an offer, to whom it was made.
    assert (len(extra), len(waited_for)) == (1 + (verb == "extend"), verb == "check_in")
    assert extra[0].startswith("INSERT INTO notice" if verb == "hold" else "UPDATE notice")


def test_of_what_nobody_made_nobody_is_told_that_it_lapsed(held: PlacementFacts) -> None:
    with transaction():
        telling.tell(by_service(NOW), replace(held, made_by=None), Happened.EXPIRED)
    assert db.session.scalars(select(Notice.kind)).all() == [Kind.SOMEONE_COMING]
