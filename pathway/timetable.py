"""When the background jobs run: slots, what is done about missed ones, what is trouble.

A slot is the moment at which a job is due. It follows from the clock on the
wall alone, so that every process, and the same process started again, names it
alike. Nothing here is done: :mod:`pathway.jobs` binds each job to what it does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from pathway.nights import LONDON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What the slots of :class:`Every` are counted from."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Every:
    """A slot each time that this has passed, whatever the clocks in London do."""

    length: timedelta

    def latest(self, now: datetime) -> datetime:
        """Return the newest slot at or before now.

        >>> Every(timedelta(minutes=5)).latest(datetime(2026, 1, 9, 22, 17, tzinfo=UTC)).minute
        15
        """
        return now.astimezone(UTC) - (now - EPOCH) % self.length

    def following(self, at: datetime) -> datetime:
        """Return the first slot after a moment."""
        return self.latest(at) + self.length

    @property
    def words(self) -> str:
        """Return how often, as people say it."""
        seconds = int(self.length.total_seconds())
        units = (("hour", 3600), ("minute", 60), ("second", 1))
        unit, length = next(one for one in units if seconds % one[1] == 0)
        number = seconds // length
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"


@dataclass(frozen=True, slots=True)
class Daily:
    """A slot each day at this time in London."""

    at: time

    def __post_init__(self) -> None:
        """Refuse an hour that happens twice in October and not at all in March."""
        if self.at.tzinfo is not None:
            raise ValueError("A daily time is London's own: leave the zone out.")
        if time(1) <= self.at < time(2):
            raise ValueError(
                f"{self.at:%H:%M} happens twice when the clocks go back and not at all "
                "when they go forward. Choose a time before 01:00, or 02:00 and later."
            )

    def latest(self, now: datetime) -> datetime:
        """Return the newest slot at or before now.

        >>> Daily(time(3, 10)).latest(datetime(2026, 7, 1, 2, 10, tzinfo=UTC)).hour
        2
        """
        today = now.astimezone(LONDON).date()
        slot = datetime.combine(today, self.at, LONDON).astimezone(UTC)
        if slot <= now:
            return slot
        return datetime.combine(today - DAY, self.at, LONDON).astimezone(UTC)

    def following(self, at: datetime) -> datetime:
        """Return the first slot after a moment."""
        day = self.latest(at).astimezone(LONDON).date() + DAY
        return datetime.combine(day, self.at, LONDON).astimezone(UTC)

    @property
    def words(self) -> str:
        """Return when, as people say it."""
        return f"every day at {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Planned:
    """One job of the timetable.

    A slot that was missed is still run when it is no older than ``useful_for``.
    Rows of its runs are kept for ``keep``.
    """

    name: str
    words: str
    schedule: Every | Daily
    useful_for: timedelta
    keep: timedelta

    @property
    def frequent(self) -> bool:
        """Whether the next slot is so near that a missed one is not worth a word."""
        return isinstance(self.schedule, Every) and self.schedule.length < timedelta(hours=1)


DAILY_KEPT = timedelta(days=400)
"""How long the runs of daily jobs are kept: a year and a month to look back on (ours)."""

FREQUENT_KEPT = timedelta(minutes=10)
"""How long the runs of frequent jobs are kept (ours)."""

SEND = Planned(
    "send-texts",
    "Send texts",
    Every(timedelta(seconds=1)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
SWEEP = Planned(
    "sweep-texts",
    "Find texts that got stuck",
    Every(timedelta(seconds=15)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
GROUP = Planned(
    "group-notices",
    "Put notices into texts",
    Every(timedelta(seconds=30)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
ESCALATE = Planned(
    "escalate-alarms",
    "Take alarms that nobody answered to the next",
    Every(timedelta(seconds=30)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
WALKS = Planned(
    "watch-walks",
    "Tell of those who walk somebody and are late",
    Every(timedelta(seconds=30)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
WATCH = Planned(
    "watch",
    "Look for what somebody on duty must hear of",
    Every(timedelta(minutes=5)),
    timedelta(minutes=5),
    timedelta(days=1),
)
SEAL = Planned("seal-trail", "Seal the audit trail", Daily(time(3, 10)), DAY, DAILY_KEPT)
FORGET = Planned(
    "forget", "Forget what is kept for a while only", Daily(time(3, 30)), DAY, DAILY_KEPT
)
KEEP = Planned(
    "keep-no-longer",
    "Let go of what is older than it may be kept",
    Daily(time(3, 50)),
    DAY,
    DAILY_KEPT,
)
LAPSE = Planned(
    "lapse-holds",
    "Write down that holds have lapsed",
    Every(timedelta(seconds=30)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
OFFER = Planned(
    "offer-beds",
    "Offer beds that are free to those who wait",
    Every(timedelta(seconds=30)),
    timedelta(seconds=30),
    FREQUENT_KEPT,
)
ASK = Planned(
    "ask-about-bookings",
    "Ask sites about bookings nobody came to",
    Every(timedelta(seconds=60)),
    timedelta(seconds=60),
    FREQUENT_KEPT,
)
CHASE = Planned(
    "chase-concerns",
    "Tell of safeguarding concerns that wait too long",
    Every(timedelta(minutes=5)),
    timedelta(minutes=5),
    timedelta(days=1),
)

TIMETABLE = (
    SEND,
    SWEEP,
    GROUP,
    ESCALATE,
    WALKS,
    WATCH,
    SEAL,
    FORGET,
    KEEP,
    LAPSE,
    OFFER,
    ASK,
    CHASE,
)
"""Every job there is. Each needs its function in ``pathway.jobs.JOBS``."""


MOST_MISSED = 7
"""How many missed slots of one job are written down at most (ours)."""


def missed(job: Planned, newest: datetime | None, now: datetime) -> list[datetime]:
    """Return the slots that nobody ran and that are too old to run, oldest first.

    ``newest`` is the newest slot that is written down. A job without any has
    never been on the timetable here, and so missed nothing.
    """
    found: list[datetime] = []
    if newest is None or job.frequent:
        return found
    slot = job.schedule.latest(now)
    if is_useful(job, slot, now):
        slot = _before(job, slot)
    while slot > newest and len(found) < MOST_MISSED:
        found.insert(0, slot)
        slot = _before(job, slot)
    return found


def _before(job: Planned, slot: datetime) -> datetime:
    return job.schedule.latest(slot - timedelta.resolution)


def is_useful(job: Planned, slot: datetime, now: datetime) -> bool:
    """Return whether a slot is still worth running."""
    return now - slot <= job.useful_for
