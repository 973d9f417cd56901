"""Texts as those who look after them see them, and what the provider reports of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import by_service, now
from pathway.db import transaction
from pathway.desk.webhooks import signed_by_twilio
from pathway.errors import Forbidden
from pathway.fields import LARGEST_ID, ident_of
from pathway.messages import actions, outbox
from pathway.messages.rules import ANSWERS, FINAL, SID, SILENT, Purpose, Report, TextState
from pathway.messages.words import ERROR_WORDS, PURPOSE_WORDS, STATE_WORDS
from pathway.staff.acting import permits, public, this_act
from pathway.staff.doing import Doing

bp = Blueprint("texts", __name__)
hooks = Blueprint("twilio", __name__)

SHOWN = timedelta(days=7)
"""How far back the page goes (ours)."""

MOST = 100
"""The most texts of one list (ours)."""


@bp.get("/texts")
@permits(Doing.SEE_TEXTS)
def show() -> ResponseReturnValue:
    """Show who cannot be reached, what did not arrive, and what went out."""
    act = this_act()
    since = act.at - SHOWN
    return render_template(
        "desk/texts.html",
        sends=current_app.config["TWILIO"] is not None,
        unreachable=outbox.unreachable(),
        counts=_in_words(outbox.counts(since)),
        lost=outbox.listed(since, lost=True, limit=MOST),
        texts=outbox.listed(since, lost=False, limit=MOST),
        states=STATE_WORDS,
        purposes=PURPOSE_WORDS,
        errors=ERROR_WORDS,
        never_again=ANSWERS | {Purpose.ALARM},
        most=MOST,
        days=SHOWN.days,
        now=act.at,
    )


def _in_words(counts: Mapping[TextState, int]) -> Counter[str]:
    """Return how many texts there are by what their states are called."""
    found: Counter[str] = Counter()
    for state, number in counts.items():
        found[STATE_WORDS[state]] += number
    return found


@bp.post(f"/texts/<int(max={LARGEST_ID}):ident>/again")
@permits(Doing.SEE_TEXTS)
def again(ident: int) -> ResponseReturnValue:
    """Send a text that did not arrive once more."""
    with transaction():
        actions.send_again(this_act(), ident)
    return redirect(url_for("texts.show"), code=303)


@hooks.post("/twilio/status")
@public
def status() -> ResponseReturnValue:
    """Take the provider's word on what became of a text; any other caller is refused."""
    if not signed_by_twilio():
        raise Forbidden("Only the provider of texts may call this.")
    told = _told()
    if told is not None:
        with transaction():
            actions.report(by_service(now()), _ours(), told)
    return "", 204


REPORTED = frozenset(state.value for state in SILENT | FINAL)
"""What a text that we sent may be reported to be; others come in."""


def _told() -> Report | None:
    """Return what is reported, or None where it cannot be about a text of ours."""
    sid = request.form.get("MessageSid", "")
    state = request.form.get("MessageStatus", "")
    error = request.form.get("ErrorCode", "")
    if not SID.fullmatch(sid) or state not in REPORTED:
        return None
    code = int(error) if error.isascii() and error.isdigit() and len(error) < len("1000000") else 0
    return Report(sid, TextState(state), code or None)


def _ours() -> int | None:
    """Return our own name for the text, which stands in the address we gave for reports."""
    return ident_of(request.args.get("text", ""))
