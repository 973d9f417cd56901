"""Tonight's board, and one placement from hold to departure."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from pathway import audit
from pathway.acts import Act
from pathway.answers import fresh
from pathway.beds import actions, board, history, lately, queries, queue, timing, undoing
from pathway.beds.deaths import DESTINATION as DIED
from pathway.beds.fit import stopped
from pathway.beds.overdue import not_yet_a_no_show
from pathway.beds.rules import ONWARD, BedFacts, PlacementFacts
from pathway.beds.schemas import (
    ArrivalForm,
    ConfirmForm,
    DepartForm,
    ExtendForm,
    HoldForm,
    ThenAsked,
    VoidForm,
)
from pathway.beds.sight import may_see
from pathway.beds.taps import done, load, theirs, viewed
from pathway.beds.words import ARRANGED, DONE, LEAVING, WELFARE, due_words
from pathway.db import transaction
from pathway.duty import walking, walks
from pathway.duty.banner import walking as under_way
from pathway.duty.schemas import WalkForm
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID
from pathway.idempotency import once
from pathway.nights import london
from pathway.sites import queries as sites
from pathway.sites.rules import accepts_in_words
from pathway.staff.acting import SESSION_SECRET, permits, this_act, this_form
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

bp = Blueprint("beds", __name__)

IDENT = f"int(max={LARGEST_ID})"


@bp.get("/beds")
@permits(Doing.COUNT_BEDS)
def tonight() -> ResponseReturnValue:
    """Show tonight's beds at every site."""
    act = this_act()
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    holds = scope(act, Doing.HOLD)
    rows = [(one, accepts_in_words(one.site), holds.covers(one.site)) for one in seen.sites]
    facts = [
        (one.site.name, one.site.phone, one.site.pickup_point, words, *one.seen)
        for one, words, _ in rows
    ]
    return fresh(
        [session[SESSION_SECRET], seen.night, facts, *_of_my_walk()],
        lambda: render_template("beds/tonight.html", board=seen, rows=rows, now=act.at),
    )


@bp.get("/beds/then")
@permits(Doing.COUNT_BEDS)
def then() -> ResponseReturnValue:
    """Show the beds of a past moment to whoever may see them today."""
    act = this_act()
    typed = request.args.get("at", "").strip()
    seen, errors = None, {}
    try:
        if typed:
            asked = ThenAsked().load({"at": typed})
            moment = history.past(asked["at"], act.at)
            seen = history.board_at(moment, scope(act, Doing.COUNT_BEDS))
    except ValidationError as fault:
        errors = fault.messages_dict
    except Invalid as refusal:
        errors = dict(refusal.errors)
    page = render_template("beds/then.html", board=seen, typed=typed, errors=errors, now=act.at)
    return page, 422 if errors else 200


@bp.get("/holds")
@permits(Doing.HOLD)
def mine() -> ResponseReturnValue:
    """Show the holds that whoever asks has made tonight."""
    act = this_act()
    found = [placement for placement in lately.made_by(act) if may_see(act, placement)]
    with transaction():
        refs = [placement.person.ref for placement in found]
        audit.record(act, "list holds", "list:holds", people=refs)
    return render_template("beds/holds.html", placements=found, now=act.at)


@bp.post("/placements")
@permits(Doing.HOLD)
def place() -> ResponseReturnValue:
    """Hold a bed or check somebody in at the door, then show the placement."""
    act = this_act()
    asked = load(HoldForm)
    verb = actions.walk_in if asked.pop("walk_in") else actions.hold
    asked["override"] = asked.get("override") or None
    asked["over"] = asked.get("over") or None
    return _then_show(act, lambda: verb(act, **asked))


@bp.get(f"/placements/<{IDENT}:ident>")
@permits(Doing.SEE_PLACEMENTS)
def show(ident: int) -> ResponseReturnValue:
    """Show one placement, with the time left."""
    act = this_act()
    placement = viewed(act, ident, Doing.SEE_PLACEMENTS)
    known = sites.details(act, placement.site)
    return render_template(
        "beds/placement.html",
        placement=placement,
        ring="ring" in request.args,
        unrecorded=placement.destination == DIED and placement.person.died_on is None,
        may_record_death=may(act.roles, Doing.RECORD_DEATH),
        stop=stopped(placement.person, london(act.at).date()),
        events=queries.events_of(ident),
        address=known.address if known else None,
        may_keep=_covers(act, Doing.KEEP_HOLD, placement),
        may_run=_covers(act, Doing.RUN_SITE, placement),
        may_book=_covers(act, Doing.BOOK, placement),
        may_strike=_covers(act, Doing.OVERRIDE, placement),
        offer=queue.was_offered(placement),
        spent=queue.of_offer(act, placement) if may(act.roles, Doing.WAIT) else None,
        to_undo=DONE.get(undoing.undoable(act, placement) or ""),
        more=timing.minutes_to_add(placement),
        may_walk=may(act.roles, Doing.BE_WALKED),
        walk_choices=walking.CHOICES,
        walk_usual=walking.USUAL_MINUTES,
        missing=not_yet_a_no_show(placement, act.at) is None,
        due_words=due_words,
        gone_to=ONWARD.get(placement.destination or ""),
        welfare=WELFARE,
        now=act.at,
    )


@bp.post(f"/placements/<{IDENT}:ident>/extend")
@permits(Doing.KEEP_HOLD)
def extend(ident: int) -> ResponseReturnValue:
    """Let a hold run longer."""
    act = this_act()
    asked = load(ExtendForm)
    return _then_show(act, lambda: actions.extend(act, ident, **asked))


