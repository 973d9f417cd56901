"""The duty rota and the alarms, for everybody who is signed in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError

from pathway.db import transaction
from pathway.duty import actions, queries, rules
from pathway.duty.address import PAGE
from pathway.duty.rules import SHOWN_DAYS, STEP_WORDS, STEPS, Turn
from pathway.duty.schemas import TakeOverForm, TurnForm
from pathway.errors import Invalid
from pathway.fields import LARGEST_ID, sentences
from pathway.messages.outbox import unreachable
from pathway.nights import london
from pathway.staff.acting import permits, this_act, who
from pathway.staff.rules import Doing, may

bp = Blueprint("duty", __name__)

ANSWERED_SHOWN = timedelta(days=30)
"""How long an answered alarm stays on the page (ours)."""

LEADS = {"/watch": Doing.WATCH, "/texts": Doing.SEE_TEXTS}
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
        waiting=sum(one.answered_at is None for one in queries.alarms(act, act.at)),
        steps=STEP_NAMES,
        length=rules.length_in_words,
        days=SHOWN_DAYS,
        typed=typed,
        errors=errors,
        now=act.at,
    )
