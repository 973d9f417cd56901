"""Who is told of a placement: the site that somebody is coming, the holder that a hold lapsed.

Each is one row, written in the transaction that causes it. What is told names
nobody, and to whoever is not of a confidential site neither it nor its beds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from pathway.acts import Act
from pathway.beds.rules import Happened, PlacementFacts, PlacementStatus
from pathway.messages.notices import notify, over, retell
from pathway.messages.rules import Kind
from pathway.nights import clock, when
from pathway.people import lookouts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

WORTH_KNOWING = timedelta(hours=2)
"""How long after a hold lapsed its holder is still told by text (ours)."""

LOOKED_OUT_FOR = timedelta(days=7)
"""For how long a holder is told when somebody who did not come is met again (ours)."""


def tell(act: Act, placement: PlacementFacts, what: Happened) -> None:
    """Tell whom it concerns: a statement or two more."""
    telling = _TOLD.get(what)
    if telling is not None:
        telling(act, placement)


def coming_words(placement: PlacementFacts) -> str:
    """Return what a site is told of a hold, or of somebody who is booked."""
    if placement.status is PlacementStatus.BOOKED:
        expected = when(_until(placement), placement.made_at)
        return f"Someone is expected in bed {placement.bed_label} at {expected}."
    return f"Someone is coming to bed {placement.bed_label} by {clock(_until(placement))}."


def lapsed_words(placement: PlacementFacts, act: Act) -> str:
    """Return what a holder is told of a hold that is over."""
    return f"{_your_hold(placement)} lapsed at {when(_until(placement), act.at)}."


def taken_words(placement: PlacementFacts, act: Act) -> str:
    """Return what a holder is told of a hold that somebody else gave back."""
    given = f"was given back by somebody else at {clock(act.at)}"
    return f"{_your_hold(placement)} {given}. Ring the site."


def offered_words(placement: PlacementFacts, now: datetime) -> str:
    """Return what whoever put somebody on a list is told; it names neither them nor the site."""
    until = when(_until(placement), now)
    return f"A bed is held until {until} for somebody you put on a list."


def tell_of_offer(act: Act, placement: PlacementFacts) -> None:
    """Tell whoever put somebody on a list that a bed is held for them."""
    if placement.made_by is None:
        return
    notify(
        act,
        Kind.BED_OFFERED,
        offered_words(placement, act.at),
        useful_until=_until(placement),
        staff_id=placement.made_by,
        key=_offered(placement),
        link=_link(placement),
    )


def _your_hold(placement: PlacementFacts) -> str:
    """Name a hold by the site's code: its whole name may hold a street, and a text is no place."""
    if placement.site.confidential:
        return "Your hold"
    return f"Your hold on bed {placement.bed_label} at {placement.site.code}"


def _held(act: Act, placement: PlacementFacts) -> None:
    """Tell the site, unless its own staff hold the bed: they know."""
    if scope(act, Doing.RUN_SITE).covers(placement.site):
        return
    notify(
        act,
        Kind.SOMEONE_COMING,
        coming_words(placement),
        useful_until=_until(placement),
        site_id=placement.site.id,
        key=_coming(placement),
        link=_link(placement),
    )


def _extended(act: Act, placement: PlacementFacts) -> None:
    until = _until(placement)
    retell(_coming(placement), coming_words(placement), useful_until=until)
    retell(_offered(placement), offered_words(placement, act.at), useful_until=until)


def _booked(act: Act, placement: PlacementFacts) -> None:
    """Tell the site as of a hold; what it was told before is so no more."""
    over(act, late_key(placement.id))
    _held(act, placement)
    _extended(act, placement)


def _arrived(act: Act, placement: PlacementFacts) -> None:
    """Nobody waits any more. Who held a bed at a confidential site learns nothing of it."""
    told = [_coming(placement), _offered(placement), late_key(placement.id)]
    if not placement.site.confidential:
        told.append(_lapsed(placement))
    over(act, *told)
    if placement.status is PlacementStatus.IN:
        _found(act, placement)


def _found(act: Act, placement: PlacementFacts) -> None:
    """Tell who waits for somebody that they were met.

    Who held this bed for them had found them when they did; and at a closed site they
    learn of no arrival.
    """
    then, holder = placement.checked_in_at, placement.made_by
    lookouts.met(act, placement.person.id, at=then, unless=holder)


def _ended(act: Act, placement: PlacementFacts) -> None:
    over(act, _coming(placement), _offered(placement), late_key(placement.id))


def _missed(act: Act, placement: PlacementFacts) -> None:
    _ended(act, placement)
    _look_out(act, placement)


def _look_out(act: Act, placement: PlacementFacts) -> None:
    """Have the holder told when somebody who did not come is met again."""
    if placement.made_by is None:
        return
    until = (placement.ended_at or act.at) + LOOKED_OUT_FOR
    key = f"placement:{placement.id}"
    holder = placement.made_by
    lookouts.look_out(act, placement.person.id, key=key, staff_id=holder, until=until)


def _undone(act: Act, placement: PlacementFacts) -> None:
    """Tell what is so again: somebody comes after all, or nobody is waited for any more."""
    if placement.status_at(act.at) not in {PlacementStatus.HELD, PlacementStatus.BOOKED}:
        _arrived(act, placement)
        return
    over(act, _lapsed(placement))
    _extended(act, placement)


def _released(act: Act, placement: PlacementFacts) -> None:
    _ended(act, placement)
    if placement.made_by != act.staff_id:
        _tell_holder(act, placement, taken_words(placement, act), act.at)


def _expired(act: Act, placement: PlacementFacts) -> None:
    over(act, _coming(placement), _offered(placement))
    _tell_holder(act, placement, lapsed_words(placement, act), _until(placement))
    if not placement.planned:
        _look_out(act, placement)


def _tell_holder(act: Act, placement: PlacementFacts, words: str, ended: datetime) -> None:
    if placement.made_by is None:
        return
    notify(
        act,
        Kind.HOLD_LAPSED,
        words,
        useful_until=ended + WORTH_KNOWING,
        staff_id=placement.made_by,
        key=_lapsed(placement),
        link=_link(placement),
    )


_TOLD: Mapping[Happened, Callable[[Act, PlacementFacts], None]] = {
    Happened.HELD: _held,
    Happened.BOOKED: _booked,
    Happened.EXTENDED: _extended,
    Happened.CHECKED_IN: _arrived,
    Happened.WALKED_IN: _found,
    Happened.RELEASED: _released,
    Happened.CANCELLED: _released,
    Happened.EXPIRED: _expired,
    Happened.NO_SHOW: _missed,
    Happened.VOIDED: _ended,
    Happened.UNDONE: _undone,
}


def _until(placement: PlacementFacts) -> datetime:
    """Return when a hold ends or a booking is expected; what is told of here always has that."""
    booked = placement.status is PlacementStatus.BOOKED
    until = placement.expected_at if booked else placement.expires_at
    assert until is not None  # noqa: S101 - the table says so too
    return until


def _coming(placement: PlacementFacts) -> str:
    return f"placement:{placement.id}:coming"


def _offered(placement: PlacementFacts) -> str:
    return f"placement:{placement.id}:offered"


def late_key(ident: int) -> str:
    """Return by what the notice is known that asks a site about a booking."""
    return f"placement:{ident}:late"


def lapsed_key(ident: int) -> str:
    """Return by what the notice is known that tells a holder of a hold that is over."""
    return f"placement:{ident}:lapsed"


def _lapsed(placement: PlacementFacts) -> str:
    return lapsed_key(placement.id)


def _link(placement: PlacementFacts) -> str:
    return f"/placements/{placement.id}"
