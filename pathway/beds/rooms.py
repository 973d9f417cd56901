"""What is said of each bed: whether it is step-free, in a women's room, in a shared one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import update

from pathway import audit
from pathway.acts import Act
from pathway.beds import board
from pathway.beds.models import Bed
from pathway.beds.rules import BedFacts
from pathway.db import db
from pathway.errors import Invalid
from pathway.sites import actions as sites
from pathway.sites.rules import SiteFacts


@dataclass(frozen=True, slots=True)
class Room:
    """What is recorded of one bed; None is not known."""

    step_free: bool | None
    womens: bool | None
    shared: bool | None


def describe(act: Act, site: SiteFacts, version: int, told: Sequence[tuple[int, Room]]) -> None:
    """Record what a lead says of the beds of a site, if said of this version of it.

    It is said of every night of a bed: the room is the same. Whoever has the bed
    keeps it. What is said already changes nothing.

    Raises:
        Invalid: one of them is no bed of tonight there.
        Refused: somebody else changed the site since that version.
    """
    known = {bed.id: bed for bed in board.beds_of(site, act.at)}
    if any(ident not in known for ident, _ in told):
        raise Invalid({"bed": ["This is not a bed of tonight here. Open the page again."]})
    changed = {known[ident].label: room for ident, room in told if _is_news(known[ident], room)}
    if not changed:
        return
    sites.change(site, version, {})
    for label, room in changed.items():
        of_it = (Bed.site_id == site.id, Bed.label == label)
        db.session.execute(update(Bed).where(*of_it).values(**asdict(room)))
    audit.record(act, "describe beds", f"site:{site.code}", {"beds": list(changed)})


def _is_news(bed: BedFacts, room: Room) -> bool:
    return room != Room(bed.step_free, bed.womens, bed.shared)
