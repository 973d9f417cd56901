"""What may be taken back, by whom and for how long. Source: DOMAIN.md section 4 (numbers ours)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pathway.beds.rules import BedFacts, Happened, PlacementFacts, is_void
from pathway.sites.rules import SiteNumbers

NOTHING = "There is nothing to undo."
UNDONE_ALREADY = (
    "There is nothing to undo: the last thing was undone already. "
    "Ask your lead if more of it was wrong."
)
LAPSED = "There is nothing to undo: the hold lapsed by itself. Hold a bed again."
NOT_THE_LAST = (
    "Only the last thing can be undone, and more has happened at the other bed since. "
    "Undo that first, or ask your lead."
)
OTHER_BED = (
    "They cannot have the bed again that they came from. Record what is so now, or ring the "
    "duty manager."
)
MOVE_PLANNED = (
    "Another bed is kept for a move from this one. Have that released first, then undo this: "
    "ring the duty manager if you do not see it."
)
SOMEBODY_ELSES = "Somebody else did that. Ask them, or your lead, to undo it."

BEGINS = frozenset({Happened.HELD, Happened.WALKED_IN, Happened.MOVED_IN})
"""With one of these a placement begins; without it there is none."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest event as far as it matters here; ``kept`` is that it says what was before."""

    what: str
    recorded_at: datetime
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Doer:
    """Who wants to undo: whether they did it themselves, and what they are at the site."""

    numbers: SiteNumbers
    own: bool = False
    lead: bool = False
    runs: bool = False


def why_not(last: Last | None, now: datetime, doer: Doer) -> str | None:
    """Return why the newest event cannot be undone by somebody, or None."""
    if last is None:
        return NOTHING
    if last.what == Happened.UNDONE:
        return UNDONE_ALREADY
    if last.what == Happened.EXPIRED:
        return LAPSED
    begins = last.what in BEGINS or last.what == Happened.BOOKED
    if not last.kept and not begins:
        return f"{NOTHING} It was entered in bulk: ask your lead to record it in error."
    return _too_late(last, now - last.recorded_at, doer)


def _too_late(last: Last, past: timedelta, doer: Doer) -> str | None:
    window = _window(last, doer)
    if window is None:
        return SOMEBODY_ELSES
    length, sentence = window
    return None if past <= length else sentence


def _window(last: Last, doer: Doer) -> tuple[timedelta, str] | None:
    """Return for how long somebody may undo it, and what they are told after that."""
    hours, minutes = doer.numbers.lead_undo_hours, doer.numbers.undo_minutes
    if doer.lead:
        way_out = "Record what is so now, or record the placement in error."
        return timedelta(hours=hours), f"That was more than {hours} hours ago. {way_out}"
    if last.what == Happened.NO_SHOW and doer.runs:
        minutes = doer.numbers.no_show_undo_minutes
    elif not doer.own:
        return None
    return timedelta(minutes=minutes), f"That was more than {minutes} minutes ago. Ask your lead."


def taken(placement: PlacementFacts) -> str:
    """Return that a bed has gone to somebody else."""
    return (
        f"Bed {placement.bed_label} has gone to somebody else since. "
        f"Hold another bed for {placement.person.name}."
    )


def slept_since(placement: PlacementFacts) -> str:
    """Return that a stay cannot be brought back; who slept where is said to nobody."""
    return (
        f"Bed {placement.bed_label} was slept in, or {placement.person.name} was somewhere else, "
        "in the time that this brings back. Record what is so now instead."
    )


def bad_bed(
    placement: PlacementFacts, bed: BedFacts | None, since: datetime, now: datetime, *, extra: bool
) -> str | None:
    """Return why somebody cannot have this bed again, or None.

    A void from before what is undone stood while they had the bed, and stands
    for when they leave it. A bed over capacity is there as soon as somebody is.
    """
    if bed is None and not extra:
        return f"Bed {placement.bed_label} is not there tonight. Choose another bed."
    if bed is None or bed.void_from is None or not is_void(bed, now) or bed.void_from < since:
        return None
    return (
        f"Bed {placement.bed_label} is out of use since. Put it back in use first, "
        "or choose another bed."
    )
