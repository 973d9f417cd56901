"""Removing texts and notices that are old: they hold numbers, and say who was told what."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from pathway.db import db
from pathway.messages.models import Notice, NoticeMark, Text, TextIn

TEXTS_KEPT = timedelta(days=90)
"""How long texts are kept, out and in, for whoever asks whether one arrived (ours)."""

NOTICES_KEPT = timedelta(days=30)
"""How long notices are kept; a page shows the last seven days (ours)."""


def forget_texts(now: datetime, most: int) -> int:
    """Remove old texts that went out; return how many.

    One that was sent anew forgets of which it was.
    """
    old = _ids(Text.id, Text.at < now - TEXTS_KEPT, most)
    db.session.execute(update(Text).where(Text.again_of.in_(old)).values(again_of=None))
    db.session.execute(delete(Text).where(Text.id.in_(old)))
    return len(old)


def forget_texts_in(now: datetime, most: int) -> int:
    """Remove what is known of old texts that came in; return how many."""
    old = _ids(TextIn.id, TextIn.at < now - TEXTS_KEPT, most)
    db.session.execute(delete(TextIn).where(TextIn.id.in_(old)))
    return len(old)


def forget_notices(now: datetime, most: int) -> int:
    """Remove old notices and who read them; return how many."""
    old = _ids(Notice.id, Notice.at < now - NOTICES_KEPT, most)
    db.session.execute(delete(NoticeMark).where(NoticeMark.notice_id.in_(old)))
    db.session.execute(delete(Notice).where(Notice.id.in_(old)))
    return len(old)


BATCHES = (forget_texts, forget_texts_in, forget_notices)
"""Each removes so many rows at most and says how many it did."""


def _ids(column: Any, condition: Any, most: int) -> list[int]:
    return list(db.session.scalars(select(column).where(condition).order_by(column).limit(most)))
