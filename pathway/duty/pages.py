"""The duty rota and the alarms, for everybody who is signed in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError

from pathway.acts import Act
from pathway.db import transaction
from pathway.duty import actions, queries, rules, walks
from pathway.duty.address import PAGE
from pathway.duty.rules import SHOWN_DAYS, STEP_WORDS, STEPS, Turn
from pathway.duty.schemas import LongerForm, TakeOverForm, TurnForm
from pathway.duty.walking import WalkFacts
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID, sentences
from pathway.idempotency import once
from pathway.messages.outbox import unreachable
from pathway.nights import london
from pathway.sites.queries import sites
from pathway.staff.acting import permits, this_act, this_form, who
from pathway.staff.browser import after
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

bp = Blueprint("duty", __name__)

ANSWERED_SHOWN = timedelta(days=30)
"""How long an answered alarm stays on the page (ours)."""

LEADS = {"/watch": Doing.WATCH, "/texts": Doing.SEE_TEXTS, walks.LOOK: Doing.SIGNED_IN}
"""Where alarms lead, and what one must be allowed to do to look there."""

STEP_NAMES = {str(step): STEP_WORDS[step].capitalize() for step in STEPS}

Typed = Mapping[str, Any]


@bp.get("/duty")
@permits(Doing.SIGNED_IN)
def rota() -> ResponseReturnValue:
    """Show who is on duty now, who comes next, and when nobody does."""
    return _page({}, {})


@bp.post("/duty/turns")
@permits(Doing.RUN_ROTA)
def add_turn() -> ResponseReturnValue:
    """Put somebody on the rota."""

    def do(told: dict[str, Any]) -> None:
        actions.add_turn(this_act(), staff_id=told.pop("staff"), **told)

    return _done(TurnForm(), do)


@bp.post("/duty/take-over")
@permits(Doing.TAKE_DUTY)
def take_over() -> ResponseReturnValue:
    """Be duty manager from now on."""
    return _done(TakeOverForm(), lambda told: actions.take_over(this_act(), **told))


@bp.post(f"/duty/turns/<int(max={LARGEST_ID}):turn>/remove")
@permits(Doing.RUN_ROTA)
def remove_turn(turn: int) -> ResponseReturnValue:
    """Take a turn off the rota."""
    with transaction():
        actions.remove_turn(this_act(), turn)
    return redirect(url_for("duty.rota"), code=303)


@bp.get(PAGE)
@permits(Doing.SIGNED_IN)
def alarms() -> ResponseReturnValue:
    """Show the open alarms first, then those that were answered lately."""
    act = this_act()
    found = queries.alarms(act, act.at - ANSWERED_SHOWN)
    return render_template(
        "duty/alarms.html",
        open=[one for one in found if one.answered_at is None],
        answered=[one for one in found if one.answered_at is not None],
        reach=rules.reach_in_words,
        opens={page for page, doing in LEADS.items() if may(act.roles, doing)},
        days=ANSWERED_SHOWN.days,
        now=act.at,
    )


@bp.post(f"{PAGE}/<int(max={LARGEST_ID}):alarm>/answer")
@permits(Doing.SIGNED_IN)
def answer(alarm: int) -> ResponseReturnValue:
    """Answer for an alarm."""
    with transaction():
        actions.acknowledge(this_act(), alarm)
    return redirect(url_for("duty.alarms"), code=303)


@bp.post("/walks/safe")
@permits(Doing.BE_WALKED)
def safe() -> ResponseReturnValue:
    """Say that one is safe, then show the same page again."""
    act = this_act()
    once(act, this_form(), lambda: {"was": (walk := walks.safe(act)) and walk.id})
    return redirect(after(request.form.get("back", "")), code=303)


@bp.post("/walks/longer")
@permits(Doing.BE_WALKED)
def longer() -> ResponseReturnValue:
    """Ask for more minutes, then show the same page again."""
    act = this_act()
    try:
        asked = LongerForm().load({"minutes": request.form.get("minutes")})
    except ValidationError as fault:
        raise Invalid(fault.messages_dict) from None
    once(act, this_form(), lambda: {"is": walks.longer(act, **asked).id})
    return redirect(after(request.form.get("back", "")), code=303)


def on_call() -> dict[int, Turn] | None:
    """Return who is on call now, by step; None where that cannot be told.

    For every page that says “Ring the duty manager”. Nobody who is not signed
    in is told. Error pages show it too, so it never fails.
    """
    act = who()
    return None if act is None else queries.on_duty_if_known(act.at)


def _done(form: Schema, do: Any) -> ResponseReturnValue:
    """Do what a form asks, or show it again with what was typed."""
    typed = request.form.to_dict()
    given = {name: value for name, value in typed.items() if value.strip()}
    try:
        told: dict[str, Any] = form.load(given, unknown=EXCLUDE)
        with transaction():
            do(told)
    except ValidationError as fault:
        errors = {name: sentences(told) for name, told in fault.messages_dict.items()}
        return _page(typed, errors), 422
    except Invalid as refusal:
        return _page(typed, refusal.errors), 422
    return redirect(url_for("duty.rota"), code=303)


def _page(typed: Typed, errors: Mapping[str, Any]) -> str:
    act = this_act()
    end = act.at + timedelta(days=SHOWN_DAYS)
    turns = queries.turns(act.at, end)
    duty = rules.on_duty(turns, act.at)
    runs = may(act.roles, Doing.RUN_ROTA)
    return render_template(
        "duty/rota.html",
        duty=duty,
        turns=turns,
        gaps=[
            rules.gap_in_words(step, gap, act.at, end)
            for step in STEPS
            for gap in rules.gaps(turns, step, act.at, end)
        ],
        staff=queries.candidates() if runs else {},
        may_serve=may(act.roles, Doing.TAKE_DUTY),
        silent={one.staff_id: one.why for one in unreachable()},
        until=f"{london(rules.suggested_end(duty.get(1), act.at)):%Y-%m-%dT%H:%M}",
        out=_out(act),
        waiting=sum(one.answered_at is None for one in queries.alarms(act, act.at)),
        steps=STEP_NAMES,
        length=rules.length_in_words,
        days=SHOWN_DAYS,
        typed=typed,
        errors=errors,
        now=act.at,
    )


def _out(act: Act) -> list[tuple[WalkFacts, str]] | None:
    """Return who is out and where to, for those who may be on call; None for all others.

    Where a confidential site is not theirs to count, it is not named.
    """
    if not (may(act.roles, Doing.TAKE_DUTY) or may(act.roles, Doing.RUN_ROTA)):
        return None
    counts = scope(act, Doing.COUNT_BEDS)
    known = {site.id for site in sites() if counts.covers(site)}
    return [
        (walk, walk.site_name if walk.site_id in known else "a confidential site")
        for walk in queries.out_now()
    ]
