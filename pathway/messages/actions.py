"""Texts as they are caused: a row in the transaction at hand, sent afterwards by a job."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, engine_name, insert_for, insert_or_skip
from pathway.errors import Absent, Refused
from pathway.messages import queries
from pathway.messages.models import StoppedNumber, Text
from pathway.messages.queries import Known
from pathway.messages.rules import (
    ANSWERS,
    GOOD_FOR,
    LONGEST_TEXT,
    LOST,
    MOST_AGAIN,
    OUTWARD,
    STOPPED,
    TRY_GAPS,
    Purpose,
    Report,
    TextState,
    after,
    worth_another,
)


def queue(
    act: Act,
    *,
    to: str,
    body: str,
    purpose: Purpose,
    staff_id: int | None = None,
    key: str | None = None,
    good_for: timedelta | None = None,
) -> int | None:
    """Write down a text that is to go out; return its id, or None when its key has one already.

    ``to`` is a number as E.164 writes it. ``body`` names nobody: no name, no
    address, no fact about anybody's treatment. ``key`` names the cause.
    """
    row = {
        "key": key,
        "staff_id": staff_id,
        "to_number": to,
        "body": body[:LONGEST_TEXT],
        "purpose": purpose.value,
        "state": TextState.WAITING.value,
        "at": act.at,
        "due_at": act.at,
        "good_until": act.at + (good_for or GOOD_FOR[purpose]),
        "changed_at": act.at,
        "tries": 0,
        "asks": 0,
    }
    return insert_or_skip(Text, row)


def report(act: Act, ident: int | None, told: Report) -> bool:
    """Write down what the provider says of a text; return whether it is one of ours.

    However often and in whatever order reports come, the same state stands in
    the end. ``ident`` is our own name for the text, which the provider sends
    back: so a report counts even where the answer to the call was lost.
    """
    text = queries.text_for(ident, told.sid) if told.state in OUTWARD else None
    if text is None:
        return False
    state = after(text.state, told.state, known=text.sid is not None)
    if state is not text.state or text.sid is None:
        values: dict[str, Any] = {"state": state.value, "sid": told.sid, "changed_at": act.at}
        if state is told.state:
            values["error"] = told.error
        db.session.execute(update(Text).where(Text.id == text.id).values(**values))
        if state in LOST:
            _mourn(act, text, state, told.error)
    return True


def _mourn(act: Act, text: Known, state: TextState, error: int | None) -> None:
    """Do what follows when a text surely did not arrive."""
    if error == STOPPED:
        stop(act, text.to)
    first = text.again_of or text.id
    worth = worth_another(state, error, text.good_until, act.at)
    if worth and queries.followers(first) < MOST_AGAIN - 1:
        _again(act, text, first, good_for=text.good_until - act.at, wait=TRY_GAPS[1])


def _again(
    act: Act, text: Known, first: int, *, good_for: timedelta | None, wait: timedelta
) -> int | None:
    """Write a text down once more, as another one: a text is at most one message."""
    made = queue(
        act,
        to=text.to,
        body=text.body,
        purpose=text.purpose,
        staff_id=text.staff_id,
        key=f"again:{text.id}",
        good_for=good_for,
    )
    linked = {"again_of": first, "due_at": act.at + wait}
    db.session.execute(update(Text).where(Text.id == made).values(**linked))
    return made


def send_again(act: Act, ident: int) -> None:
    """Send a text that did not arrive once more, because somebody decided so.

    Raises:
        Absent: there is no such text.
        Refused: it arrived, may still arrive, was sent anew already, or is not wanted.
    """
    text = queries.text(ident)
    if text is None:
        raise Absent
    if text.purpose is Purpose.ALARM:
        raise Refused("An alarm goes on by itself until somebody has it. See the page of alarms.")
    if text.state not in LOST or text.purpose in ANSWERS:
        raise Refused("Only a text that did not arrive can be sent again. Look at the list anew.")
    if queries.is_number_stopped(text.to):
        raise Refused("That number answered STOP. Ring them instead.")
    made = _again(act, text, text.again_of or text.id, good_for=None, wait=timedelta(0))
    if made is None:
        raise Refused("It was sent again already.")
    audit.record(act, "send text again", f"text:{ident}")


def withdraw(act: Act, cause: str) -> None:
    """Send no text any more whose key begins with this; what went out already went out.

    Nor those that were made anew of such a text; and one of which nobody knows
    whether it went out is not sent again.
    """
    caused = Text.key.startswith(cause, autoescape=True)
    anew = Text.again_of.in_(select(Text.id).where(caused))
    theirs = update(Text).where(or_(caused, anew))
    unsent = theirs.where(Text.state == TextState.WAITING.value)
    db.session.execute(unsent.values(state=TextState.CANCELED.value, changed_at=act.at))
    pending = theirs.where(Text.state.in_([TextState.CALLING.value, TextState.UNKNOWN.value]))
    db.session.execute(pending.values(good_until=act.at))


def stop(act: Act, number: str) -> None:
    """Write down that a number wants no texts; once is enough."""
    wanted = insert_for(engine_name(db.session()), StoppedNumber)
    db.session.execute(wanted.values(number=number, at=act.at).on_conflict_do_nothing())


def start(number: str) -> None:
    """Write down that a number wants texts again."""
    db.session.execute(delete(StoppedNumber).where(StoppedNumber.number == number))
