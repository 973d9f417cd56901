"""The background jobs: what each does when :mod:`pathway.clockwork` runs it."""

from flask import current_app

from pathway import idempotency, runs, seals
from pathway.assessments import safeguarding
from pathway.assessments.standing import to_tell_of
from pathway.beds import late, queue
from pathway.beds.lapse import lapse, lapsed
from pathway.beds.offering import offer, to_offer
from pathway.clockwork import Job
from pathway.db import let_go, scrub, transaction
from pathway.desk import alarms
from pathway.duty.actions import escalate_one
from pathway.duty.queries import due_for_escalation, overdue_walks
from pathway.duty.walks import alarm_one
from pathway.messages import forgetting, grouping, sender
from pathway.messages import queries as texts
from pathway.messages.twilio import Provider
from pathway.privacy import ageing, limits, restoring
from pathway.privacy.ledger import Ledger
from pathway.privacy.retention import cutoff
from pathway.runs import Run
from pathway.staff import tries
from pathway.timetable import (
    ASK,
    CHASE,
    DAILY_KEPT,
    ESCALATE,
    FORGET,
    GROUP,
    KEEP,
    LAPSE,
    OFFER,
    SEAL,
    SEND,
    SWEEP,
    WALKS,
    WATCH,
)

ROWS_AT_ONCE = 1_000
"""How many old rows are removed in one transaction (ours)."""


SCRUBS = 40
"""How often the night's job tries to empty the write-ahead log (ours)."""


def seal_trail(run: Run) -> None:
    """Put every line of the audit trail under seal."""
    seals.seal(run.act, run.fenced)


def forget(run: Run) -> None:
    """Remove what is kept for a while only: counts, keys, texts, notices, rows of old runs."""
    with transaction():
        run.fenced()
        tries.sweep(run.act.at)
    for batch in (idempotency.forget, *forgetting.BATCHES):
        full = True
        while full:
            with transaction():
                run.fenced()
                full = batch(run.act.at, ROWS_AT_ONCE) == ROWS_AT_ONCE
    with transaction():
        run.fenced()
        runs.forget_all(run.act.at - DAILY_KEPT)


def keep_no_longer(run: Run) -> None:
    """Let go of what is too old, and of whom a restore brought back; one person at a time.

    Raises:
        LeftToDecide: somebody was written of after they were erased.
    """
    ledger = Ledger(current_app.config["ERASURES"])
    left = restoring.reapply(run.act, ledger, run.fenced).left
    for one in limits.in_force():
        before = cutoff(run.act.at, one.days)
        for person_id in ageing.whose(one.limit.kind, before):
            with transaction():
                run.fenced()
                ageing.let_go(run.act, one.limit.kind, before, person_id, ledger)
    let_go()
    scrub(SCRUBS)
    if left:
        raise restoring.LeftToDecide


def lapse_holds(run: Run) -> None:
    """Write down that holds are over, each in a transaction of its own."""
    for ident, bed_id in lapsed(run.act.at):
        with transaction():
            run.fenced()
            lapse(run.act, ident, bed_id)


def offer_beds(run: Run) -> None:
    """Offer beds that are free to those who wait, in turn, each in a transaction of its own."""
    for site in queue.with_room(run.act.at):
        for ident in to_offer(run.act, site):
            with transaction():
                run.fenced()
                made = offer(run.act, ident)
            if made is None and site not in queue.with_room(run.act.at):
                break


def ask_about_bookings(run: Run) -> None:
    """Ask sites about bookings nobody came to, each in a transaction of its own."""
    for ident in late.unasked(run.act.at):
        with transaction():
            run.fenced()
            late.ask(run.act, ident)


def chase_concerns(run: Run) -> None:
    """Tell of safeguarding concerns that wait too long, each in a transaction of its own."""
    for ident in to_tell_of(run.act.at):
        with transaction():
            run.fenced()
            safeguarding.tell(run.act, ident)


SEND_SECONDS = 5
"""For about how long one run sends, in seconds: a clean stop waits for it (ours)."""


def send_texts(run: Run) -> None:
    """Send the texts that are due."""
    sender.send_due(run.fenced, _provider(), seconds=SEND_SECONDS)


def sweep_texts(run: Run) -> None:
    """Find texts that got stuck, and ask the provider about those nobody knows about."""
    sender.sweep(run.act, run.fenced, _provider())


def group_notices(run: Run) -> None:
    """Put what staff chose to be told by text into texts, each in a transaction of its own."""
    for staff_id in grouping.to_text(run.act.at):
        with transaction():
            run.fenced()
            grouping.group_one(run.act, staff_id, current_app.config["PUBLIC_URL"])


def escalate_alarms(run: Run) -> None:
    """Take each alarm that nobody answered in time to the next."""
    for ident in due_for_escalation(run.act.at):
        with transaction():
            run.fenced()
            escalate_one(run.act, ident)


def watch_walks(run: Run) -> None:
    """Tell the duty manager of each worker who has not said that they are safe."""
    for ident in overdue_walks(run.act.at):
        with transaction():
            run.fenced()
            alarm_one(run.act, ident)


def watch(run: Run) -> None:
    """Raise alarms: for refusals again and again, and for texts that do not go out.

    The trail is read before a transaction begins: on SQLite that keeps every
    hold waiting.
    """
    found = alarms.probed(run.act.at)
    with transaction():
        run.fenced()
        alarms.tell_of_probing(run.act, found)
        alarms.watch_texts(run.act)


def _provider() -> Provider | None:
    """Return whoever carries texts, anew for each run.

    A connection that was kept for long may turn out to be closed when a text is
    already on it: that text would be unknown for minutes.
    """
    told = current_app.config["TWILIO"]
    return Provider(told, current_app.config["PUBLIC_URL"]) if told else None


JOBS = (
    Job(SEND, send_texts, idle=lambda now: not texts.anything_due(now)),
    Job(SWEEP, sweep_texts, idle=lambda _: not texts.anything_open()),
    Job(GROUP, group_notices, idle=lambda now: not grouping.to_text(now)),
    Job(ESCALATE, escalate_alarms, idle=lambda now: not due_for_escalation(now)),
    Job(WALKS, watch_walks, idle=lambda now: not overdue_walks(now)),
    Job(WATCH, watch),
    Job(SEAL, seal_trail),
    Job(FORGET, forget),
    Job(KEEP, keep_no_longer),
    Job(LAPSE, lapse_holds, idle=lambda now: not lapsed(now, 1)),
    Job(OFFER, offer_beds, idle=lambda now: not queue.with_room(now)),
    Job(ASK, ask_about_bookings, idle=lambda now: not late.unasked(now, 1)),
    Job(CHASE, chase_concerns, idle=lambda now: not to_tell_of(now)),
)
"""Every job: one entry here, one in :data:`pathway.timetable.TIMETABLE`."""
