"""Telling those who wait for somebody that they were met. No reason is kept or told."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.messages.notices import known, notify
from pathway.messages.rules import Kind
from pathway.people.models import PersonLookout

MET = "Somebody you look out for was met. Ring duty."
"""What is told: it names nobody, and not why they are waited for."""

WORTH_RINGING = timedelta(hours=12)
"""For how long after a meeting it is worth ringing (ours): one shift."""


def look_out(act: Act, person_id: int, *, key: str, staff_id: int | None, until: datetime) -> None:
    """Have a member of staff told when somebody is met; with none, whoever watches.

    ``key`` names what awaits them; a second one of the same key changes nothing.
    """
    row = {"person_id": person_id, "key": key, "staff_id": staff_id}
    insert_or_skip(PersonLookout, row | {"since": act.at, "until": until})


def met(act: Act, person_id: int, *, at: datetime | None = None, unless: int | None = None) -> bool:
    """Tell everybody who looks out for somebody that they were met; return whether any was told.

    ``at`` is when they were met: what has been awaited only since then waits on. Nobody is
    told of what they found themselves; ``unless`` is one who found them before, or who may
    not know of this meeting.
    """
    then = at or act.at
    ended = db.session.execute(
        update(PersonLookout)
        .where(
            PersonLookout.person_id == person_id,
            PersonLookout.met_at.is_(None),
            PersonLookout.since <= then,
            PersonLookout.until > then,
        )
        .values(met_at=act.at)
        .returning(PersonLookout.id, PersonLookout.staff_id)
    ).all()
    silent = {act.staff_id, unless} - {None}
    others = [(ident, staff_id) for ident, staff_id in ended if staff_id not in silent]
    for ident, staff_id in others:
        until = act.at + WORTH_RINGING
        key = _key(ident)
        notify(act, Kind.MET, MET, useful_until=until, staff_id=staff_id, key=key, link="/help")
    return bool(others)


def rung(act: Act, person_id: int) -> bool:
    """Return whether anybody was told in this act that a person was met."""
    ended = select(PersonLookout.id).where(
        PersonLookout.person_id == person_id, PersonLookout.met_at == act.at
    )
    return known(_key(ident) for ident in db.session.scalars(ended))


def _key(ident: int) -> str:
    return f"lookout:{ident}"
