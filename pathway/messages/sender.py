"""Sending what waits: claim, call, write down; and what is done when that was cut short.

The three steps are three transactions, and none is open during a call. A text
is claimed before it is called in, so that whatever happens in between leaves a
trace: a claim without an answer becomes *unknown*, and the provider is asked
whether it has the text before anything else is done with it.
"""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, bindparam, update

from pathway import acts, db
from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Busy
from pathway.messages import actions, queries
from pathway.messages.models import Text
from pathway.messages.queries import OUTGOING
from pathway.messages.rules import (
    ASK_GAPS,
    CALL_WITHIN,
    CALLS_AT_ONCE,
    CLOCKS_APART,
    LOST,
    PAUSE_SECONDS,
    STOPPED,
    STUCK_AFTER,
    NotSent,
    Outcome,
    Outgoing,
    Report,
    TextState,
    Verdict,
    next_try,
)

log = logging.getLogger(__name__)

INSISTED = 6
"""How often the answers of the provider are tried to be written down (ours)."""

Guard = Callable[[], None]
"""Called first in each transaction of a job: it refuses when another process leads by now."""


class Provider(Protocol):
    """Whoever carries texts. Each method may raise :class:`NotSent`."""

    def send(self, text: Outgoing, now: datetime) -> Report:
        """Hand one text over."""

    def find(self, text: Outgoing, since: datetime) -> list[Report]:
        """Return the texts since a moment that may be this one, oldest first."""

    def fetch(self, sid: str) -> Report:
        """Return what became of one text."""


def send_due(guard: Guard, provider: Provider | None, *, seconds: float) -> int:
    """Send what is due, a batch at a time, for about so many seconds; return how many."""
    begun = acts.monotonic()
    sent = 0
    with ThreadPoolExecutor(CALLS_AT_ONCE) as calls:
        while batch := send_batch(acts.by_service(acts.now()), guard, provider, calls):
            sent += len(batch)
            if acts.monotonic() - begun > seconds:
                break
            time.sleep(PAUSE_SECONDS)
    return sent


def send_batch(
    act: Act, guard: Guard, provider: Provider | None, calls: Executor
) -> list[Outgoing]:
    """Claim some texts, call them in side by side, and write down what came of it."""
    claimed_at = acts.monotonic()
    with transaction():
        guard()
        texts = claim(act, sends=provider is not None)
    db.let_go()
    if not texts or provider is None:
        for text in texts:
            log.info("text", extra={"told": {"text": text.id, "came": "shown on a page"}})
        return texts
    outcomes = list(calls.map(lambda text: call(provider, text, claimed_at), texts))
    keep(outcomes)
    return texts


def claim(act: Act, *, sends: bool) -> list[Outgoing]:
    """Claim the texts to call in now; settle those that are too late or not wanted.

    Without a provider they are shown on a page instead.
    """
    due = [
        Text.id.in_(queries.claimable(act.at)),
        Text.state == TextState.WAITING.value,
    ]
    _put(act, [*due, Text.good_until <= act.at], TextState.CANCELED)
    if not sends:
        return _put(act, due, TextState.ON_SCREEN)
    _put(act, [*due, queries.is_stopped()], TextState.FAILED, error=STOPPED)
    begun = {"claimed_at": act.at, "tries": Text.tries + 1, "asks": 0, "asked_at": None}
    return _put(act, due, TextState.CALLING, **begun)


def call(provider: Provider, text: Outgoing, claimed_at: float) -> Outcome:
    """Call one text in, unless its claim is so old that somebody else may see to it by now."""
    if acts.monotonic() - claimed_at > CALL_WITHIN:
        return Outcome(text)
    try:
        return Outcome(text, report=provider.send(text, acts.now()))
    except NotSent as problem:
        return Outcome(text, verdict=problem.verdict, error=problem.code)
    except Exception as problem:  # noqa: BLE001 - one text must not cost the others their answers
        log.error("text %s: %s", text.id, type(problem).__name__)  # noqa: TRY400
        return Outcome(text, verdict=Verdict.UNSURE)


def keep(outcomes: list[Outcome]) -> None:
    """Write down what came of calls, insisting while others keep the database busy.

    What cannot be written becomes unknown and is asked about: late, not lost.
    Without the guard: what the provider said stays true whoever leads by now.
    """
    for _ in range(INSISTED):
        with suppress(Busy):
            with transaction():
                write_down(acts.by_service(acts.now()), outcomes)
            _say(outcomes)
            return
        time.sleep(PAUSE_SECONDS)
    log.error("answers of the provider were not written down: it will be asked")


def _say(outcomes: Iterable[Outcome]) -> None:
    """Log what came of each call by our own id: no number and no word of a text."""
    for one in outcomes:
        came = one.report.state if one.report else one.verdict
        told = {"text": one.text.id, "came": came.name.lower() if came else "not called"}
        log.info("text", extra={"told": told})


def write_down(act: Act, outcomes: Iterable[Outcome]) -> None:
    """Write down what came of calls, if nothing else became of those texts meanwhile."""
    for outcome in outcomes:
        text = outcome.text
        if outcome.report is not None:
            if not _taken(act, text, outcome.report):
                actions.report(act, text.id, outcome.report)
        elif outcome.verdict is Verdict.UNSURE:
            _change(act, text, TextState.UNKNOWN, error=outcome.error)
        elif outcome.verdict is Verdict.NEVER:
            _change(act, text, TextState.FAILED, error=outcome.error)
            if outcome.error == STOPPED:
                actions.stop(act, text.to)
        else:
            _later(act, text, outcome)


