"""What staff are told on their screens, and by text where they chose so."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select, update

from pathway.acts import Act
from pathway.db import UtcDateTime, db, insert_or_skip, run
from pathway.messages.models import Notice
from pathway.messages.rules import LONGEST_NOTICE, Audience, Kind


def notify(
    act: Act,
    kind: Kind,
    words: str,
    *,
    useful_until: datetime,
    staff_id: int | None = None,
    site_id: int | None = None,
    key: str | None = None,
    link: str | None = None,
) -> int | None:
    """Tell one member of staff, everybody named for a site, or, with neither, who watches.

    One row, whoever it is for: it stands on the path of every hold. ``words``
    name nobody. Return its id, or None when its key has been told already.
    """
    audience = Audience.STAFF if staff_id else Audience.SITE if site_id else Audience.WATCH
    row = {
        "key": key,
        "at": act.at,
        "kind": kind.value,
        "audience": audience.value,
        "staff_id": staff_id,
        "site_id": site_id,
        "made_by": act.staff_id,
        "words": words[:LONGEST_NOTICE],
        "link": link,
        "useful_until": useful_until,
    }
    return insert_or_skip(Notice, row)


_OVER = (
    update(Notice)
    .where(Notice.key.in_(bindparam("of", expanding=True)), Notice.over_at.is_(None))
    .values(over_at=bindparam("when"))
)

_RETOLD = (
    update(Notice)
    .where(Notice.key == bindparam("of"))
    .values(
        words=bindparam("said"),
        useful_until=bindparam("until", type_=UtcDateTime()),
        over_at=None,
    )
)


def known(keys: Iterable[str]) -> bool:
    """Return whether anything was told under one of these keys."""
    one = select(Notice.id).where(Notice.key.in_(list(keys))).limit(1)
    return db.session.scalar(one) is not None


def over(act: Act, *keys: str) -> None:
    """Say that what these notices told is no longer so: nobody is texted about it any more."""
    run(_OVER, of=list(keys), when=act.at)


def retell(key: str, words: str, *, useful_until: datetime) -> None:
    """Say a notice anew where it stands: it keeps its place on the list and who has read it.

    What was over is so again: somebody took back what had ended it.
    """
    run(_RETOLD, of=key, said=words[:LONGEST_NOTICE], until=useful_until)
