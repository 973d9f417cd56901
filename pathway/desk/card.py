"""The person's own card: where to go, by when and whom to ask for, to be read by them."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import board, card, queries
from pathway.beds.rules import PlacementFacts
from pathway.beds.sight import may_see
from pathway.db import transaction
from pathway.errors import Absent
from pathway.fields import LARGEST_ID
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.queries import public_lines
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing

bp = Blueprint("card", __name__)


@bp.get("/people/<ref>/card")
@permits(Doing.SEE_PEOPLE)
def of_person(ref: str) -> ResponseReturnValue:
    """Show somebody's card: their bed, or whom to ring tomorrow."""
    act = this_act()
    person = people.whole_person(act, ref)
    if person is None:
        raise Absent(glass=url_for("record.glass", ref=ref))
    placement = queries.live_placement_of(person.id)
    if placement is not None and not may_see(act, placement):
        placement = None
    return _page(act, person, placement)


@bp.get(f"/placements/<int(max={LARGEST_ID}):ident>/card")
@permits(Doing.SEE_PLACEMENTS)
def of_placement(ident: int) -> ResponseReturnValue:
    """Show the card that leads to one bed."""
    act = this_act()
    placement = queries.open_placement(act, ident)
    if placement is None or not may_see(act, placement):
        raise Absent
    return _page(act, placement.person, placement)


def _page(act: Act, person: PersonFacts, placement: PlacementFacts | None) -> str:
    """Show a card, and record that it was seen; of a confidential site it tells no address."""
    if placement is not None and not card.has_a_bed(placement, act.at):
        placement = None
    named = request.args.get("name") == "yes"
    with transaction():
        subject = f"placement:{placement.id}" if placement else f"person:{person.ref}"
        audit.record(act, "view card", subject, person=person.ref)
    return render_template(
        "desk/card.html",
        person=person,
        placement=placement,
        named=named,
        name=person.given_name if named else None,
        address=_address(act, placement),
        bed=board.bed(placement.bed_id, act.at) if placement and placement.bed_id else None,
        by_when=card.by_when(placement, act.at) if placement else None,
        lines={line.code: line for line in public_lines()},
    )


def _address(act: Act, placement: PlacementFacts | None) -> str | None:
    """Return where the site is; paper is lost, so that a confidential site's stands on none."""
    if placement is None or placement.site.confidential:
        return None
    known = sites.details(act, placement.site)
    return known.address if known else None
