"""Texts as they are caused: a row in the transaction at hand, sent afterwards by a job."""

from datetime import timedelta

from pathway.acts import Act
from pathway.db import insert_or_skip
from pathway.messages.models import Text
from pathway.messages.rules import GOOD_FOR, LONGEST_TEXT, Purpose, TextState


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
