"""Who has which notices, and what they have read of them."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from pathway.acts import Act, by_service
from pathway.db import db, transaction
from pathway.messages import inbox
from pathway.messages.models import NoticeMark
from pathway.messages.notices import notify, over, retell
from pathway.messages.rules import LONGEST_NOTICE, Kind
from pathway.messages.wording import YOUR_SITE
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_site, an_act, at, later
from tests.races import at_once

SOON = later(hours=1)
RESPITE = "respite-rooms"


def tell(words: str, **to: int | None) -> int:
    told = notify(by_service(NOW), Kind.SOMEONE_COMING, words, useful_until=SOON, **to)  # type: ignore[arg-type]
    assert told is not None
    return told


@pytest.fixture
def hub(store: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB, HUB)


@pytest.fixture
def told(hub: Act) -> list[int]:
    """Three notices: to the hub, to one of its staff, to the hub."""
    with transaction():
        site = a_site().id
        return [
            tell("one", site_id=site),
            tell("two", staff_id=hub.staff_id),
            tell("three", site_id=site),
        ]


def words(act: Act) -> list[str]:
    return [one.words for one in inbox.listed(act)]


@pytest.mark.usefixtures("told")
def test_each_sees_what_is_for_them_and_their_site(hub: Act) -> None:
    with transaction():
        colleague = an_act(Role.HUB_LEAD, HUB, email="lead@example.org")
        elsewhere = an_act(Role.HUB, "st-giles", RESPITE)
        visiting = an_act(Role.OUTREACH, HUB, email="visiting@example.org")
        manager = an_act(Role.MANAGER)
        tell("four", site_id=a_site("st-giles").id)
        tell("five", site_id=a_site(RESPITE).id)
        tell("six")
    assert words(hub) == ["three", "two", "one"]
    assert words(colleague) == ["six", "three", "one"]
    assert words(elsewhere) == ["five", "four"]
    assert words(visiting) == []
    assert words(manager) == ["six"]
    assert words(by_service(NOW)) == []
    assert [inbox.unread(act) for act in (hub, colleague, elsewhere, visiting)] == [3, 3, 2, 0]


def test_what_is_for_one_member_is_not_for_the_site_that_it_names(hub: Act) -> None:
    with transaction():
        colleague = an_act(Role.HUB, HUB, email="colleague@example.org")
        tell("for her alone", staff_id=colleague.staff_id, site_id=a_site().id)
    assert words(hub) == []
    assert words(colleague) == ["for her alone"]


def test_a_confidential_site_goes_without_its_name_and_code(store: Flask) -> None:
    with transaction():
        own = an_act(Role.HUB, RESPITE)
        tell("somebody", site_id=a_site(RESPITE).id)
    (one,) = inbox.listed(own)
    assert (one.site, one.code) == (YOUR_SITE, YOUR_SITE)


def test_one_who_is_no_longer_named_for_the_site_sees_its_notices_no_more(
    hub: Act, told: list[int]
) -> None:
    moved = Act(NOW, hub.staff_id, "", hub.roles, frozenset({a_site("st-giles").id}))
    assert words(moved) == ["two"]
    with transaction():
        inbox.mark_read(moved, told)
    assert inbox.unread(hub) == 2


def test_what_was_read_is_read_for_that_member_alone(hub: Act, told: list[int]) -> None:
    with transaction():
        colleague = an_act(Role.HUB, HUB, email="colleague@example.org")
        inbox.mark_read(hub, told[:1])
    assert [one.read for one in inbox.listed(hub)] == [False, False, True]
    assert (inbox.unread(hub), inbox.unread(colleague)) == (2, 2)
    first = db.session.scalar(select(NoticeMark.read_at))
    with transaction():
        inbox.mark_read(at(hub, later(minutes=5)), told)
    assert inbox.unread(hub) == 0
    assert db.session.scalar(select(func.min(NoticeMark.read_at))) == first


def test_all_that_the_page_showed_is_read_and_what_came_since_is_not(
    hub: Act, told: list[int]
) -> None:
    for _ in range(2):
        with transaction():
            inbox.mark_all_read(hub, told[1])
        assert [one.words for one in inbox.listed(hub) if not one.read] == ["three"]


def test_what_is_over_waits_for_nobody_and_stays_on_the_list(hub: Act) -> None:
    with transaction():
        act = by_service(NOW)
        told = partial(notify, act, Kind.SOMEONE_COMING, site_id=a_site().id)
        told("a", useful_until=SOON, key="a")
        told("b", useful_until=SOON, key="b")
        told("c", useful_until=later(minutes=1), key="c")
        assert told("again", useful_until=SOON, key="a") is None
    assert inbox.unread(at(hub, later(minutes=1))) == 2
    with transaction():
        over(act, "a", "never told")
        retell("b", "b anew", useful_until=later(hours=3))
    assert words(hub) == ["c", "b anew", "a"]
    assert [one.is_over(SOON) for one in inbox.listed(hub)] == [True, False, True]
    assert inbox.unread(at(hub, later(hours=2))) == 1


def test_words_that_are_too_long_are_cut_and_undo_nothing(hub: Act) -> None:
    """A site's name alone may be as long as a notice: its holds lapse all the same."""
    with transaction():
        told = notify(hub, Kind.HOLD_LAPSED, "W" * 500, useful_until=SOON, staff_id=hub.staff_id)
    assert [(one.id, len(one.words)) for one in inbox.listed(hub)] == [(told, LONGEST_NOTICE)]


@pytest.mark.usefixtures("told")
def test_after_a_week_notices_are_gone(hub: Act) -> None:
    assert len(words(at(hub, later(days=7, seconds=-1)))) == 3
    assert words(at(hub, NOW + timedelta(days=7))) == []


def test_two_tabs_that_mark_the_same_at_once_both_succeed(
    app: Flask, hub: Act, told: list[int]
) -> None:
    db.session.remove()

    def read(count: int) -> bool:
        with app.app_context(), transaction():
            inbox.mark_read(hub, told[:count])
        return True

    assert at_once([partial(read, count) for count in (3, 2, 3, 1)]) == [True] * 4
    assert inbox.unread(hub) == 0
    assert db.session.scalar(select(func.count()).select_from(NoticeMark)) == 3
