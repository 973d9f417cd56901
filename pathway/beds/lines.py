"""The entries of a line of time that beds hold: what happened to the placements one may see.

A stay at a confidential site is in nobody's line but that of staff named for the
site. Who did it stands on the placement itself, and not here: the name of
whoever took somebody in would tell where they went.
"""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pathway.beds.models import Bed, Placement, PlacementEvent, Waiting
from pathway.beds.rules import Happened, PlacementStatus
from pathway.beds.sight import at_most_the_hold, visible, waits_seen
from pathway.beds.turn import OFFERED, WITHDRAWN
from pathway.beds.words import DONE
from pathway.db import run
from pathway.people.lines import PERSON, page
from pathway.people.timeline import Entry, Look, Source
from pathway.sites.models import Site

_WORDS = {**DONE, Happened.EXPIRED: "Hold lapsed", Happened.VOIDED: "Recorded in error"}

_UNDOING = aliased(PlacementEvent)

_EVENTS = page(
    select(PlacementEvent.id, PlacementEvent.at, PlacementEvent.what)
    .add_columns(Placement.id, Placement.status, Site.name, Bed.label)
    .add_columns(
        select(_UNDOING.id)
        .where(
            _UNDOING.placement_id == PlacementEvent.placement_id,
            _UNDOING.undoes == PlacementEvent.id,
        )
        .limit(1)
        .scalar_subquery()
    )
    .join_from(PlacementEvent, Placement, Placement.id == PlacementEvent.placement_id)
    .join(Site, Site.id == PlacementEvent.site_id)
    .outerjoin(Bed, Bed.id == PlacementEvent.bed_id)
    .where(Placement.person_id == PERSON, PlacementEvent.what != Happened.UNDONE.value),
    PlacementEvent.at,
    PlacementEvent.id,
)


def placements(look: Look) -> list[Entry]:
    """Return what happened to the placements that the reader may see."""
    seen = _EVENTS.where(visible(look.act), at_most_the_hold(look.act, PlacementEvent.what))
    return [
        Entry(
            at,
            Source.PLACEMENT,
            ident,
            f"{_WORDS[what]}: {site}{f', bed {bed}' if bed else ''}",
            "Taken back" if undone else "",
            struck=undone is not None or status == PlacementStatus.VOIDED.value,
            opens=placement,
        )
        for ident, at, what, placement, status, site, bed, undone in run(
            seen, **look.values(Source.PLACEMENT)
        )
    ]


_WAITS = page(
    select(Waiting.id, Waiting.since, Waiting.ended_why, Site.name)
    .join_from(Waiting, Site, Site.id == Waiting.site_id)
    .where(Waiting.person_id == PERSON),
    Waiting.since,
    Waiting.id,
)

_WAITED = {OFFERED: "A bed was held for them", WITHDRAWN: "Taken off the list"}
"""What became of a wait, as far as it is told here: not that they came, nor that they died."""


def waits(look: Look) -> list[Entry]:
    """Return for which sites somebody was put on the list, where the reader may know of it."""
    seen = _WAITS.where(waits_seen(look.act))
    return [
        Entry(
            since,
            Source.WAIT,
            ident,
            f"Put on the list for a bed: {site}",
            _WAITED.get(why, ""),
        )
        for ident, since, why, site in run(seen, **look.values(Source.WAIT))
    ]
