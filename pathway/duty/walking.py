"""Walking somebody to a site: how long, and what is said of whoever is late. Rules alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pathway.messages.septets import cut, plain
from pathway.nights import clock

USUAL_MINUTES = 30
"""How long a walk takes if nothing else is said, in minutes (ours)."""

LEAST_MINUTES = 5
"""The shortest walk, in minutes (ours)."""

MOST_MINUTES = 180
"""The longest walk, and the furthest ahead that it may be due, in minutes (ours)."""

CHOICES = (15, 30, 45, 60, 90)
"""The lengths that a page offers, in minutes (ours)."""

LONGEST_NAMED = 60
"""How much of a name the words of an alarm hold, in septets: its column ends at 200 (ours)."""

NOT_OUT = "You are not on a walk that runs. Say again that you are walking somebody there."

JUST_ENDED = "Your last walk ended this very moment. Set out again."


@dataclass(frozen=True, slots=True)
class WalkFacts:
    """A walk, who is on it, and where to."""

    id: int
    staff_id: int
    name: str
    phone: str | None
    site: str
    site_name: str
    confidential: bool
    site_id: int
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    alarmed_at: datetime | None

    def minutes_over(self, at: datetime) -> int:
        """Return by how many whole minutes it is late; nought while it is not."""
        return max(0, int((at - self.due_at).total_seconds()) // 60)

    @property
    def alarm_key(self) -> str:
        """Return what its alarm is known by: more time makes another one possible."""
        return f"walk:{self.id}:{self.due_at:%Y%m%d%H%M%S%f}"


def bad_minutes(minutes: int) -> str | None:
    """Return the sentence that refuses a length, or None."""
    if LEAST_MINUTES <= minutes <= MOST_MINUTES:
        return None
    return f"Say {LEAST_MINUTES} to {MOST_MINUTES} minutes."


def due_later(due_at: datetime, minutes: int, now: datetime) -> datetime | str:
    """Return when a walk is due with so many more minutes, or the sentence that refuses them.

    They count from when it was due; from now, if that is past.
    """
    later = max(due_at, now) + timedelta(minutes=minutes)
    if later - now > timedelta(minutes=MOST_MINUTES):
        return (
            f"You are due at {clock(due_at)}; a walk is due within {MOST_MINUTES} minutes from "
            "now at most. Say that you are safe, then set out again."
        )
    return later


def under_way(walk: WalkFacts) -> str:
    """Return the sentence that refuses a second walk."""
    return (
        f"You are on your way to {walk.site_name} already, due at {clock(walk.due_at)}. "
        "Say that you are safe first, or ask for more minutes."
    )


def alarm_words(walk: WalkFacts) -> str:
    """Return what the duty manager is told: who of the staff, since when, and where to.

    Who walks beside them is not said, nor is a confidential site: texts are read
    by whoever holds the phone. The code is shorter than the name, so that it is in.
    """
    whither = "a site" if walk.confidential else walk.site
    return (
        f"{_name(walk)} has not said they are safe: due {clock(walk.due_at)}, going to {whither}."
    )


def safe_words(walk: WalkFacts) -> str:
    """Return what those are told who were told that somebody is late."""
    return f"{_name(walk)} says that they are safe. If in doubt, ring them."


def longer_words(walk: WalkFacts, due_at: datetime) -> str:
    """Return what those are told when somebody who is late asks for more time."""
    return (
        f"{_name(walk)} asked for more time and is due at {clock(due_at)}. If in doubt, ring them."
    )


def _name(walk: WalkFacts) -> str:
    return cut(plain(walk.name), LONGEST_NAMED)
