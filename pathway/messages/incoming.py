"""Texts that came in, each written down once. What was typed is kept nowhere."""

from enum import StrEnum

from sqlalchemy import select, update

from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.messages.models import TextIn
from pathway.messages.verbs import Verb


class Outcome(StrEnum):
    """What became of a text."""

    DONE = "done"
    REFUSED = "refused"
    STRANGER = "stranger"


def known(sid: str) -> bool:
    """Return whether a text was taken already."""
    return db.session.scalar(select(TextIn.id).where(TextIn.sid == sid)) is not None


def take(act: Act, sid: str, verb: Verb) -> int | None:
    """Write down that a text came in; return its id, or None for a copy.

    A copy waits here until the first is done: nothing that a text causes is
    done twice.
    """
    row = {
        "sid": sid,
        "at": act.at,
        "staff_id": act.staff_id,
        "verb": verb.value,
        "outcome": Outcome.DONE.value,
    }
    return insert_or_skip(TextIn, row)


def settle(ident: int, outcome: Outcome) -> None:
    """Write down what became of a text."""
    mine = update(TextIn).where(TextIn.id == ident)
    db.session.execute(mine.values(outcome=outcome.value))
