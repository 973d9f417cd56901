"""Drug alerts: a warning of what is sold at the moment, shown to all staff between two days."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Date, bindparam, insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import AnyRow, db, run
from pathway.errors import Absent, Invalid
from pathway.nights import london
from pathway.outreach.models import DrugAlert

MOST_DAYS = 90
"""For how many days at most an alert is shown (ours): one that never ends is read by nobody."""

SHOWN_AT_ONCE = 3
"""How many alerts a page shows at most, the newest first (ours); the list has them all."""

LONGEST_LIST = 50
"""The most alerts of the list (ours)."""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One alert: what is sold, what to do, who says so, and from when until when it is shown."""

    id: int
    title: str
    words: str
    source: str
    from_on: date
    until_on: date
    down: bool = False

    def shown_on(self, on: date) -> bool:
        """Return whether it is shown on a day; the first and the last belong to it."""
        return not self.down and self.from_on <= on <= self.until_on


_COLUMNS = (
    *(DrugAlert.id, DrugAlert.title, DrugAlert.words, DrugAlert.source),
    *(DrugAlert.from_on, DrugAlert.until_on, DrugAlert.ended_at),
)

_ON = bindparam("on", type_=Date())

_STANDING = (
    select(*_COLUMNS)
    .where(DrugAlert.until_on >= _ON, DrugAlert.from_on <= _ON, DrugAlert.ended_at.is_(None))
    .order_by(DrugAlert.id.desc())
    .limit(SHOWN_AT_ONCE)
)


def standing(on: date) -> list[AlertFacts]:
    """Return the alerts that are shown on a day, newest first. It stands on every page."""
    return [_facts(row) for row in run(_STANDING, on=on)]


def listed() -> list[AlertFacts]:
    """Return the alerts of the past and of the future, newest first."""
    query = select(*_COLUMNS).order_by(DrugAlert.id.desc()).limit(LONGEST_LIST)
    return [_facts(row) for row in db.session.execute(query)]


def put_up(act: Act, *, title: str, words: str, source: str, from_on: date, until_on: date) -> int:
    """Put up an alert; return its id.

    Raises:
        Invalid: it ends before it begins, is over already or would be shown too long.
    """
    fault = bad_days(from_on, until_on, london(act.at).date())
    if fault:
        raise Invalid({"until_on": [fault]})
    row = {"title": title, "words": words, "source": source, "at": act.at, "by": act.staff_id}
    row |= {"from_on": from_on, "until_on": until_on}
    added = db.session.execute(insert(DrugAlert).values(**row).returning(DrugAlert.id))
    ident = int(added.scalar_one())
    audit.record(act, "put up drug alert", f"alert:{ident}")
    return ident


def take_down(act: Act, ident: int) -> None:
    """Take an alert down; one that is down stays so.

    Raises:
        Absent: there is none.
    """
    up = (DrugAlert.id == ident, DrugAlert.ended_at.is_(None))
    db.session.execute(update(DrugAlert).where(*up).values(ended_at=act.at))
    if db.session.scalar(select(DrugAlert.id).where(DrugAlert.id == ident)) is None:
        raise Absent
    audit.record(act, "take down drug alert", f"alert:{ident}")


def bad_days(from_on: date, until_on: date, today: date) -> str | None:
    """Return why an alert cannot be shown between two days, or None."""
    if until_on < from_on:
        return "The last day is before the first."
    if until_on < today:
        return "The last day is over."
    if until_on - from_on >= timedelta(days=MOST_DAYS):
        return f"An alert is shown for {MOST_DAYS} days at most. Put it up again then."
    return None


def _facts(row: AnyRow) -> AlertFacts:
    ident, title, words, source, from_on, until_on, ended_at = row
    return AlertFacts(ident, title, words, source, from_on, until_on, ended_at is not None)