_TAKEN = (
    update(Text)
    .where(
        Text.id == bindparam("text"),
        Text.tries == bindparam("try"),
        Text.state == TextState.CALLING.value,
        Text.sid.is_(None),
    )
    .values(state=bindparam("came"), sid=bindparam("name"), changed_at=bindparam("now"), error=None)
    .returning(Text.id)
)
"""Built beforehand: these stand in one transaction, and on SQLite holds wait for it."""


def _taken(act: Act, text: Outgoing, told: Report) -> bool:
    """Write down, by one statement, that the provider has a text that nothing else became of."""
    if told.state in LOST:
        return False
    values = {"came": told.state.value, "name": told.sid, "now": act.at}
    return db.run(_TAKEN, text=text.id, **{"try": text.tries}, **values).first() is not None


def _later(act: Act, text: Outgoing, outcome: Outcome) -> None:
    """Try a text again that was surely not taken, until it has been tried enough."""
    called = outcome.verdict is not None
    due = next_try(text.tries, act.at, text.good_until) if called else act.at
    if due is None:
        late = text.good_until <= act.at
        state = TextState.CANCELED if late else TextState.FAILED
        _change(act, text, state, error=outcome.error)
    else:
        _change(act, text, TextState.WAITING, error=outcome.error, due_at=due)


def sweep(act: Act, guard: Guard, provider: Provider | None) -> None:
    """Find what got stuck, and ask the provider about what nobody knows."""
    with transaction():
        guard()
        _put(act, _stuck(act.at), TextState.UNKNOWN)
        waiting = Text.state == TextState.WAITING.value
        _put(act, [waiting, Text.good_until <= act.at], TextState.CANCELED)
        unknown = queries.to_ask(act.at)
        silent = queries.gone_silent(act.at)
    if provider is None:
        return
    # A provider that is away costs one call of each kind and not forty.
    all(_ask(act, guard, provider, text) for text in unknown)
    all(_ask_again(act, guard, provider, ident, sid) for ident, sid in silent)


def _stuck(now: datetime) -> list[ColumnElement[bool]]:
    return [Text.state == TextState.CALLING.value, Text.claimed_at <= now - STUCK_AFTER]


def _ask(act: Act, guard: Guard, provider: Provider, text: Outgoing) -> bool:
    """Ask whether the provider has a text, and go by its answer; return whether it answered."""
    db.let_go()
    try:
        found = provider.find(text, text.claimed_at - CLOCKS_APART)
    except NotSent:
        found = None
    except Exception as problem:  # noqa: BLE001 - one text must not keep the others unknown
        log.error("text %s: %s", text.id, type(problem).__name__)  # noqa: TRY400
        found = None
    with transaction():
        guard()
        if found is None:
            _note([Text.id == text.id], asked_at=act.at)
        else:
            _go_by(act, text, found)
    return found is not None


def _go_by(act: Act, text: Outgoing, found: list[Report]) -> None:
    """Take what the provider has for this text, or, asked often enough, send it again."""
    known = queries.known_sids([one.sid for one in found])
    ours = next((one for one in found if one.sid not in known), None)
    if ours is not None:
        actions.report(act, text.id, ours)
        return
    asked = _note(
        [Text.id == text.id, Text.state == TextState.UNKNOWN.value],
        asked_at=act.at,
        asks=Text.asks + 1,
    )
    if asked == len(ASK_GAPS):
        _later(act, text, Outcome(text, verdict=Verdict.NOT_TAKEN))


def _ask_again(act: Act, guard: Guard, provider: Provider, ident: int, sid: str) -> bool:
    """Ask what became of a text that the provider has; return whether it answered."""
    db.let_go()
    try:
        told = provider.fetch(sid)
    except NotSent:
        told = None
    except Exception as problem:  # noqa: BLE001 - as above
        log.error("text %s: %s", ident, type(problem).__name__)  # noqa: TRY400
        told = None
    with transaction():
        guard()
        _note([Text.id == ident], asked_at=act.at)
        if told is not None:
            actions.report(act, ident, told)
    return told is not None


def _change(act: Act, text: Outgoing, state: TextState, **values: Any) -> None:
    """Change a text that is still where this try of it left it."""
    pending = (TextState.CALLING.value, TextState.UNKNOWN.value)
    mine = [Text.id == text.id, Text.tries == text.tries, Text.state.in_(pending)]
    _put(act, mine, state, **values)


def _put(
    act: Act, conditions: list[ColumnElement[bool]], state: TextState, **values: Any
) -> list[Outgoing]:
    """Put the texts under these conditions into a state; return them."""
    told = {"state": state.value, "changed_at": act.at, **values}
    changed = update(Text).where(*conditions).values(**told).returning(*OUTGOING)
    rows = db.db.session.execute(changed, execution_options={"synchronize_session": False})
    return queries.outgoing(rows.all())


def _note(conditions: list[ColumnElement[bool]], **values: Any) -> int:
    """Write down that the provider was asked; return how often it answered so far."""
    changed = update(Text).where(*conditions).values(**values).returning(Text.asks)
    rows = db.db.session.execute(changed, execution_options={"synchronize_session": False})
    return rows.scalar() or 0
