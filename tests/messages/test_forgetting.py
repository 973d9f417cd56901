"""Old texts and notices go; what is a day younger stays."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from pathway import acts, jobs, timetable
from pathway.acts import by_service
from pathway.db import Base, db, transaction
from pathway.messages import actions, forgetting, inbox, incoming
from pathway.messages.forgetting import NOTICES_KEPT, TEXTS_KEPT
from pathway.messages.models import Notice, NoticeMark, Text, TextIn
from pathway.messages.notices import notify
from pathway.messages.rules import Kind, Purpose
from pathway.messages.verbs import Verb
from pathway.runs import JobLease, Run
from tests import factories

NOW = factories.NOW


def kept(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def a_text(at: datetime) -> int:
    made = actions.queue(by_service(at), to="+447700900123", body="Words.", purpose=Purpose.NOTICE)
    assert made is not None
    return made


@pytest.mark.parametrize(("days", "left"), [(-1, 2), (0, 2), (1, 1)])
def test_texts_go_after_ninety_days(store: Flask, days: int, left: int) -> None:
    with transaction():
        old = a_text(NOW - TEXTS_KEPT - timedelta(days=days))
        young = a_text(NOW)
        db.session.execute(update(Text).where(Text.id == young).values(again_of=old))
        assert forgetting.forget_texts(NOW, 10) == 2 - left
        assert kept(Text) == left
        again = db.session.scalar(select(Text.again_of).where(Text.id == young))
        assert again == (old if left == 2 else None)


@pytest.mark.parametrize(("days", "left"), [(0, 1), (1, 0)])
def test_what_is_known_of_texts_that_came_in_goes_with_them(
    store: Flask, days: int, left: int
) -> None:
    with transaction():
        incoming.take(by_service(NOW - TEXTS_KEPT - timedelta(days=days)), "SM1", Verb.BEDS)
        assert forgetting.forget_texts_in(NOW, 10) == 1 - left
        assert kept(TextIn) == left


@pytest.mark.parametrize(("days", "left"), [(0, 1), (1, 0)])
def test_notices_go_after_thirty_days_with_who_read_them(
    store: Flask, days: int, left: int
) -> None:
    with transaction():
        act = factories.an_act(at=NOW - NOTICES_KEPT - timedelta(days=days))
        ident = notify(act, Kind.HOLD_LAPSED, "x", useful_until=act.at, staff_id=act.staff_id)
        inbox.mark(act.staff_id or 0, [ident or 0], "read_at", act.at)
        assert forgetting.forget_notices(NOW, 10) == 1 - left
        assert (kept(Notice), kept(NoticeMark)) == (left, left)


def test_the_nightly_job_forgets_in_batches_until_nothing_old_is_left(
    store: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    with transaction():
        for _ in range(5):
            a_text(acts.now() - TEXTS_KEPT - timedelta(days=1))
        a_text(acts.now())
    fence = db.session.scalar(select(JobLease.fence))
    db.session.rollback()
    jobs.forget(Run(by_service(acts.now()), fence or 0))
    assert kept(Text) == 1
    assert timetable.FORGET in timetable.TIMETABLE


@pytest.mark.parametrize("model", [Text, TextIn, Notice])
def test_whatever_points_at_what_is_removed_is_found_by_an_index(model: type[Base]) -> None:
    """Without one each row that goes is looked for in all that stay, while holds wait."""
    for table in Base.metadata.sorted_tables:
        found = {index.columns[0].name for index in table.indexes}
        found.add(table.primary_key.columns[0].name)
        for key in table.foreign_keys:
            if key.column.table is model.__table__:
                assert key.parent.name in found
