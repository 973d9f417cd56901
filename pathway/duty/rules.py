"""Who is on duty now, and when an alarm goes to the next."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pathway.messages.septets import ONE_TEXT, cut, is_gsm7, plain, septets
from pathway.nights import when
from pathway.staff.doing import Doing, Role
from pathway.staff.may import MAY
from pathway.staff.rules import LEADING

STEPS = (1, 2, 3)
"""In which order those on duty are told: first, second and third on call (ours)."""

STEP_WORDS: Mapping[int, str] = {1: "first on call", 2: "second on call", 3: "third on call"}

SHOWN_DAYS = 14
"""How many days ahead the rota is shown (ours)."""

LONGEST_TURN = timedelta(hours=169)
"""The longest turn: a week on call, as long as it gets when the clocks go back (ours).

Second and third on call often go by the week; longer is a wrong month.
"""

ANSWER_WITHIN = timedelta(minutes=10)
"""How long one step has to answer before the next is told (ours)."""

TOLD_AGAIN_EVERY = timedelta(minutes=30)
"""How long after everybody was told they are told again (ours)."""

TOLD_TIMES = 8
"""How often everybody is told in all: until four hours after all steps failed (ours).

After that nobody looks at texts, and more of them would bury the next alarm.
"""

EVERYBODY = 4
"""The step at which everyone who runs the rota is told; each further step tells them again."""

LAST_STEP = EVERYBODY + TOLD_TIMES - 1

RUNNERS = frozenset(role for role in Role if Doing.RUN_ROTA in MAY[role])
"""The roles that run the rota, and are told when nobody on it answers."""

SERVES: Mapping[int, frozenset[Role]] = {
    1: LEADING,
    2: LEADING | {Role.ADMIN},
    3: LEADING | {Role.ADMIN},
}
"""Who may be on duty, by step (ours).

Those who may decide something at night. The duty manager is rung about people
and placements, and an administrator sees none; about the service itself they
can help, so they may come second or third. Outreach, hub and treatment staff
have somebody before them and cannot leave for an alarm.
"""


class AlarmKind(StrEnum):
    """What an alarm is about."""

    PROBING = "probing"
    SERVICE = "service"
    NO_SHOW = "no_show"
    WALK = "walk"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of time for which somebody is on call."""

    id: int
    staff_id: int
    name: str
    phone: str | None
    step: int
    starts_at: datetime
    ends_at: datetime

    def runs(self, at: datetime) -> bool:
        """Return whether it runs at a moment: from its first instant, before its last."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody was told of an alarm."""

    staff_id: int
    name: str
    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """An alarm as those see it who were told."""

    id: int
    at: datetime
    words: str
    link: str | None
    step: int
    told_at: datetime
    answered_at: datetime | None
    answered_by_id: int | None
    answered_by: str | None
    told: tuple[Told, ...] = ()


def on_duty(turns: Iterable[Turn], at: datetime) -> dict[int, Turn]:
    """Return who is on call at a moment, by step; of two on one step, the one added last."""
    running = sorted((one for one in turns if one.runs(at)), key=lambda one: one.id)
    return {one.step: one for one in running}