@bp.post(f"/placements/<{IDENT}:ident>/release")
@permits(Doing.KEEP_HOLD)
def release(ident: int) -> ResponseReturnValue:
    """Give a held bed back."""
    act = this_act()
    return _then_show(act, lambda: actions.release(act, ident))


@bp.post(f"/placements/<{IDENT}:ident>/walk")
@permits(Doing.BE_WALKED)
def walk(ident: int) -> ResponseReturnValue:
    """Say that one walks somebody to the bed that is held, then show the placement."""
    act = this_act()
    code = theirs(act, ident, Doing.SEE_PLACEMENTS).site.code
    asked = load(WalkForm)
    once(act, this_form(), lambda: {"walk": walks.set_out(act, site=code, **asked).id})
    return redirect(url_for("beds.show", ident=ident), code=303)


@bp.post(f"/placements/<{IDENT}:ident>/check-in")
@permits(Doing.RUN_SITE)
def check_in(ident: int) -> ResponseReturnValue:
    """Record that somebody arrived, now or earlier, then show the hub's page again."""
    act = this_act()
    asked = load(ArrivalForm)
    made = done(act, lambda: actions.check_in(act, ident, **asked))
    return redirect(url_for("desk.hub", code=made["site"], ring=made["ring"]), code=303)


@bp.get(f"/placements/<{IDENT}:ident>/depart")
@permits(Doing.RUN_SITE)
def leaving(ident: int) -> ResponseReturnValue:
    """Ask why somebody leaves and where they go."""
    arranged = {"reason": ARRANGED} if "arranged" in request.args else {}
    return _depart_page(this_act(), ident, {}, arranged)


@bp.post(f"/placements/<{IDENT}:ident>/depart")
@permits(Doing.RUN_SITE)
def depart(ident: int) -> ResponseReturnValue:
    """Record that somebody left; of one who died the placement's page asks for the rest."""
    act = this_act()
    try:
        asked = load(DepartForm)
        made = done(act, lambda: actions.depart(act, ident, **asked))
    except Invalid as refusal:
        return _depart_page(act, ident, dict(refusal.errors), request.form.to_dict()), 422
    if asked["destination"] == DIED:
        return redirect(url_for("beds.show", ident=ident), code=303)
    return redirect(url_for("desk.hub", code=made["site"]), code=303)


@bp.post("/sites/<code>/confirm")
@permits(Doing.RUN_SITE)
def confirm(code: str) -> ResponseReturnValue:
    """Keep the count a hub has made."""
    act = this_act()
    asked = load(ConfirmForm)
    once(act, this_form(), lambda: {"free": actions.confirm(act, code, **asked)["free"]})
    return redirect(url_for("desk.hub", code=code), code=303)


@bp.post("/beds/void")
@permits(Doing.KEEP_BEDS)
def void() -> ResponseReturnValue:
    """Take a bed out of use, then show the hub's page again."""
    act = this_act()
    asked = load(VoidForm)
    ident = asked.pop("bed")
    return _then_hub(act, ident, lambda: actions.void(act, ident, **asked))


@bp.post(f"/beds/<{IDENT}:ident>/reinstate")
@permits(Doing.KEEP_BEDS)
def reinstate(ident: int) -> ResponseReturnValue:
    """Put a bed back in use, then show the hub's page again."""
    act = this_act()
    return _then_hub(act, ident, lambda: actions.reinstate(act, ident))


@bp.post(f"/beds/<{IDENT}:ident>/ready")
@permits(Doing.KEEP_BEDS)
def ready(ident: int) -> ResponseReturnValue:
    """Say that a bed has been made ready, then show the hub's page again."""
    act = this_act()
    return _then_hub(act, ident, lambda: actions.ready(act, ident))


def _then_show(act: Act, do: Callable[[], PlacementFacts]) -> ResponseReturnValue:
    """Do it, then show the placement, or one's holds where it is one's own no more."""
    made = done(act, do)
    ident = int(made["id"])
    placement = queries.open_placement(act, ident)
    if placement is None or not may_see(act, placement):
        return redirect(url_for("beds.mine"), code=303)
    return redirect(url_for("beds.show", ident=ident, ring=made["ring"]), code=303)


def _then_hub(act: Act, ident: int, do: Callable[[], BedFacts]) -> ResponseReturnValue:
    once(act, this_form(), lambda: {"bed": do().id})
    site = queries.site_of_bed(ident)
    return redirect(url_for("desk.hub", code=site.code if site else ""), code=303)


def _of_my_walk() -> list[object]:
    """Return what a page says of one's own walk: it changes while the beds do not."""
    mine = under_way()
    return [mine.id, mine.due_at, mine.alarmed_at] if mine else []


def _covers(act: Act, doing: Doing, placement: PlacementFacts) -> bool:
    return scope(act, doing).covers(placement.site, placement.made_by)


def _depart_page(act: Act, ident: int, errors: dict[str, object], typed: dict[str, str]) -> str:
    placement = viewed(act, ident, Doing.RUN_SITE)
    here = placement.site.code
    others = {
        site.code: site.name
        for site in sites.sites()
        if not site.confidential and site.code != here
    }
    return render_template(
        "beds/depart.html",
        placement=placement,
        leaving=LEAVING,
        places=ONWARD | others,
        errors=errors,
        typed=typed,
    )
