"""What staff are told on their screens, and by text where they chose so."""

from datetime import datetime

from sqlalchemy import bindparam, update

from pathway.acts import Act
from pathway.db import insert_or_skip, run
from pathway.messages.models import Notice
from pathway.messages.rules import Audience, Kind


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
        "words": words,
        "link": link,
        "useful_until": useful_until,
    }
    return insert_or_skip(Notice, row)


_OVER = (
    update(Notice)
    .where(Notice.key == bindparam("of"), Notice.over_at.is_(None))
    .values(over_at=bindparam("when"))
)


def over(act: Act, key: str) -> None:
    """Say that what a notice told is no longer so: nobody is texted about it any more."""
    run(_OVER, of=key, when=act.at)
