"""How a placement is told on a hub's page: when they come, how late they are."""

from collections.abc import Mapping
from datetime import datetime

from pathway.beds.rules import Happened, PlacementFacts, Welfare
from pathway.nights import minutes_left

HOUR = 60
"""Minutes."""


def due_at(placement: PlacementFacts) -> datetime:
    """Return when somebody comes or their hold lapses, whichever is told of them."""
    return placement.expected_at or placement.expires_at or placement.made_at


def due_words(placement: PlacementFacts, now: datetime) -> str:
    """Return how long until somebody is expected, or how late they are and what to do.

    >>> length_words(25), length_words(60), length_words(125)
    ('25 minutes', '1 hour', '2 hours 5 minutes')
    """
    due = due_at(placement)
    if due > now:
        return f"in {length_words(minutes_left(due, now))}"
    late = length_words(int((now - due).total_seconds()) // 60)
    return f"{late} late: ring them" if late else "now"


def length_words(minutes: int) -> str:
    """Return a length of time as people say it; nothing for no minutes."""
    hours, rest = divmod(minutes, HOUR)
    told = [(hours, "hour"), (rest, "minute")]
    return " ".join(f"{number} {word}{'s' * (number > 1)}" for number, word in told if number)


WELFARE = {
    Welfare.SAFE.value: "They are safe: I know where they are",
    Welfare.OUTREACH.value: "Outreach looks for them tonight",
    Welfare.POLICE.value: "I told the police that they are missing",
    Welfare.DUTY.value: "The duty manager decides",
}
"""What is done for somebody vulnerable who did not come."""

DONE: Mapping[str, str] = {
    Happened.HELD: "Bed held",
    Happened.BOOKED: "Booked",
    Happened.WALKED_IN: "Checked in at the door",
    Happened.MOVED_IN: "Moved in",
    Happened.EXTENDED: "Hold made longer",
    Happened.CHECKED_IN: "Checked in",
    Happened.RELEASED: "Bed given back",
    Happened.CANCELLED: "Cancelled",
    Happened.NO_SHOW: "Marked as not here",
    Happened.DEPARTED: "Checked out",
    Happened.AWAY: "Marked as away",
    Happened.BACK: "Back again",
    Happened.STAY_DECIDED: "Stay decided",
}
"""What was done, as the list of it says."""

LEAVING = (
    ("Left in the morning, back on the street", "street", "Left in the morning"),
    ("Left without saying where", "left-unknown", "Left without saying where"),
    ("To family or friends", "family-or-friends", "Went to family or friends"),
    ("To hospital", "hospital", "Went to hospital"),
)
"""How people mostly leave: the button, and the destination and reason that it records."""

ARRANGED = "Moved on as arranged"
"""The reason of somebody who leaves for a place that was found for them."""

AWAY = {"hospital": "In hospital", "custody": "In custody", "elsewhere": "Somewhere else"}
"""Where somebody is whose bed is kept."""