def gaps(
    turns: Iterable[Turn], step: int, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the stretches from ``start`` to ``end`` in which nobody is on this step."""
    found, covered = [], start
    for one in sorted((one for one in turns if one.step == step), key=lambda one: one.starts_at):
        if covered < min(one.starts_at, end):
            found.append((covered, min(one.starts_at, end)))
        covered = max(covered, one.ends_at)
    return [*found, (covered, end)] if covered < end else found


def gap_in_words(step: int, gap: tuple[datetime, datetime], start: datetime, end: datetime) -> str:
    """Return a gap between ``start``, which is now, and ``end`` as a sentence."""
    nobody, (begins, ends) = f"Nobody is {STEP_WORDS[step]}", gap
    if begins == start and ends == end:
        return f"{nobody} in the next {SHOWN_DAYS} days."
    if begins == start:
        return f"{nobody} now, until {when(ends, start)}."
    if ends == end:
        return f"{nobody} from {when(begins, start)} on."
    return f"{nobody} from {when(begins, start)} until {when(ends, begins)}."


def length_in_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return how long a turn really is: clocks that change make it longer or shorter.

    >>> from datetime import UTC
    >>> length_in_words(datetime(2026, 1, 5, 22, tzinfo=UTC), datetime(2026, 1, 6, 7, tzinfo=UTC))
    '9 hours'
    """
    minutes = int((ends_at - starts_at).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    whole = "1 hour" if hours == 1 else f"{hours} hours"
    if not rest:
        return whole
    return f"{whole} {rest} minutes" if hours else f"{rest} minutes"


def faults_of_turn(
    step: int, roles: Collection[str] | None, starts_at: datetime, ends_at: datetime, now: datetime
) -> dict[str, list[str]]:
    """Return what is wrong with a turn, by field; ``roles`` is None for nobody of the staff."""
    found: dict[str, list[str]] = {}
    if step not in STEPS:
        found["step"] = ["Choose first, second or third on call."]
    elif roles is None:
        found["staff"] = ["Choose somebody from the list."]
    elif not SERVES[step] & set(roles):
        found["staff"] = [_may_not(step)]
    if ends_at <= starts_at:
        found["ends_at"] = ["It ends before it begins. Check both times."]
    elif ends_at <= now:
        found["ends_at"] = ["That is over already. The rota is for what comes."]
    elif ends_at - starts_at > LONGEST_TURN:
        found["ends_at"] = [
            "That is more than a week. Check the days, or add a turn for each week."
        ]
    return found


def _may_not(step: int) -> str:
    who = "Hub leads, SWEP coordinators and managers"
    if step == 1:
        return f"{who} may be first on call: they are rung about people. Choose one of them."
    return f"{who} and administrators may be on call. Choose one of them."


def waits_until(step: int, told_at: datetime) -> datetime | None:
    """Return when an alarm that nobody answers goes further, or None: it does so no more."""
    if step >= LAST_STEP:
        return None
    return told_at + (ANSWER_WITHIN if step < EVERYBODY else TOLD_AGAIN_EVERY)


def next_step(step: int, on_call: Mapping[int, Turn], told: Collection[int] = ()) -> int:
    """Return the step that an alarm goes to: the next with somebody who was not told yet.

    ``step`` is 0 for an alarm that is only just raised.
    """
    for after in STEPS:
        turn = on_call.get(after)
        if after > step and turn is not None and turn.staff_id not in told:
            return after
    return max(EVERYBODY, step + 1)


def reach_in_words(step: int) -> str:
    """Return how far an alarm went.

    >>> reach_in_words(2)
    'It went to the second on call.'
    """
    if step in STEP_WORDS:
        return f"It went to the {STEP_WORDS[step]}."
    times = step - EVERYBODY + 1
    often = "" if times == 1 else f", {times} times"
    over = " Nobody is told again: ring them." if step >= LAST_STEP else ""
    return f"It went to everybody who runs the rota{often}.{over}"


def text_of(ident: int, words: str, page: str) -> str:
    """Return the one text that tells of an alarm.

    >>> text_of(12, "No forecast.", "https://pathway.example.org/alarms")
    'Pathway alarm 12: No forecast. Answer with OK 12, or open https://pathway.example.org/alarms.'

    An address that a text cannot hold is left out, and words that are too long are cut.
    """
    told = plain(words).rstrip(". ")
    before, after = f"Pathway alarm {ident}: ", f". Answer with OK {ident}"
    leads = f", or open {page}."
    if not is_gsm7(page) or septets(leads) > ONE_TEXT // 2:
        leads = ", or open Pathway."
    return before + cut(told, ONE_TEXT - septets(before + after + leads)) + after + leads


def over_text(ident: int, words: str) -> str:
    """Return the one text that tells that an alarm is over.

    >>> over_text(12, "Robin says that they are safe.")
    'Pathway alarm 12 is over. Robin says that they are safe.'
    """
    before = f"Pathway alarm {ident} is over. "
    return before + cut(plain(words), ONE_TEXT - septets(before))


def suggested_end(running: Turn | None, now: datetime) -> datetime:
    """Return until when somebody who takes over is likely to stay."""
    if running is not None:
        return running.ends_at
    return now.replace(second=0, microsecond=0) + timedelta(hours=12)


def in_order(alarms: Sequence[AlarmFacts]) -> list[AlarmFacts]:
    """Return the open ones first, and among both the newest first."""
    return sorted(alarms, key=lambda one: (one.answered_at is not None, -one.at.timestamp()))
