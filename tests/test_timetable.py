"""When jobs are due: each slot once, through both changes of the clocks (promises 21, 22, 63)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from hypothesis import example, given
from hypothesis import strategies as st

from pathway.nights import LONDON
from pathway.timetable import (
    DAY,
    EPOCH,
    MOST_MISSED,
    TIMETABLE,
    Daily,
    Every,
    Planned,
    is_useful,
    missed,
)
from pathway.trouble import LastRun, Result, trouble

FORWARD = date(2026, 3, 29)
BACK = date(2026, 10, 25)

MOMENTS = st.timedeltas(50 * 365 * DAY, 63 * 365 * DAY).map(lambda passed: EPOCH + passed)
TIMES = (
    st.times()
    .filter(lambda at: not time(1) <= at < time(2))
    .map(lambda at: at.replace(microsecond=0))
)
LENGTHS = st.sampled_from([1, 5, 30, 60, 300, 3600, 6 * 3600]).map(lambda n: timedelta(seconds=n))


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


@given(TIMES, MOMENTS)
@example(time(0, 59, 59), at(2026, 3, 29, 0, 30))
@example(time(2), at(2026, 3, 29, 0, 30))
@example(time(2), at(2026, 10, 25, 1, 30))
@example(time(3, 10), at(2028, 2, 28, 12))
@example(time(3, 10), at(2028, 2, 29, 12))
@example(time(3, 10), at(2026, 12, 31, 12))
def test_daily_slots_are_those_of_the_scheduler(clock: time, now: datetime) -> None:
    cron = CronTrigger(hour=clock.hour, minute=clock.minute, second=clock.second, timezone=LONDON)
    schedule = Daily(clock)
    following = schedule.following(now)
    assert following == cron.get_next_fire_time(None, now + timedelta.resolution)
    latest = schedule.latest(now)
    assert latest <= now < following
    assert schedule.following(latest) == following
    assert schedule.latest(latest) == latest
    assert latest.tzinfo is UTC


@given(LENGTHS, MOMENTS)
@example(timedelta(hours=1), at(2026, 3, 29, 1))
@example(timedelta(hours=1), at(2026, 10, 25, 1))
def test_slots_at_intervals_are_those_of_the_scheduler(length: timedelta, now: datetime) -> None:
    interval = IntervalTrigger(seconds=int(length.total_seconds()), start_date=EPOCH, timezone=UTC)
    schedule = Every(length)
    following = schedule.following(now)
    assert following == interval.get_next_fire_time(None, now + timedelta.resolution)
    assert schedule.latest(now) <= now < following
    assert schedule.latest(following) == following


@pytest.mark.parametrize("day", [FORWARD, BACK, date(2028, 2, 29), date(2026, 12, 31)])
@pytest.mark.parametrize("job", [one for one in TIMETABLE if isinstance(one.schedule, Daily)])
def test_a_daily_job_has_one_slot_on_every_day_there_is(job: Planned, day: date) -> None:
    slot = job.schedule.latest(datetime.combine(day, time(), LONDON).astimezone(UTC))
    days = []
    for _ in range(3):
        slot = job.schedule.following(slot)
        days.append(slot.astimezone(LONDON).date())
    assert days == [day, day + DAY, day + 2 * DAY]


@pytest.mark.parametrize("clock", [time(1), time(1, 30), time(1, 59, 59)])
def test_an_hour_that_happens_twice_is_refused_and_why_is_said(clock: time) -> None:
    with pytest.raises(ValueError, match=r"happens twice when the clocks go back"):
        Daily(clock)
    assert Daily(time(0, 59)).words == "every day at 00:59"
    assert Daily(time(2)).words == "every day at 02:00"


def test_the_scheduler_itself_would_run_half_past_one_twice() -> None:
    """Why the hour is refused: the negative control of the rule above."""
    cron = CronTrigger(hour=1, minute=30, timezone=ZoneInfo("Europe/London"))
    first = cron.get_next_fire_time(None, at(2026, 10, 25, 0))
    assert first is not None
    second = cron.get_next_fire_time(first, first.astimezone(UTC) + timedelta(minutes=1))
    assert (first.date(), second.date()) == (BACK, BACK)


def test_a_daily_time_with_a_zone_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="leave the zone out"):
        Daily(time(3, tzinfo=UTC))


DAILY = Planned("daily", "Daily", Daily(time(3)), timedelta(hours=6), 400 * DAY)
OFTEN = Planned("often", "Often", Every(timedelta(seconds=30)), timedelta(seconds=30), DAY)


def test_a_missed_slot_is_useful_up_to_its_last_second() -> None:
    slot = at(2026, 1, 9, 3)
    assert is_useful(DAILY, slot, slot + timedelta(hours=6))
    assert not is_useful(DAILY, slot, slot + timedelta(hours=6, seconds=1))


def test_slots_that_nobody_ran_and_that_are_too_old_are_missed() -> None:
    newest = at(2026, 1, 5, 3)
    useful, late = at(2026, 1, 9, 4), at(2026, 1, 9, 12)
    days = [at(2026, 1, day, 3) for day in (6, 7, 8)]
    assert missed(DAILY, newest, useful) == days
    assert missed(DAILY, newest, late) == [*days, at(2026, 1, 9, 3)]
    assert missed(DAILY, at(2026, 1, 9, 3), late) == []


def test_no_more_than_a_week_of_missed_slots_is_written_down() -> None:
    found = missed(DAILY, at(2024, 1, 5, 3), at(2026, 1, 9, 12))
    assert len(found) == MOST_MISSED
    assert found[-1] == at(2026, 1, 9, 3)


def test_a_job_that_never_ran_here_has_missed_nothing() -> None:
    assert missed(DAILY, None, at(2026, 1, 9, 12)) == []


def test_of_a_frequent_job_nothing_is_missed() -> None:
    assert missed(OFTEN, at(2026, 1, 5, 3), at(2026, 1, 9, 12)) == []
    assert OFTEN.frequent
    assert not DAILY.frequent


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "every second"), (30, "every 30 seconds"), (60, "every minute"), (7200, "every 2 hours")],
)
def test_how_often_is_said_in_words(seconds: int, words: str) -> None:
    assert Every(timedelta(seconds=seconds)).words == words


def test_names_are_told_apart_and_fit_their_column() -> None:
    names = [job.name for job in TIMETABLE]
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 40


NOW = at(2026, 1, 9, 12)


def a_run(result: Result, seconds: float = 2) -> LastRun:
    ended = NOW + timedelta(seconds=seconds)
    return LastRun(NOW, NOW, ended, result, None)


def told(**facts: object) -> list[str]:
    known = {"began": NOW - DAY, "beat_at": NOW, "unsealed_since": NOW - DAY, "last": {}}
    return trouble(NOW, **known | facts)  # type: ignore[arg-type]


def test_all_is_well_while_somebody_beats() -> None:
    assert told() == []
    assert told(last={TIMETABLE[0].name: a_run(Result.DONE)}) == []
    assert told(last={TIMETABLE[0].name: a_run(Result.RUNNING)}) == []


def test_what_is_wrong_is_named() -> None:
    assert told(beat_at=NOW - timedelta(seconds=61)) == ["no process has run the jobs since 11:58"]
    assert told(last={"seal-trail": a_run(Result.FAILED)}) == [
        "the job “Seal the audit trail” failed at 12:00"
    ]
    assert told(last={"seal-trail": a_run(Result.MISSED)}) == [
        "the job “Seal the audit trail” was missed"
    ]
    assert told(unsealed_since=NOW - 2 * DAY - timedelta(seconds=1)) == [
        "the audit trail has not been sealed for two days"
    ]


def test_a_new_installation_has_some_minutes_before_it_is_in_trouble() -> None:
    assert told(beat_at=None, began=None, unsealed_since=None) == []
    assert told(beat_at=None, began=NOW - timedelta(minutes=5)) == []
    assert "no process has ever run the jobs" in told(beat_at=None)[0]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "less than a second"), (2, "2 s"), (125, "2 min 5 s")]
)
def test_how_long_a_run_took_is_said_in_words(seconds: float, words: str) -> None:
    assert a_run(Result.DONE, seconds).took == words
